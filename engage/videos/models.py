"""Films, the batches they are ordered in (job state lives here, never in the queue alone), and links."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model, index_where, one_of

STATES = ("queued", "rendering", "done", "failed", "cancelled", "withdrawn")


class VideoBatch(Model):
    """Films ordered together: by a manager for a segment, or by an event for one partner.

    ``audience`` says for whom in the words of the order (``{"region": "Northwest"}``, ``{}``: all).
    The films of an ``urgent`` one go before all others; those of a paused one wait.
    """

    __tablename__ = "video_batches"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    template: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(5))
    period: Mapped[str | None] = mapped_column(String(10))
    audience: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reason: Mapped[str] = mapped_column(String(40))
    ordered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: The trigger whose ``occasion`` this answers; ``whole`` once it has answered all whom it meant.
    trigger: Mapped[str | None] = mapped_column(String(80))
    occasion: Mapped[str | None] = mapped_column(String(120))
    whole: Mapped[bool] = mapped_column(default=True, server_default=true())

    @property
    def is_filling(self) -> bool:
        """Whether a worker is still to order films of it: see `engage.videos.filling`."""
        return not (self.whole or self.trigger or self.cancelled_at)

    __table_args__ = (
        Index("ix_video_batches_programme_id", "programme_id", "id"),
        Index("ix_video_batches_occasion", "programme_id", "trigger", "occasion"),
    )


class FilmTrigger(Model):
    """A trigger as a manager left it: ``definition`` is what `triggers.parse` reads.

    It answers what happens after ``since`` (None: it is off). What has no row is as `DEFAULTS` say.
    """

    __tablename__ = "film_triggers"

    programme_id: Mapped[int] = mapped_column(
        Id, ForeignKey("programmes.id"), primary_key=True, autoincrement=False
    )
    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    since: Mapped[datetime | None]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]


class Video(Model):
    """One film for one partner, named by ``key`` = hash(template, snapshot, format, theme).

    ``snapshot`` is frozen when it is ordered; the same facts and template give the same key, so the
    same film is never rendered twice, whoever asks for it again. A render is known by ``started_at``
    and tells that it lives by ``heartbeat_at``; ``attempts`` counts those that were begun. One that is
    ``for_outsiders`` is another film as links show it: of other partners it tells nothing.
    """

    __tablename__ = "videos"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    template: Mapped[str] = mapped_column(String(80))
    template_digest: Mapped[str] = mapped_column(String(64))
    format: Mapped[str] = mapped_column(String(5))
    period: Mapped[str | None] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    for_outsiders: Mapped[bool] = mapped_column(default=False, server_default=false())
    state: Mapped[str] = mapped_column(String(12), default="queued")
    progress: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(String(500))
    seconds: Mapped[int | None]
    size: Mapped[int | None]
    #: What it tells as a page (`engage.studio.story`), from when it is made on.
    story: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_videos_key", "programme_id", "key", unique=True),
        Index("ix_videos_partner_id", "partner_id", "id"),
        index_where("state IN ('queued', 'rendering')", "ix_videos_unfinished", "id"),
        index_where("state = 'withdrawn'", "ix_videos_withdrawn", "id"),
        one_of("state", STATES),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress_is_percent"),
    )


class FilmName(Model):
    """A partner whom another one's film names, as ``shown``, in the ranking of a period that ends on
    ``last_day``: see `engage.videos.naming`."""

    __tablename__ = "film_names"

    video_id: Mapped[int] = mapped_column(
        Id, ForeignKey("videos.id"), primary_key=True, autoincrement=False
    )
    partner_id: Mapped[int] = mapped_column(
        Id, ForeignKey("partners.id"), primary_key=True, autoincrement=False
    )
    shown: Mapped[str] = mapped_column(String(200))
    last_day: Mapped[date]

    __table_args__ = (Index("ix_film_names_partner_id", "partner_id"),)


class VideoOrder(Model):
    """A partner in a batch: the film that answers it, or why there can be none.

    Several batches may be answered by one film.
    """

    __tablename__ = "video_orders"

    batch_id: Mapped[int] = mapped_column(ForeignKey("video_batches.id"), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    video_id: Mapped[int | None] = mapped_column(ForeignKey("videos.id"))
    refusal: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        Index("ix_video_orders_video_id", "video_id"),
        Index("ix_video_orders_partner_id", "partner_id"),
        CheckConstraint("(video_id IS NULL) <> (refusal IS NULL)", name="film_or_refusal"),
    )


class FilmView(Model):
    """How its partner watched a film: bit n of ``tenths`` is set once its tenth number n was played."""

    __tablename__ = "film_views"

    video_id: Mapped[int] = mapped_column(
        Id, ForeignKey("videos.id"), primary_key=True, autoincrement=False
    )
    tenths: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("tenths BETWEEN 1 AND 1023", name="ten_tenths"),)


class FilmStep(Model):
    """A page that its partner opened in the days after they watched a film, the first time."""

    __tablename__ = "film_steps"

    video_id: Mapped[int] = mapped_column(
        Id, ForeignKey("videos.id"), primary_key=True, autoincrement=False
    )
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime]


class FilmShare(Model):
    """A link to a film for people without a seat. Its address is this row's id, signed.

    What a network shows beside the link tells the partner's name and the film's poster only where
    they agreed (``with_name``, ``with_poster``). It opens the film ``shown_id``, which tells nothing of
    others; None: links are older than that, and it is made when one is opened.
    """

    __tablename__ = "film_shares"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("videos.id"))
    shown_id: Mapped[int | None] = mapped_column(ForeignKey("videos.id"))
    with_name: Mapped[bool]
    with_poster: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_film_shares_video_id", "video_id"),
        Index("ix_film_shares_shown_id", "shown_id"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        # An address once given leads to no other link, whatever was deleted since.
        {"sqlite_autoincrement": True},
    )


class FilmVersion(Model):
    """What a programme published over a template as it is shipped, see `engage.studio.edits`; or, by
    the slug ``look``, over its colours and logo (`engage.videos.looks`). Append-only.

    ``shipped`` is the digest of the template's folder it was made over.
    """

    __tablename__ = "film_versions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    slug: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    edits: Mapped[dict[str, Any]] = mapped_column(JSON)
    shipped: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    published_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("programme_id", "slug", "number"),)


class FilmDraft(Model):
    """The next version in the making, one for each template; any manager may go on with it.

    ``base`` is the number of the version it was begun from.
    """

    __tablename__ = "film_drafts"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    edits: Mapped[dict[str, Any]] = mapped_column(JSON)
    base: Mapped[int]
    changed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]


class FilmLogo(Model):
    """A logo that was uploaded, drawn anew as a PNG and named by its digest."""

    __tablename__ = "film_logos"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    png: Mapped[bytes]

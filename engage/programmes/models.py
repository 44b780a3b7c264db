"""The programme itself: what everything else belongs to; and how its parts were changed."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model, one_of
from engage.disputes.rules import WORKING_DAYS


def _edition() -> str:
    return secrets.token_hex(8)


class Programme(Model):
    """One incentive programme. Every row that belongs to it carries its id."""

    __tablename__ = "programmes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    currency: Mapped[str] = mapped_column(String(3))
    #: What is done with reports that cannot be taken (`engage.activity.rules.parse_intake`).
    intake: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: What ``partners.rules.parse`` reads, as the file has them.
    segments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    #: Working days within which a question about a ledger line is to be answered.
    dispute_days: Mapped[int] = mapped_column(default=WORKING_DAYS)
    #: The terms of its payouts, as `engage.payouts.rules` reads them; None: nothing is paid out.
    payouts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    #: Versions of the tiers, each with its instant and what ``tiers.language.parse`` reads.
    tiers: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    #: Up to when partners were told of tiers they lost (`engage.tiers.jobs`).
    falls_told_at: Mapped[datetime | None]
    #: Drawn anew whenever rules or missions are published: who has read those of an edition knows them.
    edition: Mapped[str] = mapped_column(String(16), default=_edition)
    created_at: Mapped[datetime]

    def reissue(self) -> None:
        """Its rules or missions read otherwise from now on, and are written so already."""
        self.edition = _edition()


class Revision(Model):
    """A published change of a mission or a board: how the file read before it and reads since.

    ``before`` is None where there was none (or it had been retired), ``after`` where it is retired.
    """

    __tablename__ = "revisions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    kind: Mapped[str] = mapped_column(String(10))
    slug: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    published_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(Text)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    __table_args__ = (
        UniqueConstraint("programme_id", "kind", "slug", "number"),
        one_of("kind", ("board", "mission")),
    )

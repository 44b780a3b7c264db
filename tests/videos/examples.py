"""A film of alice's that is done, with files beside it, without rendering one."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import current_app
from PIL import Image

from engage import clock
from engage.config import Settings
from engage.db import db
from engage.studio.story import Chapter, to_json
from engage.studio.values import Badge, Badges, Point, Ranking, Row, Series, Stage, Stages
from engage.videos import looks, sharing, shelf
from engage.videos.models import FilmShare, Video, VideoBatch, VideoOrder

from ..conftest import NOW, Cast

KEY = "a1" * 32
#: What it tells in words, with a figure of each shape.
STORY = (
    Chapter(("Alice Bikes, this is your recap.",), ()),
    Chapter(
        ("March was your best month.",),
        (
            Series((Point("Feb", 1200, "$1,200.00"), Point("Mar", 2500, "$2,500.00"))),
            Ranking((Row(1, "Alice Bikes", "$3,700.00", True), Row(2, "A partner", ""))),
        ),
    ),
    Chapter(
        ("Two steps of Spring sprint are done.",),
        (
            Stages(
                (Stage("First three deals", True), Stage("Twenty thousand", False, "$100")), 0.4
            ),
            Badges((Badge("Road bikes", "shield"),)),
        ),
    ),
)
#: Bytes that tell where in a film one is.
FILM = bytes(range(256)) * 8


def film(cast: Cast) -> dict[str, Any]:
    """The address's values of alice's film: ``key``."""
    make(cast)
    return {"key": KEY}


def batch(cast: Cast) -> dict[str, Any]:
    """The address's values of the batch it was ordered in: ``batch_id``."""
    return {"batch_id": make(cast)}


def link(cast: Cast) -> dict[str, Any]:
    """The address's values of a link to it: ``key``, ``share_id``."""
    return film(cast) | {"share_id": _share(cast).id}


def shared(cast: Cast) -> dict[str, Any]:
    """The address's values of what that link opens: ``token``."""
    return {"token": sharing.token(_share(cast), current_app.config["SECRET_KEY"])}


def shared_part(cast: Cast) -> dict[str, Any]:
    return shared(cast) | {"part": shelf.POSTER}


def _share(cast: Cast) -> FilmShare:
    make(cast)
    video = db.session.query(Video).filter_by(key=KEY).one()
    known = sharing.living(video.id, clock.now())
    if known:
        return known[0]
    share = sharing.make(video, 7, with_name=True, with_poster=True, now=clock.now())
    db.session.commit()
    return share


def make(cast: Cast) -> int:
    """The film, made when it is first asked for; the id of its batch."""
    known = db.session.query(VideoBatch.id).filter_by(reason="example").scalar()
    if known is not None:
        return int(known)
    assert cast.alice.partner
    said = {"programme_id": cast.programme.id, "template": "recap", "format": "16:9"}
    ordered = VideoBatch(**said, title="Recap", reason="example", audience={}, created_at=NOW)
    video = Video(
        **said,
        partner_id=cast.alice.partner.id,
        template_digest="0" * 64,
        period="2013-Q1",
        title="Recap: Q1 2013",
        locale="en",
        key=KEY,
        snapshot={},
        state="done",
        progress=100,
        attempts=1,
        seconds=24,
        size=len(FILM),
        story=to_json(STORY),
        created_at=NOW,
        queued_at=NOW,
        started_at=NOW,
        heartbeat_at=NOW,
        finished_at=NOW + timedelta(seconds=9),
    )
    db.session.add_all([ordered, video])
    db.session.flush()
    db.session.add(VideoOrder(batch_id=ordered.id, partner_id=video.partner_id, video_id=video.id))
    db.session.commit()
    settings: Settings = current_app.extensions["engage.settings"]
    place = shelf.Folder(settings.media_dir).folder(KEY)
    place.mkdir(parents=True)
    (place / shelf.FILM).write_bytes(FILM)
    (place / shelf.POSTER).write_bytes(b"\xff\xd8\xff\xd9")
    (place / shelf.CAPTIONS).write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n")
    return ordered.id


def logo(cast: Cast) -> dict[str, Any]:
    """The address's values of a logo that was uploaded."""
    picture = BytesIO()
    Image.new("RGBA", (40, 20), "#7A1F3D").save(picture, "PNG")
    digest = looks.keep_logo(cast.programme.id, picture.getvalue())
    db.session.commit()
    return {"digest": digest}

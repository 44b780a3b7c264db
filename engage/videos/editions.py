"""What a programme made of the templates as they are shipped: published versions, and drafts of next ones.

A version is never changed: to go back is to publish what an earlier one says again. Version 0 is the
template as it is shipped.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from engage.db import db
from engage.videos.models import FilmDraft, FilmVersion

#: The slug of a programme's colours and logo, which all its films share.
LOOK = "look"


class Refused(ValueError):
    """What was to be published is not; the message says why."""


def latest(programme_id: int) -> dict[str, FilmVersion]:
    """The versions that films are made by, by slug."""
    newest = (
        select(func.max(FilmVersion.id))
        .where(FilmVersion.programme_id == programme_id)
        .group_by(FilmVersion.slug)
    )
    found = db.session.scalars(select(FilmVersion).where(FilmVersion.id.in_(newest)))
    return {version.slug: version for version in found}


def history(programme_id: int, slug: str) -> Sequence[FilmVersion]:
    """All versions, newest first."""
    return db.session.scalars(
        select(FilmVersion)
        .where(FilmVersion.programme_id == programme_id, FilmVersion.slug == slug)
        .order_by(FilmVersion.number.desc())
    ).all()


def drafts(programme_id: int) -> dict[str, FilmDraft]:
    found = db.session.scalars(select(FilmDraft).where(FilmDraft.programme_id == programme_id))
    return {draft.slug: draft for draft in found}


def keep(
    programme_id: int, slug: str, edits: Mapping[str, Any], *, by: int, now: datetime
) -> FilmDraft:
    """Keep the next version as it stands by now, finished or not."""
    draft = db.session.get(FilmDraft, (programme_id, slug))
    if draft is None:
        stands = latest(programme_id).get(slug)
        draft = FilmDraft(programme_id=programme_id, slug=slug, base=stands.number if stands else 0)
        db.session.add(draft)
    draft.edits, draft.changed_by, draft.changed_at = dict(edits), by, now
    db.session.flush()
    return draft


def drop(programme_id: int, slug: str) -> None:
    """Throw the draft away; what is published stays."""
    if draft := db.session.get(FilmDraft, (programme_id, slug)):
        db.session.delete(draft)
        db.session.flush()


def publish(
    programme_id: int,
    slug: str,
    edits: Mapping[str, Any],
    *,
    base: int,
    shipped: str,
    note: str,
    by: int,
    now: datetime,
) -> FilmVersion:
    """Make these edits the next version and forget the draft.

    :raises Refused: they change nothing, or somebody published after ``base``.
    """
    stands = latest(programme_id).get(slug)
    number = stands.number if stands else 0
    if number != base:
        raise Refused(
            _(
                "Version %(n)s was published meanwhile: look at what changed, then publish.",
                n=number,
            )
        )
    same = dict(edits) == (stands.edits if stands else {})
    if same and (stands is None or stands.shipped == shipped):
        raise Refused(_("Nothing is changed: films are made like this already."))
    made = FilmVersion(
        programme_id=programme_id,
        slug=slug,
        number=number + 1,
        edits=dict(edits),
        shipped=shipped,
        note=note,
        published_by=by,
        published_at=now,
    )
    db.session.add(made)
    drop(programme_id, slug)
    db.session.flush()
    return made

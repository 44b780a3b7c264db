"""Versions of missions and boards: every published change is kept, with who, when and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from engage.db import db
from engage.programmes.models import Revision


def note(
    programme_id: int,
    kind: str,
    slug: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    now: datetime,
    why: str | None = None,
    by: int | None = None,
) -> None:
    """Keep a change of the ``mission`` or ``board`` of that slug; nothing where it changes nothing.

    ``before`` and ``after`` are what the programme file says of it, None where it says nothing.
    """
    if before == after:
        return
    mine = (Revision.programme_id == programme_id, Revision.kind == kind, Revision.slug == slug)
    last = db.session.scalar(select(func.max(Revision.number)).where(*mine)) or 0
    db.session.add(
        Revision(
            programme_id=programme_id,
            kind=kind,
            slug=slug,
            number=last + 1,
            before=dict(before) if before else None,
            after=dict(after) if after else None,
            published_at=now,
            reason=why,
            published_by=by,
        )
    )
    db.session.flush()


def revisions(programme_id: int) -> Sequence[Revision]:
    """Every change of the programme's missions and boards, newest first."""
    return db.session.scalars(
        select(Revision).where(Revision.programme_id == programme_id).order_by(Revision.id.desc())
    ).all()

"""The public changelog of the rules: what changed, from when, and why."""

from typing import Literal, NamedTuple

from sqlalchemy import select

from engage.accounts.models import User
from engage.db import db
from engage.incentives.models import Rule as Row
from engage.incentives.models import RuleVersion
from engage.incentives.rules import Rule, Version, holds
from engage.incentives.service import books
from engage.programmes.models import Programme

Kind = Literal["new", "changed", "retired", "again"]


class Change(NamedTuple):
    """A published version: how the rule read before (None: not at all) and reads from then on.

    ``by`` is the name of who published it (None: the command line). ``void``: another version
    replaced it before it began.
    """

    slug: str
    version: Version
    before: Rule | None
    by: str | None
    void: bool

    @property
    def kind(self) -> Kind:
        """``new``, ``changed``, ``retired`` or ``again`` (it had been retired)."""
        if self.version.rule is None:
            return "retired"
        if self.before is None:
            return "new" if self.version.number == 1 else "again"
        return "changed"


def changes(programme: Programme) -> list[Change]:
    """Everything that was ever published about rules, newest first."""
    publishers = dict(
        db.session.execute(
            select(RuleVersion.id, User.name)
            .join(Row, Row.id == RuleVersion.rule_id)
            .join(User, User.id == RuleVersion.published_by)
            .where(Row.programme_id == programme.id)
        )
        .tuples()
        .all()
    )
    found = []
    for book in books(programme):
        for index, version in enumerate(book.versions):
            begins = version.valid_from
            stood = holds(book.versions[:index], begins) if begins else None
            later = book.versions[index + 1 :]
            void = begins is not None and holds(later, begins) is not None
            before = stood.rule if stood else None
            found.append(Change(book.slug, version, before, publishers.get(version.id), void))
    return sorted(found, key=lambda change: change.version.id, reverse=True)

"""Rules and their versions, and the running totals that let a new fact be paid at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model


class Rule(Model):
    __tablename__ = "rules"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    slug: Mapped[str] = mapped_column(String(80))

    __table_args__ = (UniqueConstraint("programme_id", "slug"),)


class RuleVersion(Model):
    """How a rule reads from ``valid_from`` on (None: always); no ``definition``: it is retired.

    ``reason`` is why it was published, ``published_by`` who did (None: the command line).
    """

    __tablename__ = "rule_versions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id"))
    version: Mapped[int]
    valid_from: Mapped[datetime | None]
    definition: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    published_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(Text)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    __table_args__ = (UniqueConstraint("rule_id", "version"),)


class RunningTotal(Model):
    """Where a rule's running total stands for a partner and period, and the last fact in it.

    A projection: a fact later than the last is paid from here alone; any other makes the flow walk
    the period again.
    """

    __tablename__ = "running_totals"

    rule_id: Mapped[int] = mapped_column(ForeignKey("rules.id"), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    total: Mapped[int]
    last_at: Mapped[datetime]
    last_external_id: Mapped[str] = mapped_column(String(200))
    last_source: Mapped[str] = mapped_column(String(40))


class RuleDraft(Model):
    """A change of a rule in the making. Any manager of the programme may go on with it.

    ``slug`` is the rule it changes (None: a new one), ``base`` the version it was begun from. ``typed``
    is what the form holds, finished or not; ``retires``: it ends the rule. ``replay`` is how the last
    run over real facts went: its state, how far it is, and what was found.
    """

    __tablename__ = "rule_drafts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    slug: Mapped[str | None] = mapped_column(String(80))
    base: Mapped[int] = mapped_column(default=0)
    retires: Mapped[bool] = mapped_column(default=False)
    typed: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    why: Mapped[str] = mapped_column(Text, default="")
    replay: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]

    #: An address that was somebody's draft never shows another one.
    __table_args__ = ({"sqlite_autoincrement": True},)

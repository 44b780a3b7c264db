"""What stands posted by the rules: in which groups, for which facts, and what of it counts no more."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, func, select

from engage import periods
from engage.activity.models import Fact
from engage.among import among
from engage.db import db
from engage.incentives.models import RuleVersion
from engage.incentives.worth import Group
from engage.ledger.models import Transfer
from engage.ledger.rules import Difference, Posted
from engage.prepared import Prepared, Question, together

_fact: Any = Fact.__table__.c
_line: Any = Transfer.__table__.c
_version: Any = RuleVersion.__table__.c
_PLACE = (
    *(_version.rule_id, _line.partner_id, _line.period),
    *(_line.fact_id, _line.rule_version_id),
)
#: By the facts of those days, so that it does not take longer with every year.
_STANDING = Prepared(
    select(*_PLACE, func.sum(_line.amount), func.count())
    .join_from(Fact.__table__, Transfer.__table__, _line.fact_id == _fact.id)
    .join(RuleVersion.__table__, _version.id == _line.rule_version_id)
    .where(
        among(_fact.partner_id, "partner_ids"),
        _fact.day.between(bindparam("first"), bindparam("last")),
    )
    .group_by(*_PLACE),
    tuple,
)


def groups_of(rule_ids: list[int], partner_ids: list[int]) -> set[Group]:
    """The groups of these rules in which anything stands posted for these partners."""
    rows = db.session.execute(
        select(RuleVersion.rule_id, Transfer.partner_id, Transfer.period)
        .join(RuleVersion, RuleVersion.id == Transfer.rule_version_id)
        .where(Transfer.partner_id.in_(partner_ids), RuleVersion.rule_id.in_(rule_ids))
        .distinct()
    )
    return {(rule_id, partner_id, period) for rule_id, partner_id, period in rows}


def asked(groups: Collection[Group]) -> Question:
    """What `standing` asks."""
    spans = [periods.parse(name) for name in {name for _, _, name in groups}]
    return _STANDING, {
        "partner_ids": {partner_id for _, partner_id, _ in groups},
        "first": min(span.first for span in spans),
        "last": max(span.last for span in spans),
    }


def standing(groups: Iterable[Group]) -> dict[Group, dict[tuple[int, int], Posted]]:
    """What stands posted in each group, by fact and rule version."""
    found: dict[Group, dict[tuple[int, int], Posted]] = defaultdict(dict)
    wanted = set(groups)
    if not wanted:
        return found
    (rows,) = together(asked(wanted))
    for rule_id, partner_id, period, fact_id, version_id, amount, count in rows:
        if (group := (rule_id, partner_id, period)) in wanted:
            found[group][fact_id, version_id] = Posted(int(amount), count)
    return found


def no_more(group: Group, standing: Mapping[tuple[int, int], Posted]) -> list[Difference]:
    """What stands posted for facts that no longer count here, as differences of the same sign."""
    if not standing:
        return []
    facts = {
        fact.id: fact
        for fact in db.session.execute(
            select(Fact.id, Fact.occurred_at, Fact.day).where(
                Fact.id.in_([fact_id for fact_id, _ in standing])
            )
        )
    }
    # By the facts: by their versions it would go through all that these ever paid.
    paid_in = select(Transfer.rule_version_id, Transfer.unit).where(
        Transfer.fact_id.in_(facts), Transfer.rule_version_id.is_not(None)
    )
    units = {row.rule_version_id: row.unit for row in db.session.execute(paid_in.distinct())}
    return [
        Difference(
            partner_id=group[1],
            unit=units[version_id],
            amount=posted.amount,
            fact_id=fact_id,
            rule_version_id=version_id,
            stage_id=None,
            period=group[2],
            occurred_at=facts[fact_id].occurred_at,
            day=facts[fact_id].day,
            total_before=0,
            total_after=0,
            sequence=posted.lines,
        )
        for (fact_id, version_id), posted in standing.items()
    ]

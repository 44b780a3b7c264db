"""Lines held against what they name: the facts and rule versions that were altered past the house.

A line is sealed with what its arithmetic took (`engage.ledger.chain`). So a fact must add what the line
was posted for, and the version must pay the line's sum for it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select

from engage.activity.models import Fact
from engage.activity.rules import DISTINCT, Standing, adds, concerns
from engage.activity.service import COLUMNS
from engage.db import db
from engage.definitions import DefinitionError
from engage.incentives import rules
from engage.incentives.rules import Rule, Step, Version
from engage.incentives.service import books
from engage.incentives.worth import Terms
from engage.ledger.models import Transfer
from engage.money import SCALE
from engage.programmes.models import Programme

#: The totals of a line that takes back what stood.
_TAKEN_BACK = (0, 0)


class _Line(NamedTuple):
    id: int
    version_id: int
    amount: int
    before: int
    after: int
    terms: Terms | None


class Contradiction(NamedTuple):
    """What is wrong first, in a sentence, and the line that tells."""

    problem: str
    transfer: int | None


def contradiction(programme: Programme, progress: Callable[[int], None]) -> Contradiction | None:
    """The first line, by its fact, that does not follow from what it names; None where all do."""
    try:
        kept = {
            version.id: (book.versions, version)
            for book in books(programme, proved=True)
            for version in book.versions
        }
    except DefinitionError as error:
        return Contradiction(f"a rule version cannot be read any more: {error}", None)
    done = 0
    for fact, lines in _groups(programme.id):
        done += len(lines)
        progress(done)
        if problem := _amiss(fact, lines, *kept.get(lines[0].version_id, ((), None))):
            return Contradiction(problem, lines[-1].id)
    return None


def _groups(programme_id: int) -> Iterator[tuple[Standing, list[_Line]]]:
    """What was posted for each fact by each rule version, in the order of posting."""
    columns = (
        Transfer.id,
        Transfer.rule_version_id,
        Transfer.amount,
        Transfer.total_before,
        Transfer.total_after,
        Transfer.terms,
    )
    rows = db.session.execute(
        select(*columns, *COLUMNS)
        .join(Fact, Fact.id == Transfer.fact_id)
        .where(Transfer.programme_id == programme_id, Transfer.rule_version_id.is_not(None))
        .order_by(Transfer.fact_id, Transfer.rule_version_id, Transfer.id)
        .execution_options(yield_per=5_000)
    )
    place = len(columns)
    for _, group in groupby(rows, key=lambda row: (row[place], row[1])):
        found = list(group)
        yield Standing._make(found[0][place:]), [_Line._make(row[:place]) for row in found]


def _amiss(
    fact: Standing, lines: Sequence[_Line], versions: Sequence[Version], version: Version | None
) -> str | None:
    """What lines say of their fact and version that these do not."""
    last = lines[-1]
    if version is None or version.rule is None:
        return (
            f"rule version {last.version_id}, which transfer {last.id} is by, pays nothing any more"
        )
    named = f"rule version {version.id}"
    rule, added = version.rule, adds(version.rule.per, fact, Counter())
    for line in lines:
        moved = line.after - line.before
        # Of customers and products a fact may be one more, or not: that hangs on others.
        fits = moved in (-SCALE, 0, SCALE) if rule.per in DISTINCT else moved == added
        if (line.before, line.after) != _TAKEN_BACK and not fits:
            return (
                f"fact {fact.id} adds {added} to what {named} counts, and transfer {line.id} was "
                f"posted for {moved}: the fact or the rule was changed"
            )
    total, owed = sum(line.amount for line in lines), _paid(rule, last)
    if total != owed:
        return (
            f"for fact {fact.id} {named} pays {owed}, and transfers up to {last.id} come to {total}: "
            "the rule was changed"
        )
    holds = rules.in_force(list(versions), fact.occurred_at)
    meets = concerns(rule.on, rule.where, fact) and rule.covers(fact.day, fact.occurred_at)
    if total and not (meets and holds and holds.id == version.id):
        return (
            f"fact {fact.id} does not fall under {named}, by which transfer {last.id} is: the fact or "
            "the rule was changed"
        )
    return None


def _paid(rule: Rule, line: _Line) -> int:
    """What the arithmetic that a line was posted with comes to, by the rule as it stands."""
    terms = line.terms or {}
    if "left" in terms:
        return int(terms["left"])
    step = Step(line.before, line.after, rules.pay(rule, line.after) - rules.pay(rule, line.before))
    return rules.times(rule, step, Decimal(terms["times"])) if "times" in terms else step.amount

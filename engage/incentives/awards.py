"""What the rules owe after facts changed: the worth of each fact, less what stands posted for it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, tuple_

from engage import periods
from engage.activity import service as activity
from engage.activity.models import Fact
from engage.activity.rules import Standing
from engage.among import among, in_chunks
from engage.apart import Apart, apart
from engage.db import db
from engage.incentives import again, baseline, posted
from engage.incentives.models import RunningTotal
from engage.incentives.service import books
from engage.incentives.worth import (
    Attributes,
    Book,
    Entry,
    Group,
    Worth,
    placed,
    walk,
    within_budget,
    worth,
)
from engage.ledger import budgets
from engage.ledger import service as ledger
from engage.ledger.models import Transfer
from engage.ledger.rules import NOTHING_POSTED, Difference, Posted
from engage.partners import service as partners
from engage.prepared import Prepared, ahead
from engage.programmes.models import Programme
from engage.rows import upsert_rows


def award(
    programme: Programme,
    new: Sequence[Standing],
    superseded: Sequence[Standing],
    attributes: Mapping[int, Attributes],
    climbed: Mapping[int, datetime],
) -> list[Difference]:
    """What the rules owe after ``new`` came in and ``superseded`` went out.

    A group whose new facts all come after its last one is paid from its running total; any other
    is walked again from its first fact. Both give the same sums. Rules that look back (distinct
    customers, growth) are always walked. ``climbed`` are partners whose tier is another from an
    instant on: what they did since is worth something else by the rules that look at tiers.
    """
    fresh: dict[Group, list[Entry]] = {}
    stale: set[Group] = set()
    shelf = books(programme)
    ordered = sorted(new, key=lambda fact: fact.order)
    for book in shelf:
        fresh |= placed(book, ordered, attributes)
        if superseded:
            stale |= placed(book, superseded, attributes).keys()
    stale |= again.measured_against(shelf, [*new, *superseded])
    stale |= again.done_since(shelf, climbed, attributes)
    totals = _totals(fresh.keys())
    looking_back = {book.id for book in shelf if book.looks_back}
    stale |= {
        group
        for group, entries in fresh.items()
        if group[0] in looking_back
        or (group in totals and entries[0][0].order <= _last(totals[group]))
    }
    owed: list[Difference] = []
    moved: list[dict[str, object]] = []
    for group, entries in fresh.items():
        if group in stale:
            continue
        start = totals[group].total if group in totals else 0
        walked = walk(start, entries, attributes[group[1]])
        owed += [_difference(paid, group[2]) for paid in walked if paid.step.amount]
        moved.append(_moved(group, walked))
    upsert_rows(RunningTotal.__table__, moved, put=_TOTAL_COLUMNS)
    owed += _again(shelf, stale, attributes)
    touched = {rule_id for rule_id, _, _ in fresh.keys() | stale}
    return _while_budgets_last(programme, [b for b in shelf if b.id in touched], owed)


def _while_budgets_last(
    programme: Programme, shelf: Iterable[Book], owed: list[Difference]
) -> list[Difference]:
    """The same, unless a rule that stops at its budget gets there, or stands there already.

    What such a rule has paid is its whole worth or its budget, whichever is less: below the budget
    nothing was ever withheld. At it, the rule is walked over the facts of all partners.
    """
    for book in shelf:
        if book.limit is None:
            continue
        versions = {version.id for version in book.versions}
        mine = [d for d in owed if d.rule_version_id in versions]
        stands = sum(budgets.keep_up(programme.id, book.source, _awarded_by(book)).values())
        if stands >= book.limit or stands + sum(d.amount for d in mine) > book.limit:
            groups = _whole(programme, book, book.limit, partners.attributes(programme.id))
            mine = _against_posted(groups)
            _store(groups)
            owed = [d for d in owed if d.rule_version_id not in versions] + mine
        budgets.add(book.source, book.earns, sum(d.amount for d in mine))
    return owed


def _awarded_by(book: Book) -> budgets.Counting:
    """What all versions of a rule have awarded, in whatever unit they paid."""
    lines = Transfer.rule_version_id.in_([version.id for version in book.versions])
    return lambda: {book.earns: sum(ledger.posted(lines).values())}


def differing_budgets(programme: Programme) -> Iterator[Apart]:
    """What rules have awarded and is kept of them as something else."""
    limited = (book for book in books(programme) if book.limit is not None)
    return budgets.differing(programme.id, ((b.source, _awarded_by(b)) for b in limited))


def _whole(
    programme: Programme, book: Book, limit: int, everybody: Mapping[int, Attributes]
) -> dict[Group, list[Worth]]:
    """The groups of a rule over the facts of all partners, within its budget."""
    facts = list(activity.standing_facts(Fact.programme_id == programme.id))
    groups = within_budget(limit, dict(worth([book], facts, everybody)))
    gone: dict[Group, list[Worth]] = {
        group: [] for group in posted.groups_of([book.id], list(everybody))
    }
    return gone | groups


_totals_table: Any = RunningTotal.__table__
_TOTALS = Prepared(
    select(_totals_table).where(
        among(_totals_table.c.rule_id, "rule_ids"),
        among(_totals_table.c.partner_id, "partner_ids"),
        among(_totals_table.c.period, "periods"),
    )
)
_TOTAL_COLUMNS = ("total", "last_at", "last_external_id", "last_source")


def _totals(groups: Collection[Group]) -> dict[Group, Row[Any]]:
    """The running totals of these groups; those of their partners' other groups may be with them."""
    if not groups:
        return {}
    rule_ids, partner_ids, names = (set(part) for part in zip(*groups, strict=True))
    totals = _TOTALS.all(rule_ids=rule_ids, partner_ids=partner_ids, periods=names)
    return {(total.rule_id, total.partner_id, total.period): total for total in totals}


def _last(total: Row[Any]) -> tuple[datetime, str, str]:
    return total.last_at, total.last_external_id, total.last_source


def _moved(group: Group, walked: Sequence[Worth]) -> dict[str, object]:
    last = walked[-1].fact
    return {
        "rule_id": group[0],
        "partner_id": group[1],
        "period": group[2],
        "total": walked[-1].step.after,
        "last_at": last.occurred_at,
        "last_external_id": last.external_id,
        "last_source": last.source,
    }


def _difference(paid: Worth, period: str, posted: Posted = NOTHING_POSTED) -> Difference:
    fact, version, step, terms = paid
    assert version.rule is not None
    return Difference(
        partner_id=fact.partner_id,
        unit=version.rule.earn,
        amount=step.amount - posted.amount,
        fact_id=fact.id,
        rule_version_id=version.id,
        stage_id=None,
        period=period,
        occurred_at=fact.occurred_at,
        day=fact.day,
        total_before=step.before,
        total_after=step.after,
        sequence=posted.lines,
        terms=terms,
    )


def _again(
    shelf: list[Book], stale: set[Group], attributes: Mapping[int, Attributes]
) -> list[Difference]:
    """Walk stale groups from their first fact and give the differences to what stands posted."""
    if not stale:
        return []
    spans = [periods.parse(period) for _, _, period in stale]
    spans += [
        earlier
        for book in shelf
        for version in book.versions
        if version.rule and version.rule.baseline
        for rule_id, _, period in stale
        if rule_id == book.id
        for earlier in baseline.reach(version.rule, periods.parse(period))
    ]
    first, last = min(span.first for span in spans), max(span.last for span in spans)
    owed: list[Difference] = []
    for chunk in in_chunks({partner_id for _, partner_id, _ in stale}, 500):
        here: dict[Group, list[Worth]] = {group: [] for group in stale if group[1] in chunk}
        with ahead(posted.asked(here)):
            facts = activity.facts_of(chunk, first, last)
            here |= {
                group: walked for group, walked in worth(shelf, facts, attributes) if group in here
            }
            owed += _against_posted(here)
        _store(here)
    return owed


def recompute(
    programme: Programme, attributes: Mapping[int, Attributes], *, store: bool
) -> tuple[list[Difference], list[Apart]]:
    """The differences of every group of these partners, from their first facts; and the running
    totals that stand otherwise, unless ``store`` puts them right.
    """
    if store:
        budgets.forget(programme.id)
    owed: list[Difference] = []
    wrong: list[Apart] = []
    for rule_ids, partner_ids, groups in _everything(programme, attributes):
        owed += _against_posted(groups)
        here = among(_totals_table.c.partner_id, partner_ids)
        stands = select(_totals_table).where(_totals_table.c.rule_id.in_(rule_ids), here)
        must = [_moved(group, walked) for group, walked in groups.items() if walked]
        rows = [tuple(row.values()) for row in must]
        found = list(apart(_totals_table, db.session.execute(stands).tuples(), rows))
        if store and found:
            keys = {tuple(each.row.values()) for each in found}
            _forget(sorted(keys))
            again = [row for row in must if tuple(row.values())[:3] in keys]
            upsert_rows(_totals_table, again, put=_TOTAL_COLUMNS)
        elif not store:
            wrong += found
    return owed, wrong


def _everything(
    programme: Programme, attributes: Mapping[int, Attributes]
) -> Iterator[tuple[list[int], Iterable[int], dict[Group, list[Worth]]]]:
    """All groups of rules and partners, some at a time; of a rule that stops at its budget all at once."""
    known = books(programme)
    shelf = [book for book in known if book.limit is None]
    limited = [(book, book.limit) for book in known if book.limit is not None]
    everybody = partners.attributes(programme.id) if limited else {}
    for book, limit in limited:
        yield [book.id], everybody, _whole(programme, book, limit, everybody)
    rule_ids = [book.id for book in shelf]
    for chunk in in_chunks(attributes, 500):
        facts = activity.facts_of(chunk)
        gone: dict[Group, list[Worth]] = {group: [] for group in posted.groups_of(rule_ids, chunk)}
        yield rule_ids, chunk, gone | dict(worth(shelf, facts, attributes))


def _against_posted(groups: Mapping[Group, list[Worth]]) -> list[Difference]:
    """Differences of whole groups to what stands posted."""
    stands = posted.standing(groups.keys())
    owed: list[Difference] = []
    for group, walked in groups.items():
        standing = stands.get(group, {})
        for paid in walked:
            so_far = standing.pop((paid.fact.id, paid.version.id), NOTHING_POSTED)
            if paid.step.amount != so_far.amount:
                owed.append(_difference(paid, group[2], so_far))
        owed += [
            taken_back._replace(amount=-taken_back.amount)
            for taken_back in posted.no_more(group, standing)
            if taken_back.amount
        ]
    return owed


def _store(groups: Mapping[Group, list[Worth]]) -> None:
    """Write the running totals of whole groups; one without facts has none."""
    moved = [_moved(group, walked) for group, walked in groups.items() if walked]
    upsert_rows(RunningTotal.__table__, moved, put=_TOTAL_COLUMNS)
    _forget([group for group, walked in groups.items() if not walked])


def _forget(groups: list[Group]) -> None:
    for chunk in in_chunks(groups, 500):
        db.session.execute(
            delete(RunningTotal).where(
                tuple_(RunningTotal.rule_id, RunningTotal.partner_id, RunningTotal.period).in_(
                    chunk
                )
            )
        )

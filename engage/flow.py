"""The way of a fact: from a report to points, money, missions and standings, in one transaction.

Nothing else but `engage.effect` and `engage.membership` writes these tables. A batch may hold one fact
or sixty thousand; what comes out never depends on how facts were batched, ordered or repeated, because
every step posts the difference between what the facts say and what already stands.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from engage.activity import held
from engage.activity import service as activity
from engage.activity.models import HeldFact
from engage.activity.rules import Problem, Report
from engage.activity.service import Admission
from engage.db import db, without_trace
from engage.incentives import awards as incentives
from engage.incentives.worth import Attributes
from engage.leaderboards import carrying
from engage.leaderboards import service as leaderboards
from engage.leaderboards.published import Published
from engage.ledger import service as ledger
from engage.ledger.rules import EARNED, Difference, Move, Overdrawn
from engage.missions import awards as missions
from engage.missions import progress
from engage.outbox import service as outbox
from engage.partners import service as partners
from engage.prepared import ahead
from engage.programmes.models import Programme
from engage.rows import drawing
from engage.screens import service as screens
from engage.tiers import service as tiers

#: More partners than this are not told one by one (their pages follow the boards), nor are more
#: facts, which screens would celebrate.
TOLD_BY_NAME = 200
#: The source of facts that are only supposed; they meet no real one.
SUPPOSED = "what-if"


class Outcome(NamedTuple):
    """What became of a batch; ``answers`` has one word per report, in its order.

    ``held`` are the positions of those that wait in the queue; they are answered ``problem``, too.
    """

    answers: list[str]
    problems: list[Problem]
    owed: list[Difference]
    held: frozenset[int] = frozenset()


Seen = TypeVar("Seen")


class Supposed(NamedTuple, Generic[Seen]):
    """What facts would do: the lines they would post, and what was seen before them and with them."""

    problems: list[Problem]
    owed: list[Difference]
    before: Seen
    after: Seen


def record(
    programme: Programme,
    reports: Sequence[Report],
    *,
    source: str,
    now: datetime,
    hold: str | None = None,
) -> Outcome:
    """Take facts in and carry them all the way; the caller commits, or undoes it on problems.

    ``hold`` names the way the reports came ("API: crm"): what cannot be taken then waits in the
    queue, where the programme's policy says so. Without it nothing is held.
    """
    with foreseen(programme.id, reports, source) as along:
        batch = activity.admit(programme, reports, source=source, now=now)
        kept = held.sort_out(programme, reports, batch, source=source, came_by=hold, now=now)
        changed = batch.new + batch.superseded
        climbed = tiers.advance(programme, changed)
        theirs = {fact.partner_id for fact in changed}
        who = partners.attributes(programme.id, theirs, batch.partners)
        concerned = missions.concerned(programme, changed, climbed.since)
        if along and len(reports) == 1:
            along(*ledger.asked(programme.id, theirs))
            along(partners.grouped(programme.id, who.values()))
            for mission in concerned:
                along(*progress.asked(mission, batch.new, batch.superseded, who))
        awards = incentives.award(programme, batch.new, batch.superseded, who, climbed.since)
        rewards = missions.advance(
            programme, concerned, batch.new, batch.superseded, who, climbed.since
        )
        owed = awards + rewards
        # A rule that stops at its budget may pay others less, or more again.
        if others := {one.partner_id for one in owed} - who.keys():
            who |= partners.attributes(programme.id, others)
        ledger.post(programme.id, owed, now)
        moved = carrying.move(programme, batch.new, batch.superseded, owed, who, now, climbed.since)
        if changed:
            tell(programme, moved, theirs, now, facts=[fact.id for fact in batch.new])
    for partner_id, tier in climbed.reached.items():
        outbox.write(programme.id, "climbed", {"partner": partner_id, "tier": tier}, now)
    return Outcome(batch.answers, batch.problems, owed, kept)


def foreseen(
    programme_id: int, reports: Sequence[Report], source: str
) -> AbstractContextManager[Callable[..., None] | None]:
    """Have the next message take along what a batch will ask whoever its facts are of, and nothing on its
    way changes before; see `engage.prepared.ahead`."""
    return ahead(
        *activity.asked(programme_id, source, reports),
        drawing("facts", len(reports)),
        held.any_waiting(programme_id, source),
        carrying.published(programme_id),
        screens.plans_of(programme_id),
        few=len(reports) == 1,
    )


def accept(
    programme: Programme, reports: Sequence[Report], *, source: str, came_by: str, now: datetime
) -> Outcome:
    """`record` for reports that stand each for itself: what cannot be taken is held, not refused.

    So is a fact whose pay the budget cannot carry; it is found by halving the batch.
    """
    try:
        with db.session.begin_nested():
            return record(programme, reports, source=source, now=now, hold=came_by)
    except Overdrawn as short:
        if len(reports) == 1:
            problem = Problem(0, "amount", str(short), "over_budget")
            batch = Admission([], [], ["problem"], [problem])
            kept = held.sort_out(programme, reports, batch, source=source, came_by=came_by, now=now)
            return Outcome(batch.answers, batch.problems, [], kept)
    middle = len(reports) // 2
    first, second = (
        accept(programme, part, source=source, came_by=came_by, now=now)
        for part in (reports[:middle], reports[middle:])
    )
    return Outcome(
        first.answers + second.answers,
        first.problems + [p._replace(position=p.position + middle) for p in second.problems],
        first.owed + second.owed,
        first.held | {position + middle for position in second.held},
    )


def readmit(programme: Programme, rows: Iterable[HeldFact], *, now: datetime) -> int:
    """Try reports of the queue again: what is fine by now goes the way of all facts; how many were."""
    taken = 0
    ways: dict[tuple[str, str], list[Report]] = {}
    for row in rows:
        ways.setdefault((row.source, row.came_by), []).append(held.report(row))
    for (source, came_by), reports in ways.items():
        outcome = accept(programme, reports, source=source, came_by=came_by, now=now)
        taken += len(reports) - outcome.answers.count("problem")
    return taken


def move_on(programme: Programme, move: Move, *, now: datetime) -> None:
    """Move what no fact earned (a correction, a redemption) and tell whose it is.

    A correction is earned, so boards that measure pay count it, on the day of what it is about.
    """
    ledger.transfer(programme.id, [move], now)
    moved: list[Published] = []
    if move.kind in EARNED:
        who = partners.attributes(programme.id, {move.partner_id})
        moved = carrying.move(programme, [], [], [move], who, now)
    tell(programme, moved, {move.partner_id}, now)


def suppose(
    programme: Programme,
    reports: Sequence[Report],
    *,
    now: datetime,
    look: Callable[[Programme], Seen],
) -> Supposed[Seen]:
    """What `record` would do with facts that have not happened: they go its very way and are undone.

    Nothing stays behind: no row, no message, no version of a board. ``now`` is when they would be
    reported, ``look`` reads what else is of interest, in plain values, before and after.
    """
    programme_id = programme.id

    def work() -> Supposed[Seen]:
        here = db.session.get_one(Programme, programme_id)
        before = look(here)
        outcome = record(here, reports, source=SUPPOSED, now=now)
        return Supposed(outcome.problems, outcome.owed, before, look(here))

    return without_trace(work)


def reconsider(
    programme: Programme, partner_ids: Iterable[int] | None = None, *, now: datetime
) -> int:
    """Work everything out again from the facts and post what differs; the number of new lines.

    Called where something other than a fact changed: partners moved, or rules, missions or boards
    were published. Without ids, for every partner, and what waits in the queue is tried again.
    """
    if partner_ids is None:
        readmit(programme, held.waiting(programme.id), now=now)
    tiers.rebuild(programme, partner_ids)
    who = partners.attributes(programme.id, partner_ids)
    owed = differences(programme, who, store=True)
    ledger.post(programme.id, owed, now)
    boards = leaderboards.boards(programme)
    for board in boards:
        leaderboards.rebuild(programme, board, now, whole=partner_ids is None)
    tell(programme, boards, set(), now)
    return len(owed)


def differences(
    programme: Programme, who: dict[int, Attributes], *, store: bool
) -> list[Difference]:
    """What rules and missions owe these partners from their first facts on, less what stands posted.

    With ``store`` running totals and progress are written anew as well.
    """
    owed, _ = incentives.recompute(programme, who, store=store)
    return owed + missions.recompute(programme, who, store=store)


def tell(
    programme: Programme,
    boards: Iterable[Published],
    partner_ids: set[int],
    now: datetime,
    facts: Sequence[int] = (),
) -> None:
    """Have open pages, screens and whoever else follows hear of it once the transaction stands."""
    payload: dict[str, Any] = {
        "boards": [(b.model.slug, b.model.version, b.rule.is_public) for b in boards],
        "partners": sorted(partner_ids) if len(partner_ids) <= TOLD_BY_NAME else [],
    }
    if 0 < len(facts) <= TOLD_BY_NAME and screens.celebrate(programme.id):
        payload["facts"] = facts
    outbox.write(programme.id, "moved", payload, now)

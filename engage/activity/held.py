"""Reports that could not be taken: kept with what is wrong, until that changes or a manager says no."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update

from engage.activity import rules
from engage.activity.models import HeldFact
from engage.activity.rules import AHEAD, Intake, Problem, Report
from engage.activity.service import Admission
from engage.among import among
from engage.db import changed, db
from engage.prepared import Prepared, Question, together
from engage.programmes.models import Programme

PAGE = 50
_LONGEST_PROBLEM = 1_000
_held: Any = HeldFact.__table__.c
_ANY_WAITING = Prepared(
    select(_held.id)
    .where(
        _held.programme_id == bindparam("programme_id"),
        _held.source == bindparam("source"),
        _held.state == "waiting",
    )
    .limit(1)
)


def any_waiting(programme_id: int, source: str) -> Question:
    """Whether any report of a source waits at all."""
    return _ANY_WAITING, {"programme_id": programme_id, "source": source}


def raw(report: Report) -> dict[str, Any]:
    """A report as its row keeps it: instants and days as text, amounts in ten-thousandths."""
    said = report._asdict()
    return said | {"occurred_at": report.occurred_at.isoformat(), "day": report.day.isoformat()}


def report(row: HeldFact) -> Report:
    """What was reported, ready to be tried again."""
    said = dict(row.report)
    said["occurred_at"] = datetime.fromisoformat(said["occurred_at"])
    said["day"] = date.fromisoformat(said["day"])
    return Report(**said)


def sort_out(
    programme: Programme,
    reports: Sequence[Report],
    batch: Admission,
    *,
    source: str,
    came_by: str | None,
    now: datetime,
) -> frozenset[int]:
    """What an admission means for the queue; the positions of the reports that wait in it now.

    What was taken waits no longer. What was not waits if the programme's policy says so and
    ``came_by`` tells how it came.
    """
    answered = zip(reports, batch.answers, strict=True)
    taken = {report.external_id: report for report, answer in answered if answer != "problem"}
    settle(programme.id, source, taken, now)
    if came_by is None or not batch.problems:
        return frozenset()
    kept = positions(batch.problems, rules.parse_intake(programme.intake))
    keep(programme.id, source, came_by, [(reports[i], found) for i, found in kept.items()], now)
    return frozenset(kept)


def positions(problems: Iterable[Problem], intake: Intake) -> dict[int, list[Problem]]:
    """The positions of a batch that the policy holds, each with what is wrong there."""
    found: dict[int, list[Problem]] = {}
    for problem in problems:
        found.setdefault(problem.position, []).append(problem)
    return {place: wrong for place, wrong in found.items() if rules.is_held(wrong, intake)}


def keep(
    programme_id: int,
    source: str,
    came_by: str,
    held: Sequence[tuple[Report, Sequence[Problem]]],
    now: datetime,
) -> None:
    """Put reports into the queue; the same one again only says anew what is wrong with it.

    A later report of a fact that waits already takes its place.
    """
    known = _waiting(programme_id, source, [report.external_id for report, _ in held])
    for report, problems in held:
        said = raw(report)
        row = known.get(report.external_id)
        if row is not None and row.report != said:
            _settle(row, "replaced", now)
            row = None
        if row is None:
            row = HeldFact(
                programme_id=programme_id,
                source=source,
                external_id=report.external_id,
                partner=report.partner,
                occurred_at=report.occurred_at,
                report=said,
                came_by=came_by[:200],
                held_at=now,
                state="waiting",
            )
            db.session.add(row)
            known[report.external_id] = row
        row.reason = problems[0].reason
        wrong = "; ".join(f"{problem.column}: {problem.problem}" for problem in problems)
        row.problem = wrong[:_LONGEST_PROBLEM]
    db.session.flush()


def settle(programme_id: int, source: str, taken: Mapping[str, Report], now: datetime) -> None:
    """These reports are facts now: what waits under their external ids is taken, or replaced."""
    for external_id, row in _waiting(programme_id, source, taken).items():
        same = row.report == raw(taken[external_id])
        _settle(row, "taken" if same else "replaced", now)


def _settle(row: HeldFact, state: str, now: datetime) -> None:
    row.state, row.settled_at = state, now
    db.session.flush()


def _waiting(programme_id: int, source: str, external_ids: Collection[str]) -> dict[str, HeldFact]:
    """What waits under these external ids; one small question where nothing waits at all."""
    if not external_ids or together(any_waiting(programme_id, source)) == [[]]:
        return {}
    rows = db.session.scalars(
        select(HeldFact).where(
            *_open(programme_id),
            HeldFact.source == source,
            among(HeldFact.external_id, external_ids),
        )
    )
    return {row.external_id: row for row in rows}


def _open(programme_id: int) -> tuple[ColumnElement[bool], ...]:
    return HeldFact.programme_id == programme_id, HeldFact.state == "waiting"


def waiting(
    programme_id: int,
    *,
    ids: Collection[int] | None = None,
    partners: Collection[str] | None = None,
) -> list[HeldFact]:
    """What waits, in the order of the events: all, or of these ids, or for these partners."""
    here = select(HeldFact).where(*_open(programme_id))
    if ids is not None:
        here = here.where(among(HeldFact.id, ids))
    elif partners is not None:
        here = here.where(among(HeldFact.partner, partners))
    return list(db.session.scalars(here.order_by(HeldFact.occurred_at, HeldFact.id)))


def due(now: datetime) -> dict[int, list[int]]:
    """Ids of what waited for a day that has come, by programme.

    Whatever else is missing says so when it arrives.
    """
    found: dict[int, list[int]] = {}
    rows = db.session.execute(
        select(HeldFact.programme_id, HeldFact.id).where(
            HeldFact.state == "waiting",
            HeldFact.reason == "future",
            HeldFact.occurred_at <= now + AHEAD,
        )
    )
    for programme_id, held_id in rows:
        found.setdefault(programme_id, []).append(held_id)
    return found


def dismiss(programme_id: int, held_id: int, note: str, by: int, now: datetime) -> bool:
    """Say no to a report, with the reason; False when it waits no longer."""
    here = update(HeldFact).where(*_open(programme_id), HeldFact.id == held_id)
    said = {"state": "dismissed", "settled_at": now, "settled_by": by, "note": note}
    return changed(here.values(**said)) > 0


class Found(NamedTuple):
    """A page of the queue, and how many there are in all."""

    rows: Sequence[HeldFact]
    total: int


def search(
    programme_id: int, state: str, *, reason: str = "", text: str = "", page: int = 1
) -> Found:
    """Reports of a state, those held last first; ``text`` is looked for in both ids."""
    conditions = [HeldFact.programme_id == programme_id, HeldFact.state == state]
    if reason:
        conditions.append(HeldFact.reason == reason)
    if text:
        like = f"%{text.replace('%', '').replace('_', '')}%"
        conditions.append(or_(HeldFact.partner.ilike(like), HeldFact.external_id.ilike(like)))
    total = db.session.scalar(select(func.count()).select_from(HeldFact).where(*conditions)) or 0
    rows = db.session.scalars(
        select(HeldFact)
        .where(*conditions)
        .order_by(HeldFact.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return Found(rows, total)


def counts(programme_id: int) -> dict[str, int]:
    """How many wait, by reason."""
    rows = db.session.execute(
        select(HeldFact.reason, func.count()).where(*_open(programme_id)).group_by(HeldFact.reason)
    )
    return dict(rows.tuples().all())

"""How films are watched, and what their partners did in the days after: noted, and told to managers."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from engage.activity.models import Fact
from engage.db import db
from engage.ledger.models import Transfer
from engage.ledger.rules import EARNED
from engage.missions.models import MissionProgress
from engage.videos import triggers
from engage.videos.models import FilmStep, FilmView, Video
from engage.videos.rules import AFTERWARDS, Watched, Watching, watched

DEALS = ("sale", "deal_registered", "deal_won")
#: Pages whose opening after a film is noted.
PAGES = ("mission", "board", "earnings", "reward")
#: What managers read of, in this order.
STEPS = (*PAGES, "stage", "training", "deal", "earned")

Events = Mapping[str, Mapping[int, Sequence[datetime]]]


def note(video_id: int, tenths: int, now: datetime) -> None:
    """These tenths of a film were played, beside those that are known; nothing is ever taken back."""
    known = db.session.get(FilmView, video_id)
    if known is None:
        first = FilmView(video_id=video_id, tenths=tenths, first_at=now, last_at=now)
        db.session.add(first)
    elif known.tenths | tenths != known.tenths:
        known.tenths, known.last_at = known.tenths | tenths, now
    db.session.flush()


def opened(video_id: int, what: str, now: datetime) -> None:
    """Its partner opened such a page in the days after they watched the film."""
    view = db.session.get(FilmView, video_id)
    if view is None or now - view.first_at > AFTERWARDS:
        return
    if db.session.get(FilmStep, (video_id, what)) is None:
        db.session.add(FilmStep(video_id=video_id, what=what, at=now))
        db.session.flush()


class Film(NamedTuple):
    """A finished film, and since when it was watched (None: never)."""

    id: int
    partner_id: int
    template: str
    at: datetime
    tenths: int | None
    watched_at: datetime | None


def report(programme_id: int, since: datetime, now: datetime) -> dict[str, Watching]:
    """How the films finished since an instant were watched, by template, the most made first."""
    rows = db.session.execute(
        select(
            Video.id,
            Video.partner_id,
            Video.template,
            Video.finished_at,
            FilmView.tenths,
            FilmView.first_at,
        )
        .outerjoin(FilmView, FilmView.video_id == Video.id)
        .where(
            Video.programme_id == programme_id,
            Video.state == "done",
            Video.for_outsiders.is_(False),
            Video.finished_at > since,
        )
    )
    films = [Film._make(row) for row in rows]
    steps = _steps(film.id for film in films if film.tenths)
    events = _events(programme_id, since, now) if any(film.tenths for film in films) else {}
    of: dict[str, list[Watched]] = defaultdict(list)
    for film in films:
        of[film.template].append(
            Watched(film.tenths or 0, steps.get(film.id, frozenset()) | _did(film, events))
        )
    most_first = sorted(of.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return {template: watched(found) for template, found in most_first}


def _did(film: Film, events: Events) -> frozenset[str]:
    """What happened to its partner in the days after a film was watched; after it was made, where it
    was not."""
    start = film.watched_at or film.at
    return frozenset(
        what for what, times in events.items() if _within(times.get(film.partner_id, ()), start)
    )


def _within(times: Sequence[datetime], start: datetime) -> bool:
    place = bisect_right(times, start)
    return place < len(times) and times[place] <= start + AFTERWARDS


def _steps(video_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    wanted = set(video_ids)
    found: dict[int, set[str]] = defaultdict(set)
    for video_id, what in db.session.execute(select(FilmStep.video_id, FilmStep.what)).tuples():
        if video_id in wanted:
            found[video_id].add(what)
    return {video_id: frozenset(what) for video_id, what in found.items()}


def _events(programme_id: int, since: datetime, now: datetime) -> Events:
    """What partners did since an instant, in order, by kind and partner."""
    facts = select(Fact.kind, Fact.partner_id, Fact.occurred_at).where(
        Fact.programme_id == programme_id,
        Fact.occurred_at > since,
        Fact.occurred_at <= now,
        Fact.superseded_at.is_(None),
        Fact.kind.in_((*DEALS, *triggers.LEARNING)),
    )
    stages = (
        select(MissionProgress.partner_id, MissionProgress.reached_at)
        .join(Fact, Fact.id == MissionProgress.fact_id)
        .where(Fact.programme_id == programme_id, MissionProgress.reached_at > since)
    )
    earned = select(Transfer.partner_id, Transfer.occurred_at).where(
        Transfer.programme_id == programme_id,
        Transfer.occurred_at > since,
        Transfer.kind.in_(EARNED),
        Transfer.amount > 0,
    )
    found: dict[str, dict[int, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for kind, partner_id, at in db.session.execute(facts).tuples():
        found["deal" if kind in DEALS else "training"][partner_id].append(at)
    for what, statement in (("stage", stages), ("earned", earned)):
        for partner_id, at in db.session.execute(statement).tuples():
            found[what][partner_id].append(at)
    return {w: {p: sorted(times) for p, times in of.items()} for w, of in found.items()}

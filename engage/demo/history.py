"""Four quarters of facts, made up: growth, seasons, weekdays, and everybody's own temper."""

import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engage import periods
from engage.activity.rules import Report
from engage.demo import names, programme, world
from engage.demo.cast import SEED, Cast, Character
from engage.money import SCALE

#: How much is sold in a month against the mean, January first.
SEASON = (0.78, 0.82, 0.95, 1.05, 1.15, 1.2, 1.08, 0.92, 1.06, 1.14, 1.0, 0.85)
WEEKDAY = (1.1, 1.2, 1.2, 1.15, 1.0, 0.45, 0.2)
#: Kinds of fact and their shares.
KINDS = {
    "sale": 80,
    "deal_registered": 8,
    "deal_won": 4,
    "training_completed": 6,
    "certification": 2,
}
#: Where the demo's partner stands on the sales board, as a part of all that are ranked.
LEAD_STANDS_AT = 0.062


class _Deed(NamedTuple):
    """A fact that has no number yet."""

    at: datetime
    day: date
    partner: str
    kind: str
    amount: int
    pieces: int
    product: str
    category: str | None
    customer: str | None


class Calendar:
    """The days from ``first`` to ``today`` in ``zone``, and how busy each of them is."""

    def __init__(self, first: date, today: date, zone: ZoneInfo) -> None:
        self.first, self.today, self.zone = first, today, zone
        self.days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
        self.busy = [SEASON[day.month - 1] * WEEKDAY[day.weekday()] for day in self.days]

    def at(self, rng: random.Random, day: date) -> datetime:
        """Some moment of a working day."""
        second = int(rng.triangular(7.5, 20.5, 11) * 3600)
        local = datetime.combine(day, time(second // 3600, second // 60 % 60, second % 60))
        return local.replace(tzinfo=self.zone).astimezone(UTC)

    def index(self, day: date) -> int:
        return (day - self.first).days


def history(
    cast: Cast, first: date, now: datetime, timezone: str, tell: Callable[[int], None]
) -> list[Report]:
    """Every fact up to ``now`` in event-time order; ``tell`` hears how many partners are done.

    The same for the same cast and ``now``: facts of the running day come as the day goes.
    """
    rng = random.Random(SEED + 1)  # noqa: S311
    zone = ZoneInfo(timezone)
    calendar = Calendar(first, now.astimezone(zone).date(), zone)
    deeds: list[_Deed] = []
    for done, character in enumerate(cast.others, 1):
        deeds += _life(rng, calendar, character)
        if done % 50 == 0:
            tell(done)
    so_far = [deed for deed in deeds if deed.at <= now]
    so_far += [deed for deed in _lead(rng, calendar, cast.lead, so_far) if deed.at <= now]
    so_far.sort()
    return [_report(number, deed) for number, deed in enumerate(so_far, 1)]


def _report(number: int, deed: _Deed) -> Report:
    return Report(
        external_id=f"FL-{number:06}",
        partner=deed.partner,
        kind=deed.kind,
        occurred_at=deed.at,
        day=deed.day,
        amount=deed.amount,
        currency="USD" if deed.amount else None,
        quantity=deed.pieces * SCALE,
        product=deed.product,
        category=deed.category,
        customer=deed.customer,
    )


def _life(rng: random.Random, calendar: Calendar, character: Character) -> Iterator[_Deed]:
    """What one character does between the days they start and stop."""
    start, stop = calendar.index(character.starts), calendar.index(character.stops)
    span = len(calendar.days)
    weights = list(
        accumulate(
            busy * (1 + character.growth * (start + n) / span)
            for n, busy in enumerate(calendar.busy[start : stop + 1])
        )
    )
    expected = character.rate * weights[-1] / 365
    many = max(0, round(rng.gauss(expected, expected**0.5)))
    kinds, shares = list(KINDS), list(KINDS.values())
    for _ in range(many):
        day = calendar.days[
            start + bisect(weights, rng.uniform(0, weights[-1]), hi=len(weights) - 1)
        ]
        kind = rng.choices(kinds, shares)[0]
        yield _deed(rng, calendar, character, kind, day)


def _deed(
    rng: random.Random, calendar: Calendar, character: Character, kind: str, day: date
) -> _Deed:
    at, partner = calendar.at(rng, day), character.profile.external_id
    if kind == "training_completed":
        return _Deed(at, day, partner, kind, 0, 1, rng.choice(world.COURSES), None, None)
    if kind == "certification":
        return _Deed(at, day, partner, kind, 0, 1, rng.choice(world.CERTIFICATES), None, None)
    product, pieces, amount = world.a_purchase(rng, character.basket)
    customer = world.a_customer(rng)
    return _Deed(at, day, partner, kind, amount, pieces, product.name, product.category, customer)


def _lead(
    rng: random.Random, calendar: Calendar, lead: Character, others: list[_Deed]
) -> Iterator[_Deed]:
    """The partner a viewer signs in as: in mid-stage of the running mission, well up the board.

    A year of their own like everybody's, and a last stretch made to measure.
    """
    quarter = periods.containing(calendar.today, "quarter").first
    sprint = programme.sprint_starts(calendar.today)
    stretch = min(quarter, sprint)
    yesterday = calendar.today - timedelta(days=1)
    yield from _life(rng, calendar, lead._replace(stops=stretch - timedelta(days=1)))
    for kind, ago in (("deal_registered", 4), ("training_completed", 9), ("certification", 20)):
        yield _deed(rng, calendar, lead, kind, max(stretch, calendar.today - timedelta(days=ago)))
    days = _spread(sprint, yesterday, programme.DOORS_OPENED)
    before = (sprint - stretch).days
    days += _spread(stretch, sprint - timedelta(days=1), before // 5)
    customers = rng.sample([f"{name} residence" for name in names.LAST], len(days))
    many = sum(day >= quarter for day in days)
    aim = _score_at(others, quarter)
    for day, customer in zip(days, customers, strict=True):
        share = aim // many if day >= quarter else 1500 * SCALE
        product, pieces, amount = world.a_purchase_of(rng, share / SCALE)
        if day >= quarter:
            aim, many = aim - amount, many - 1
        yield _Deed(
            calendar.at(rng, day),
            day,
            lead.profile.external_id,
            "sale",
            amount,
            pieces,
            product.name,
            product.category,
            customer,
        )


def _spread(first: date, last: date, many: int) -> list[date]:
    """So many days from ``first`` to ``last``, evenly."""
    span = (last - first).days
    return [first + timedelta(days=span * n // max(1, many - 1)) for n in range(many)]


def _score_at(deeds: list[_Deed], since: date) -> int:
    """What has to be sold since a day to stand where the demo's partner shall."""
    scores: dict[str, int] = defaultdict(int)
    for deed in deeds:
        if deed.kind == "sale" and deed.day >= since:
            scores[deed.partner] += deed.amount
    in_order = sorted(scores.values(), reverse=True)
    return in_order[int(len(in_order) * LEAD_STANDS_AT)] if in_order else 0

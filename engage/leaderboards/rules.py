"""What a board measures, and how equal scores share or split places."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from engage import conditions, money
from engage.conditions import Where
from engage.incentives.rules import Baseline
from engage.leaderboards import moments
from engage.leaderboards.divisions import League
from engage.leaderboards.moments import Span
from engage.leaderboards.windows import Windows
from engage.periods import Period

DISTINCT = ("customers", "products")
FACT_MEASURES = ("amount", "quantity", "facts", *DISTINCT)
MEMBERS = ("partner", "organisation", "team", "region")
#: How a group's score comes from those of its partners.
SCORES = ("sum", "average", "best")
GROWTHS = ("difference", "percent")
TIES = ("competition", "dense", "first")
DIRECTIONS = ("highest", "lowest")
SEERS = ("audience", "everyone")
#: What a board may tell of a partner beside rank, name and score, and what it tells by itself.
COLUMNS = ("organisation", "team", "region", "type")
COLUMNS_TOLD = ("organisation",)
PERCENT = "percent"
#: Leading bits of an order key that tell buckets apart, from fine to coarse: 2,048, 32 and one of them
#: from one power of two to the next, so that buckets fit cents and millions alike. Of a million members
#: a rank then takes about 16 + 16 + 32 buckets and a count of 66.
LEVELS = (11, 5, 0)
#: So much higher are the levels that count different keys.
DENSE = len(LEVELS)
#: Levels of the finest buckets that are full, and of those that hold each of their order keys alone.
FULL, EXACT = 2 * DENSE, 2 * DENSE + 1
#: A finest bucket with more members than this fills: see `StandingBucket`.
CROWD = 500
#: What tells those apart who share an order key in it, where it counts who was first; from fine to coarse.
TIMES = ("minute", "hour", "day", "month")
#: Scopes that may hold a good part of all partners, whose ranks are kept; others are small by nature, or
#: (a type) nothing leads there, and are counted.
NARROWED = ("region",)
#: The kinds of facts that earn each unit.
Earning = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Board:
    """What a partner's total in a period is, what score it makes, and how groups score by partners.

    ``measure`` is one of ``FACT_MEASURES``, or the unit whose pay is summed. With a ``baseline`` the
    score is the ``growth`` over it; with a ``target``, or ``own_targets`` of partners, how much of it
    is attained. Scores, ``minimum``, ``target`` and newcomers' baseline are in minor units for pay, in
    ten-thousandths for all else, percents too. A group's average divides by its active partners, at
    least by ``floor``; its ``best`` are that many. Who has less than ``minimum`` is not ranked. ``freeze`` is how
    long before its end a period is frozen, ``final_after`` how long after it results become final; None:
    never. In a ``league`` partners stand in divisions of their like.
    """

    slug: str
    name: str
    measure: str
    on: str | None
    windows: Windows
    by: str = "partner"
    tie: str = "competition"
    direction: str = "highest"
    minimum: int | None = None
    where: Where = ()
    baseline: Baseline | None = None
    growth: str | None = None
    target: int | None = None
    own_targets: bool = False
    score: str = "sum"
    floor: int = 1
    best: int = 0
    audience: Where = ()
    seen_by: str = "audience"
    decimals: int | None = None
    columns: tuple[str, ...] = COLUMNS_TOLD
    freeze: Span | None = None
    final_after: Span | None = moments.FINAL_AFTER
    league: League | None = None

    @property
    def period(self) -> str:
        return self.windows.kind

    @property
    def counts_facts(self) -> bool:
        return self.measure in FACT_MEASURES

    @property
    def is_attainment(self) -> bool:
        return self.target is not None or self.own_targets

    @property
    def unit(self) -> str:
        """What scores are counted in: `PERCENT`, or as the measure is."""
        return PERCENT if self.is_attainment or self.growth == PERCENT else self.measure

    @property
    def digits(self) -> int:
        """Digits after the point of a stored score."""
        is_pay = not self.counts_facts and self.unit != PERCENT
        return money.minor_digits(self.measure) if is_pay else 4

    @property
    def is_public(self) -> bool:
        """Whether everybody in the programme may look at it."""
        return not self.audience or self.seen_by == "everyone"

    @property
    def is_plain(self) -> bool:
        """Whether a score is a sum of all there is; who comes to nothing is not on the board."""
        return self.baseline is None and not self.is_attainment and self.score == "sum"

    @property
    def is_additive(self) -> bool:
        """Whether a fact adds to a score whatever else there is; others are counted anew."""
        return self._adds_up and self.tie != "first"

    @property
    def is_growing(self) -> bool:
        """The same of a new fact, on boards that rank who was there first."""
        return self._adds_up and self.counts_facts

    @property
    def _adds_up(self) -> bool:
        distinct, by_tier = self.measure in DISTINCT, conditions.asks_for_tier(self.audience)
        return self.is_plain and not distinct and not by_tier

    def tells_of(self, other: "Board", earning: Earning) -> bool:
        """Whether who reads this board learns how the ``other`` stands.

        Both count the same of the same facts; or at least one of them counts pay, and facts of one kind move both.
        """
        if self.counts_facts and other.counts_facts:
            mine, theirs = ((b.measure, b.on, frozenset(b.where)) for b in (self, other))
            return mine == theirs
        moving = (b._moving(earning) for b in (self, other))
        return self.measure == other.measure or bool(frozenset.intersection(*moving))

    def _moving(self, earning: Earning) -> frozenset[str]:
        """The kinds of facts that move it."""
        return frozenset([self.on]) if self.on else earning.get(self.measure, frozenset())

    def within(self, window: Period) -> "Board":
        """The board of a mission whose window is known."""
        return replace(self, windows=replace(self.windows, spans=(window,)))

    def reach(self, period: Period) -> list[Period]:
        """The periods a score in ``period`` is compared with."""
        if self.baseline is None:
            return []
        whole = self.windows.called(period.name) if period.kind == "part" else period
        return self.windows.before(whole, self.baseline.periods)

    def is_enough(self, score: int) -> bool:
        """Whether a score is one to be ranked with."""
        return self.minimum is None or score >= self.minimum

    def order_key(self, score: int) -> int:
        """What members are sorted by, the first place having the smallest; its own inverse."""
        return score if self.direction == "lowest" else -score


def ranks(keys: Sequence[Hashable], tie: str, *, place: int = 1, rank: int = 1) -> list[int]:
    """Places of members that stand in board order; those with equal keys are level.

    ``competition``: 1, 1, 3 (as SQL's ``rank``). ``dense``: 1, 1, 2 (``dense_rank``). ``first``: 1, 2, 3,
    the keys telling when each got there, too. The first of ``keys`` is on line ``place`` of the board and has ``rank``.
    """
    found: list[int] = []
    for index, key in enumerate(keys):
        if index == 0:
            found.append(rank)
        elif key == keys[index - 1]:
            found.append(found[-1])
        else:
            found.append(found[-1] + 1 if tie == "dense" else place + index)
    return found


def bucket(order_key: int, level: int) -> int:
    """The lowest order key of the bucket that holds this one.

    Keys share a bucket whose sign, length and leading bits are the same (log-linear, as in an
    HdrHistogram), so buckets are narrow where keys are small and every fine one lies in one of each
    coarser level. ``level`` counts `LEVELS`, 0 being the finest.
    """
    bits = width(order_key, level)
    return order_key >> bits << bits


def width(order_key: int, level: int) -> int:
    """How many bits its bucket leaves open."""
    magnitude = order_key if order_key >= 0 else ~order_key
    return max(0, magnitude.bit_length() - 1 - LEVELS[level])


def began(at: datetime) -> list[datetime]:
    """When the minute, hour, day and month of an instant (`TIMES`) began, in UTC."""
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    hour = minute.replace(minute=0)
    day = hour.replace(hour=0)
    return [minute, hour, day, day.replace(day=1)]

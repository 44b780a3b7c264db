"""What a board measures, and how equal scores share or split places."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engage import conditions, money, periods
from engage import definitions as read
from engage.conditions import Where
from engage.leaderboards import moments
from engage.leaderboards.moments import Span

FACT_MEASURES = ("amount", "quantity", "facts")
MEMBERS = ("partner", "organisation", "team", "region")
TIES = ("competition", "dense", "first")
DIRECTIONS = ("highest", "lowest")
_KEYS = (
    *("slug", "name", "measure", "on", "period", "by", "tie", "direction", "minimum", "where"),
    *("freeze", "final_after"),
)
#: Leading bits of an order key that tell fine and coarse buckets apart: 512 and 16 of them from one
#: power of two to the next, so that buckets fit cents and millions alike.
LEVELS = (9, 4)


@dataclass(frozen=True, slots=True)
class Board:
    """``measure`` is one of ``FACT_MEASURES``, or the unit whose pay is summed.

    ``direction`` says which score stands first; who has less than ``minimum`` (as scores are stored)
    is not ranked. ``freeze`` is how long before its end a period is frozen, ``final_after`` how long
    after it results become final; None: never.
    """

    slug: str
    name: str
    measure: str
    on: str | None
    period: str
    by: str
    tie: str
    direction: str
    minimum: int | None
    where: Where
    freeze: Span | None = None
    final_after: Span | None = moments.FINAL_AFTER

    @property
    def counts_facts(self) -> bool:
        return self.measure in FACT_MEASURES

    def is_enough(self, score: int) -> bool:
        """Whether a score is one to be ranked with."""
        return self.minimum is None or score >= self.minimum

    def order_key(self, score: int) -> int:
        """What members are sorted by, the first place having the smallest; its own inverse."""
        return score if self.direction == "lowest" else -score


def parse(raw: Mapping[str, Any], currency: str) -> Board:
    """A board from its mapping in the programme file.

    :raises DefinitionError: naming the key and what to write.
    """
    take = read.Every()
    take(read.known_keys, raw, _KEYS)
    measure = take(read.choice, raw, "measure", (*FACT_MEASURES, "points", currency))
    of_facts = measure in FACT_MEASURES
    for key in ("on", "where"):
        if measure and not of_facts and key in raw:
            take.note(key, f"has no meaning with measure {measure!r}; remove it")
    return take.settled(
        Board(
            slug=take(read.slug, raw),
            name=take(read.text, raw, "name"),
            measure=measure,
            on=take(read.choice, raw, "on", read.FACT_KINDS) if of_facts else None,
            period=take(read.choice, raw, "period", periods.KINDS),
            by=take(read.choice, raw, "by", MEMBERS, "partner"),
            tie=take(read.choice, raw, "tie", TIES, "competition"),
            direction=take(read.choice, raw, "direction", DIRECTIONS, "highest"),
            minimum=take(_minimum, raw, measure) if measure and "minimum" in raw else None,
            where=take(conditions.where, raw, "where", conditions.FACT_ATTRIBUTES)
            if of_facts
            else (),
            freeze=take(moments.span, raw, "freeze") if "freeze" in raw else None,
            final_after=take(_final_after, raw),
        )
    )


def _final_after(raw: Mapping[str, Any]) -> Span | None:
    if "final_after" not in raw:
        return moments.FINAL_AFTER
    return None if raw["final_after"] == "never" else moments.span(raw, "final_after")


def _minimum(raw: Mapping[str, Any], measure: str) -> int:
    of_facts = measure in FACT_MEASURES
    value = read.scaled(raw, "minimum") if of_facts else read.minor(raw, "minimum", measure)
    if value <= 0:
        raise read.DefinitionError("minimum", "is not above zero: write one, or leave it out")
    return value


def to_json(board: Board) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal board."""
    raw: dict[str, Any] = {"slug": board.slug, "name": board.name, "measure": board.measure}
    if board.on:
        raw["on"] = board.on
    if board.where:
        raw["where"] = conditions.where_json(board.where)
    raw |= {"period": board.period, "by": board.by, "tie": board.tie}
    if board.direction != "highest":
        raw["direction"] = board.direction
    if board.minimum is not None:
        digits = 4 if board.counts_facts else money.minor_digits(board.measure)
        raw["minimum"] = money.natural(board.minimum, digits)
    if board.freeze:
        raw["freeze"] = str(board.freeze)
    if board.final_after != moments.FINAL_AFTER:
        raw["final_after"] = str(board.final_after) if board.final_after else "never"
    return raw


def ranks(keys: Sequence[Hashable], tie: str, *, place: int = 1, rank: int = 1) -> list[int]:
    """Places of members that stand in board order; those with equal keys are level.

    ``competition``: 1, 1, 3. ``dense``: 1, 1, 2. ``first``: 1, 2, 3, the keys telling when each got
    there, too. The first of ``keys`` is on line ``place`` of the board and has ``rank``.
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

    Keys share a bucket whose sign, length and leading bits are the same, so buckets are narrow where
    keys are small and every fine one lies in one coarse one.
    """
    magnitude = order_key if order_key >= 0 else ~order_key
    width = max(0, magnitude.bit_length() - 1 - LEVELS[level])
    return order_key >> width << width

"""What a board measures, and how equal scores share or split places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engage import definitions as read
from engage import periods
from engage.definitions import Where

FACT_MEASURES = ("amount", "quantity", "facts")
MEMBERS = ("partner", "organisation", "team", "region")
TIES = ("competition", "dense", "first")
_KEYS = ("slug", "name", "measure", "on", "period", "by", "tie", "where")


@dataclass(frozen=True, slots=True)
class Board:
    """``measure`` is one of ``FACT_MEASURES``, or the unit whose pay is summed."""

    slug: str
    name: str
    measure: str
    on: str | None
    period: str
    by: str
    tie: str
    where: Where

    @property
    def counts_facts(self) -> bool:
        return self.measure in FACT_MEASURES


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
            where=take(read.where, raw, "where", read.FACT_ATTRIBUTES) if of_facts else (),
        )
    )


def to_json(board: Board) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal board."""
    raw: dict[str, Any] = {"slug": board.slug, "name": board.name, "measure": board.measure}
    if board.on:
        raw["on"] = board.on
    if board.where:
        raw["where"] = read.where_json(board.where)
    return raw | {"period": board.period, "by": board.by, "tie": board.tie}


def ranks(scores: Sequence[int], tie: str) -> list[int]:
    """Places of ``scores`` that stand in board order (best first, ties by who got there first).

    ``competition``: 1, 1, 3. ``dense``: 1, 1, 2. ``first``: 1, 2, 3.
    """
    places: list[int] = []
    for index, score in enumerate(scores):
        if tie == "first" or index == 0:
            places.append(index + 1)
        elif score == scores[index - 1]:
            places.append(places[-1])
        else:
            places.append(places[-1] + 1 if tie == "dense" else index + 1)
    return places

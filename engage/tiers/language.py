"""Tiers as they are written: the mappings of the programme file, read and written back."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engage import conditions, periods
from engage import definitions as read
from engage.definitions import DefinitionError
from engage.money import POINTS, plain, shortest
from engage.tiers.rules import Tier

MEASURES = ("amount", "quantity", "facts", "customers", "products", POINTS)
_KEYS = ("name", "measure", "on", "where", "period", "threshold", "grace", "multiplier", "perks")
_MOST_GRACE = 1_000
_MOST_TIMES = 100
_MOST_PERKS = 10


def parse(raw: Mapping[str, Any], currency: str) -> Tier:
    """A tier from its mapping in the programme file.

    :raises DefinitionError: naming the key and what to write.
    """
    take = read.Every()
    take(read.known_keys, raw, _KEYS)
    measure = take(read.choice, raw, "measure", MEASURES)
    if measure == POINTS:
        for key in ("on", "where"):
            if key in raw:
                take.note(key, "has no meaning with measure 'points'; remove it")
    of_facts = measure != POINTS
    threshold = take(read.scaled, raw, "threshold")
    if threshold is not None and threshold < 0:
        take.note("threshold", "lies below zero: the lowest tier begins at 0")
    return take.settled(
        Tier(
            name=take(read.text, raw, "name", limit=80),
            measure=measure,
            on=take(read.choice, raw, "on", read.FACT_KINDS) if of_facts else None,
            where=take(conditions.where, raw, "where", conditions.FACT_CONDITIONS)
            if of_facts
            else (),
            period=take(read.choice, raw, "period", periods.KINDS),
            threshold=threshold,
            grace=take(_grace, raw),
            multiplier=take(_multiplier, raw, currency),
            perks=take(_perks, raw),
        )
    )


def _grace(raw: Mapping[str, Any]) -> int:
    value = raw.get("grace", 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_GRACE:
        raise DefinitionError("grace", f"{value!r}: write days, 0 to {_MOST_GRACE}")
    return value


def _multiplier(raw: Mapping[str, Any], currency: str) -> tuple[tuple[str, Decimal], ...]:
    said = raw.get("multiplier", {})
    if not isinstance(said, Mapping):
        raise DefinitionError("multiplier", 'write { points = "1.5" }')
    found = []
    for unit in said:
        if unit not in (POINTS, currency):
            raise DefinitionError(
                f"multiplier.{unit}", f"write points or the programme's {currency}"
            )
        try:
            times = read.decimal(said, unit)
        except DefinitionError as error:
            raise error.under("multiplier") from None
        if not 1 <= times <= _MOST_TIMES:
            raise DefinitionError(f"multiplier.{unit}", f"{times}: write 1 to {_MOST_TIMES} times")
        found.append((unit, times))
    return tuple(sorted(found))


def _perks(raw: Mapping[str, Any]) -> tuple[str, ...]:
    perks = raw.get("perks", [])
    if not isinstance(perks, list) or len(perks) > _MOST_PERKS:
        remedy = f'write at most {_MOST_PERKS} texts, such as ["Support within a day"]'
        raise DefinitionError("perks", remedy)
    return tuple(read.readable(perk, "perks") for perk in perks)


def to_json(tier: Tier) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal tier."""
    return read.written(
        name=tier.name,
        measure=tier.measure,
        on=tier.on,
        where=conditions.where_json(tier.where),
        period=tier.period,
        threshold=plain(tier.threshold),
        grace=tier.grace or None,
        multiplier={unit: shortest(times) for unit, times in tier.multiplier},
        perks=list(tier.perks) or None,
    )


def out_of_order(tiers: Sequence[Tier]) -> Iterator[tuple[int, DefinitionError]]:
    """Tiers (by their number from 1) that ask no more than the one below, or only the lowest may."""
    for number, (lower, tier) in enumerate(itertools.pairwise(tiers), 2):
        same = _basis(lower) == _basis(tier)
        if tier.threshold <= 0 or (same and tier.threshold <= lower.threshold):
            problem = f"is not above that of {lower.name}: put tiers in order, the lowest first"
            yield number, DefinitionError("threshold", problem)


def _basis(tier: Tier) -> tuple[object, ...]:
    return tier.measure, tier.on, tier.where, tier.period

"""What a rule, a mission or a board asks of facts and of partners: one vocabulary, one parser.

``where`` and ``audience`` are mappings such as ``{ region = ["Northwest"], joined = { from = 2013-01-01 } }``,
all of which must hold. A tier is that of an instant: who is spoken to is one question, in which tier
somebody stood when a fact happened another.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engage import definitions as read
from engage import money
from engage.definitions import DefinitionError, Every

#: What ``where`` and ``audience`` may name.
FACT_ATTRIBUTES = ("product", "category", "customer")
PARTNER_ATTRIBUTES = ("organisation", "team", "region", "type")
#: What a rule may ask besides: of the fact its size, of the partner what follows from the rest.
FACT_CONDITIONS = ("amount", *FACT_ATTRIBUTES)
SEGMENT_CONDITIONS = (*PARTNER_ATTRIBUTES, "joined")
PARTNER_CONDITIONS = (*PARTNER_ATTRIBUTES, "segment", "tier", "joined")

_MOST_VALUES = 500


@dataclass(frozen=True, slots=True)
class Between:
    """A range of amounts (ten-thousandths) or days, both ends included; None leaves it open."""

    low: Any
    high: Any

    def __contains__(self, value: Any) -> bool:
        return (
            value is not None
            and (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
        )


#: What an attribute must be among, by its name.
Where = tuple[tuple[str, frozenset[str] | Between], ...]


def where(raw: Mapping[str, Any], key: str, attributes: Iterable[str]) -> Where:
    """Conditions on attributes: ``{category = ["Bikes"]}``, all of which must hold."""
    value = raw.get(key)
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise DefinitionError(key, 'write { category = ["Bikes"] }')
    allowed, take = tuple(attributes), Every()
    found = []
    for name, values in value.items():
        if name not in allowed:
            take.note(f"{key}.{name}", f"unknown attribute; known are {', '.join(allowed)}")
            continue
        reader = _RANGES.get(name, _options)
        found.append((name, take.under(key, reader, name, values)))
    return take.settled(tuple(sorted(found, key=lambda pair: pair[0])))


def audience(raw: Mapping[str, Any]) -> Where:
    """Whom a definition is for: conditions on partners under its ``audience``; empty for everybody."""
    return where(raw, "audience", PARTNER_CONDITIONS)


def _options(name: str, values: Any) -> frozenset[str]:
    options = [values] if isinstance(values, str) else values
    if not isinstance(options, list) or not options:
        raise DefinitionError(name, 'write a list of texts, such as ["Bikes"]')
    if len(options) > _MOST_VALUES:
        raise DefinitionError(name, f"has more than {_MOST_VALUES} values: say it in fewer")
    take = Every()
    return take.settled(frozenset([take(read.readable, option, name) for option in options]))


def _range(name: str, values: Any, bound: Callable[[Mapping[str, Any], str], Any]) -> Between:
    if not isinstance(values, Mapping) or not values:
        raise DefinitionError(name, "write a range with from, to or both")
    take = Every()
    take.under(name, read.known_keys, values, ("from", "to"))
    low, high = (
        take.under(name, bound, values, key) if key in values else None for key in ("from", "to")
    )
    if low is not None and high is not None and high < low:
        take.note(f"{name}.to", "lies below from: swap or mend them")
    return take.settled(Between(low, high))


_RANGES: dict[str, Callable[[str, Any], Any]] = {
    "amount": lambda name, values: _range(name, values, read.scaled),
    "joined": lambda name, values: _range(name, values, read.day),
}


def where_json(conditions: Where) -> dict[str, Any]:
    return {
        name: _range_json(values) if isinstance(values, Between) else sorted(values)
        for name, values in conditions
    }


def _range_json(values: Between) -> dict[str, str]:
    ends = {"from": values.low, "to": values.high}
    return {
        key: end.isoformat() if isinstance(end, date) else money.plain(end)
        for key, end in ends.items()
        if end is not None
    }


def holds(conditions: Where, attributes: Mapping[str, Any]) -> bool:
    """Whether what is known (by name; a set of texts where it is several) meets every condition."""
    return all(is_among(attributes[name], values) for name, values in conditions)


def addresses(conditions: Where, partner: Mapping[str, Any]) -> bool:
    """Whether conditions speak to a partner with these attributes at all, in whatever tier.

    Those on facts are left aside.
    """
    return all(
        is_among(partner[name], values)
        for name, values in conditions
        if name in partner and name != "tier"
    )


def in_tier(conditions: Where, partner: Mapping[str, Any], instant: datetime) -> bool:
    """Whether the partner stood at an instant in a tier that conditions name; so where none is named."""
    return all(
        partner["tier"].at(instant) in values for name, values in conditions if name == "tier"
    )


def asks_for_tier(conditions: Where) -> bool:
    return any(name == "tier" for name, _ in conditions)


def is_among(value: Any, values: frozenset[str] | Between) -> bool:
    if isinstance(value, frozenset):
        return not value.isdisjoint(values) if isinstance(values, frozenset) else False
    return value in values


def texts(values: frozenset[str] | Between) -> frozenset[str]:
    """The texts an attribute must be among; none where it is a range."""
    return values if isinstance(values, frozenset) else frozenset()

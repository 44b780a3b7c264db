"""Segments: partners named by what they have in common, once for all rules and missions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engage import definitions as read
from engage.definitions import DefinitionError, Where

_KEYS = ("slug", "where")


@dataclass(frozen=True, slots=True)
class Segment:
    """A named set of conditions on partner attributes, all of which must hold."""

    slug: str
    where: Where


def parse(raw: Mapping[str, Any]) -> Segment:
    """A segment from its mapping in the programme file.

    :raises DefinitionError: naming the key and what to write.
    """
    take = read.Every()
    take(read.known_keys, raw, _KEYS)
    where = take(read.where, raw, "where", read.SEGMENT_CONDITIONS)
    if not raw.get("where"):
        take.note("where", 'is missing: write { region = ["Northwest"] }')
    return take.settled(Segment(take(read.slug, raw), where))


def to_json(segment: Segment) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal segment."""
    return {"slug": segment.slug, "where": read.where_json(segment.where)}


def belongs(segments: Iterable[Segment], partner: Mapping[str, Any]) -> frozenset[str]:
    """The slugs of the segments a partner with these attributes is in."""
    return frozenset(one.slug for one in segments if read.holds(one.where, partner))


def unknown(where: Where, segments: Iterable[Segment]) -> DefinitionError | None:
    """What is wrong with conditions that name a segment which is not there."""
    known = {segment.slug for segment in segments}
    for name, values in where:
        if name == "segment" and isinstance(values, frozenset) and not values <= known:
            remedy = "declare it as [[segments]]" + (
                f"; known are {', '.join(known)}" if known else ""
            )
            missing = ", ".join(repr(value) for value in sorted(values - known))
            return DefinitionError("segment", f"{missing} is unknown: {remedy}")
    return None

"""Whether a partner may have a reward now, and what a catalogue entry must say: pure decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from engage.definitions import Mistake
from engage.voice import Voice

#: The most points a reward costs, pieces there are of it, or one partner may have.
MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward of the catalogue: ``price`` in points, ``stock`` and ``per_partner`` None without a
    limit, both days of its window included."""

    name: str
    description: str
    price: int
    stock: int | None = None
    per_partner: int | None = None
    starts: date | None = None
    ends: date | None = None


class Standing(NamedTuple):
    """How a partner stands to an offer: ``open``, or why not, and how many points are missing."""

    state: str
    missing: int = 0


def standing(offer: Offer, *, today: date, balance: int, taken: int) -> Standing:
    """Whether a partner with ``balance`` points who has ``taken`` so many of them may have another.

    What the partner cannot change is said first.
    """
    if offer.ends and today > offer.ends:
        return Standing("over")
    if offer.starts and today < offer.starts:
        return Standing("soon")
    if offer.stock is not None and offer.stock < 1:
        return Standing("sold_out")
    if offer.per_partner is not None and taken >= offer.per_partner:
        return Standing("limit")
    if balance < offer.price:
        return Standing("short", offer.price - balance)
    return Standing("open")


def whole(text: str, voice: Voice) -> int | None:
    """A number of pieces or points as its reader types it; None for what is none."""
    found = voice.read(text)
    return int(found) if found is not None and found == found.to_integral_value() else None


def read(typed: Mapping[str, str], voice: Voice) -> tuple[Offer | None, list[Mistake]]:
    """A catalogue entry from the fields of its form; None with the mistakes."""
    mistakes: list[Mistake] = []

    def number(field: str, least: int, *, needed: bool = False) -> int | None:
        text = typed.get(field, "").strip()
        found = whole(text, voice)
        if found is None and (text or needed):
            mistakes.append(Mistake(field, "number"))
        elif found is not None and not least <= found <= MOST:
            mistakes.append(Mistake(field, "range"))
        return found

    def day(field: str) -> date | None:
        text = typed.get(field, "").strip()
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            mistakes.append(Mistake(field, "day"))
            return None

    name, description = typed.get("name", "").strip(), typed.get("description", "").strip()
    if not 0 < len(name) <= 80:
        mistakes.append(Mistake("name", "name"))
    if len(description) > 500:
        mistakes.append(Mistake("description", "long"))
    price = number("price", 1, needed=True)
    stock, per_partner = number("stock", 0), number("per_partner", 1)
    starts, ends = day("starts"), day("ends")
    if starts and ends and ends < starts:
        mistakes.append(Mistake("ends", "before"))
    if mistakes:
        return None, mistakes
    return Offer(name, description, price or 0, stock, per_partner, starts, ends), []

"""What partners have in common (segments), and how others see one on boards."""

import hmac
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from engage import conditions
from engage import definitions as read
from engage.conditions import Where

_KEYS = ("slug", "where")
VISIBILITIES = ("named", "pseudonym", "hidden")


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
    where = take(conditions.where, raw, "where", conditions.SEGMENT_CONDITIONS)
    if not raw.get("where"):
        take.note("where", 'is missing: write { region = ["Northwest"] }')
    return take.settled(Segment(take(read.slug, raw), where))


def to_json(segment: Segment) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal segment."""
    return {"slug": segment.slug, "where": conditions.where_json(segment.where)}


def belongs(segments: Iterable[Segment], partner: Mapping[str, Any]) -> frozenset[str]:
    """The slugs of the segments a partner with these attributes is in."""
    return frozenset(one.slug for one in segments if conditions.holds(one.where, partner))


class Seen(Protocol):
    """What decides how a partner is seen: its model, or a row with the same columns."""

    @property
    def name(self) -> str: ...
    @property
    def visibility(self) -> str: ...
    @property
    def pseudonym(self) -> str | None: ...


def public_name(partner: Seen) -> str | None:
    """What others read where this partner is ranked; None where they read nothing.

    Every page, answer, film and file that tells of a partner to others asks here.
    """
    if partner.visibility == "hidden":
        return None
    return partner.name if partner.visibility == "named" else partner.pseudonym


def public_key(partner_id: int, partner: Seen, secret: str) -> str:
    """What stands for this partner in pages and addresses that others read.

    Its id, but under a pseudonym: who noted ids beside names would know it again by that.
    """
    if partner.visibility != "pseudonym":
        return str(partner_id)
    told = f"{partner_id} {partner.pseudonym}".encode()
    return "p" + hmac.digest(secret.encode(), told, "sha256").hex()[:16]


#: Letters that readers take for others and Unicode does not take apart.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
    | {"þ": "th", "ə": "e", "ĸ": "k", "ŋ": "n", "ة": "ه", "ى": "ي"}
    | dict.fromkeys("'’ʼ`´ـ")
)


def folded(text: str) -> str:
    """A text as people look for it: no case, no accents or other marks, blanks between words.

    ``Łódź`` and ``LODZ`` are the same, and so are the ways to encode either.
    """
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = (c for c in apart if unicodedata.category(c) not in ("Mn", "Cf"))
    plain = "".join(letters).translate(_LETTERS)
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def found_by(name: str, visibility: str, pseudonym: str | None) -> str | None:
    """By what others find this partner: what they read, folded; None where they find nothing."""
    shown = name if visibility == "named" else pseudonym
    return folded(shown) if shown and visibility != "hidden" else None


def alike(name: str, other: str) -> bool:
    """Whether readers take two names for one: other cases, widths and accents' encodings are alike."""
    one, two = (unicodedata.normalize("NFKC", text).casefold() for text in (name, other))
    return one == two


def is_ranked(visibility: str, left_on: date | None, last_day: date) -> bool:
    """Whether a partner is ranked among others in a period that ends on ``last_day``.

    Who stays off boards never is. Who left keeps the places of periods that were over by then and
    loses those of the period they left in, which is for those who can still act on it.
    """
    return visibility != "hidden" and (left_on is None or left_on >= last_day)

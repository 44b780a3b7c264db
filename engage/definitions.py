"""Reading what people wrote about a programme: one way to say what is wrong, and where.

Rules, boards and missions arrive as plain mappings (from the programme file or a form). Each feature
turns its own into a frozen dataclass with these readers; what does not fit is a ``DefinitionError``
that names the key and the remedy. ``Every`` reads on after a mistake, so that all of them are told.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

from engage import money, texts
from engage.periods import Moment, moment

FACT_KINDS = (
    "sale",
    "deal_registered",
    "deal_won",
    "training_completed",
    "certification",
    "login",
    "custom",
)

#: What happens where awards are at the budget of a rule or a mission.
AT_BUDGET = ("warn", "stop")

_YEARS = range(1900, 2200)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


P = ParamSpec("P")
T = TypeVar("T")


class DefinitionError(ValueError):
    """A definition that cannot stand. ``key`` is its place, such as ``rules[2].rate``.

    ``others`` are what else is wrong with it; ``every`` is all of them, one by one.
    """

    def __init__(self, key: str, problem: str, others: Iterable["DefinitionError"] = ()) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key
        self.problem = problem
        self.others = tuple(others)

    @property
    def every(self) -> tuple["DefinitionError", ...]:
        return (DefinitionError(self.key, self.problem), *self.others)

    def under(self, prefix: str) -> "DefinitionError":
        key = f"{prefix}.{self.key}" if self.key else prefix
        return DefinitionError(key, self.problem, [other.under(prefix) for other in self.others])


class Mistake(NamedTuple):
    """What is wrong with a field of a form: a word that the page says in its language."""

    field: str
    problem: str


class Every:
    """Reads one part after another and notes what is wrong, so that ``settled`` can tell all of it."""

    def __init__(self) -> None:
        self._found: list[DefinitionError] = []

    def __call__(self, reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return reader(*args, **kwargs)
        except DefinitionError as error:
            self._found += error.every
            return cast(T, None)  # never seen: ``settled`` raises

    def under(self, prefix: str, reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for a part of the definition, whose keys stand under ``prefix``."""

        def read() -> T:
            try:
                return reader(*args, **kwargs)
            except DefinitionError as error:
                raise error.under(prefix) from None

        return self(read)

    def note(self, key: str, problem: str) -> None:
        self._found.append(DefinitionError(key, problem))

    def settled(self, whole: T) -> T:
        """``whole`` where nothing was wrong.

        :raises DefinitionError: with everything that was, in the order of reading.
        """
        if self._found:
            first, *others = self._found
            raise DefinitionError(first.key, first.problem, others)
        return whole


def otherwise(instead: T, reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a reader finds, or something in its place where somebody else tells what is wrong."""
    try:
        return reader(*args, **kwargs)
    except DefinitionError:
        return instead


def known_keys(raw: Mapping[str, Any], keys: Iterable[str]) -> None:
    allowed = tuple(keys)
    take = Every()
    for key in raw:
        if key not in allowed:
            take.note(key, f"unknown key; known are {', '.join(allowed)}")
    take.settled(None)


def text(raw: Mapping[str, Any], key: str, *, limit: int = 200) -> str:
    if key not in raw:
        raise DefinitionError(key, "is missing: write a text")
    return readable(raw[key], key, limit=limit)


def readable(value: Any, key: str, *, limit: int = 200) -> str:
    """A text that says something, in its composed form, as facts and partners have theirs."""
    if not isinstance(value, str):
        raise DefinitionError(key, f"{value!r} is no text: put it in quotes")
    if len(value) > limit:
        raise DefinitionError(key, f"is longer than {limit} characters: shorten it")
    found = texts.composed(value)
    if sign := texts.control(found):
        raise DefinitionError(key, f"holds an invisible control character ({sign}): delete it")
    if not found:
        raise DefinitionError(key, "is empty: write a text")
    return found


def slug(raw: Mapping[str, Any], key: str = "slug") -> str:
    value = text(raw, key, limit=80)
    if not _SLUG.fullmatch(value):
        raise DefinitionError(
            key, f"{value!r} is no slug: use small letters, digits and single dashes"
        )
    return value


def choice(raw: Mapping[str, Any], key: str, options: Iterable[str], default: str = "") -> str:
    value = raw.get(key, default)
    allowed = tuple(options)
    if value not in allowed:
        problem = f"{value!r} is unknown" if value else "is missing"
        raise DefinitionError(key, f"{problem}: write one of {', '.join(allowed)}")
    return str(value)


def decimal(raw: Mapping[str, Any], key: str) -> Decimal:
    """A number written as text (``"0.01"``) or a whole TOML number; never a float."""
    value = raw.get(key)
    remedy = 'write it as text, such as "0.01"'
    if value is None:
        raise DefinitionError(key, f"is missing: {remedy}")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise DefinitionError(key, f"{value!r} is no exact number: {remedy}")
    if len(str(value)) > 40:
        raise DefinitionError(key, "is longer than 40 digits: write a smaller number")
    if not money.is_plain(str(value)):
        raise DefinitionError(
            key, f"{value!r} is not a decimal: write digits with a point, such as 1.5"
        )
    return Decimal(value)


def scaled(raw: Mapping[str, Any], key: str) -> int:
    """A decimal in ten-thousandths."""
    try:
        return money.scaled(decimal(raw, key))
    except money.NotExact as error:
        raise DefinitionError(key, str(error)) from None


def minor(raw: Mapping[str, Any], key: str, unit: str) -> int:
    try:
        return money.minor(decimal(raw, key), unit)
    except (money.NotExact, money.UnknownUnit) as error:
        raise DefinitionError(key, str(error)) from None


def whole(raw: Mapping[str, Any], key: str, least: int, most: int) -> int:
    """A whole number within bounds."""
    value = raw.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        problem = "is missing" if value is None else f"{value!r} does not fit"
        raise DefinitionError(key, f"{problem}: write a whole number from {least} to {most}")
    return value


def flag(raw: Mapping[str, Any], key: str) -> bool:
    value = raw.get(key, False)
    if not isinstance(value, bool):
        raise DefinitionError(key, f"{value!r}: write true or false")
    return value


def unit(raw: Mapping[str, Any], key: str) -> str:
    value = text(raw, key)
    try:
        money.minor_digits(value)
    except money.UnknownUnit as error:
        raise DefinitionError(key, str(error)) from None
    return value


def day(raw: Mapping[str, Any], key: str) -> date | None:
    value = raw.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise DefinitionError(key, f"{value!r} is no day: write 2013-03-31") from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise DefinitionError(key, "is not a day: write 2013-03-31, without quotes or time")
    if value.year not in _YEARS:
        raise DefinitionError(key, f"{value} is far away: write a year from 1900 to 2199")
    return value


def at_budget(raw: Mapping[str, Any]) -> str | None:
    """Whether what pays stops at its ``budget`` or managers are warned; None where it has none."""
    if raw.get("budget"):
        return choice(raw, "at_budget", AT_BUDGET, "warn")
    if "at_budget" in raw:
        raise DefinitionError("at_budget", "has no meaning without a budget; remove it")
    return None


#: One end of a window: its day, and the moment of that day where it is not the whole of it.
Edge = tuple[date | None, Moment | None]


def edge(raw: Mapping[str, Any], key: str, timezone: str, *, last: bool = False) -> Edge:
    """A day (``2013-03-31``), or a time on the clocks of ``timezone`` (``2013-03-31T18:00:00``).

    Where the clocks show it twice, an edge that is the ``last`` is the later one: a window is never
    shorter than it reads.
    """
    value = raw.get(key)
    if isinstance(value, str) and "T" in value:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise DefinitionError(key, f"{value!r} is no time: write 2013-03-31T18:00:00") from None
    if not isinstance(value, datetime):
        return day(raw, key), None
    if value.tzinfo is not None or value.microsecond:
        remedy = f"write it to the second, as the clocks of {timezone} show it"
        raise DefinitionError(key, f"{value.isoformat()}: {remedy}: 2013-03-31T18:00:00")
    return day({key: value.date()}, key), moment(value, timezone, last=last)


def edges(raw: Mapping[str, Any], timezone: str) -> tuple[Edge, Edge]:
    """``starts`` and ``ends``, each a day or a time; both are part of the window."""
    take = Every()
    first = take(edge, raw, "starts", timezone) or (None, None)
    last = take(edge, raw, "ends", timezone, last=True) or (None, None)
    (starts, opens), (ends, closes) = first, last
    if starts and ends and (ends < starts or (opens and closes and closes.at < opens.at)):
        said = closes.local.isoformat() if closes else ends
        begins = opens.local.isoformat() if opens else starts
        take.note("ends", f"{said} comes before starts, {begins}: swap or mend them")
    return take.settled((first, last))


def edge_json(day: date, moment: Moment | None) -> str:
    """What ``edge`` reads back."""
    return moment.local.isoformat() if moment else day.isoformat()


def window(raw: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """``starts`` and ``ends``, both days included."""
    take = Every()
    starts, ends = take(day, raw, "starts"), take(day, raw, "ends")
    if starts and ends and ends < starts:
        take.note("ends", f"{ends} comes before starts, {starts}: swap or mend them")
    return take.settled((starts, ends))


def written(**said: Any) -> dict[str, Any]:
    """A definition's mapping of its keys; those that say nothing are left out (an empty list is told)."""
    return {key: value for key, value in said.items() if value is not None and value != {}}

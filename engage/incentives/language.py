"""A rule as it is written: the mapping of the programme file (or the form's), read and written back."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from engage import conditions, periods
from engage import definitions as read
from engage.definitions import DefinitionError
from engage.incentives.rules import DISTINCT, Band, Baseline, Milestone, Rate, Rule
from engage.money import natural_unit, plain, shortest

#: The highest rate: what is paid stays within 64 bits for anything that can be sold.
MOST_PER_UNIT = 1_000_000
MEASURES = ("amount", "quantity", "fact", *DISTINCT)
BANDS = ("marginal", "retroactive")
LAST_YEAR = "same period last year"
MOST_PERIODS = 24
_MEAN = re.compile(r"mean of last ([0-9]{1,2}) periods")
KEYS = (
    "slug", "on", "earn", "per", "rate", "where", "within", "period", "baseline", "newcomers",
    "minimum", "cap", "budget", "at_budget", "starts", "ends", "bands", "band", "milestones",
)  # fmt: skip
_BAND_KEYS = ("from", "rate")
_MILESTONE_KEYS = ("at", "pays")
_MOST_MILESTONES = 20
_MOST_DAYS = 3_660
_CONDITIONS = (*conditions.FACT_CONDITIONS, *conditions.PARTNER_CONDITIONS)


def parse(raw: Mapping[str, Any], currency: str, timezone: str) -> Rule:
    """A rule from its mapping in the programme file of a programme in that currency and time zone.

    :raises DefinitionError: naming the key and what to write.
    """
    take = read.Every()
    take(read.known_keys, raw, KEYS)
    earn = (
        take(_earn, raw, currency) or currency
    )  # where it is wrong, the rest is read all the same
    banded = "bands" in raw or "band" in raw
    rated = "rate" in raw or "milestones" not in raw
    if banded and "rate" in raw:
        take.note("rate", "a banded rule has its rates in [[rules.band]]; remove this")
    first, last = take(read.edges, raw, timezone) or ((None, None), (None, None))
    return take.settled(
        Rule(
            slug=take(read.slug, raw),
            on=take(read.choice, raw, "on", read.FACT_KINDS),
            earn=earn,
            per=take(read.choice, raw, "per", MEASURES),
            period=take(read.choice, raw, "period", periods.KINDS),
            rate=take(_rate, raw, earn) if rated and not banded else None,
            bands=take(read.choice, raw, "bands", BANDS) if banded else None,
            band=take(_bands, raw, earn) if banded else (),
            where=take(conditions.where, raw, "where", _CONDITIONS),
            cap=take(_most, raw, "cap", earn),
            budget=take(_most, raw, "budget", earn),
            at_budget=take(read.at_budget, raw),
            starts=first[0],
            ends=last[0],
            opens=first[1],
            closes=last[1],
            within=take(_within, raw),
            baseline=take(parse_baseline, raw),
            minimum=take(_above_zero, raw, "minimum"),
            milestones=take(_milestones, raw, earn),
        )
    )


def _earn(raw: Mapping[str, Any], currency: str) -> str:
    earn = read.unit(raw, "earn")
    if earn not in ("points", currency):
        raise DefinitionError("earn", f"{earn!r}: write points or the programme's {currency}")
    return earn


def _rate(raw: Mapping[str, Any], earn: str) -> Rate:
    return Rate.per_unit(_not_negative(raw, "rate"), earn)


def _not_negative(raw: Mapping[str, Any], key: str) -> Decimal:
    value = read.decimal(raw, key)
    if value < 0:
        raise DefinitionError(key, f"{value} is below zero: a rule cannot take")
    if value > MOST_PER_UNIT:
        raise DefinitionError(key, f"{value} is too much: at most {MOST_PER_UNIT} for each")
    return value


def _most(raw: Mapping[str, Any], key: str, earn: str) -> int | None:
    if key not in raw:
        return None
    most = read.minor(raw, key, earn)
    if most <= 0:
        raise DefinitionError(key, "is not above zero: remove it, or write what may be earned")
    return most


def _bands(raw: Mapping[str, Any], earn: str) -> tuple[Band, ...]:
    rows = raw.get("band")
    if not isinstance(rows, list) or not rows:
        raise DefinitionError("band", 'is missing: write band = [ { from = "0", rate = "0" } ]')
    return _rising(rows, "band", "from", _band, earn)


def _rising(
    rows: list[Any], key: str, edge: str, one: Callable[[Any, str], Any], earn: str
) -> tuple[Any, ...]:
    """What ``one`` reads of each row under ``key``; at their ``edge`` each is above the one before it."""
    take = read.Every()
    found = [take.under(f"{key}[{n}]", one, row, earn) for n, row in enumerate(rows, 1)]
    edges = [(n, read.scaled(row, edge)) for n, row in enumerate(rows, 1) if found[n - 1]]
    for (_, before), (number, here) in pairwise(edges):
        if here <= before:
            take.note(
                f"{key}[{number}].{edge}", "is not above the one before it: put them in order"
            )
    return take.settled(tuple(found))


def _band(row: Any, earn: str) -> Band:
    if not isinstance(row, Mapping):
        raise DefinitionError("", 'write { from = "0", rate = "0" }')
    take = read.Every()
    take(read.known_keys, row, _BAND_KEYS)
    start = take(read.scaled, row, "from")
    if start is not None and start < 0:
        take.note("from", "starts below zero: the first is 0")
    return take.settled(Band(start, take(_rate, row, earn)))


def _within(raw: Mapping[str, Any]) -> int | None:
    value = raw.get("within")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST_DAYS:
        raise DefinitionError("within", f"{value!r}: write days after joining, 1 to {_MOST_DAYS}")
    return value


def parse_baseline(
    raw: Mapping[str, Any], number: Callable[[Mapping[str, Any], str], int] = read.scaled
) -> Baseline | None:
    """``baseline`` and ``newcomers``, which ``number`` reads; None where nothing is compared.

    :raises DefinitionError: naming the key and what to write.
    """
    if "baseline" not in raw:
        if "newcomers" in raw:
            raise DefinitionError("newcomers", "has no meaning without a baseline; remove it")
        return None
    said = read.text(raw, "baseline")
    mean = _MEAN.fullmatch(said)
    if said != LAST_YEAR and not (mean and 0 < int(mean[1]) <= MOST_PERIODS):
        remedy = f"write {LAST_YEAR!r}, or 'mean of last 4 periods' (1 to {MOST_PERIODS})"
        raise DefinitionError("baseline", f"{said!r} is unknown: {remedy}")
    if raw.get("period") == "all":
        raise DefinitionError("period", "'all' has no period before it: write a shorter one")
    if "newcomers" not in raw:
        remedy = 'write what counts for partners who have no baseline, such as "5000"'
        raise DefinitionError("newcomers", f"is missing: {remedy}")
    newcomers = number(raw, "newcomers")
    if newcomers < 0:
        raise DefinitionError("newcomers", "lies below zero: write 0 if all they do is growth")
    return Baseline(int(mean[1]) if mean else None, newcomers)


def baseline_text(baseline: Baseline) -> str:
    """What a baseline is, as ``parse_baseline`` reads it."""
    return f"mean of last {baseline.periods} periods" if baseline.periods else LAST_YEAR


def _above_zero(raw: Mapping[str, Any], key: str) -> int | None:
    if key not in raw:
        return None
    value = read.scaled(raw, key)
    if value <= 0:
        raise DefinitionError(key, "is not above zero: remove it, or write what must be reached")
    return value


def _milestones(raw: Mapping[str, Any], earn: str) -> tuple[Milestone, ...]:
    if "milestones" not in raw:
        return ()
    rows = raw["milestones"]
    if not isinstance(rows, list) or not rows:
        raise DefinitionError("milestones", 'write [ { at = "10", pays = "100" } ]')
    if len(rows) > _MOST_MILESTONES:
        raise DefinitionError("milestones", f"are {len(rows)}: at most {_MOST_MILESTONES}")
    return _rising(rows, "milestones", "at", _milestone, earn)


def _milestone(row: Any, earn: str) -> Milestone:
    if not isinstance(row, Mapping):
        raise DefinitionError("", 'write { at = "10", pays = "100" }')
    take = read.Every()
    take(read.known_keys, row, _MILESTONE_KEYS)
    at, pays = take(read.scaled, row, "at"), take(read.minor, row, "pays", earn)
    for key, value in (("at", at), ("pays", pays)):
        if value is not None and value <= 0:
            take.note(key, "is not above zero: write more")
    return take.settled(Milestone(at, pays))


def to_json(rule: Rule) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal rule."""

    def pay(amount: int | None) -> str | None:
        return None if amount is None else natural_unit(amount, rule.earn)

    return read.written(
        slug=rule.slug,
        on=rule.on,
        earn=rule.earn,
        per=rule.per,
        rate=rule.rate and shortest(rule.rate.decimal),
        where=conditions.where_json(rule.where),
        within=rule.within,
        period=rule.period,
        baseline=rule.baseline and baseline_text(rule.baseline),
        newcomers=rule.baseline and plain(rule.baseline.newcomers),
        minimum=rule.minimum and plain(rule.minimum),
        cap=pay(rule.cap),
        budget=pay(rule.budget),
        at_budget=rule.at_budget,
        starts=rule.starts and read.edge_json(rule.starts, rule.opens),
        ends=rule.ends and read.edge_json(rule.ends, rule.closes),
        bands=rule.bands,
        band=[{"from": plain(b.start), "rate": shortest(b.rate.decimal)} for b in rule.band]
        or None,
        milestones=[{"at": plain(m.at), "pays": pay(m.pays)} for m in rule.milestones] or None,
    )

"""The programme file: read whole or refused whole, and written back to the same meaning."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tomli_w

from engage import conditions, money
from engage import definitions as read
from engage.activity import rules as activity
from engage.definitions import DefinitionError
from engage.disputes import rules as disputes
from engage.incentives import language as incentives
from engage.incentives.rules import Rule
from engage.leaderboards import rules as leaderboards
from engage.ledger import rules as ledger
from engage.missions import rules as missions
from engage.partners import rules as partners
from engage.payouts import rules as payout_rules
from engage.studio import toml_lines
from engage.tiers import language as tiers
from engage.tiers.rules import Tier

T = TypeVar("T")
MOST_CHARACTERS = 500_000
LONGEST_LINE = 5_000
MOST_TABLES = 200
#: A year of days in a dozen currencies.
MOST_RATES = 5_000
_KEYS = (
    "programme",
    "budget",
    "payouts",
    "segments",
    "tiers",
    "rules",
    "boards",
    "missions",
    "intake",
    "rates",
    "disputes",
)
_HEAD = ("slug", "name", "timezone", "currency")


@dataclass(frozen=True, slots=True)
class ProgrammeFile:
    """A programme as its file describes it."""

    slug: str
    name: str
    timezone: str
    currency: str
    budget: ledger.Budget
    segments: tuple[partners.Segment, ...]
    tiers: tuple[Tier, ...]
    rules: tuple[Rule, ...]
    boards: tuple[leaderboards.Board, ...]
    missions: tuple[missions.Mission, ...]
    intake: activity.Intake = activity.HELD
    rates: tuple[activity.Rate, ...] = ()
    dispute_days: int = disputes.WORKING_DAYS
    payouts: payout_rules.Terms | None = None


class BadProgrammeFile(ValueError):
    """Everything that is wrong with a file: ``problems`` are (line or None, key, problem)."""

    def __init__(self, problems: list[tuple[int | None, str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(said(problem) for problem in problems))


def said(problem: tuple[int | None, str, str]) -> str:
    """A problem in one line: where, which key, what and the remedy."""
    line, key, text = problem
    return ": ".join(part for part in (f"line {line}" if line else "", key, text) if part)


def parse(text: str) -> ProgrammeFile:
    """Read a programme file.

    :raises BadProgrammeFile: with every mistake in it, each with its line, key and remedy.
    """
    if len(text) > MOST_CHARACTERS or max(map(len, text.splitlines()), default=0) > LONGEST_LINE:
        said = f"is too large: at most {MOST_CHARACTERS} characters, {LONGEST_LINE} in a line"
        raise BadProgrammeFile([(None, "", said)])
    try:
        raw = tomllib.loads(text)
    except RecursionError as error:
        raise BadProgrammeFile([(None, "", "is nested deeper than any programme is")]) from error
    except ValueError as error:  # not TOML, or a number of thousands of digits
        raise BadProgrammeFile([(None, "", f"is not TOML: {error}")]) from error
    problems: list[tuple[int | None, str, str]] = []

    def note(error: DefinitionError) -> None:
        problems.extend((None, one.key, one.problem) for one in error.every)

    for key in raw:
        if key not in _KEYS:
            note(DefinitionError(key, f"unknown key; known are {', '.join(_KEYS)}"))
    head = _head(raw, note)
    currency, timezone = head.get("currency", "USD"), head.get("timezone", "UTC")
    budget = _table(raw, "budget", ledger.parse_budget, note)
    segments = _tables(raw, "segments", partners.parse, note)
    terms = _table(raw, "payouts", payout_rules.parse, note)
    if raw.get("payouts") == {}:
        note(DefinitionError("payouts", 'is empty: write period = "month", or leave it out'))
    ladder = _tables(raw, "tiers", lambda row: tiers.parse(row, currency), note, ("name",))
    rules = _tables(raw, "rules", lambda row: incentives.parse(row, currency, timezone), note)
    boards = _tables(raw, "boards", lambda row: leaderboards.parse(row, currency), note)
    found = _tables(raw, "missions", lambda row: missions.parse(row, currency), note)
    intake = _table(raw, "intake", activity.parse_intake, note)
    dispute_days = _table(raw, "disputes", disputes.parse_working_days, note)
    rates = _tables(
        raw,
        "rates",
        lambda row: activity.parse_rate(row, currency),
        note,
        ("from", "day"),
        MOST_RATES,
    )
    if not problems:
        for wrong in _unfit(segments, ladder, rules, found):
            note(wrong)
    if problems:
        places = toml_lines.locate(text)
        raise BadProgrammeFile([(_line_of(places, key), key, said) for _, key, said in problems])
    return ProgrammeFile(
        head["slug"],
        head["name"],
        head["timezone"],
        currency,
        budget,
        segments,
        ladder,
        rules,
        boards,
        found,
        intake,
        tuple(sorted(rates)),
        dispute_days,
        terms,
    )


def _unfit(
    segments: tuple[partners.Segment, ...],
    ladder: tuple[Tier, ...],
    rules: tuple[Rule, ...],
    found: tuple[missions.Mission, ...],
) -> Iterator[DefinitionError]:
    """What does not fit together although each part stands for itself."""
    for number, wrong in tiers.out_of_order(ladder):
        yield wrong.under(f"tiers[{number}]")
    by_points = [tier.name for tier in ladder if tier.measure == money.POINTS]
    circular = f"goes round in a circle: {', '.join(by_points)} is reached by points"
    for number, tier in enumerate(ladder, 1):
        if by_points and money.POINTS in dict(tier.multiplier):
            remedy = "measure tiers by facts, or multiply money"
            key = f"tiers[{number}].multiplier.points"
            yield DefinitionError(key, f"{circular}, which the tier would multiply: {remedy}")
    known = {"segment": {one.slug for one in segments}, "tier": {tier.name for tier in ladder}}
    for number, rule in enumerate(rules, 1):
        yield from _undeclared(f"rules[{number}].where", rule.where, known)
        for key, moment in (("starts", rule.opens), ("ends", rule.closes)):
            if moment and moment.is_skipped:
                problem = f"the clocks of {moment.timezone} are put forward over {moment.local}"
                yield DefinitionError(f"rules[{number}].{key}", f"{problem}: write an hour later")
        if by_points and rule.earn == money.POINTS and conditions.asks_for_tier(rule.where):
            remedy = "measure tiers by facts, or let this rule pay money"
            yield DefinitionError(f"rules[{number}].where.tier", f"{circular}: {remedy}")
    for number, mission in enumerate(found, 1):
        yield from _undeclared(f"missions[{number}].audience", mission.audience, known)


def _undeclared(
    key: str, where: conditions.Where, known: Mapping[str, set[str]]
) -> Iterator[DefinitionError]:
    """Segments and tiers that conditions name and the file does not have."""
    for name, values in where:
        if name in known and (missing := conditions.texts(values) - known[name]):
            there = f"; known are {', '.join(sorted(known[name]))}" if known[name] else ""
            problem = f"{', '.join(sorted(missing))} is unknown: declare it as [[{name}s]]{there}"
            yield DefinitionError(f"{key}.{name}", problem)


def _head(raw: Mapping[str, Any], note: Callable[[DefinitionError], None]) -> dict[str, str]:
    table = raw.get("programme")
    if not isinstance(table, Mapping):
        note(DefinitionError("programme", "is missing: write a [programme] table"))
        return {}
    take = read.Every()
    take(read.known_keys, table, _HEAD)
    head = {
        "slug": take(read.slug, table),
        "name": take(read.text, table, "name"),
        "timezone": take(_timezone, table),
        "currency": take(_currency, table),
    }
    try:
        return take.settled(head)
    except DefinitionError as error:
        note(error.under("programme"))
        return {key: value for key, value in head.items() if value}


def _timezone(table: Mapping[str, Any]) -> str:
    name = read.text(table, "timezone")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise DefinitionError(
            "timezone", f"{name!r} is unknown: write one such as Europe/Berlin"
        ) from None
    return name


def _currency(table: Mapping[str, Any]) -> str:
    code = read.unit(table, "currency")
    if code == money.POINTS:
        raise DefinitionError("currency", "points are no currency: write one such as USD")
    return code


def _table(
    raw: Mapping[str, Any],
    key: str,
    parse: Callable[[Mapping[str, Any]], T],
    note: Callable[[DefinitionError], None],
) -> T:
    """A table that may be missing: as if it were empty."""
    table = raw.get(key, {})
    try:
        if not isinstance(table, Mapping):
            raise DefinitionError("", f"write it as a table: [{key}]")
        return parse(table)
    except DefinitionError as error:
        note(error.under(key))
        return parse({})


def _tables(
    raw: Mapping[str, Any],
    key: str,
    parse_one: Callable[[Mapping[str, Any]], T],
    note: Callable[[DefinitionError], None],
    names: tuple[str, ...] = ("slug",),
    most: int = MOST_TABLES,
) -> tuple[T, ...]:
    """Tables that stand any number of times, each told from the others by its ``names``."""
    rows = raw.get(key, [])
    if not isinstance(rows, list):
        note(DefinitionError(key, f"write each as a table of its own: [[{key}]]"))
        return ()
    if len(rows) > most:
        note(DefinitionError(key, f"are {len(rows)}: at most {most}, or nobody reads them"))
        return ()
    found: list[T] = []
    met: set[tuple[str, ...]] = set()
    for number, row in enumerate(rows, 1):
        take = read.Every()
        if not isinstance(row, Mapping):
            take.note("", f"write it as a table: [[{key}]]")
        else:
            found.append(take(parse_one, row))
            name = tuple(str(row.get(part)) for part in names)
            if names[0] in row and name in met:
                said = " of ".join(name)
                take.note(names[0], f"{said!r} stands twice: every one is its own")
            met.add(name)
        try:
            take.settled(None)
        except DefinitionError as error:
            note(error.under(f"{key}[{number}]"))
    return tuple(found)


def _line_of(places: dict[toml_lines.Path, int], key: str) -> int | None:
    """The line that a key such as ``rules[2].band[1].rate`` stands on, or the nearest one around it."""
    path: toml_lines.Path = ()
    for word in key.split(".") if key else ():
        name, _, number = word.partition("[")
        path += (name, int(number.rstrip("]")) - 1) if number.rstrip("]").isdigit() else (word,)
    while path and path not in places:
        path = path[:-1]
    return places[path] if path else None


def dump(file: ProgrammeFile) -> str:
    """The file as TOML that ``parse`` reads back to an equal one."""
    head = {key: getattr(file, key) for key in _HEAD}
    tables = {
        "segments": [partners.to_json(segment) for segment in file.segments],
        "tiers": [tiers.to_json(tier) for tier in file.tiers],
        "rules": [incentives.to_json(rule) for rule in file.rules],
        "boards": [leaderboards.to_json(board) for board in file.boards],
        "missions": [missions.to_json(mission) for mission in file.missions],
    }
    dated = {key: [_with_days(row) for row in rows] for key, rows in tables.items()}
    budget = {"budget": ledger.budget_json(file.budget)} if file.budget else {}
    intake = activity.intake_json(file.intake)
    rates = [activity.rate_json(rate, file.currency) for rate in file.rates]
    terms = payout_rules.to_json(file.payouts) if file.payouts else {}
    found = {key: rows for key, rows in dated.items() if rows}
    days = {"working_days": file.dispute_days}
    asked = days if file.dispute_days != disputes.WORKING_DAYS else {}
    optional = {"payouts": terms, "intake": intake, "disputes": asked, "rates": rates}
    more = {key: said for key, said in optional.items() if said}
    return tomli_w.dumps({"programme": head} | budget | found | more)


def _with_days(row: dict[str, Any]) -> dict[str, Any]:
    """Days as TOML writes them, which JSON cannot."""
    days = {key: _as_toml(row[key]) for key in ("starts", "ends") if key in row}
    return row | days


def _as_toml(said: str) -> date:
    return datetime.fromisoformat(said) if "T" in said else date.fromisoformat(said)

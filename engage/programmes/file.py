"""The programme file: read whole or refused whole, and written back to the same meaning."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

import tomli_w

from engage import clock, conditions, money
from engage import definitions as read
from engage.activity import rules as activity
from engage.definitions import DefinitionError
from engage.disputes import rules as disputes
from engage.incentives import language as incentives
from engage.incentives.rules import Rule
from engage.leaderboards import language as leaderboards
from engage.leaderboards.rules import Board
from engage.ledger import rules as ledger
from engage.missions import rules as missions
from engage.partners import rules as partners
from engage.payouts import rules as payout_rules
from engage.programmes import reading
from engage.programmes.reading import BadProgrammeFile as BadProgrammeFile
from engage.tiers import language as tiers
from engage.tiers.rules import Tier
from engage.videos import triggers
from engage.videos.triggers import Trigger

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
    "triggers",
    "intake",
    "rates",
    "disputes",
)
_HEAD = ("slug", "name", "timezone", "currency")
_NOTHING = ("", "", "", "")
T = TypeVar("T")


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
    boards: tuple[Board, ...]
    missions: tuple[missions.Mission, ...]
    intake: activity.Intake = activity.HELD
    rates: tuple[activity.Rate, ...] = ()
    dispute_days: int = disputes.WORKING_DAYS
    payouts: payout_rules.Terms | None = None
    triggers: tuple[Trigger, ...] = ()


def parse(text: str, films: Mapping[str, triggers.Filmable] | None = None) -> ProgrammeFile:
    """Read a programme file. ``films`` are the formats of the templates there are, for its triggers;
    None: which there are is not asked.

    :raises BadProgrammeFile: with every mistake in it, each with its line, key and remedy.
    """
    raw, take = reading.toml(text), read.Every()
    take(read.known_keys, raw, _KEYS)
    head = raw.get("programme")
    known = head if isinstance(head, Mapping) else {}
    # Where these are wrong the rest is read all the same.
    currency = read.otherwise("USD", _currency, known)
    zone = read.otherwise("UTC", _timezone, known)

    def each(
        key: str,
        reader: Callable[[Any], T],
        names: tuple[str, ...] = ("slug",),
        most: int = reading.MOST_TABLES,
    ) -> tuple[T, ...]:
        return take(reading.each, raw, key, reader, names, most)

    if raw.get("payouts") == {}:
        take.note("payouts", 'is empty: write period = "month", or leave it out')
    whole = ProgrammeFile(
        *take(_head, head) or _NOTHING,
        budget=take(reading.one, raw, "budget", ledger.parse_budget),
        segments=each("segments", partners.parse),
        payouts=take(reading.one, raw, "payouts", payout_rules.parse),
        tiers=each("tiers", lambda row: tiers.parse(row, currency), ("name",)),
        rules=each("rules", lambda row: _rule(row, currency, zone)),
        boards=each("boards", lambda row: leaderboards.parse(row, currency)),
        missions=each("missions", lambda row: missions.parse(row, currency)),
        triggers=each("triggers", lambda row: triggers.parse(row, films), most=triggers.MOST),
        intake=take(reading.one, raw, "intake", activity.parse_intake),
        dispute_days=take(reading.one, raw, "disputes", disputes.parse_working_days),
        rates=each(
            "rates", lambda row: activity.parse_rate(row, currency), ("from", "day"), MOST_RATES
        ),
    )
    try:
        take.settled(None)
        for wrong in _unfit(whole):
            take.note(wrong.key, wrong.problem)
        settled = take.settled(whole)
        told = triggers.unlike_the_house(whole.triggers)
        return replace(settled, rates=tuple(sorted(whole.rates)), triggers=told)
    except DefinitionError as error:
        raise reading.placed(text, error) from None


def _head(table: Any) -> tuple[str, str, str, str]:
    if not isinstance(table, Mapping):
        raise DefinitionError("programme", "is missing: write a [programme] table")
    take = read.Every()
    take.under("programme", read.known_keys, table, _HEAD)
    head = (
        take.under("programme", read.slug, table),
        take.under("programme", read.text, table, "name"),
        take.under("programme", _timezone, table),
        take.under("programme", _currency, table),
    )
    return take.settled(head)


def _rule(row: Mapping[str, Any], currency: str, timezone: str) -> Rule:
    """A rule as somebody writes it: a published one may stand although zones were changed since."""
    take = read.Every()
    rule = take(incentives.parse, row, currency, timezone)
    for key in ("starts", "ends"):
        _day, moment = read.otherwise((None, None), read.edge, row, key, timezone)
        if moment and moment.is_skipped:
            problem = f"the clocks of {timezone} are put forward over {moment.local}"
            remedy = f"write what they show then, {moment.shown:%Y-%m-%dT%H:%M:%S}"
            take.note(key, f"{problem}: {remedy}")
    return take.settled(rule)


def _unfit(file: ProgrammeFile) -> Iterator[DefinitionError]:
    """What does not fit together although each part stands for itself."""
    for number, wrong in tiers.out_of_order(file.tiers):
        yield wrong.under(f"tiers[{number}]")
    by_points = [tier.name for tier in file.tiers if tier.measure == money.POINTS]
    circular = f"goes round in a circle: {', '.join(by_points)} is reached by points"
    for number, tier in enumerate(file.tiers, 1):
        if by_points and money.POINTS in dict(tier.multiplier):
            remedy = "measure tiers by facts, or multiply money"
            key = f"tiers[{number}].multiplier.points"
            yield DefinitionError(key, f"{circular}, which the tier would multiply: {remedy}")
    known = {
        "segment": {one.slug for one in file.segments},
        "tier": {tier.name for tier in file.tiers},
    }
    for number, rule in enumerate(file.rules, 1):
        yield from _undeclared(f"rules[{number}].where", rule.where, known)
        if by_points and rule.earn == money.POINTS and conditions.asks_for_tier(rule.where):
            remedy = "measure tiers by facts, or let this rule pay money"
            yield DefinitionError(f"rules[{number}].where.tier", f"{circular}: {remedy}")
    for part in ("missions", "boards", "triggers"):
        for number, one in enumerate(getattr(file, part), 1):
            yield from _undeclared(f"{part}[{number}].audience", one.audience, known)
    slugs = {mission.slug for mission in file.missions}
    for number, board in enumerate(file.boards, 1):
        if (along := board.windows.mission) and along not in slugs:
            there = f"; known are {', '.join(sorted(slugs))}" if slugs else ""
            problem = f"{along!r} is unknown: declare it as [[missions]]{there}"
            yield DefinitionError(f"boards[{number}].mission", problem)


def _undeclared(
    key: str, where: conditions.Where, known: Mapping[str, set[str]]
) -> Iterator[DefinitionError]:
    """Segments and tiers that conditions name and the file does not have."""
    for name, values in where:
        if name in known and (missing := conditions.texts(values) - known[name]):
            there = f"; known are {', '.join(sorted(known[name]))}" if known[name] else ""
            problem = f"{', '.join(sorted(missing))} is unknown: declare it as [[{name}s]]{there}"
            yield DefinitionError(f"{key}.{name}", problem)


def _timezone(table: Mapping[str, Any]) -> str:
    text = read.text(table, "timezone")
    if name := clock.timezone(text):
        return name
    raise DefinitionError("timezone", f"{text!r} is unknown: write one such as Europe/Berlin")


def _currency(table: Mapping[str, Any]) -> str:
    code = read.unit(table, "currency")
    if code == money.POINTS:
        raise DefinitionError("currency", "points are no currency: write one such as USD")
    return code


def dump(file: ProgrammeFile) -> str:
    """The file as TOML that ``parse`` reads back to an equal one."""
    head = {key: getattr(file, key) for key in _HEAD}
    tables = {
        "segments": [partners.to_json(segment) for segment in file.segments],
        "tiers": [tiers.to_json(tier) for tier in file.tiers],
        "rules": [incentives.to_json(rule) for rule in file.rules],
        "boards": [leaderboards.to_json(board) for board in file.boards],
        "missions": [missions.to_json(mission) for mission in file.missions],
        "triggers": [triggers.to_json(trigger) for trigger in file.triggers],
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
    days = {
        key: (datetime if "T" in row[key] else date).fromisoformat(row[key])
        for key in ("starts", "ends")
        if key in row
    }
    seasons = {key: [_with_days(season) for season in row[key]] for key in row if key == "seasons"}
    return row | days | seasons

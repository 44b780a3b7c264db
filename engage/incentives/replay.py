"""A draft beside the rule as it stands: what both would have paid for facts that really happened.

Pure sums over what `worth` says; nothing is read or written. Each side is taken as if it had been in
force all the time. A side whose own days lie elsewhere altogether (next month's SPIFF) is tried
without them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from engage import periods
from engage.activity.rules import Standing
from engage.incentives.rules import Rule, Version
from engage.incentives.worth import Book, Worth, worth
from engage.periods import KINDS, Period

PERIODS = (1, 2, 4, 8, 12)
_SEGMENTS_SHOWN = 8
_NAMED = 12
_LINES = 6
#: The two sides, in the order in which they stand everywhere.
PRESENT, DRAFT = 0, 1


class Pair(NamedTuple):
    """Minor units that the present rule and the draft pay."""

    present: int
    draft: int

    @property
    def more(self) -> int:
        return self.draft - self.present


def span(sides: Iterable[Rule | None], count: int, last_day: date) -> list[Period]:
    """The last ``count`` periods up to ``last_day``, oldest first, of the longer kind of both sides."""
    kinds = [rule.period for rule in sides if rule]
    kind = max(kinds, key=KINDS.index, default="quarter")
    period: Period | None = periods.containing(last_day, kind)
    found: list[Period] = []
    while period is not None and len(found) < count:
        found.insert(0, period)
        period = period.previous()
    return found


def tried(rule: Rule | None, first: date, last: date) -> tuple[Rule | None, bool]:
    """The rule as it is tried over these days, and whether its own days were left aside for it."""
    if rule is None:
        return None, False
    outside = (rule.starts and rule.starts > last) or (rule.ends and rule.ends < first)
    return (rule.always(), True) if outside else (rule, False)


def always(rule: Rule) -> Book:
    """A rule as if it had been in force all the time."""
    return Book(0, rule.slug, [Version(0, 0, None, rule)])


def paid(
    rule: Rule | None,
    facts: Sequence[Standing],
    attributes: Mapping[int, Mapping[str, Any]],
    within: Period,
) -> Iterator[Worth]:
    """What a rule pays for ``facts``, in the periods that begin within these days."""
    if rule is None:
        return
    for (_, _, name), walked in worth([always(rule)], facts, attributes):
        if rule.period == "all" or within.first <= periods.parse(name).first <= within.last:
            yield from walked


@dataclass
class Tally:
    """Sums of both sides, by (partner, unit) and by (period, unit)."""

    partners: dict[tuple[int, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )
    periods: dict[tuple[str, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )

    def add(self, side: int, walked: Iterable[Worth], kind: str) -> None:
        """Take in what one side pays, summed by periods of ``kind``."""
        for found in walked:
            rule, amount = found.version.rule, found.step.amount
            if rule is None or not amount:
                continue
            self.partners[found.fact.partner_id, rule.earn][side] += amount
            name = periods.containing(found.fact.day, kind).name
            self.periods[name, rule.earn][side] += amount

    def pairs(self, unit: str) -> dict[int, Pair]:
        """What each partner gets from both sides."""
        return {who: Pair(*sums) for (who, of), sums in self.partners.items() if of == unit}


def found(
    tally: Tally, span: Sequence[Period], attributes: Mapping[int, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The comparison, unit by unit, as plain JSON (amounts in minor units).

    ``winners`` and ``losers`` are how many partners get more and less, and by how much together;
    ``new`` and ``gone`` name partners who would newly be paid, or no longer; ``segments`` are those
    in which most moves.
    """
    units = sorted({unit for _, unit in tally.partners})
    return [_of_unit(tally, unit, span, attributes) for unit in units]


def _of_unit(
    tally: Tally, unit: str, span: Sequence[Period], attributes: Mapping[int, Mapping[str, Any]]
) -> dict[str, Any]:
    pairs = tally.pairs(unit)
    new = [who for who, pair in pairs.items() if pair.present <= 0 < pair.draft]
    gone = [who for who, pair in pairs.items() if pair.draft <= 0 < pair.present]
    size = lambda who: (-max(pairs[who]), who)  # noqa: E731
    return {
        "unit": unit,
        **_sides(pairs.values()),
        "same": len(attributes) - sum(1 for pair in pairs.values() if pair.more),
        "periods": [
            [period.name, *tally.periods.get((period.name, unit), (0, 0))] for period in span
        ],
        "new": named(sorted(new, key=size)),
        "gone": named(sorted(gone, key=size)),
        "segments": _segments(pairs, attributes),
    }


def named(partner_ids: list[int]) -> dict[str, Any]:
    """How many they are, and the first of them."""
    return {"count": len(partner_ids), "named": partner_ids[:_NAMED]}


def _sides(pairs: Iterable[Pair]) -> dict[str, Any]:
    all_of = list(pairs)
    up = [pair.more for pair in all_of if pair.more > 0]
    down = [-pair.more for pair in all_of if pair.more < 0]
    return {
        "present": sum(pair.present for pair in all_of),
        "draft": sum(pair.draft for pair in all_of),
        "winners": [len(up), sum(up)],
        "losers": [len(down), sum(down)],
    }


def _segments(
    pairs: Mapping[int, Pair], attributes: Mapping[int, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """By every attribute that tells partners apart: where most is won or lost first."""
    groups: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for who, pair in pairs.items():
        for name, value in attributes[who].items():
            several = value if isinstance(value, frozenset) else ()
            for one in [value] if isinstance(value, str) else several:
                groups[name, one].append(pair)
    names = list(dict.fromkeys(name for partner in attributes.values() for name in partner))
    shown = []
    for name in names:
        rows = [{"value": value} | _sides(of) for (n, value), of in groups.items() if n == name]
        rows.sort(key=lambda row: (-abs(row["draft"] - row["present"]), row["value"]))
        if rows:
            rest = max(0, len(rows) - _SEGMENTS_SHOWN)
            shown.append({"by": name, "rows": rows[:_SEGMENTS_SHOWN], "more": rest})
    return shown


def chosen(tally: Tally) -> list[tuple[int, str]]:
    """Five partners whose statements say most, and why each was taken.

    Who wins and loses most, who is newly paid, who earns most today, and one from the middle; where
    there is no such partner, the next of those who move most.
    """
    pairs: dict[int, Pair] = {}
    for (who, _), sums in tally.partners.items():
        before = pairs.get(who, Pair(0, 0))
        pairs[who] = Pair(before.present + sums[PRESENT], before.draft + sums[DRAFT])
    by_more = sorted(pairs, key=lambda who: (-pairs[who].more, who))
    by_present = sorted(pairs, key=lambda who: (-pairs[who].present, who))
    new = [who for who in by_more if pairs[who].present <= 0 < pairs[who].draft]
    wanted = [
        *((who, "wins") for who in by_more[:1] if pairs[who].more > 0),
        *((who, "loses") for who in by_more[-1:] if pairs[who].more < 0),
        *((who, "new") for who in new[:2]),
        *((who, "most") for who in by_present[:1]),
        *((who, "middle") for who in by_present[len(by_present) // 2 :][:1]),
        *((who, "moves") for who in sorted(pairs, key=lambda w: (-abs(pairs[w].more), w))),
    ]
    five: dict[int, str] = {}
    for who, why in wanted:
        if len(five) < 5:
            five.setdefault(who, why)
    return list(five.items())


def statement(who: int, why: str, sides: Sequence[Iterable[Worth]]) -> dict[str, Any]:
    """A partner's lines of both sides beside each other: those that differ most, newest first."""
    lines: dict[int, dict[str, Any]] = {}
    totals: list[dict[str, int]] = [{}, {}]
    for side, walked in enumerate(sides):
        for one in walked:
            rule, amount = one.version.rule, one.step.amount
            if rule is None or not amount or one.fact.partner_id != who:
                continue
            fact = one.fact
            line = lines.setdefault(
                fact.id,
                {
                    "day": fact.day.isoformat(),
                    "kind": fact.kind,
                    "customer": fact.customer,
                    "product": fact.product,
                    "amount": fact.amount,
                    "pay": [None, None],
                },
            )
            line["pay"][side] = [rule.earn, amount]
            totals[side][rule.earn] = totals[side].get(rule.earn, 0) + amount
    shown = sorted(lines.values(), key=_difference, reverse=True)[:_LINES]
    return {
        "partner": who,
        "why": why,
        "totals": totals,
        "lines": sorted(shown, key=lambda line: str(line["day"]), reverse=True),
        "more": len(lines) - len(shown),
    }


def _difference(line: Mapping[str, Any]) -> tuple[int, str]:
    present, draft = (pay[1] if pay else 0 for pay in line["pay"])
    return abs(draft - present), line["day"]

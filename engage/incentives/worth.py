"""What facts are worth by the rules, worked out from the facts alone: nothing is read or written.

The flow posts the difference to it, a draft rule is tried by it: there is one way to be paid.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engage import periods
from engage.activity.rules import Standing, adds, attribute
from engage.conditions import is_among
from engage.incentives import baseline, rules
from engage.incentives.rules import Step, Version
from engage.ledger.rules import carried
from engage.money import POINTS
from engage.tiers.rules import Climb

Attributes = Mapping[str, Any]
#: What else the arithmetic of a fact took: the ``baseline`` of growth, and whether it is that of
#: a ``newcomer``; the ``tier`` of the partner, and how many ``times`` the pay it gives.
Terms = Mapping[str, Any]
#: A running total's place: rule, partner, name of the period.
Group = tuple[int, int, str]
Entry = tuple[Standing, Version]


class Book(NamedTuple):
    """A rule of a programme with its versions, oldest first."""

    id: int
    slug: str
    versions: list[Version]

    @property
    def newest(self) -> rules.Rule | None:
        """The rule as its newest version says it that does not retire it."""
        return next((v.rule for v in reversed(self.versions) if v.rule), None)

    @property
    def limit(self) -> int | None:
        """What the rule pays all partners together at most."""
        return self.newest.limit if self.newest else None

    @property
    def earns(self) -> str:
        """The unit it pays in."""
        return self.newest.earn if self.newest else ""

    @property
    def source(self) -> str:
        """What its awards are kept under, see `engage.ledger.budgets`."""
        return f"rule:{self.id}"

    @property
    def looks_back(self) -> bool:
        """Whether running totals alone cannot say what a fact is worth."""
        return any(version.rule and version.rule.looks_back for version in self.versions)

    @property
    def pays_points(self) -> bool:
        """Whether any version pays points."""
        return any(version.rule and version.rule.earn == POINTS for version in self.versions)

    def looks_at_tiers(self, multiplied: Collection[str]) -> bool:
        """Whether its pay follows the partner's tier: by a condition, or in a multiplied unit."""
        return any(
            version.rule.earn in multiplied or "tier" in dict(version.rule.where)
            for version in self.versions
            if version.rule
        )


class Worth(NamedTuple):
    """A fact, the rule version in force at its event time, and what it made there."""

    fact: Standing
    version: Version
    step: Step
    terms: Terms | None = None


def worth(
    shelf: Iterable[Book], facts: Sequence[Standing], attributes: Mapping[int, Attributes]
) -> Iterator[tuple[Group, list[Worth]]]:
    """Every group that ``facts`` make, walked whole.

    ``facts`` are all of the periods they are of, in event-time order; where a rule pays growth, those
    of the periods it is measured against are among them.
    """
    for book in shelf:
        grounds: dict[rules.Rule, baseline.Ground] = {}
        for group, entries in placed(book, facts, attributes).items():
            rule = entries[0][1].rule
            if rule is None or rule.baseline is None:
                yield group, walk(0, entries, attributes[group[1]])
                continue
            if rule not in grounds:
                grounds[rule] = baseline.Ground(rule, facts)
            found = grounds[rule].of(group[1], periods.parse(group[2]))
            terms = {"baseline": found.value} | ({"newcomer": True} if found.newcomer else {})
            yield group, walk(-found.value, entries, attributes[group[1]], terms)


def within_budget(limit: int, groups: Mapping[Group, list[Worth]]) -> dict[Group, list[Worth]]:
    """What a rule's groups (of all partners) are worth while its budget lasts.

    Where the whole of it is more, facts are paid in event-time order until nothing is left.
    """
    walked = [(group, paid) for group, all_paid in groups.items() for paid in all_paid]
    if sum(paid.step.amount for _, paid in walked) <= limit:
        return dict(groups)
    found: dict[Group, list[Worth]] = {group: [] for group in groups}
    walked.sort(key=lambda pair: pair[1].fact.order)
    amounts = carried(limit, [paid.step.amount for _, paid in walked])
    for (group, paid), amount in zip(walked, amounts, strict=True):
        if amount != paid.step.amount:
            terms = {**(paid.terms or {}), "left": amount}
            paid = paid._replace(step=paid.step._replace(amount=amount), terms=terms)
        found[group].append(paid)
    return found


def placed(
    book: Book, facts: Iterable[Standing], attributes: Mapping[int, Attributes]
) -> dict[Group, list[Entry]]:
    """The facts a rule pays for, by group, in the order given."""
    groups: dict[Group, list[Entry]] = defaultdict(list)
    kinds = {version.rule.on for version in book.versions if version.rule}
    single = book.versions[0] if len(book.versions) == 1 else None
    for fact in facts:
        if fact.kind not in kinds:
            continue
        version = (
            single
            if single and single.valid_from is None
            else rules.in_force(book.versions, fact.occurred_at)
        )
        rule = version.rule if version else None
        if version is None or rule is None or missed(rule, fact, attributes[fact.partner_id]):
            continue
        period = periods.containing(fact.day, rule.period).name
        groups[book.id, fact.partner_id, period].append((fact, version))
    return groups


def missed(rule: rules.Rule, fact: Standing, partner: Attributes) -> str | None:
    """The key of the first condition that keeps the rule from paying for the fact; None: it pays."""
    if fact.kind != rule.on:
        return "on"
    if outside := rule.outside(fact.day, fact.occurred_at):
        return outside
    for name, values in rule.where:
        value = partner[name] if name in partner else attribute(fact, name)
        if name == "tier":
            value = value.at(fact.occurred_at)
        if not is_among(value, values):
            return name
    if rule.within is not None:
        joined = partner["joined"]
        if joined is None or not 0 <= (fact.day - joined).days < rule.within:
            return "within"
    return None


def walk(
    start: int, entries: Iterable[Entry], partner: Attributes, terms: Terms | None = None
) -> list[Worth]:
    """Take the facts of a partner's group in turn, from a running total on."""
    entries = list(entries)
    net: dict[str, Counter[str]] = defaultdict(Counter)
    measured = (
        (version.rule, adds(version.rule.per, fact, net[version.rule.per]))
        for fact, version in entries
        if version.rule
    )
    walked = [
        Worth(*entry, step, terms)
        for entry, step in zip(entries, rules.steps(start, measured), strict=True)
    ]
    return (
        [_lifted(paid, partner["tier"]) for paid in walked] if partner["tier"].ladders else walked
    )


def _lifted(paid: Worth, climb: Climb) -> Worth:
    """What a fact is worth to a partner whose tier multiplies what the rule pays."""
    rule = paid.version.rule
    found = climb.times(rule.earn, paid.fact.occurred_at) if rule else None
    if rule is None or found is None:
        return paid
    tier, times = found
    amount = rules.times(rule, paid.step, times)
    lifted = {**(paid.terms or {}), "tier": tier, "times": str(times)}
    return paid._replace(step=paid.step._replace(amount=amount), terms=lifted)

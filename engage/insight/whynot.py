"""Why not: for every rule and mission that paid a fact nothing, the first condition it missed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from engage import periods
from engage.activity import service as activity
from engage.activity.models import Fact
from engage.activity.rules import Standing, attribute, is_credit_to
from engage.conditions import is_among
from engage.incentives import baseline
from engage.incentives.rules import Rule, Step, Version, in_force
from engage.incentives.service import books
from engage.incentives.worth import Attributes, Book, missed, worth
from engage.insight.rules import shortfall
from engage.ledger.models import Transfer
from engage.missions import service as missions
from engage.missions.rules import Stage
from engage.missions.service import Running
from engage.partners import service as partners
from engage.programmes.models import Programme


class RuleMiss(NamedTuple):
    """A rule that paid a fact nothing. ``rule`` reads as it did then, or as it first reads after.

    ``key`` is a condition of the rule (``on``, ``starts``, ``category``, ``region`` …), a limit of
    `rules.shortfall`, ``credit`` (it counts no credits), ``before`` (in force from ``since`` on alone) or ``retired`` (since then).
    ``has`` is what the fact or its partner has there, ``step`` the running total where it counts.
    """

    slug: str
    rule: Rule
    key: str
    has: object = None
    since: datetime | None = None
    period: str | None = None
    step: Step | None = None


class StageMiss(NamedTuple):
    """A mission stage that paid a fact nothing; without ``stage``, the mission as a whole.

    ``key`` is ``window`` or an attribute of the audience (of the mission), a condition of the stage,
    ``credit`` (it counts none),
    ``counts``: the fact counts, and ``value`` is where the stage stands for the partner now, or
    ``budget``: it reached the stage, and nothing was left for its reward.
    """

    mission: Running
    key: str
    has: object = None
    number: int = 0
    stage: Stage | None = None
    value: int = 0
    reached: bool = False


class WhyNot(NamedTuple):
    rules: list[RuleMiss]
    stages: list[StageMiss]


def why_not(programme: Programme, found: Fact, paid: Sequence[Transfer]) -> WhyNot:
    """What paid ``found`` nothing and why; ``paid`` are the lines that it made."""
    fact = Standing._make(getattr(found, name) for name in Standing._fields)
    who = partners.attributes(programme.id, [fact.partner_id])
    by_version = {line.rule_version_id for line in paid}
    rewarded = {line.stage_id for line in paid if line.stage_id}
    shelf = [b for b in books(programme) if by_version.isdisjoint(v.id for v in b.versions)]
    return WhyNot(_of_rules(shelf, fact, who), _of_missions(programme, fact, who, rewarded))


def _of_rules(shelf: list[Book], fact: Standing, who: dict[int, Attributes]) -> list[RuleMiss]:
    found: dict[str, RuleMiss] = {}
    counting: list[tuple[Book, Rule]] = []
    for book in shelf:
        version = in_force(book.versions, fact.occurred_at)
        if version is None or version.rule is None:
            if miss := _not_in_force(book, fact.occurred_at):
                found[book.slug] = miss
            continue
        key = missed(version.rule, fact, who[fact.partner_id])
        if key:
            rule = version.rule
            timed = {"starts": rule.opens, "ends": rule.closes}.get(key)
            has = fact.occurred_at if timed else _has(key, fact, who)
            found[book.slug] = RuleMiss(book.slug, rule, key, has)
        elif is_credit_to(version.rule.per, fact):
            found[book.slug] = RuleMiss(book.slug, version.rule, "credit")
        else:
            counting.append((book, version.rule))
    found |= {miss.slug: miss for miss in _counted(counting, fact, who)}
    # What is about something else altogether comes last.
    misses = [found[book.slug] for book in shelf if book.slug in found]
    return sorted(misses, key=lambda miss: miss.key == "on")


def _not_in_force(book: Book, at: datetime) -> RuleMiss | None:
    """The rule began later, or was retired by then."""
    before = [v for v in book.versions if v.valid_from is None or v.valid_from <= at]
    if before:
        read = next((v.rule for v in reversed(book.versions) if v.rule), None)
        return RuleMiss(book.slug, read, "retired", since=_retired(before)) if read else None
    first: Version | None = next((v for v in book.versions if v.rule), None)
    if first is None or first.rule is None:
        return None
    return RuleMiss(book.slug, first.rule, "before", since=first.valid_from)


def _retired(versions: list[Version]) -> datetime | None:
    """When the run of versions without a rule at the end of these began."""
    since = None
    for version in reversed(versions):
        if version.rule:
            break
        since = version.valid_from
    return since


def _has(key: str, fact: Standing, who: dict[int, Attributes]) -> object:
    if key in ("on", "starts", "ends"):
        return fact.kind if key == "on" else fact.day
    partner = who[fact.partner_id]
    if key == "within":
        return partner["joined"]
    if key == "tier":
        return partner["tier"].at(fact.occurred_at)
    return partner[key] if key in partner else getattr(fact, key)


def _counted(
    counting: list[tuple[Book, Rule]], fact: Standing, who: dict[int, Attributes]
) -> list[RuleMiss]:
    """Rules that count the fact and yet paid nothing for it: walked as they are paid."""
    if not counting:
        return []
    spans = [
        span
        for _, rule in counting
        if (this := periods.containing(fact.day, rule.period))
        for span in (this, *(baseline.reach(rule, this) if rule.baseline else ()))
    ]
    facts = list(
        activity.standing_facts(
            Fact.partner_id == fact.partner_id,
            Fact.day.between(min(s.first for s in spans), max(s.last for s in spans)),
        )
    )
    slugs = {book.id: book.slug for book, _ in counting}
    found = []
    for (rule_id, _, period), walked in worth([book for book, _ in counting], facts, who):
        for one in walked:
            if one.fact.id == fact.id and one.version.rule:
                rule = one.version.rule
                key = "budget" if one.step.amount else shortfall(rule, one.step)
                found.append(RuleMiss(slugs[rule_id], rule, key, period=period, step=one.step))
    return found


def _of_missions(
    programme: Programme, fact: Standing, who: dict[int, Attributes], rewarded: set[int]
) -> list[StageMiss]:
    """Missions about this kind of fact: what they, or their not ``rewarded`` stages, made of it."""
    found = []
    for mission in missions.missions(programme):
        if fact.kind not in {stage.on for stage in mission.stages}:
            continue
        outside = _outside(mission, fact, who)
        found += [outside] if outside else list(_of_stages(mission, fact, rewarded))
    return found


def _outside(mission: Running, fact: Standing, who: dict[int, Attributes]) -> StageMiss | None:
    if not mission.model.starts <= fact.day <= mission.model.ends:
        return StageMiss(mission, "window", fact.day)
    known = {name: _has(name, fact, who) for name, _ in mission.audience}
    other = next((n for n, values in mission.audience if not is_among(known[n], values)), None)
    return StageMiss(mission, other, known[other]) if other else None


def _of_stages(mission: Running, fact: Standing, rewarded: set[int]) -> Iterator[StageMiss]:
    progress = missions.progress(mission.stage_ids, fact.partner_id)
    stages = zip(mission.stages, mission.stage_ids, strict=True)
    for number, (stage, stage_id) in enumerate(stages, 1):
        if stage.on != fact.kind or stage_id in rewarded:
            continue
        other = next(
            (n for n, values in stage.where if not is_among(attribute(fact, n), values)), None
        )
        if other:
            yield StageMiss(mission, other, getattr(fact, other), number, stage)
            continue
        if is_credit_to(stage.measure, fact):
            yield StageMiss(mission, "credit", None, number, stage)
            continue
        row = progress.get(stage_id)
        reached = row is not None and row.reached_at is not None
        value = row.value if row else 0
        unpaid = row is not None and reached and row.fact_id == fact.id and stage.reward
        key = "budget" if unpaid else "counts"
        yield StageMiss(mission, key, None, number, stage, value, reached)

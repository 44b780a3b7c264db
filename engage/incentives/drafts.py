"""Changes of rules in the making, and how they would have paid: rows, and the run over real facts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import func, select

from engage.activity import service as activity
from engage.activity.models import Fact
from engage.activity.rules import Standing
from engage.among import in_chunks
from engage.conditions import FACT_ATTRIBUTES, PARTNER_ATTRIBUTES
from engage.db import db
from engage.incentives import replay
from engage.incentives.baseline import reach as reach_of
from engage.incentives.models import Rule as Row
from engage.incentives.models import RuleDraft, RuleVersion
from engage.incentives.replay import DRAFT, PRESENT, Tally
from engage.incentives.rules import Rule
from engage.incentives.worth import Attributes, Worth
from engage.ledger import service as ledger
from engage.ledger.models import Transfer
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.tiers.trial import Trial, trial

_CHUNK = 100
_NEWEST = 2_000


def begin(row: RuleDraft) -> RuleDraft:
    db.session.add(row)
    db.session.flush()
    return row


def find(programme_id: int, draft_id: int) -> RuleDraft | None:
    return db.session.scalar(
        select(RuleDraft).where(RuleDraft.id == draft_id, RuleDraft.programme_id == programme_id)
    )


def drafts(programme_id: int) -> Sequence[RuleDraft]:
    """All of a programme, the one changed last in front."""
    return db.session.scalars(
        select(RuleDraft)
        .where(RuleDraft.programme_id == programme_id)
        .order_by(RuleDraft.changed_at.desc(), RuleDraft.id.desc())
    ).all()


def of_rule(programme_id: int, slug: str) -> RuleDraft | None:
    """The newest draft that changes a rule."""
    changing = (row for row in drafts(programme_id) if row.slug == slug and not row.retires)
    return next(changing, None)


def taken(programme_id: int) -> set[str]:
    """The names of all rules there ever were."""
    return set(db.session.scalars(select(Row.slug).where(Row.programme_id == programme_id)))


def awarded(programme_id: int, slug: str) -> dict[str, int]:
    """What the versions of a rule have awarded so far, by unit, in minor units."""
    versions = (
        select(RuleVersion.id)
        .join(Row, Row.id == RuleVersion.rule_id)
        .where(Row.programme_id == programme_id, Row.slug == slug)
    )
    return ledger.posted(Transfer.rule_version_id.in_(versions))


def known_values(programme: Programme) -> dict[str, list[str]]:
    """What conditions may choose from, by their key: all of partners, of facts that of the newest."""
    newest = (
        select(*(getattr(Fact, name) for name in FACT_ATTRIBUTES))
        .where(Fact.programme_id == programme.id)
        .order_by(Fact.id.desc())
        .limit(_NEWEST)
    )
    found: dict[str, set[str]] = defaultdict(set)
    for names, rows in (
        (FACT_ATTRIBUTES, db.session.execute(newest)),
        (
            PARTNER_ATTRIBUTES,
            db.session.execute(
                select(*(getattr(Partner, name) for name in PARTNER_ATTRIBUTES))
                .where(Partner.programme_id == programme.id)
                .distinct()
            ),
        ),
    ):
        for row in rows:
            for name, value in zip(names, row, strict=True):
                if value is not None:
                    found[f"where.{name}"].add(value)
    found["where.segment"] = {segment.slug for segment in partners.segments_of(programme)}
    known = {key: sorted(values) for key, values in found.items()}
    ladders = partners.ladders_of(programme)
    return known | {"where.tier": [tier.name for tier in ladders[-1].tiers] if ladders else []}


def last_day(programme_id: int, today: date) -> date:
    """The last day that facts are about, up to today; today where there are none."""
    newest = select(func.max(Fact.day)).where(
        Fact.programme_id == programme_id, Fact.day <= today, Fact.superseded_at.is_(None)
    )
    return db.session.scalar(newest) or today


def run(
    programme_id: int,
    present: Rule | None,
    draft: Rule | None,
    count: int,
    today: date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Try the draft beside the present rule over the last ``count`` periods of real facts.

    Plain JSON (see `replay.found`); nothing is written. ``progress`` hears how many partners of how
    many are done. Where tiers are reached by points that it changes, they move with it, and what other
    rules pay by tier is among the sums; ``tiers`` says who would be in a higher or lower one.
    """
    newest = last_day(programme_id, today)
    span = replay.span((present, draft), count, newest)
    days = Period("", span[0].kind, span[0].first, span[-1].last)
    tries = [replay.tried(rule, days.first, days.last) for rule in (present, draft)]
    trying = _Trying.of(programme_id, [rule for rule, _ in tries], span, days)
    who = partners.attributes(programme_id)
    # By the tier that partners hold at the end of what is tried.
    end = datetime.combine(newest, time.max, UTC)
    tally, facts = Tally(), 0
    moved: dict[bool, list[int]] = {True: [], False: []}
    for done, chunk in enumerate(in_chunks(who, _CHUNK)):
        progress(done * _CHUNK, len(who))
        known = trying.facts(chunk)
        facts += sum(fact.day >= days.first and fact.kind in trying.kinds for fact in known)
        seen = trying.seen(known, {partner: who[partner] for partner in chunk})
        for side in (PRESENT, DRAFT):
            tally.add(side, trying.paid(side, known, seen[side]), days.kind)
        for partner, higher in trying.trial.moved(seen, end) if trying.trial else ():
            moved[higher].append(partner)
    oldest = select(func.min(Fact.day)).where(Fact.programme_id == programme_id)
    told = {partner_id: {**of, "tier": of["tier"].at(end)} for partner_id, of in who.items()}
    return {
        "first": max(days.first, db.session.scalar(oldest) or days.first).isoformat(),
        "last": min(span[-1].last, newest).isoformat(),
        "facts": facts,
        "partners": len(who),
        "days_left_aside": tries[DRAFT][1],
        "units": replay.found(tally, span, told),
        "tiers": [replay.named(moved[higher]) for higher in (True, False)]
        if trying.trial
        else None,
        "statements": trying.statements(replay.chosen(tally), who),
    }


class _Trying(NamedTuple):
    """Both sides, the days they are tried over, and the tiers that move with them where any do."""

    sides: Sequence[Rule | None]
    days: Period
    reach: date
    kinds: set[str]
    trial: Trial | None

    @classmethod
    def of(
        cls, programme_id: int, sides: list[Rule | None], span: list[Period], days: Period
    ) -> "_Trying":
        rules = [rule for rule in sides if rule]
        slug = rules[0].slug if rules else ""
        moving = trial(db.session.get_one(Programme, programme_id), slug, rules)
        looked_at = [days, *(period for rule in rules for period in reach_of(rule, span[0]))]
        reach = min(period.first for period in looked_at)
        return cls(sides, days, reach, {rule.on for rule in rules}, moving)

    def facts(self, partner_ids: Iterable[int]) -> list[Standing]:
        """What these partners did that either side is about; all they did where tiers move by it."""
        until = [Fact.partner_id.in_(list(partner_ids)), Fact.day <= self.days.last]
        if self.trial is None:
            until += [Fact.kind.in_(self.kinds), Fact.day >= self.reach]
        return list(activity.standing_facts(*until))

    def seen(
        self, facts: Sequence[Standing], who: Mapping[int, Attributes]
    ) -> list[Mapping[int, Attributes]]:
        """These partners as each side has them."""
        if self.trial is None:
            return [who, who]
        books = [replay.always(rule) if rule else None for rule in self.sides]
        return [self.trial.under(book, facts, who) for book in books]

    def paid(
        self, side: int, facts: Sequence[Standing], who: Mapping[int, Attributes]
    ) -> Iterator[Worth]:
        yield from replay.paid(self.sides[side], facts, who, self.days)
        if self.trial:
            yield from self.trial.followed(facts, who, self.days)

    def statements(
        self, chosen: Sequence[tuple[int, str]], who: Mapping[int, Attributes]
    ) -> list[dict[str, Any]]:
        """Both sides' statements of the partners ``chosen``, and why each was."""
        known = self.facts([partner for partner, _ in chosen])
        seen = self.seen(known, {partner: who[partner] for partner, _ in chosen})
        return [
            replay.statement(
                partner, why, [self.paid(side, known, seen[side]) for side in (PRESENT, DRAFT)]
            )
            for partner, why in chosen
        ]

"""A partner's statement: ledger lines together with everything that explains them."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select

from engage.activity import currencies
from engage.activity.models import Fact
from engage.activity.rules import Stated
from engage.among import among
from engage.db import db
from engage.incentives.rules import Rule, Version, holds
from engage.incentives.service import books
from engage.incentives.worth import Book
from engage.ledger import service as ledger
from engage.ledger.models import Transfer
from engage.ledger.service import Line
from engage.missions.models import Mission, MissionStage
from engage.missions.rules import Stage, parse_stage
from engage.partners.models import Partner
from engage.payouts.models import Payout, PayoutRun
from engage.programmes.models import Programme


class ByRule(NamedTuple):
    """The rule version a line was paid by, as it read then.

    ``change`` is the version that was published for the past and made this line a correction.
    """

    slug: str
    version: int
    rule: Rule
    change: Version | None = None


class ByStage(NamedTuple):
    """The mission stage a line rewards."""

    mission: str
    name: str
    number: int
    stage: Stage


class Entry(NamedTuple):
    """A line and why it is there.

    ``amount`` is what it added to what has accrued, in minor units. Lines that no rule or stage paid
    (an adjustment, a payout, a redemption) have neither ``paid_by`` nor, mostly, a fact.
    ``replaces`` is the fact that this line's fact corrected, ``replaced_by`` the one that corrected
    it; both only where they are the same partner's. ``stated`` is what the fact was reported as in
    another currency, ``run`` the payout that a payment belongs to.
    """

    transfer: Transfer
    amount: int
    fact: Fact | None
    paid_by: ByRule | ByStage | None
    replaces: Fact | None
    replaced_by: Fact | None
    stated: Stated | None = None
    run: PayoutRun | None = None

    @property
    def source(self) -> str:
        """What paid, by name: ``bike-points``, ``mission:spring-sprint/2``; else the kind of line."""
        if self.paid_by is None:
            return self.transfer.kind
        if isinstance(self.paid_by, ByRule):
            return self.paid_by.slug
        return f"mission:{self.paid_by.mission}/{self.paid_by.number}"


def entries(
    programme: Programme, partner: Partner, *, limit: int | None = None, before: int | None = None
) -> list[Entry]:
    """A partner's lines, newest posting first, from the one before transfer ``before`` on."""
    return explained(programme, partner, ledger.lines(partner.id, limit=limit, before_id=before))


def entry(programme: Programme, partner: Partner, transfer_id: int) -> Entry | None:
    """One of the partner's own lines; None when there is none of that number."""
    line = ledger.line(partner.id, transfer_id)
    return explained(programme, partner, [line])[0] if line else None


def of_fact(programme: Programme, partner: Partner, fact_id: int) -> list[Entry]:
    """The lines that a fact of the partner made, in the order they were posted."""
    return explained(programme, partner, ledger.lines_of_fact(fact_id))


def explained(programme: Programme, partner: Partner, lines: list[Line]) -> list[Entry]:
    """Lines with what explains them, in a handful of queries however many they are."""
    shelf = {version.id: book for book in books(programme) for version in book.versions}
    stages = _stages(programme, {line.transfer.stage_id for line in lines})
    history = _history(partner, [line.fact for line in lines if line.fact])
    runs = _runs({line.transfer.payout_id for line in lines})
    stated = currencies.conversions(line.fact.id for line in lines if line.fact)
    found = []
    for line in lines:
        transfer, fact = line
        paid_by: ByRule | ByStage | None = None
        if transfer.stage_id is not None:
            paid_by = stages[transfer.stage_id]
        elif transfer.rule_version_id is not None:
            paid_by = _by_rule(shelf[transfer.rule_version_id], line)
        versions_of_it = history.get((fact.source, fact.external_id), []) if fact else []
        earlier = [other for other in versions_of_it if fact and other.id < fact.id]
        later = [other for other in versions_of_it if fact and other.id > fact.id]
        found.append(
            Entry(
                transfer,
                line.amount,
                fact,
                paid_by,
                earlier[-1] if earlier else None,
                later[0] if later else None,
                stated.get(fact.id) if fact else None,
                runs.get(transfer.payout_id),
            )
        )
    return found


def _runs(ids: Iterable[int | None]) -> dict[int | None, PayoutRun]:
    wanted = [payout_id for payout_id in ids if payout_id is not None]
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Payout.id, PayoutRun)
        .join(PayoutRun, PayoutRun.id == Payout.run_id)
        .where(Payout.id.in_(wanted))
    )
    return dict(rows.tuples().all())


def _by_rule(book: Book, line: Line) -> ByRule:
    transfer, fact = line
    version = next(v for v in book.versions if v.id == transfer.rule_version_id)
    change: Version | None = version
    assert version.rule is not None
    if fact and transfer.total_before == transfer.total_after:  # taken back
        change = holds(book.versions, fact.occurred_at)
    if not (fact and change and change.corrects(fact.recorded_at)):
        change = None
    return ByRule(book.slug, version.number, version.rule, change)


def _stages(programme: Programme, ids: Iterable[int | None]) -> dict[int, ByStage]:
    wanted = [stage_id for stage_id in ids if stage_id is not None]
    if not wanted:
        return {}
    rows = db.session.execute(
        select(MissionStage, Mission.slug, Mission.name)
        .join(Mission, Mission.id == MissionStage.mission_id)
        .where(MissionStage.id.in_(wanted))
    )
    return {
        stage.id: ByStage(
            slug, name, stage.number, parse_stage(stage.definition, programme.currency)
        )
        for stage, slug, name in rows
    }


def _history(partner: Partner, facts: list[Fact]) -> dict[tuple[str, str], list[Fact]]:
    """Every version of these facts that is this partner's, oldest first; only where one was corrected.

    A fact of many lines is asked for once. Corrections are few: they are found through the
    superseded facts of the partner, never by walking all facts.
    """
    wanted = {(fact.source, fact.external_id) for fact in facts}
    found: dict[tuple[str, str], dict[int, Fact]] = {}
    mine = (Fact.partner_id == partner.id,)
    superseded = db.session.scalars(select(Fact).where(*mine, Fact.superseded_at.is_not(None)))
    for fact in superseded:
        if (fact.source, fact.external_id) in wanted:
            found.setdefault((fact.source, fact.external_id), {})[fact.id] = fact
    if not found:  # asked for no ids, SQLite would walk the whole programme
        return {}
    standing = select(Fact).where(
        *mine,
        Fact.programme_id == partner.programme_id,
        among(Fact.external_id, {external_id for _, external_id in found}),
        Fact.superseded_at.is_(None),
    )
    for fact in db.session.scalars(standing):
        if (fact.source, fact.external_id) in found:
            found[fact.source, fact.external_id][fact.id] = fact
    return {name: [facts[i] for i in sorted(facts)] for name, facts in found.items()}

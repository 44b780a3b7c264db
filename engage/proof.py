"""Proof that everything derived is what the facts say: worked out again, and named by one hash."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from engage.activity.models import Fact
from engage.among import among
from engage.apart import Apart
from engage.db import db
from engage.flow import differences, reconsider
from engage.incentives import awards as incentives
from engage.leaderboards import service as leaderboards
from engage.leaderboards.models import Board, Standing
from engage.ledger import books
from engage.ledger.models import Account, Transfer
from engage.ledger.rules import Difference
from engage.missions import awards as rewards
from engage.missions import progress as missions
from engage.missions.models import Mission, MissionProgress, MissionStage
from engage.partners import service as partners
from engage.partners.models import Group, Partner
from engage.programmes.models import Programme
from engage.tiers import service as tiers
from engage.tiers.models import TierSpell

#: So many differences are named; where all of a large house is missing they would fill the memory.
MOST_NAMED = 10_000


def outstanding(programme: Programme) -> list[Difference]:
    """The lines that `flow.reconsider` would post, by the tiers it would leave: those are written, so
    this is asked where everything is undone (`db.without_trace`)."""
    tiers.rebuild(programme)
    return differences(programme, partners.attributes(programme.id), store=False)


class Check(NamedTuple):
    """Whether everything derived is what the facts say; ``digest`` names the state.

    ``found`` are the first `MOST_NAMED` of so many ``differences``.
    """

    ok: bool
    facts: int
    transfers: int
    differences: int
    digest: str
    found: list[Apart]


def check(programme: Programme) -> Check:
    """Work everything out from the facts and compare, changing nothing."""
    who = partners.attributes(programme.id)
    awards, totals = incentives.recompute(programme, who, store=False)
    found = chain(
        books.unbalanced(programme.id),
        books.owed(awards + rewards.recompute(programme, who, store=False)),
        totals,
        incentives.differing_budgets(programme),
        rewards.differing_budgets(programme),
        tiers.differing(programme),
        missions.differing(programme, who),
        leaderboards.differing_standings(programme),
    )
    named = _called(programme, list(islice(found, MOST_NAMED)))
    differing = len(named) + sum(1 for _ in found)
    counted = [
        db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
        for table, conditions in (
            (Fact, (Fact.programme_id == programme.id, Fact.superseded_at.is_(None))),
            (Transfer, (Transfer.programme_id == programme.id,)),
        )
    ]
    return Check(not named, counted[0], counted[1], differing, digest(programme), named)


def _called(programme: Programme, found: list[Apart]) -> list[Apart]:
    """With a ``partner`` in the rows of one: the external id, by which people know it."""
    by_partner = {b.model.id for b in leaderboards.boards(programme) if b.rule.by == "partner"}

    def whose(row: Mapping[str, Any]) -> int | None:
        number: int | None = row.get("partner_id")
        return row.get("member_id") if row.get("board_id") in by_partner else number

    ids = {whose(each.row) for each in found} - {None}
    rows = db.session.execute(select(Partner.id, Partner.external_id).where(among(Partner.id, ids)))
    names = dict(rows.tuples().all())
    return [
        each._replace(row={**each.row, "partner": names[who]})
        if (who := whose(each.row)) in names
        else each
        for each in found
    ]


def mend(programme: Programme, now: datetime) -> None:
    """Write everything derived anew: balances from their lines, all else from the facts."""
    books.settle(programme.id)
    reconsider(programme, now=now)


def digest(programme: Programme) -> str:
    """A hash over balances, tiers, standings and mission progress, by names alone.

    It does not depend on ids, nor on the order or batching in which facts came.
    """
    state = hashlib.sha256()
    for line in sorted(_state(programme)):
        state.update(line.encode())
        state.update(b"\n")
    return state.hexdigest()


def _state(programme: Programme) -> Iterator[str]:
    balances = db.session.execute(
        select(Account.kind, Account.unit, Partner.external_id, Account.balance)
        .outerjoin(Partner, Partner.id == Account.partner_id)
        .where(Account.programme_id == programme.id, Account.balance != 0)
    )
    for kind, unit, partner, balance in balances:
        yield f"balance\t{kind}\t{unit}\t{partner or ''}\t{balance}"
    spells = db.session.execute(
        select(Partner.external_id, TierSpell.number, TierSpell.tier, TierSpell.since)
        .join(Partner, Partner.id == TierSpell.partner_id)
        .where(Partner.programme_id == programme.id)
    )
    for partner, number, tier, since in spells:
        yield f"tier\t{partner}\t{number}\t{tier or ''}\t{since or ''}"
    for board in leaderboards.boards(programme):
        member = Partner if board.rule.by == "partner" else Group
        name = Partner.external_id if member is Partner else Group.name
        standings = db.session.execute(
            select(Standing.period, name, Standing.score, Standing.reached_at)
            .join(Board, Board.id == Standing.board_id)
            .join(member, member.id == Standing.member_id)
            .where(Board.id == board.model.id, Standing.scope == "", Standing.period.not_like("@%"))
        )
        for period, who, score, reached_at in standings:
            yield f"standing\t{board.model.slug}\t{period}\t{who}\t{score}\t{reached_at or ''}"
    progress = db.session.execute(
        select(
            Mission.slug,
            MissionStage.number,
            Partner.external_id,
            MissionProgress.value,
            MissionProgress.reached_at,
        )
        .select_from(MissionProgress)
        .join(MissionStage, MissionStage.id == MissionProgress.stage_id)
        .join(Mission, Mission.id == MissionStage.mission_id)
        .join(Partner, Partner.id == MissionProgress.partner_id)
        .where(
            Mission.programme_id == programme.id,
            Mission.retired_at.is_(None),
            or_(MissionProgress.value != 0, MissionProgress.reached_at.is_not(None)),
        )
    )
    for mission, number, partner, value, reached_at in progress:
        yield f"progress\t{mission}\t{number}\t{partner}\t{value}\t{reached_at or ''}"

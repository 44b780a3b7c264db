"""Boards: which there are and who may look, what they do by the clock, and how they are counted anew."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm.util import identity_key

from engage import clock
from engage.among import among
from engage.apart import Apart
from engage.conditions import addresses, texts
from engage.db import db
from engage.incentives.rules import in_force
from engage.incentives.service import books
from engage.leaderboards import language, leagues, pictures, projection, rules
from engage.leaderboards.models import Board
from engage.leaderboards.published import Published, windowed
from engage.leaderboards.windows import ROLLING
from engage.missions.service import missions
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.prepared import Prepared
from engage.programmes.models import Programme

Definition = rules.Board
_boards: Any = Board.__table__.c
_RAISE = (
    update(Board)
    .where(among(_boards.id, "board_ids"))
    .values(version=_boards.version + 1, changed_at=bindparam("now"))
)
_STAMP, _RESHAPE = Prepared(_RAISE), Prepared(_RAISE.values(reshaped=_boards.version + 1))

_PUBLISHED = (
    select(Board)
    .where(Board.programme_id == bindparam("programme_id"), Board.retired_at.is_(None))
    .order_by(Board.position, Board.id)
)


def boards(programme: Programme) -> list[Published]:
    """The programme's boards in the order of its file."""
    rows = db.session.scalars(_PUBLISHED, {"programme_id": programme.id})
    return [read(row, programme) for row in rows]


def read(model: Board, programme: Programme) -> Published:
    """A board with its definition as the rules read it."""
    rule = parsed(json.dumps(model.definition), programme.currency)
    return Published(model, windowed(programme, rule))


@lru_cache(maxsize=256)
def parsed(definition: str, currency: str) -> rules.Board:
    """A board's definition as the database has it."""
    return language.parse(json.loads(definition), currency)


def board(programme: Programme, slug: str) -> Published | None:
    """The board of that slug; None where there is none, or it is archived."""
    return next((found for found in boards(programme) if found.model.slug == slug), None)


def may_see(
    programme: Programme, published: Published, partner: Partner | None, now: datetime
) -> bool:
    """Whether a partner (None: a manager) may look at a board: one for others is none of theirs."""
    return partner is None or published.rule.is_public or is_for(programme, published, partner, now)


def is_for(programme: Programme, published: Published, partner: Partner, now: datetime) -> bool:
    """Whether a board ranks a partner once it has a result: who is, or was, in a tier that it is for, too."""
    rule = published.rule
    if not rule.audience:
        return True
    found = partners.attributes(programme.id, [partner.id])[partner.id]
    spells = found["tier"].spells
    held = {spell.tier for spell in spells if spell.since is None or spell.since <= now}
    asked = [tiers for name, tiers in rule.audience if name == "tier"]
    return addresses(rule.audience, found) and all(held & texts(tiers) for tiers in asked)


def shown_to(programme: Programme, partner: Partner | None, now: datetime) -> list[Published]:
    """The boards that a partner, or (None) a manager, may look at."""
    return [board for board in boards(programme) if may_see(programme, board, partner, now)]


def for_some(programme: Programme, partner: Partner | None, now: datetime) -> list[Published]:
    """Those of them that others of the programme may not know of."""
    return [board for board in shown_to(programme, partner, now) if not board.rule.is_public]


def turn(programme: Programme, now: datetime) -> list[Published]:
    """Take the pictures that are due and let windows end today; the boards that are seen otherwise.

    Until then, who reads a window that moved on counts the facts.
    """
    turned = [board for board in boards(programme) if _turn(programme, board, now)]
    stamp(turned, now)
    return turned


def _turn(programme: Programme, published: Published, now: datetime) -> bool:
    today = clock.local_day(now, programme.timezone)
    if published.rule.period == ROLLING and published.model.kept_on != today:
        rebuild(programme, published, now)
        return True
    return turn_one(programme, published, now)


def turn_one(programme: Programme, published: Published, now: datetime) -> bool:
    """Do what is due of a board by the clock; whether it reads differently from now on."""
    board = published.model
    if board.turns_at is None or now < board.turns_at:
        return False
    seen = pictures.turn(programme, published, now)
    return leagues.turn(programme, published, now) or seen


def redraw(
    programme: Programme, slug: str, reason: str, by: int, now: datetime
) -> Published | None:
    """Draw a league's running period again; None where there is nothing to go by."""
    found = board(programme, slug)
    if found is None or not leagues.redraw(programme, found, reason, by, now):
        return None
    stamp([found], now)
    return found


def freeze(
    programme: Programme, slugs: Collection[str], reason: str, on: bool, by: int, now: datetime
) -> list[Published]:
    """Freeze boards for everybody but managers, or lift that; those of them that there are.

    :raises pictures.Refused: one is so already.
    """
    found = [each for each in boards(programme) if each.model.slug in slugs]
    for each in found:
        _turn(programme, each, now)
        if on:
            pictures.freeze(programme, each, reason, by, now)
        else:
            pictures.lift(each, reason, by, now)
    stamp(found, now)
    return found


def telling(
    programme: Programme, published: Published, now: datetime, *, frozen: bool
) -> list[Published]:
    """The other boards from which it can be told how this one stands: those that are ``frozen``, or not."""
    found, today, pays = [], clock.local_day(now, programme.timezone), earning(programme, now)
    for each in boards(programme):
        runs = each.rule.windows.running(today)
        is_other = each.model.id != published.model.id and runs.first <= today <= runs.last
        tells = is_other and each.rule.tells_of(published.rule, pays)
        if tells and pictures.is_frozen(each) == frozen:
            found.append(each)
    return found


def earning(programme: Programme, now: datetime) -> rules.Earning:
    """What `rules.Board.tells_of` asks: which facts earn what, by rules in force and missions that are not over."""
    today, found = clock.local_day(now, programme.timezone), defaultdict[str, set[str]](set)
    for book in books(programme):
        version = in_force(book.versions, now)
        if version and version.rule and version.rule.outside(today) != "ends":
            found[version.rule.earn].add(version.rule.on)
    for mission in missions(programme, today):
        for stage in mission.stages:
            for unit, _ in stage.reward:
                found[unit].add(stage.on)
    return {unit: frozenset(kinds) for unit, kinds in found.items()}


def stamp(changed: Iterable[Published], now: datetime, *, by_facts: bool = False) -> None:
    """Raise the versions of boards that read differently now.

    ``by_facts``: for no other reason than that scores moved, so who stands where, and with what.
    """
    ids = sorted({published.model.id for published in changed})
    raised = _STAMP if by_facts else _RESHAPE
    if ids:
        raised.run({"board_ids": ids, "now": now})
    session = db.session()
    for board_id in ids:
        if known := session.identity_map.get(identity_key(Board, board_id)):
            session.expire(known, ["version", "reshaped", "changed_at"])


def rebuild(
    programme: Programme, published: Published, now: datetime, *, whole: bool = False
) -> None:
    """Write a board's standings anew from the facts; a window that moves ends today.

    ``whole``: and the rankings of its pictures.
    """
    if published.rule.period == ROLLING:
        today = published.model.kept_on = clock.local_day(now, programme.timezone)
        ending = published.rule.windows.ending(today)
        published.model.turns_at = ending.ends_at(programme.timezone)
    turn_one(programme, published, now)
    for each in _kept(programme, published) if whole else (published,):
        projection.rebuild(programme, each)
    stamp([published], now)


def _kept(programme: Programme, published: Published) -> list[Published]:
    """A board, and as it is seen through each of its pictures that are ranked."""
    return [published, *pictures.ranked(programme, published)]


def along_with(programme: Programme, mission: str, now: datetime) -> None:
    """A mission's days changed: so do those of the boards that run along with it."""
    for board in boards(programme):
        if board.rule.windows.mission == mission:
            rebuild(programme, board, now)


def differing_standings(programme: Programme) -> Iterator[Apart]:
    """Stored standings and buckets that are not what the facts say."""
    for published in boards(programme):
        for each in _kept(programme, published):
            yield from projection.differing(programme, each)


def relist(programme: Programme, partner_ids: Iterable[int], now: datetime) -> list[Published]:
    """Partners are seen otherwise from now on; the boards that say so, which are all."""
    found = boards(programme)
    partner_ids = list(partner_ids)
    for each in (each for published in found for each in _kept(programme, published)):
        projection.relist(programme, each, partner_ids)
    stamp(found, now)
    return found

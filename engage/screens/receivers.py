"""What the outbox brings that is worth a celebration, as messages to the screens."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import current_app

from engage.db import db
from engage.leaderboards import service as leaderboards
from engage.live import publish
from engage.programmes.models import Programme
from engage.queue import connection
from engage.screens import celebrations, rules, service
from engage.screens.celebrations import Moment

#: Seconds that a celebration is remembered, so that none is told twice, and who led last.
REMEMBERED, LED = 7 * 86_400, 40 * 86_400


def moved(programme_id: int, payload: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """After new facts: stages they reached, and members they brought onto a first place."""
    facts, partners = payload.get("facts"), payload["partners"]
    if not facts or not partners:
        return []
    programme = db.session.get_one(Programme, programme_id)
    found = celebrations.stages(facts, partners, now)
    for slug, *_ in payload["boards"]:
        found += _overtaken(programme, slug, set(partners), now)
    return _messages(programme_id, found)


def climbed(programme_id: int, payload: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """After a partner reached a tier."""
    if not service.celebrate(programme_id):
        return []
    return _messages(programme_id, celebrations.tier(payload["partner"], payload["tier"], now))


def _overtaken(programme: Programme, slug: str, partners: set[int], now: datetime) -> list[Moment]:
    period, after = celebrations.leaders(programme, slug, now)
    # Who led before, and who does now, in one step: two deliverers never tell the same.
    key = f"engage:led:{programme.id}:{slug}:{period}"
    led: Any = connection().set(key, json.dumps(after), ex=LED, get=True)
    if led is None:
        return []
    movers = celebrations.movers(programme, slug, partners)
    member = rules.risen(json.loads(led), after, movers)
    if member is None:
        return []
    board = leaderboards.board(programme, slug)
    kind = "top" if board and board.rule.by == "partner" else "group"
    return [(kind, slug, member)]


def _messages(programme_id: int, moments: Iterable[Moment]) -> list[dict[str, Any]]:
    redis, secret = connection(), current_app.config["SECRET_KEY"]
    told = []
    for moment in moments:
        # A first place may be won again the same day; a stage or a tier is reached once.
        key = f"engage:celebrated:{programme_id}:{json.dumps(moment)}"
        if moment[0] in ("top", "group") or redis.set(key, 1, ex=REMEMBERED, nx=True):
            told.append(moment)
    return [
        publish.celebrated(programme_id, celebrations.reference(moment, secret))
        for moment in told[: celebrations.MOST]
    ]

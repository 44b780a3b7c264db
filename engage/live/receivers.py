"""The outbox's way to open pages: looks up what changed and tells every web process."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, bindparam, cast, select

from engage.among import among
from engage.leaderboards import language
from engage.leaderboards.models import Board
from engage.live import publish
from engage.prepared import Prepared, ahead
from engage.queue import connection
from engage.screens import receivers as screens
from engage.screens.service import plans_of

_boards: Any = Board.__table__.c
_VERSIONS = Prepared(
    select(_boards.slug, _boards.version, cast(_boards.definition, Text)).where(
        _boards.programme_id == bindparam("programme_id"), among(_boards.slug, "slugs")
    ),
    tuple,
)


@lru_cache(maxsize=256)
def _is_public(definition: str) -> bool:
    return language.is_public(json.loads(definition))


def moved(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``moved``: these boards have new standings, these partners new numbers."""
    with ahead(plans_of(programme_id)):
        versions = _VERSIONS.all(programme_id=programme_id, slugs=payload["boards"])
        celebrated = screens.moved(programme_id, payload, now)
    publish.publish(
        connection(),
        *(
            publish.board_changed(programme_id, slug, version, public=_is_public(stored))
            for slug, version, stored in versions
        ),
        *(publish.partner_changed(programme_id, partner_id) for partner_id in payload["partners"]),
        *celebrated,
    )


def film(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``film``: a film moved on; its managers hear it, and its partner when one is named."""
    redis = connection()
    publish.publish(redis, publish.videos_changed(programme_id, payload.get("batch")))
    if payload.get("partner"):
        publish.publish(redis, publish.partner_changed(programme_id, payload["partner"]))


def payout(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``payout``: money of these partners was put on its way, paid or put back."""
    changed = (publish.partner_changed(programme_id, each) for each in payload["partners"])
    publish.publish(connection(), *changed)


def climbed(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``climbed``: a partner reached a tier; the pages it has open say so, and the walls."""
    publish.publish(
        connection(),
        publish.partner_changed(programme_id, payload["partner"]),
        *screens.climbed(programme_id, payload, now),
    )


def fell(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``fell``: a partner lost a tier; its own open pages say so, and nobody else's."""
    publish.publish(connection(), publish.partner_changed(programme_id, payload["partner"]))

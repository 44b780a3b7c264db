"""The outbox's way to open pages: tells every web process what changed."""

from datetime import datetime
from typing import Any

from engage.live import publish
from engage.queue import connection
from engage.screens import receivers as screens


def moved(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``moved``: these boards have new standings, these partners new numbers."""
    celebrated = screens.moved(programme_id, payload, now)
    publish.publish(
        connection(),
        *(
            publish.board_changed(programme_id, slug, version, public=is_public)
            for slug, version, is_public in payload["boards"]
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

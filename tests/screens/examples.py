"""A screen of alice's programme that shows everything there is."""

from typing import Any

from sqlalchemy import select

from engage.db import db, transaction
from engage.programmes import service as programmes
from engage.screens import service
from engage.screens.models import Screen
from engage.screens.rules import Plan

from ..conftest import NOW, Cast

PLAN = Plan("Kitchen", ("sales", "regions"), ("spring-sprint",))


def a_screen(plan: Plan = PLAN) -> tuple[int, str]:
    """Hang up a screen; its id and the token of its address."""

    def work() -> tuple[int, str]:
        made, token = service.make(programmes.by_slug("resellers").id, plan, by=None, now=NOW)
        return made.id, token

    return transaction(work)


def screen(cast: Cast) -> dict[str, Any]:
    """The console's address of a screen: ``screen_id``."""
    known = select(Screen.id).where(Screen.revoked_at.is_(None))
    return {"screen_id": db.session.scalars(known).first() or a_screen()[0]}

"""Trying a draft over real facts: at once where there are few, else by a worker, told as it goes."""

import logging
from datetime import datetime, timedelta
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import func, select

from engage import clock
from engage.activity.models import Fact
from engage.db import db, transaction
from engage.incentives import drafts, language, publishing
from engage.incentives.models import RuleDraft
from engage.programmes.models import Programme
from engage.queue import enqueue

log = logging.getLogger(__name__)

REPLAY = "engage.incentives.jobs.replay"
#: Up to so many facts nobody waits for longer than a page takes.
AT_ONCE = 20_000
#: After so long without a word a run is taken for lost and may be begun again.
SILENCE = timedelta(minutes=2)


def start(draft_id: int, definition: dict[str, Any] | None, periods: int) -> None:
    """Have the draft, which reads ``definition`` now (None: it retires the rule), tried."""
    state = {"state": "running", "periods": periods, "definition": definition}
    transaction(lambda: _tell(draft_id, state))
    draft = db.session.get_one(RuleDraft, draft_id)
    counted = select(func.count()).where(Fact.programme_id == draft.programme_id)
    if (db.session.scalar(counted) or 0) > AT_ONCE:
        try:
            enqueue("default", REPLAY, draft_id)
        except RedisError as error:
            log.warning("no worker can be woken, the draft is tried at once: %s", error)
        else:
            return
    replay(draft_id)


def replay(draft_id: int) -> None:
    """The job: nothing is written but how far it is, and what was found. Twice does no harm."""
    draft = db.session.get(RuleDraft, draft_id)
    if draft is None or not draft.replay or draft.replay["state"] != "running":
        return
    asked = {key: draft.replay[key] for key in ("periods", "definition")}
    try:
        found = _run(draft, asked)
    except Exception as error:
        failed = asked | {"state": "failed", "failure": type(error).__name__}
        transaction(lambda: _tell(draft_id, failed))
        raise
    transaction(lambda: _tell(draft_id, asked | {"state": "done"} | found))


def _run(draft: RuleDraft, asked: dict[str, Any]) -> dict[str, Any]:
    draft_id = draft.id
    programme = db.session.get_one(Programme, draft.programme_id)
    last = publishing.latest(programme, draft.slug) if draft.slug else None
    present, wanted = (
        language.parse(raw, programme.currency, programme.timezone) if raw is not None else None
        for raw in (last.definition if last else None, asked["definition"])
    )
    today = clock.local_day(clock.now(), programme.timezone)

    def progress(done: int, total: int) -> None:
        # Reading goes on in a new transaction: what was read is kept as plain values.
        transaction(
            lambda: _tell(draft_id, asked | {"state": "running", "done": done, "total": total})
        )

    programme_id = programme.id
    return drafts.run(programme_id, present, wanted, asked["periods"], today, progress)


def _tell(draft_id: int, state: dict[str, Any]) -> None:
    draft = db.session.get(RuleDraft, draft_id)
    if draft is not None:
        draft.replay = state | {"at": clock.now().isoformat()}


def lost(state: dict[str, Any], now: datetime) -> bool:
    """Whether a run has not been heard of for so long that it may be begun again."""
    return state["state"] == "running" and datetime.fromisoformat(state["at"]) < now - SILENCE

"""Working on imports: at once for a small file, by a worker for a large one, the same way for both.

All of a file is one transaction, in which the import's own row is marked done as well: a worker that
is killed half-way leaves nothing behind, and the sweep begins again. How far a run is goes through
Redis, since no other row can be written while the transaction holds the database.
"""

import json
import logging
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from redis.exceptions import RedisError

from engage import clock
from engage.activity.files import Progress
from engage.activity.mapping import read_mapping
from engage.activity.problems import ImportRefused
from engage.db import db, transaction
from engage.imports import register, rules, service, uploads
from engage.imports.register import Run
from engage.imports.service import Kind, Prepared, Undone
from engage.ledger.rules import Overdrawn
from engage.outbox.delivery import deliver
from engage.programmes.models import Programme
from engage.queue import connection, enqueue

log = logging.getLogger(__name__)

WORK = "engage.imports.jobs.work"
GONE = "The uploaded file is no longer kept here."


class Told(NamedTuple):
    """How far a run is; ``total`` is 0 while the file is being read."""

    done: int
    total: int


class _Lost(Exception):
    """The run was taken for dead and another one has it."""


def start(import_id: int, size: int) -> None:
    """Have an import that was asked for (``register.begin``) worked on, now or by a worker."""
    if size <= rules.AT_ONCE:
        _run(import_id, lambda done, total: None)
        return
    try:
        enqueue("default", WORK, import_id)
    except RedisError as error:
        log.warning("import %d waits for the sweep: %s", import_id, error)


def work(import_id: int) -> None:
    """The job of the queue."""

    def tell(done: int, total: int) -> None:
        connection().set(_key(import_id), json.dumps([done, total]), ex=rules.SILENCE)

    _run(import_id, tell)


def told(import_id: int) -> Told | None:
    """How far the run of an import is; None where it says nothing."""
    try:
        text = connection().get(_key(import_id))
    except RedisError as error:
        log.info("no progress can be told: %s", error)
        return None
    return Told(*json.loads(cast(bytes, text))) if text else None


def _key(import_id: int) -> str:
    return f"engage:import:{import_id}"


def _run(import_id: int, tell: Any) -> None:
    run = transaction(lambda: register.claim(import_id, clock.now()))
    if run is None:
        return
    tell(0, 0)
    try:
        prepared = _prepared(run, lambda done: tell(0, 0))
        if run.state == "checking":
            _check(run, prepared)
        else:
            _take_in(run, prepared, lambda done: tell(done, prepared.size))
    except ImportRefused as error:
        refused = [[e.row, e.column, e.problem] for e in error.problems]
        _settle(run, "checked", result={"refused": refused})
    except Overdrawn as error:
        _settle(run, "failed", failure=str(error)[:500])
    except Undone as undone:
        _settle(run, "checked", rows=undone.result.rows, result=undone.result.to_json())
    except FileNotFoundError:
        _settle(run, "failed", failure=GONE, upload=None)
    except _Lost:
        log.warning("import %d was given to another run", run.id)
    except Exception as error:
        _settle(run, "failed", failure=f"{type(error).__name__}: {error}"[:500])
        raise


def _prepared(run: Run, progress: Progress) -> Prepared:
    path = uploads.path_of(run.upload or "")
    if not path.exists():
        raise FileNotFoundError(path)
    programme = db.session.get_one(Programme, run.programme_id)
    return service.prepare(
        programme,
        cast(Kind, run.kind),
        str(path),
        name=run.filename,
        mapping=read_mapping(run.mapping),
        progress=progress,
    )


def _settle(run: Run, state: str, **changes: Any) -> bool:
    return transaction(lambda: register.settle(run, state, clock.now(), **changes))


def _check(run: Run, prepared: Prepared) -> None:
    programme = db.session.get_one(Programme, run.programme_id)
    result = service.judge(programme, prepared, now=clock.now())
    _settle(run, "checked", rows=result.rows, result=result.to_json())


def _take_in(run: Run, prepared: Prepared, progress: Progress) -> None:
    def work() -> None:
        now = clock.now()
        programme = db.session.get_one(Programme, run.programme_id)
        result = service.carry_out(
            programme, prepared, skip_bad=run.skip_bad, now=now, progress=progress
        )
        values = {"rows": result.rows, "result": result.to_json(), "upload": None}
        if not register.settle(run, "done", now, **values):
            raise _Lost

    transaction(work)
    uploads.forget(run.upload)
    deliver()


# --- periodic ---------------------------------------------------------------------------------


def sweep(now: datetime | None = None) -> int:
    """Begin again what died, and wake a worker for what the queue lost; how many were woken."""
    instant = now or clock.now()
    transaction(lambda: register.recover(instant, lambda import_id: told(import_id) is not None))
    ids = transaction(lambda: register.forgotten(instant))
    for import_id in ids:
        enqueue("default", WORK, import_id)
    return len(ids)


def clean(now: datetime | None = None) -> int:
    """Delete uploads that were not taken in within a day; how many files."""
    instant = now or clock.now()
    wanted = transaction(lambda: register.expire(instant))
    before = (instant - timedelta(hours=1)).timestamp()
    return uploads.forget_all_but(wanted, before)

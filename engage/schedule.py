"""Periodic work: one table, and the loop that runs what is due, in one process of all that try.

RQ's own cron knows no lock (two of them enqueue everything twice), speaks pickle to the queue and
forgets at a restart when it last ran. Here a single step in Redis decides: whoever leads and finds
a row due claims it, and a leader that was paused and replaced can claim nothing any more.
"""

import logging
import pkgutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import redis
from flask import Flask

log = logging.getLogger(__name__)

LEASE = 10.0  # seconds after which others may take over from a leader that went silent
_LEADER = "engage:schedule:leader"
_LAST = "engage:schedule:last"


@dataclass(frozen=True)
class Periodic:
    """`run` ("engage.videos.jobs.sweep") is called without arguments every `every` seconds.

    It runs in the scheduler's process inside an application context, one after the other, so it
    is short: what takes long goes to a queue. Missed turns are not made up for. It may be cut
    short or run again, and must be able to bear it.
    """

    name: str
    every: float
    run: str


#: All periodic work of the house.
TABLE: tuple[Periodic, ...] = (
    Periodic("outbox", 5, "engage.outbox.delivery.deliver"),
    Periodic("films", 10, "engage.videos.jobs.sweep"),
    Periodic("triggers of films", 60, "engage.videos.jobs.look"),
    Periodic("films that lacked data", 3600, "engage.videos.jobs.look_again"),
    Periodic("old films", 3600, "engage.videos.jobs.forget"),
    Periodic("payouts", 900, "engage.payouts.jobs.collect"),
    Periodic("moments", 15, "engage.leaderboards.jobs.turn"),
    Periodic("places", 3600, "engage.leaderboards.jobs.keep_days"),
    Periodic("held facts", 60, "engage.activity.jobs.take_what_came"),
    Periodic("lost tiers", 300, "engage.tiers.jobs.tell_falls"),
    Periodic("imports", 20, "engage.imports.jobs.sweep"),
    Periodic("uploads", 3600, "engage.imports.jobs.clean"),
    Periodic("sign-outs", 3600, "engage.accounts.jobs.forget_sign_outs"),
    Periodic("answers", 3600, "engage.api.jobs.forget_keys"),
)

_LEAD = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_STEP_DOWN = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
# Milliseconds until the row is due; 0 if it was and is now claimed; -1 if somebody else leads.
_CLAIM = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('HGET', KEYS[2], ARGV[2]))
if last and last <= now and now < last + ARGV[3] then return last + ARGV[3] - now end
redis.call('HSET', KEYS[2], ARGV[2], now)
return 0
"""


class Scheduler:
    """One of any number of candidates to run `table`; only the one that leads does."""

    def __init__(
        self,
        app: Flask,
        connection: redis.Redis,
        table: Sequence[Periodic] = TABLE,
        lease: float = LEASE,
    ) -> None:
        self.app = app
        self.table = table
        self.lease = lease
        self.token = uuid.uuid4().hex
        self._lead = connection.register_script(_LEAD)
        self._step_down = connection.register_script(_STEP_DOWN)
        self._claim = connection.register_script(_CLAIM)

    def leads(self) -> bool:
        """Take or keep the lead for another lease."""
        return bool(self._lead(keys=[_LEADER], args=[self.token, round(self.lease * 1000)]))

    def step_down(self) -> None:
        self._step_down(keys=[_LEADER], args=[self.token])

    def turn(self) -> float:
        """Run what is due, if this one leads; seconds until there may be something to do."""
        wait = self.lease / 3
        for row in self.table:
            if not self.leads():
                break
            due = self.claim(row)
            if due == 0:
                self._run(row)
                due = row.every
            if due is None:
                break
            wait = min(wait, due)
        return wait

    def claim(self, row: Periodic) -> float | None:
        """0 if `row` is due and now ours to run, else the seconds until then; None: not leading."""
        answer = int(
            self._claim(keys=[_LEADER, _LAST], args=[self.token, row.name, round(row.every * 1000)])
        )
        return None if answer < 0 else answer / 1000

    def _run(self, row: Periodic) -> None:
        with self.app.app_context():
            try:
                pkgutil.resolve_name(row.run)()
            except Exception:  # one row's trouble is not the others'
                log.exception("periodic work %s failed; next try in %g s", row.name, row.every)

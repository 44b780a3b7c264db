"""With nothing but SQL, and every right to use it, nobody edits what stands: both databases refuse."""

import contextlib
import sqlite3
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from engage import flow
from engage.accounts.models import User
from engage.activity.models import Conversion, Fact
from engage.db import db, transaction, without_trace
from engage.disputes import service as disputes
from engage.ledger.models import Transfer
from engage.payouts import collecting, rules, service
from engage.programmes import service as programmes
from engage.rewards import service as rewards
from tests.conftest import NOW, sale
from tests.payouts.examples import MAY
from tests.rewards.examples import a_redemption

TABLES = (
    "accounts",
    "conversions",
    "disputes",
    "facts",
    "ledger_links",
    "partners",
    "payout_runs",
    "payouts",
    "programmes",
    "redemptions",
    "rule_versions",
    "transfers",
)
#: What names a row whose other columns may change.
NAMES = {"partners": {"id", "programme_id", "external_id"}, "programmes": {"id", "slug"}}
#: What moves by itself; every other column is as it was written, or was set for good.
FREE = {"accounts": {"balance", "floor"}}
REFUSED = "is append-only: post a correction instead"


@pytest.fixture
def settled(house: Flask) -> Flask:
    """Everything has happened once: paid out and returned by the bank, answered, redeemed."""

    def work() -> None:
        here = programmes.by_slug("resellers")
        here.payouts = rules.to_json(
            rules.Terms(review_over={"USD": 0}, second_approval_over={"USD": 0})
        )
        for name in ("mia", "max"):
            db.session.add(User(email=name, name=name, stamp=name, created_at=NOW, is_admin=False))
        db.session.flush()
        mia, max_ = db.session.scalars(select(User.id).order_by(User.id)).all()
        run = collecting.collect(here, MAY)
        assert run
        service.approve(run, mia, MAY)
        service.approve(run, max_, MAY)
        payout = service.payments(run)[0]
        service.release(run, payout.id, mia, "fine", MAY)
        service.pay(run, mia, "wire-1", MAY, MAY.date())
        service.put_back(run, payout.id, mia, "closed account", MAY, MAY.date())
        fact = db.session.scalars(select(Fact)).first()
        line = db.session.scalars(select(Transfer)).first()
        assert fact
        assert line
        fact.superseded_at = NOW
        db.session.add(Conversion(fact_id=fact.id, amount=1, currency="EUR", rate="1.1"))
        asked = disputes.ask(here, line, "Why?", "More.", by=max_, now=NOW)
        disputes.answer(here, asked.id, "A slip.", 5, by=mia, now=NOW)
        disputes.see([asked.id], NOW)
        disputes.ask(here, line, "Why still?", None, by=max_, now=NOW)

    transaction(work)
    number = a_redemption(1)
    here = programmes.by_slug("resellers").id
    transaction(lambda: rewards.fulfil(here, number, "By post.", by=1, now=NOW))
    return house


def statements(table: str) -> list[str]:
    """Ways to edit, delete or replace the rows of a table."""
    columns = inspect(db.engine).get_columns(table)
    names = [column["name"] for column in columns]
    found = [f"DELETE FROM {table}"]
    for column in columns:
        name, kind = column["name"], str(column["type"]).upper()
        other = f"coalesce({name} + 1, 1)"
        if "CHAR" in kind or "TEXT" in kind:
            other = f"coalesce(substr({name}, 2), 'x')"
        elif "JSON" in kind:
            other = "'[]'"
        elif "DATE" in kind or "TIME" in kind:
            other = "'2001-01-01 00:00:00'"
        elif "BOOL" in kind:
            other = f"NOT {name}"
        elif "BYTEA" in kind or "BLOB" in kind:
            other = f"{name} || {name}"
        if name in NAMES.get(table, {name} - FREE.get(table, set())):
            found.append(f"UPDATE {table} SET {name} = {other}")
    every = ", ".join(names)
    if db.engine.dialect.name == "postgresql":
        key = names[0]
        return [
            *found,
            f"TRUNCATE {table} CASCADE",
            f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) "
            f"DO UPDATE SET {key} = EXCLUDED.{key} + 1",
        ]
    moved = every.replace(names[0], f"{names[0]} + 1000", 1)
    if table != "conversions":  # which has no second name
        found.append(f"INSERT OR REPLACE INTO {table} ({every}) SELECT {moved} FROM {table}")
    return [
        *found,
        f"UPDATE {table} SET rowid = rowid + 1000",
        f"UPDATE OR REPLACE {table} SET {names[0]} = {names[0]} + 1",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ]


def test_no_statement_edits_deletes_or_replaces_a_row(settled: Flask) -> None:
    for statement in (said for table in TABLES for said in statements(table)):
        with pytest.raises(DBAPIError, match=REFUSED):
            transaction(lambda said=statement: db.session.execute(text(said)))


#: What a fact and a line name that must be there.
NAMED = {
    "facts": ("programme_id", "partner_id"),
    "transfers": (
        *("programme_id", "partner_id", "debit_id", "credit_id", "link_id", "fact_id"),
        "rule_version_id",
    ),
}


@pytest.mark.parametrize("table", NAMED)
def test_nothing_names_what_is_not_there(house: Flask, table: str) -> None:
    """One that does spoils the whole statement, however many rows it adds."""
    text_key = {"facts": "external_id", "transfers": "key"}[table]
    names = [column["name"] for column in inspect(db.engine).get_columns(table)]
    for wrong in (None, *NAMED[table]):
        told = {name: name for name in names}
        told |= {"id": "id + 1000", text_key: f"{text_key} || '-2'"}
        if wrong:
            told[wrong] = f"CASE WHEN id = (SELECT max(id) FROM {table}) THEN 999 ELSE {wrong} END"
        again = f"INSERT INTO {table} ({', '.join(told)}) SELECT {', '.join(told.values())} FROM {table}"
        with pytest.raises(IntegrityError) if wrong else contextlib.nullcontext():
            without_trace(lambda said=again: db.session.execute(text(said)))


def test_to_look_up_what_lines_name_reads_no_more_links_than_that_one(house: Flask) -> None:
    """Or a posting took longer with each before it, and two at a time were in each other's way."""
    if db.engine.dialect.name == "sqlite":
        return
    read = "SELECT locktype FROM pg_locks WHERE mode = 'SIReadLock' "
    read += "AND pid = pg_backend_pid() AND relation = 'ledger_links'::regclass"

    def work(name: str) -> list[str]:
        flow.record(programmes.by_slug("resellers"), [sale(name, "A1", "10")], source="t", now=NOW)
        return list(db.session.scalars(text(read)))

    for name in ("a-2", "a-3", "a-4"):
        found = transaction(partial(work, name))
        db.session.execute(text("ANALYZE"))
        db.session.commit()
    assert found == ["tuple"]  # of the last one, which it follows


def test_nor_does_one_of_a_connection_that_keeps_no_keys_and_asks_no_triggers_of_replace(
    settled: Flask,
) -> None:
    if db.engine.dialect.name == "sqlite":  # on PostgreSQL that is not the connection's to say
        every = [said for table in TABLES for said in statements(table)]
        db.session.remove()
        with contextlib.closing(sqlite3.connect(db.engine.url.database or "")) as stranger:
            for statement in every:
                with pytest.raises(sqlite3.IntegrityError, match=REFUSED):
                    stranger.execute(statement)
                stranger.rollback()

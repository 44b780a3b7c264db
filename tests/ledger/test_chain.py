"""Whoever changes, adds or deletes a line past the ledger is found, and the line is named."""

import contextlib
import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError

from engage.cli import main
from engage.db import db, transaction
from engage.ledger import books, chain
from engage.ledger.models import Link, Transfer
from engage.migrations import upgrade
from engage.programmes import service as programmes
from tests.conftest import record, sale

Sql = Callable[[str], None]


def verified(known: str | None = None) -> chain.Verdict:
    programme_id = programmes.by_slug("resellers").id
    return chain.verify(programme_id, lambda done: None, known)


@pytest.fixture
def tamper(house: Flask) -> Sql:
    """Run SQL as somebody would who owns the database and takes the triggers off first."""

    def run(statement: str) -> None:
        def work() -> None:
            if db.engine.dialect.name == "sqlite":
                db.session.execute(text("PRAGMA defer_foreign_keys=ON"))
                kept = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                for name in db.session.scalars(text(kept)).all():
                    db.session.execute(text(f"DROP TRIGGER {name}"))
            else:
                for table in ("transfers", "ledger_links"):
                    db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            db.session.execute(text(statement))

        transaction(work)

    return run


def lines() -> list[int]:
    return list(db.session.scalars(select(Transfer.id).order_by(Transfer.id)))


def test_everything_a_line_says_is_sealed() -> None:
    assert {*chain.COLUMNS, "link_id"} == {column.name for column in Transfer.__table__.columns}


def test_a_ledger_that_nobody_touched_is_whole_with_one_link_per_posting(house: Flask) -> None:
    record(programmes.by_slug("resellers"), sale("a-2", "A1", "10"), sale("b-2", "B1", "20"))
    record(programmes.by_slug("resellers"), sale("a-2", "A1", "5"))
    found = verified()
    assert found.ok
    assert (found.links, found.transfers) == (3, len(lines()))


@pytest.mark.parametrize(
    "change",
    [
        "amount = amount + 1",
        "day = '2013-04-06'",
        "total_after = 0",
        "reason = 'because'",
    ],
)
def test_a_changed_line_is_named(tamper: Sql, change: str) -> None:
    bad = lines()[1]
    tamper(f"UPDATE transfers SET {change} WHERE id = {bad}")
    found = verified()
    assert (found.ok, found.transfer) == (False, bad)
    assert found.problem == f"transfer {bad} was changed after the posting"


def test_a_line_cannot_even_name_another_than_the_owner_of_the_account_it_credits(
    tamper: Sql,
) -> None:
    with pytest.raises(IntegrityError):
        tamper("UPDATE transfers SET partner_id = partner_id + 1")


def test_of_several_changed_lines_the_first_is_named(tamper: Sql) -> None:
    tamper("UPDATE transfers SET amount = amount + 1")
    assert verified().transfer == lines()[0]


def test_a_deleted_line_is_missed_at_its_place(tamper: Sql) -> None:
    bad = lines()[1]
    tamper(f"DELETE FROM transfers WHERE id = {bad}")
    found = verified()
    assert (found.ok, found.transfer) == (False, bad)
    assert found.problem == f"link 1 lacks a transfer after transfer {bad - 1}: it was deleted"


def test_a_line_put_in_is_named(tamper: Sql) -> None:
    names = ", ".join(name for name in chain.COLUMNS if name not in ("id", "key"))
    tamper(
        f"INSERT INTO transfers (id, key, link_id, {names}) "
        f"SELECT 999, 'forged', link_id, {names} FROM transfers WHERE id = {lines()[0]}"
    )
    found = verified()
    assert (found.ok, found.transfer) == (False, 999)
    assert found.problem == "transfer 999 was put in after the posting"


def test_a_posting_cut_off_the_end_is_found_by_a_head_noted_before(tamper: Sql) -> None:
    record(programmes.by_slug("resellers"), sale("a-2", "A1", "10"))
    head = verified().head
    assert verified(head).ok
    last = "(SELECT id FROM ledger_links WHERE number = 2)"
    tamper(f"DELETE FROM transfers WHERE link_id = {last}")
    tamper("DELETE FROM ledger_links WHERE number = 2")
    assert verified().ok, "the chain alone cannot know"
    assert verified(head).problem == f"the chain does not hold the link {head} any more"


def test_a_link_taken_out_or_written_anew_is_found(tamper: Sql) -> None:
    for number in range(2):
        record(programmes.by_slug("resellers"), sale(f"a-{number}", "A1", "10"))
    tamper("UPDATE ledger_links SET hash = previous WHERE number = 2")
    assert verified().problem == "link 2 does not hold for its 2 lines"
    tamper(
        "UPDATE transfers SET link_id = (SELECT id FROM ledger_links WHERE number = 1) "
        "WHERE link_id = (SELECT id FROM ledger_links WHERE number = 2)"
    )
    tamper("DELETE FROM ledger_links WHERE number = 2")
    assert not verified().ok


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["ledger", "verify", *args])


def test_the_command_exits_with_1_and_names_the_line(
    app: Flask, programme: object, cast: object
) -> None:
    done = run("--programme", "resellers", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["ok"] is True
    db.session.execute(text("DROP TRIGGER transfers_stand_update"))
    db.session.execute(text("UPDATE transfers SET amount = 7 WHERE id = 2"))
    db.session.commit()
    done = run("--programme", "resellers", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["transfer"] == 2
    assert "transfer 2 was changed" in done.stderr


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM partners WHERE external_id = 'B1'", "partner 2, whose account"),
        ("UPDATE partners SET id = 77 WHERE external_id = 'B1'", "partner 2, whose account"),
        (
            "UPDATE partners SET programme_id = 77 WHERE external_id = 'B1'",
            "partner 2, whose account",
        ),
        ("UPDATE programmes SET id = 77", "programme 1, whose account"),
        ("DELETE FROM facts WHERE id = 2", "fact 2, which transfer"),
        ("UPDATE facts SET partner_id = 1 WHERE id = 2", "fact 2, which transfer"),
        ("UPDATE facts SET superseded_at = recorded_at WHERE id = 2", "fact 2 is marked"),
    ],
)
def test_the_command_names_what_lines_lean_on_and_is_not_there(
    house: Flask, statement: str, named: str
) -> None:
    record(programmes.by_slug("resellers"), sale("a-1", "A1", "6001"))
    assert books.amiss(1) is None, "a correction stands in the place of what it supersedes"
    db.session.remove()
    lite = db.engine.dialect.name == "sqlite"
    with contextlib.closing(db.engine.raw_connection()) as owner:  # takes off keys and triggers
        take = owner.cursor()
        if lite:
            take.execute("PRAGMA foreign_keys=OFF")
            take.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in take.fetchall():
                take.execute(f"DROP TRIGGER {name}")
        else:
            take.execute("SET session_replication_role = replica")
        take.execute(statement)
        owner.commit()
        owner.invalidate()
    assert named in (books.amiss(programmes.by_slug("resellers").id) or "")
    db.session.remove()
    if lite:
        done = run("--programme", "resellers")
        assert done.exit_code == 1
        assert named in done.stderr


def test_the_command_sees_a_balance_that_its_lines_do_not_make(app: Flask, cast: object) -> None:
    db.session.execute(text("UPDATE accounts SET balance = balance + 1 WHERE kind = 'accrued'"))
    db.session.commit()
    done = run("--programme", "resellers")
    assert done.exit_code == 1
    assert "says" in done.stderr


@pytest.mark.usefixtures("old_house")
def test_lines_from_before_the_chain_are_sealed_and_kept_by_its_migration() -> None:
    upgrade()
    found = verified()
    assert (found.ok, found.links, found.transfers) == (True, 1, 1)
    assert db.session.scalars(select(Transfer.kind)).one() == "award"
    for table in ("transfers", "facts", "accounts", "ledger_links"):
        with pytest.raises(Exception, match="append-only"):
            db.session.execute(text(f"DELETE FROM {table}"))
        db.session.rollback()
    assert "ix_transfers_fact_id" in {
        i["name"] for i in inspect(db.engine).get_indexes("transfers")
    }
    assert db.session.scalars(select(Link.size)).one() == 1

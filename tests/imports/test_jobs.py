"""A worker that dies leaves nothing half done, and its import begins again."""

import csv
import io
import os
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage import sheets
from engage.activity.models import Fact
from engage.db import db, transaction
from engage.imports import jobs, register, rules, service, uploads
from engage.imports.models import Import

from ..conftest import NOW, Cast
from ..console import examples

pytestmark = pytest.mark.usefixtures("april")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The imports that a worker was woken for; no Redis says anything about progress."""
    found: list[int] = []
    monkeypatch.setattr(jobs, "enqueue", lambda queue, function, import_id: found.append(import_id))
    monkeypatch.setattr(jobs, "told", lambda import_id: None)
    return found


@pytest.fixture
def asked(cast: Cast) -> int:
    """An import that somebody asked to be taken in."""
    import_id = int(examples.draft(cast)["import_id"])
    transaction(lambda: register.begin(import_id, "importing", NOW))
    return import_id


def row(import_id: int) -> Import:
    db.session.rollback()
    return db.session.get_one(Import, import_id)


def run(import_id: int) -> None:
    jobs._run(import_id, lambda done, total: None)


def imported() -> int:
    db.session.rollback()
    return db.session.query(Fact).filter_by(source="import").count()


def test_an_import_is_taken_by_one_alone(asked: int):
    assert transaction(lambda: register.claim(asked, NOW)) is not None
    assert transaction(lambda: register.claim(asked, NOW)) is None


def test_taking_in_twice_is_taking_in_once(asked: int):
    run(asked)
    run(asked)
    assert row(asked).state == "done"
    assert imported() == 2


def test_what_ends_half_way_leaves_nothing_and_is_shown_as_failed(
    asked: int, monkeypatch: pytest.MonkeyPatch
):
    carry_out = service.carry_out

    def breaks(*words: Any, **options: Any) -> None:
        carry_out(*words, **options)
        raise MemoryError("no room")

    monkeypatch.setattr(service, "carry_out", breaks)
    with pytest.raises(MemoryError):
        run(asked)
    assert row(asked).state == "failed"
    assert row(asked).failure == "MemoryError: no room"
    assert imported() == 0


def test_a_killed_run_begins_again_and_the_lost_one_can_change_nothing(
    asked: int, woken: list[int]
):
    lost = transaction(lambda: register.claim(asked, NOW))
    assert lost is not None
    later = NOW + rules.SILENCE + timedelta(seconds=1)
    assert jobs.sweep(later) == 1
    assert woken == [asked]
    run(asked)
    assert row(asked).state == "done"
    assert not transaction(lambda: register.settle(lost, "failed", later))
    assert row(asked).state == "done"
    assert imported() == 2


def test_a_run_that_still_tells_of_itself_is_left_alone(
    asked: int, woken: list[int], monkeypatch: pytest.MonkeyPatch
):
    transaction(lambda: register.claim(asked, NOW))
    monkeypatch.setattr(jobs, "told", lambda import_id: jobs.Told(1, 2))
    assert jobs.sweep(NOW + timedelta(hours=1)) == 0
    assert row(asked).started_at == NOW


def test_what_the_queue_forgot_is_put_into_it_again(asked: int, woken: list[int]):
    assert jobs.sweep(NOW) == 0
    assert jobs.sweep(NOW + rules.FORGOTTEN) == 1
    assert jobs.sweep(NOW + rules.FORGOTTEN) == 0
    assert woken == [asked]


def test_a_file_that_ends_its_worker_three_times_is_not_tried_again(asked: int, woken: list[int]):
    at = NOW
    for _ in range(rules.ATTEMPTS):
        transaction(lambda i=at: register.claim(asked, i))
        at += rules.SILENCE + timedelta(seconds=1)
        jobs.sweep(at)
    assert row(asked).state == "failed"
    assert row(asked).failure == register.POISON


def test_a_file_that_is_gone_is_told(asked: int):
    for path in uploads.folder().iterdir():
        path.unlink()
    run(asked)
    assert row(asked).state == "failed"
    assert row(asked).failure == jobs.GONE


def test_uploads_are_forgotten_after_a_day(cast: Cast):
    import_id = int(examples.draft(cast)["import_id"])
    (path,) = uploads.folder().iterdir()
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert jobs.clean(NOW + timedelta(hours=23)) == 0
    assert jobs.clean(NOW + timedelta(hours=25)) == 1
    db.session.rollback()
    assert db.session.get(Import, import_id) is None
    assert list(uploads.folder().iterdir()) == []


def test_uploads_are_their_owners_alone_on_the_disk(cast: Cast):
    examples.draft(cast)
    (path,) = uploads.folder().iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert uploads.folder().stat().st_mode & 0o777 == 0o700


@given(st.text(max_size=20) | st.text(';|="+ \t@-\uff1dx', max_size=9))
def test_no_cell_begins_a_formula_whichever_sign_separates_cells(text: str):
    written = sheets.to_csv(("name", "amount"), [(text, Decimal("-1.50"))])
    _header, (cell, amount) = csv.reader(io.StringIO(written, newline=""))
    assert cell.replace("'", "") == text.replace("'", "")
    assert amount == "-1.50", "a number is no formula"
    in_excel = written.partition("\n")[2].rstrip()
    for piece in (cell, *(each for sign in ";|\t" for each in in_excel.split(sign))):
        assert piece[:1] not in ("\t", "\r", "\n")
        assert not piece.lstrip(' "').startswith(("=", "+", "-", "@", "\uff1d"))

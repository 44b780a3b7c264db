"""An import that dies anywhere leaves all of itself or nothing."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from engage import membership, proof
from engage.config import Settings
from engage.db import db, transaction
from engage.imports import service as imports
from engage.programmes import service as programmes
from tests.conftest import NOW, PROFILES, PROGRAMME, publish
from tests.killing import killed

HEAD = "external_id,partner,kind,occurred_at,amount,currency,quantity,product,category\n"


class Killed(BaseException):
    """Nothing catches this, as nothing catches the end of a process."""


def written(folder: Path, name: str, cents: int) -> Path:
    """A file of facts over two quarters; another ``cents`` makes each of them a correction."""
    first = date(2013, 1, 10)
    lines = [
        f"k-{n},{PROFILES[n % 3].external_id},sale,{first + timedelta(days=2 * n)},"
        f"{700 + 90 * n}.{cents:02d},USD,1,Road-150,Bikes\n"
        for n in range(40)
    ]
    path = folder / name
    path.write_text(HEAD + "".join(lines))
    return path


@pytest.fixture
def house(app: Flask, tmp_path: Path) -> Flask:
    """Partners, and facts that the import will correct."""
    publish(PROGRAMME)
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), PROFILES, now=NOW))
    take_in(written(tmp_path, "before.csv", 25))
    return app


def take_in(path: Path) -> None:
    prepared = imports.prepare(programmes.by_slug("resellers"), "facts", str(path))

    def work() -> None:
        programme = programmes.by_slug("resellers")
        result = imports.carry_out(programme, prepared, skip_bad=False, now=NOW)
        assert not result.errors, result.errors[0]

    transaction(work)


def state() -> proof.Check:
    db.session.rollback()
    return proof.check(programmes.by_slug("resellers"))


@pytest.fixture
def statements(app: Flask) -> Iterator[list[int]]:
    """Dies before the statement whose number is in it; the numbers count down as statements run."""
    points = [0]

    def count(*_: object) -> None:
        points[0] -= 1
        if points[0] == 0:
            raise Killed

    event.listen(db.engine, "before_cursor_execute", count)
    yield points
    event.remove(db.engine, "before_cursor_execute", count)


def test_an_import_that_dies_at_any_of_a_hundred_points_leaves_nothing(
    house: Flask, tmp_path: Path, statements: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "STRIDE", 10)
    path = written(tmp_path, "after.csv", 50)
    before = state()
    for point in range(1, 101):
        statements[0] = point
        with pytest.raises(Killed):
            take_in(path)
        db.session.remove()
        statements[0] = 0
        if point % 10 == 0:
            assert state() == before, f"died before statement {point}"
    assert state() == before
    take_in(path)
    after = state()
    assert after.ok
    assert (after.facts, after.digest != before.digest) == (40, True)


def test_an_import_killed_for_good_leaves_nothing_and_comes_in_whole_the_next_time(
    house: Flask, tmp_path: Path, settings: Settings
) -> None:
    path = written(tmp_path, "after.csv", 50)
    before = state()
    db.session.remove()
    for point in (12, 24, 36):
        assert killed(settings, take_in, path, point=point)
        assert state() == before
        db.session.remove()
    assert not killed(settings, take_in, path, point=1000)
    after = state()
    assert after.ok
    assert after.digest != before.digest

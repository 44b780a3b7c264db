"""Pictures and draws are functions of what was known at their instant, on both databases: neither the
order nor the batching of facts, nor who came first behind the instant, makes a difference."""

from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engage import effect, proof
from engage.activity.rules import Report
from engage.db import db, transaction
from engage.leaderboards import jobs, leagues, pictures, projection, ranking, service
from engage.leaderboards.models import Picture, PictureLine
from engage.leaderboards.tally import tally
from engage.partners.models import Partner
from engage.programmes import service as programmes
from tests.batches import batches, publish_anew
from tests.conftest import NOW, record, sale
from tests.flow.test_convergence import sales
from tests.leaderboards.test_leagues import Q3
from tests.leaderboards.test_pictures import FINAL, FREEZES, FROZEN, OVER, Q2, at
from tests.waiting import until

#: Before the board freezes, while it is frozen, while its result is provisional, and after the close.
INSTANTS = (NOW, at(FROZEN, 90), at(OVER, 90), at(FINAL, 90))
#: Fewer than elsewhere: each goes four ways, and what fails is made smaller in less than an hour.
few_sales = st.lists(sales, min_size=1, max_size=8, unique_by=lambda fact: fact.external_id)


def told(
    waves: list[list[list[Report]]], *, by_clock: bool
) -> tuple[dict[str, Any], object, object]:
    """What the pictures, the draw and the digest say after batches that came at each instant."""
    league = 'freeze = "3d"\nleague = { size = 4, moves = 1 }'
    slug = publish_anew(FREEZES.replace('freeze = "3d"', league))
    for instant, wave in zip(INSTANTS, waves, strict=True):
        if by_clock:
            jobs.turn(instant)
        for batch in wave:
            record(programmes.by_slug(slug), *batch, now=instant)
    jobs.turn(INSTANTS[-1])
    programme = programmes.by_slug(slug)
    board = service.board(programme, "sales")
    assert board
    known = {partner.id: partner.external_id for partner in db.session.query(Partner)}
    taken = {}
    for picture in db.session.query(Picture).filter_by(board_id=board.model.id):
        lines = db.session.query(PictureLine).filter_by(picture_id=picture.id)
        scores = {known[line.member_id]: line.score for line in lines}
        again = db.session.execute(tally(programme, board._replace(picture=picture), Q2))
        assert {known[row.member_id]: int(row.score) for row in again} == scores
        taken[picture.kind] = (picture.taken_at, scores)
    assert pictures.as_seen(programme, board, Q2).picture
    draw = leagues.draw_of(board, Q3)
    drawn = {known[i]: leagues.placed(draw, i) for i in known} if draw else {}
    return taken, drawn, proof.check(programme)._replace(transfers=0)


@settings(max_examples=5)
@given(facts=few_sales, data=st.data())
def test_what_was_known_at_an_instant_makes_its_picture(
    house: Flask, facts: list[Report], data: st.DataObject
) -> None:
    waves: list[list[Report]] = [[], [], [], []]
    for fact in facts:
        waves[data.draw(st.integers(0, 3))].append(fact)
    plain = [[wave] if wave else [] for wave in waves]
    split = [data.draw(batches(wave)) for wave in waves]
    one, other = told(plain, by_clock=True), told(split, by_clock=False)
    if not waves[1]:  # nobody was there while it was frozen
        one[0].pop("freeze")
        if not one[0]["final"][
            1
        ]:  # nor to draw that quarter, and it has no results to go by either
            one = one[0], other[1], one[2]
    assert one == other


def test_a_freeze_is_lifted_once_and_nothing_else_of_a_picture_ever_changes(house: Flask) -> None:
    slug = publish_anew(FREEZES)
    transaction(lambda: effect.turn(programmes.by_slug(slug), now=at(FROZEN)))
    board = service.board(programmes.by_slug(slug), "sales")
    assert board
    number = board.model.frozen_id
    here = f"UPDATE board_pictures SET {{}} WHERE id = {number}"
    changes = ("period = 'x'", "reason = 'x'", "definition = '{}'")
    lift = "lifted_at = taken_at, lift_reason = 'x'"
    transaction(lambda: db.session.execute(text(here.format(lift))))
    for change in (*changes, lift):
        with pytest.raises(DBAPIError):
            transaction(lambda c=change: db.session.execute(text(here.format(c))))


def test_the_lines_of_a_picture_are_of_one_that_is_there(house: Flask) -> None:
    line = "INSERT INTO board_picture_lines (picture_id, member_id, score) VALUES (999999, 1, 1)"
    with pytest.raises(DBAPIError):
        transaction(lambda: db.session.execute(text(line)))


@pytest.mark.parametrize("house", ["postgresql"], indirect=True)
def test_facts_wait_for_a_picture_that_is_being_taken_and_never_undo_it(
    house: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = publish_anew(FREEZES)
    tries: list[int] = []

    def report() -> None:
        with house.app_context():
            record(programmes.by_slug(slug), sale("meanwhile", "A1", "10"))

    fact = Thread(target=report)
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    def turn() -> None:
        tries.append(1)
        effect.turn(programmes.by_slug(slug), now=at(FROZEN))

    def copy(*what: Any) -> None:
        if fact.ident is None:
            fact.start()
            until(
                lambda: db.session.scalar(waiting) or not fact.is_alive(), 20, "the fact is there"
            )
        projection.copy(*what)

    monkeypatch.setattr(pictures, "projection", SimpleNamespace(copy=copy))
    transaction(turn)
    fact.join()
    programme = programmes.by_slug(slug)
    board = service.board(programme, "sales")
    assert board
    assert len(tries) == 1
    assert not ranking.ranking(programme, board, Q2).rows
    assert len(ranking.ranking(programme, board, Q2, live=True).rows) == 1

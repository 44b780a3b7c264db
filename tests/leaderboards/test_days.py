"""Places of yesterday: kept once, for the running period, and what moved since."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from engage import clock, membership, periods
from engage.accounts.models import Seat
from engage.db import db, transaction
from engage.leaderboards import days, service
from engage.leaderboards.jobs import keep_days
from engage.leaderboards.models import StandingDay
from engage.leaderboards.service import Published
from engage.programmes import service as programmes
from tests.browsing import browser
from tests.conftest import NOW, PROFILES, Cast, record, sale

YESTERDAY = date(2013, 4, 9)
Q2 = periods.parse("2013-Q2")


def sales() -> Published:
    found = service.board(programmes.by_slug("resellers"), "sales")
    assert found
    return found


def kept(cast: Cast) -> dict[str, int]:
    ranks = days.ranks(sales(), Q2, YESTERDAY, range(99))
    people = {p.partner.id: p.partner.external_id for p in (cast.alice, cast.bob, cast.charlie)}
    return {people[member]: rank for member, rank in ranks.items()}


def test_where_everybody_stood_when_yesterday_ended_is_written_down_once(cast: Cast):
    record(cast.programme, sale("b-2", "B1", "9000", date(2013, 4, 10)))
    assert keep_days(NOW) > 0
    assert kept(cast) == {"A1": 1, "C1": 2, "B1": 3}
    assert keep_days(NOW) == 0


def test_a_later_hour_of_the_day_does_not_change_what_was_kept(cast: Cast):
    keep_days(NOW)
    record(cast.programme, sale("b-2", "B1", "9000", date(2013, 4, 8)))
    keep_days(NOW + timedelta(hours=3))
    assert kept(cast) == {"A1": 1, "C1": 2, "B1": 3}


def test_the_first_day_of_a_period_has_no_yesterday(cast: Cast):
    keep_days(datetime(2013, 4, 1, 16, tzinfo=UTC))
    found = db.session.scalar(select(func.count()).where(StandingDay.board_id == sales().model.id))
    assert found == 0


def test_a_scope_ranks_yesterday_among_its_own(cast: Cast):
    keep_days(NOW)
    ranks = days.ranks(sales(), Q2, YESTERDAY, (), ("region", "Northeast"))
    assert cast.charlie.partner
    assert ranks == {cast.charlie.partner.id: 1}


def test_old_days_are_forgotten(cast: Cast):
    keep_days(NOW)
    board_id = sales().model.id
    long_after = NOW + timedelta(days=60)
    transaction(lambda: days.keep(programmes.by_slug("resellers"), sales(), long_after.date()))
    found = db.session.scalars(
        select(StandingDay.day).where(StandingDay.board_id == board_id).distinct()
    ).all()
    assert found == [date(2013, 6, 8)]


def test_only_who_can_look_at_its_own_way_keeps_more_than_one_day(cast: Cast):
    transaction(lambda: db.session.query(Seat).filter_by(partner_id=cast.bob.partner.id).delete())
    keep_days(NOW)
    keep_days(NOW + timedelta(days=1))
    ranks = {day: days.ranks(sales(), Q2, day, range(99)) for day in (YESTERDAY, date(2013, 4, 10))}
    assert set(ranks[YESTERDAY]) == {cast.alice.partner.id, cast.charlie.partner.id}
    assert len(ranks[date(2013, 4, 10)]) == 3


def test_a_partners_way_is_its_rank_day_by_day(cast: Cast):
    for day in (8, 9, 10):
        keep_days(NOW.replace(day=day))
    # Alice's second sale is of the 8th: before it she was the last of three.
    way = days.way(sales(), Q2, cast.alice.partner.id, date(2013, 4, 10))
    assert way == [3, 1, 1]


def test_on_the_first_day_of_a_period_the_ranks_at_the_end_of_the_last_one_are_kept(cast: Cast):
    keep_days(datetime(2013, 7, 1, 16, tzinfo=UTC))
    assert days.at_end(sales(), Q2, cast.alice.partner.id) == 1
    assert days.at_end(sales(), Q2, cast.bob.partner.id) == 3
    assert days.at_end(sales(), periods.parse("2013-Q1"), cast.bob.partner.id) is None


def test_a_page_draws_ones_own_way_and_says_it_in_words(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    for day in (8, 9, 10):
        keep_days(NOW.replace(day=day))
    mine = browser(app, cast.alice.user).get("/leaderboards/sales/me").text
    assert "Your place at the end of each day, from 3rd to 1st" in mine
    assert "spark-line" in mine


def test_rows_tell_how_they_moved_since_the_last_period_ended(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    keep_days(datetime(2013, 7, 1, 16, tzinfo=UTC))
    july = datetime(2013, 7, 3, 16, tzinfo=UTC)
    new = PROFILES[0]._replace(external_id="D1", name="Dora", email=None)
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), [new], now=july))
    monkeypatch.setattr(clock, "now", lambda: july)
    sold = zip(("A1", "B1", "C1", "D1"), ("50", "900", "60", "40"), strict=True)
    facts = (sale(f"q3-{who}", who, amount, date(2013, 7, 2)) for who, amount in sold)
    record(programmes.by_slug("resellers"), *facts, now=july)
    client = browser(app, cast.alice.user)
    near = client.get("/leaderboards/sales/me").text
    assert spoken(near) == ["up 2 places", "same as Q2", "down 2 places"], "not who is last"
    assert spoken(client.get("/leaderboards/sales/rows").text) == []
    record(programmes.by_slug("resellers"), sale("q3-D2", "D1", "15", date(2013, 7, 2)), now=july)
    assert "new" in spoken(client.get("/leaderboards/sales/me").text)


def spoken(page: str) -> list[str]:
    """What the marks against the last quarter say, row by row."""
    marks = re.findall(r'class="rank-since">(.*?)</span></span>', page, re.DOTALL)
    said = re.compile(r"(?:up|down) \d+ places?|same as Q2|new(?=</span> <span>since Q2)")
    return [found[0] for mark in marks for found in [said.search(mark)] if found]

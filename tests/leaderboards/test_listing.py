"""Who stands on a board for others to see: the hidden and those who left, by stated rules."""

from datetime import date

import pytest
from flask import Flask

from engage import clock, membership, periods, proof
from engage.db import db, transaction
from engage.leaderboards import ranking, sentences, service
from engage.partners.choices import BadChoice
from engage.partners.models import Partner
from engage.partners.rules import alike, is_ranked
from engage.programmes import service as programmes
from tests.browsing import browser
from tests.conftest import NOW, PROFILES, PROGRAMME, Cast, publish, record, sale

Q1, Q2 = periods.parse("2013-Q1"), periods.parse("2013-Q2")


def places(slug: str = "sales", period: periods.Period = Q2) -> list[tuple[int, str]]:
    here = programmes.by_slug("resellers")
    board = service.board(here, slug)
    assert board
    return [(row.rank, row.name) for row in ranking.ranking(here, board, period).rows]


def near(name: str, period: periods.Period = Q2) -> list[tuple[int, str, bool]]:
    here = programmes.by_slug("resellers")
    board = service.board(here, "sales")
    partner = db.session.query(Partner).filter_by(programme_id=here.id, external_id=name).one()
    assert board
    found = ranking.around(here, board, period, partner.id)
    return [(row.rank, row.name, row.listed) for row in found.rows]


def show(name: str, visibility: str, pseudonym: str | None = None) -> None:
    def work() -> None:
        here = programmes.by_slug("resellers")
        partner = db.session.query(Partner).filter_by(programme_id=here.id, external_id=name).one()
        membership.show(here, partner, visibility, pseudonym, now=NOW)

    transaction(work)


def part(name: str, left_on: date | None) -> None:
    def work() -> None:
        here = programmes.by_slug("resellers")
        partner = db.session.query(Partner).filter_by(programme_id=here.id, external_id=name).one()
        membership.part(here, partner, left_on, now=NOW)

    transaction(work)


@pytest.fixture(params=["competition", "dense", "first"])
def tied(request: pytest.FixtureRequest, cast: Cast) -> Cast:
    text = PROGRAMME.replace('by = "partner"', f'by = "partner"\ntie = "{request.param}"')
    publish(text)
    return cast


def test_who_stays_off_boards_takes_nobodys_place_and_still_sees_its_own(tied: Cast):
    show("C1", "hidden")
    assert places() == [(1, "Alice Bikes"), (2, "Bob's Wheels")]
    assert near("C1") == [
        (1, "Alice Bikes", True),
        (2, "Charlie & Sons", False),
        (2, "Bob's Wheels", True),
    ]
    assert near("B1") == [(1, "Alice Bikes", True), (2, "Bob's Wheels", True)]
    record(programmes.by_slug("resellers"), sale("c-2", "C1", "9000"))
    assert places() == [(1, "Alice Bikes"), (2, "Bob's Wheels")]
    assert near("C1")[0] == (1, "Charlie & Sons", False)
    assert proof.check(programmes.by_slug("resellers")).ok
    show("C1", "named")
    assert places()[0] == (1, "Charlie & Sons")
    assert proof.check(programmes.by_slug("resellers")).ok


def test_a_pseudonym_stands_where_the_name_stood_with_nothing_that_tells_who_it_is(cast: Cast):
    show("A1", "pseudonym", "The Fox")
    here = programmes.by_slug("resellers")
    board = service.board(here, "sales")
    assert board
    first = ranking.ranking(here, board, Q2).rows[0]
    assert (first.name, first.external_id, first.organisation) == ("The Fox", None, None)


def test_who_left_keeps_the_places_of_periods_that_were_over_and_loses_the_running_one(tied: Cast):
    record(programmes.by_slug("resellers"), sale("b-0", "B1", "100", date(2013, 3, 31)))
    part("B1", date(2013, 4, 6))
    assert places() == [(1, "Alice Bikes"), (2, "Charlie & Sons")]
    assert places(period=Q1) == [(1, "Bob's Wheels")]
    # What they did for their group stays done.
    regions = places("regions", periods.parse("2013-04"))
    part("B1", None)
    assert len(places()) == 3
    assert places("regions", periods.parse("2013-04")) == regions
    assert proof.check(programmes.by_slug("resellers")).ok


def test_a_scope_and_a_period_counted_on_demand_hide_the_same(cast: Cast):
    show("A1", "hidden")
    part("C1", date(2013, 4, 9))
    here = programmes.by_slug("resellers")
    board = service.board(here, "sales")
    assert board
    april = ranking.ranking(here, board, periods.parse("2013-04"))
    assert [row.name for row in april.rows] == ["Bob's Wheels"]
    seattle = ranking.ranking(here, board, Q2, scope=("team", "Seattle"))
    assert [row.name for row in seattle.rows] == ["Bob's Wheels"]


def test_the_day_somebody_leaves_is_the_last_they_are_ranked_on():
    assert is_ranked("named", date(2013, 6, 30), Q2.last)
    assert not is_ranked("pseudonym", date(2013, 6, 29), Q2.last)
    assert not is_ranked("hidden", None, Q2.last)


def test_facts_worth_nothing_never_move_who_was_first(cast: Cast):
    publish(PROGRAMME.replace('by = "partner"', 'by = "partner"\ntie = "first"'))
    here = programmes.by_slug("resellers")
    record(here, sale("b-2", "B1", "1000", date(2013, 4, 6)))
    assert places()[1:] == [(2, "Charlie & Sons"), (3, "Bob's Wheels")]
    record(programmes.by_slug("resellers"), sale("c-0", "C1", "0", date(2013, 4, 9)))
    assert places()[1:] == [(2, "Charlie & Sons"), (3, "Bob's Wheels")]
    assert proof.check(programmes.by_slug("resellers")).ok


def test_below_the_least_that_is_ranked_a_member_sees_its_own_place_and_what_it_takes(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    publish(PROGRAMME.replace('by = "partner"', 'by = "partner"\nminimum = "4500"'))
    assert places() == [(1, "Alice Bikes"), (2, "Charlie & Sons")]
    assert near("B1")[-1] == (3, "Bob's Wheels", False)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    bob = browser(app, cast.bob.user)
    assert "of 3 partners" in bob.get("/leaderboards/").text
    assert "$500 more, and you are ranked." in bob.get("/leaderboards/sales").text
    here = programmes.by_slug("resellers")
    board = service.board(here, "sales")
    assert board
    april = ranking.ranking(here, board, periods.parse("2013-04"))
    assert [row.external_id for row in april.rows] == ["A1", "C1"]
    assert sentences.tie(board.rule, "USD").endswith("Ranked from $4,500.00 on.")
    record(here, sale("b-3", "B1", "500"))
    assert len(places()) == 3
    assert proof.check(programmes.by_slug("resellers")).ok


def test_names_that_readers_take_for_one_are_one():
    assert alike("Älpha GmbH", "älpha gmbh")
    assert alike("A\u0308lpha", "\u00c4LPHA")
    assert alike("Fox", "\uff26ox")
    assert not alike("Fox", "Foxy")


def test_a_name_with_letters_of_other_languages_is_nobody_elses_pseudonym(cast: Cast):
    renamed = PROFILES[1]._replace(name="Ärmel & Söhne")
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), [renamed], now=NOW))
    for name in ("Ärmel & Söhne", "ärmel & SÖHNE"):
        with pytest.raises(BadChoice):
            show("A1", "pseudonym", name)

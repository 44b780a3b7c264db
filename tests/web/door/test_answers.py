"""The door gives again what Flask gave, as long as everything it was made of stands, and nothing after."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from engage import effect, membership
from engage.accounts import glance, service
from engage.accounts.models import User
from engage.db import db, transaction
from engage.leaderboards import jobs, publishing
from engage.partners.models import Partner
from engage.partners.service import Profile
from engage.programmes import service as programmes
from engage.web import door
from engage.web.health import REGISTRY
from tests.browsing import browser
from tests.conftest import NOW, PROFILES, PROGRAMME, Cast, publish, record, sale
from tests.web.door.conftest import ME, PAGE, ROWS, Doors, Time, cookie, seen

BOARD_OF_GOLD = """
[[boards]]
slug = "gold"
name = "The golden ones"
measure = "amount"
on = "sale"
period = "quarter"
audience = { tier = ["Gold"] }
"""


@pytest.mark.parametrize("path", [PAGE, ROWS, ME, f"{PAGE}?scope=region%3DNorthwest"])
def test_what_was_shown_is_shown_again_without_flask(doors: Doors, cast: Cast, path: str):
    mine = cookie(doors.app, cast.alice.user)
    first, again = doors.get(path, mine), doors.get(path, mine)
    assert first.status == 200
    assert again == first
    assert len(doors.asked) == 1


def _moved(cast: Cast) -> None:
    moved = PROFILES[0]._replace(region="Northeast", organisation="Elsewhere")
    membership.enrol(programmes.by_slug("resellers"), [moved], now=NOW)


def _renamed(cast: Cast) -> None:
    membership.enrol(
        programmes.by_slug("resellers"), [PROFILES[2]._replace(name="New name")], now=NOW
    )


def _left(cast: Cast) -> None:
    rival = db.session.get_one(Partner, cast.charlie.partner.id)  # type: ignore[union-attr]
    membership.part(programmes.by_slug("resellers"), rival, date(2013, 4, 9), now=NOW)


def _me(**values: Any) -> Callable[[Cast], None]:
    def work(cast: Cast) -> None:
        for name, value in values.items():
            setattr(db.session.get_one(User, cast.alice.user.id), name, value)

    return work


CHANGES: dict[str, Callable[[Cast], Any]] = {
    "a fact": lambda c: record(c.programme, sale("b-9", "B1", "9000")),
    "a fact of another period": lambda c: record(c.programme, sale("a-0", "A1", "1", date(2013, 1, 2))),
    "a pseudonym": seen("pseudonym"),
    "a name again": seen("named"),
    "hidden": seen("hidden"),
    "left": _left,
    "another name": _renamed,
    "another region of mine": _moved,
    "places of yesterday": lambda c: jobs.keep_days(NOW),
    "my language": _me(locale="en_GB"),
    "my clock": _me(timezone="Asia/Tokyo"),
    "my colours": _me(theme="dark"),
    "my name": _me(name="Al"),
    "the programme's name": lambda c: setattr(programmes.by_slug("resellers"), "name", "New"),
    "the board's name": lambda c: publish(PROGRAMME.replace("Sales this quarter", "Renamed")),
    "the board's rule": lambda c: publish(PROGRAMME.replace('by = "partner"', 'by = "partner"\ntie = "dense"')),
    "facts taken back": lambda c: record(c.programme, sale("b-9", "B1", "0")),
}  # fmt: skip


FEW = ("a fact", "hidden", "places of yesterday", "my language", "the board's rule")


@pytest.mark.parametrize("app", ["sqlite", "postgresql"], indirect=True)
def test_after_every_change_the_door_says_what_flask_would(app: Flask, doors: Doors, cast: Cast):
    """And what was shown before is shown never again."""
    readers = {name: cookie(app, getattr(cast, name).user) for name in ("alice", "charlie", "mia")}
    changes = CHANGES if db.engine.dialect.name == "sqlite" else FEW
    plain = Doors(app, memory=0)

    def look(where: Doors) -> dict[Any, Any]:
        return {
            (name, path): where.get(path, mine).lasting
            for name, mine in readers.items()
            for path in ((PAGE, ROWS, ME) if name == "alice" else (PAGE,))
        }

    before = look(doors)
    for name in changes:
        change = CHANGES[name]
        if name in ("a fact", "the board's name", "the board's rule", "facts taken back"):
            change(cast)
        else:
            transaction(lambda change=change: change(cast))  # type: ignore[misc]
        after = look(doors)
        assert after == look(plain), name
        assert after["alice", PAGE] != before["alice", PAGE], name
        before = after
    doors.asked.clear()
    assert look(doors) == before
    assert not doors.asked


REVOKED: dict[str, Callable[[Cast, str], Any]] = {
    "signed out": lambda cast, session: service.sign_out(session, NOW),
    "signed out everywhere": lambda cast, _: service.sign_out_everywhere(cast.alice.user.id),
    "locked out": lambda cast, _: service.set_disabled(db.session.get_one(User, cast.alice.user.id), NOW),
    "the seat taken": lambda cast, _: service.take_seat(cast.alice.user.id, cast.alice.partner, NOW),  # type: ignore[arg-type]
    "the seat gone without a word": lambda cast, _: db.session.execute(
        db.text("DELETE FROM seats WHERE user_id = :id"), {"id": cast.alice.user.id}
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", REVOKED)
def test_who_may_no_longer_look_gets_nothing_from_the_door(doors: Doors, cast: Cast, how: str):
    session = service.session_id(cast.alice.user)
    mine = cookie(doors.app, cast.alice.user, _user_id=session)
    other = cookie(doors.app, cast.charlie.user)
    for path in (PAGE, ROWS, ME):
        assert doors.get(path, mine).status == doors.get(path, other).status == 200
    transaction(lambda: REVOKED[how](cast, session))
    for path in (PAGE, ROWS, ME):
        assert doors.get(path, mine).status == 302
        assert doors.get(path, other).status == 200


def test_two_people_never_share_a_private_answer(doors: Doors, cast: Cast):
    people = {
        n: cookie(doors.app, getattr(cast, n).user) for n in ("alice", "bob", "charlie", "mia")
    }
    first = {name: doors.get(PAGE, mine).text for name, mine in people.items()}
    assert len(set(first.values())) == 4
    assert {name: doors.get(PAGE, mine).text for name, mine in people.items()} == first
    assert len(doors.asked) == 4
    assert doors.get(PAGE, "").status == doors.get(PAGE, people["alice"] + "x").status == 302
    # One person with two sessions: each has its own form token.
    assert (
        doors.get(PAGE, cookie(doors.app, cast.alice.user, csrf_token="1" * 40)).text
        != first["alice"]
    )


def test_an_answer_is_given_again_to_the_same_question_alone(doors: Doors, cast: Cast):
    mine = cookie(doors.app, cast.alice.user)
    doors.get(PAGE, mine)
    doors.asked.clear()
    british = doors.get(PAGE, mine, accept_language="en-GB")
    assert british.text != doors.get(PAGE, mine).text
    assert doors.get(f"{PAGE}?after=50", mine).status == 200
    assert doors.get(f"{PAGE}?period=2013-Q1", mine).status == 200
    assert doors.get(PAGE, mine, host="elsewhere").status == 200
    assert doors.get(PAGE, mine, method="HEAD").text == ""
    assert doors.get(PAGE, mine, method="POST").status == 405
    assert len(doors.asked) == 6


def test_an_answer_that_sets_a_cookie_is_given_once(doors: Doors, cast: Cast):
    yesterday = cookie(doors.app, cast.alice.user, day="2013-04-09")
    said = cookie(doors.app, cast.alice.user, _flashes=[("info", "Saved for you")])
    for mine in (yesterday, said):
        doors.asked.clear()
        assert [bool(doors.get(PAGE, mine).headers.get("set-cookie")) for _ in range(2)] == [
            True
        ] * 2
        assert len(doors.asked) == 2
    assert "Saved for you" not in doors.get(PAGE, cookie(doors.app, cast.alice.user)).text


def test_when_a_day_begins_flask_is_asked_again(doors: Doors, cast: Cast):
    mine = cookie(doors.app, cast.alice.user)
    doors.get(PAGE, mine)
    for later, asked in ((8, 1), (10, 2)):  # in UTC it is 15:00
        Time.now = NOW + timedelta(hours=later)
        doors.get(PAGE, mine)
        assert len(doors.asked) == asked


def test_a_board_that_is_taken_off_is_gone_at_once(doors: Doors, cast: Cast):
    mine = cookie(doors.app, cast.alice.user)
    doors.get(PAGE, mine)
    transaction(lambda: publishing.retire(programmes.by_slug("resellers"), ["regions"], NOW))
    assert doors.get(PAGE, mine).status == 404


def test_who_is_drawn_into_another_division_is_led_there_at_once(doors: Doors, cast: Cast):
    league = 'by = "partner"\nleague = { size = 4, moves = 1 }'
    publish(PROGRAMME.replace('by = "partner"', league, 1))
    others = [Profile(f"X{n}", f"Partner {n}") for n in range(5)]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), others, now=NOW))
    record(cast.programme, *(sale(f"x-{n}", f"X{n}", "100") for n in range(5)))
    Time.now = summer = datetime(2013, 7, 1, 12, tzinfo=UTC)
    jobs.turn(summer)
    mine = cookie(doors.app, cast.alice.user, day="2013-07-01")
    assert "league%3D1" in doors.get(PAGE, mine).text
    record(cast.programme, sale("a-1", "A1", "1"), sale("a-2", "A1", "1"), now=summer)
    assert "league%3D1" in doors.get(PAGE, mine).text
    told = ("sales", "Those were other people's sales")
    by = cast.mia.user.id
    transaction(lambda: effect.redraw(programmes.by_slug("resellers"), *told, by=by, now=summer))
    assert "league%3D2" in doors.get(PAGE, mine).text


def test_who_never_was_in_a_tier_after_all_loses_its_board_at_once(doors: Doors, cast: Cast):
    tier = '[[tiers]]\nname = "{}"\nmeasure = "amount"\non = "sale"\nperiod = "quarter"\nthreshold = "{}"\n'
    tiers = tier.format("Open", 0) + tier.format("Gold", 1000)
    board = BOARD_OF_GOLD.replace("[[boards]]", tiers + "[[boards]]")
    publish(PROGRAMME + board)
    mine = cookie(doors.app, cast.alice.user)
    for amount, status in (("1500", 200), ("1", 404)):
        record(cast.programme, sale("a-1", "A1", amount), sale("a-2", "A1", "1"))
        for path in ("", "/rows", "/me"):
            assert doors.get(f"/leaderboards/gold{path}", mine).status == status


@pytest.mark.parametrize("app", ["sqlite", "postgresql"], indirect=True)
def test_where_the_door_cannot_look_flask_answers(
    doors: Doors, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    mine = cookie(doors.app, cast.alice.user)
    first = doors.get(PAGE, mine)
    broken = ["SELECT nonsense"]
    questions = SimpleNamespace(
        question=lambda dialect: broken.pop() if broken else glance.question(dialect),
        read=glance.read,
    )
    monkeypatch.setattr(door, "glance", questions)
    assert doors.get(PAGE, mine).lasting == first.lasting
    assert len(doors.asked) == 2
    assert doors.get(PAGE, mine).lasting == first.lasting
    assert len(doors.asked) == 2


def test_what_the_door_gives_is_counted(doors: Doors, cast: Cast):
    def counted() -> float:
        labels = {"endpoint": "leaderboards.board", "method": "GET", "status": "200"}
        return REGISTRY.get_sample_value("engage_requests_total", labels) or 0

    mine = cookie(doors.app, cast.alice.user)
    before = counted()
    for _ in range(3):
        doors.get(PAGE, mine)
    assert counted() - before == 3


def test_answers_take_no_more_room_than_they_are_given(app: Flask, cast: Cast):
    small = Doors(app, memory=40_000)
    mine, others = cookie(app, cast.alice.user), cookie(app, cast.bob.user)
    for reader in (mine, others, mine):
        small.get(PAGE, reader)
    small.asked.clear()
    for _ in range(2):
        small.get(PAGE, mine)
    assert not small.asked


def test_the_seat_one_chose_is_the_seat_one_looks_from(doors: Doors, cast: Cast):
    both = [programmes.by_slug(slug).id for slug in ("resellers", "elsewhere")]
    ada = [cookie(doors.app, cast.ada.user, programme=here) for here in both]
    shown = [doors.get(PAGE, mine).text for mine in ada]
    assert len(set(shown)) == len(ada) > 1
    assert [doors.get(PAGE, mine).text for mine in ada] == shown


def test_nobody_is_shown_what_a_browser_of_flask_is_not(doors: Doors, cast: Cast):
    """The test client has no door: every other test of these pages says what Flask says."""
    client = browser(doors.app, cast.alice.user)
    assert client.get(ROWS).text == doors.get(ROWS, cookie(doors.app, cast.alice.user)).text

"""The door gives again what Flask gave, as long as everything it was made of stands, and nothing after."""

import asyncio
import contextvars
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from flask import Flask

from engage import clock, flow
from engage.accounts import glance, service
from engage.accounts.models import User
from engage.asgi import House
from engage.config import Settings
from engage.db import db, transaction
from engage.leaderboards import jobs, parts, publishing
from engage.live.app import Live
from engage.partners.models import Partner
from engage.partners.service import Profile
from engage.programmes import service as programmes
from engage.web import door
from engage.web.health import REGISTRY
from tests.browsing import browser
from tests.conftest import NOW, PROFILES, PROGRAMME, Cast, publish, record, sale
from tests.houses import Houses
from tests.live.test_app import Sessions

PAGE, ROWS, ME = "/leaderboards/sales", "/leaderboards/sales/rows", "/leaderboards/sales/me"


BOARD_OF_GOLD = """
[[boards]]
slug = "gold"
name = "The golden ones"
measure = "amount"
on = "sale"
period = "quarter"
audience = { tier = ["Gold"] }
"""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def lasting(self) -> Any:
        """The answer but for the form token, which is another one each second."""
        text = re.sub(r'(X-CSRFToken": "|csrf_token" value=")[^"]+', r"\1", self.text)
        return self.status, self.headers | {"content-length": ""}, text


class Time:
    """The clock of these tests."""

    now = NOW


class Doors:
    """The house as its server sees it; ``asked`` are the addresses that came as far as Flask.

    Each look is a second behind the one before, so that no two changes are of one burst; or a ``pause``.
    """

    pause = timedelta(seconds=1)

    def __init__(self, app: Flask, memory: int = 2**20) -> None:
        self.app = app
        self.asked: list[str] = []
        live = Live("unix:///nowhere", Sessions())
        inner = app.wsgi_app

        def heard(environ: Any, start_response: Any) -> Any:
            self.asked.append(environ["PATH_INFO"])
            return inner(environ, start_response)

        app.wsgi_app = heard  # type: ignore[method-assign]
        self.house = House(app, live, memory=memory)

    def get(self, path: str, cookie: str, method: str = "GET", **headers: str) -> Answer:
        """One request; who asks within a test sees what the test has made."""
        db.session.commit()
        Time.now += self.pause
        return contextvars.Context().run(asyncio.run, self._get(path, cookie, method, headers))

    async def _get(self, path: str, cookie: str, method: str, headers: dict[str, str]) -> Answer:
        address, _, query = path.partition("?")
        said = {"host": "localhost", "cookie": cookie, "accept-language": "en-US"}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": address,
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in said.items()],
        }
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.house(scope, receive, send)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        found.pop("date", None)  # the server's own says more
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], found, body.decode())


@pytest.fixture
def app(request: pytest.FixtureRequest, settings: Settings, houses: Houses) -> Iterator[Flask]:
    with houses.open(getattr(request, "param", "sqlite"), settings) as app:
        yield app


@pytest.fixture
def doors(app: Flask, cast: Cast) -> Doors:
    return Doors(app)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    Time.now = NOW
    monkeypatch.setattr(clock, "now", lambda: Time.now)


def cookie(app: Flask, user: User, **more: Any) -> str:
    """The session of somebody who was here today."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    said = {"_user_id": service.session_id(user), "day": NOW.date().isoformat()}
    said |= {"csrf_token": "0" * 40, "_permanent": True, "_fresh": True}
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(said | more)}"


@pytest.mark.parametrize("path", [PAGE, ROWS, ME, f"{PAGE}?scope=region%3DNorthwest"])
def test_what_was_shown_is_shown_again_without_flask(doors: Doors, cast: Cast, path: str):
    mine = cookie(doors.app, cast.alice.user)
    first, again = doors.get(path, mine), doors.get(path, mine)
    assert first.status == 200
    assert again == first
    assert len(doors.asked) == 1


def test_a_fragment_that_is_there_already_is_not_sent_again(doors: Doors, cast: Cast):
    mine = cookie(doors.app, cast.alice.user)
    tag = doors.get(ROWS, mine).headers["etag"]
    told = doors.get(ROWS, mine, if_none_match=f'"other", W/{tag}')
    assert (told.status, told.text, told.headers["etag"]) == (304, "", tag)
    assert len(doors.asked) == 1
    plain = doors.get(ROWS, cookie(doors.app, cast.alice.user), if_none_match=tag)
    assert told == plain  # which Flask said
    record(cast.programme, sale("b-9", "B1", "9000"))
    assert doors.get(ROWS, mine, if_none_match=tag).status == 200
    # Who has it already when the door sees them first is remembered, too.
    rival = cookie(doors.app, cast.charlie.user)
    tag = doors.get(ROWS, mine).headers["etag"]
    doors.asked.clear()
    assert [doors.get(ROWS, rival, if_none_match=tag).status for _ in range(2)] == [304, 304]
    assert len(doors.asked) == 1
    assert doors.get(ROWS, rival) == doors.get(ROWS, mine)


def _moved(cast: Cast) -> None:
    moved = PROFILES[0]._replace(region="Northeast", organisation="Elsewhere")
    flow.enrol(programmes.by_slug("resellers"), [moved], now=NOW)


def _renamed(cast: Cast) -> None:
    flow.enrol(programmes.by_slug("resellers"), [PROFILES[2]._replace(name="New name")], now=NOW)


def _seen(visibility: str) -> Callable[[Cast], None]:
    def work(cast: Cast) -> None:
        rival = db.session.get_one(Partner, cast.charlie.partner.id)  # type: ignore[union-attr]
        flow.show(programmes.by_slug("resellers"), rival, visibility, "The Fox", now=NOW)

    return work


def _left(cast: Cast) -> None:
    rival = db.session.get_one(Partner, cast.charlie.partner.id)  # type: ignore[union-attr]
    flow.part(programmes.by_slug("resellers"), rival, date(2013, 4, 9), now=NOW)


def _me(**values: Any) -> Callable[[Cast], None]:
    def work(cast: Cast) -> None:
        for name, value in values.items():
            setattr(db.session.get_one(User, cast.alice.user.id), name, value)

    return work


CHANGES: dict[str, Callable[[Cast], Any]] = {
    "a fact": lambda c: record(c.programme, sale("b-9", "B1", "9000")),
    "a fact of another period": lambda c: record(c.programme, sale("a-0", "A1", "1", date(2013, 1, 2))),
    "a pseudonym": _seen("pseudonym"),
    "a name again": _seen("named"),
    "hidden": _seen("hidden"),
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
    transaction(lambda: flow.enrol(programmes.by_slug("resellers"), others, now=NOW))
    record(cast.programme, *(sale(f"x-{n}", f"X{n}", "100") for n in range(5)))
    Time.now = summer = datetime(2013, 7, 1, 12, tzinfo=UTC)
    jobs.turn(summer)
    mine = cookie(doors.app, cast.alice.user, day="2013-07-01")
    assert "league%3D1" in doors.get(PAGE, mine).text
    record(cast.programme, sale("a-1", "A1", "1"), sale("a-2", "A1", "1"), now=summer)
    assert "league%3D1" in doors.get(PAGE, mine).text
    told = ("sales", "Those were other people's sales")
    by = cast.mia.user.id
    transaction(lambda: flow.redraw(programmes.by_slug("resellers"), *told, by=by, now=summer))
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


def test_a_fact_makes_new_only_what_it_moves(
    doors: Doors, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    others = [Profile(f"X{n}", f"Partner {n}") for n in range(51)]
    transaction(lambda: flow.enrol(programmes.by_slug("resellers"), others, now=NOW))
    record(cast.programme, *(sale(f"x-{n}", f"X{n}", str(1000 - n)) for n in range(51)))
    mine = cookie(doors.app, cast.alice.user)
    made: list[str] = []

    def counting(name: str) -> None:
        make = getattr(parts, name)
        monkeypatch.setattr(parts, name, lambda *told: made.append(name) or make(*told))

    counting("me"), counting("rows")

    def look(*, says: list[str], as_of: int) -> str:
        """What the page says, of that version and minute: made of these parts anew."""
        made.clear()
        shown = doors.get(PAGE, mine).lasting
        assert made == says
        assert shown == Doors(doors.app, memory=0).get(PAGE, mine).lasting
        assert f"As of 11:0{as_of}" in shown[2]
        return re.sub("data-version=.[0-9]+", "", shown[2])

    doors.get(PAGE, mine)
    record(cast.programme, sale("near", "C1", "0.5"), now=Time.now)
    before = look(says=["me", "rows"], as_of=0)
    record(cast.programme, sale("far", "X50", "0.5"), now=Time.now)  # nobody moves that is shown
    assert look(says=[], as_of=0) == before
    Time.now += timedelta(minutes=1)
    record(cast.programme, sale("farther", "X50", "0.5"), now=Time.now)
    assert look(says=["rows"], as_of=1) == before.replace("11:00", "11:01")
    record(cast.programme, sale("in sight", "X9", "0.5"), now=Time.now)
    assert look(says=["rows"], as_of=1) != before


def test_what_came_behind_the_close_of_a_result_is_told_at_once(doors: Doors, cast: Cast):
    closed = datetime(2013, 7, 20, 12, tzinfo=UTC)
    Time.now = closed
    jobs.turn(closed)
    mine = cookie(doors.app, cast.alice.user, day="2013-07-20")
    for late in ("a-8", "a-9"):
        for path in (PAGE, ME):
            shown = f"{path}?period=2013-Q2"
            doors.get(shown, mine)
            record(cast.programme, sale(f"{late}{path}", "A1", "77"), now=Time.now)
            told = doors.get(shown, mine)
            assert told.lasting == Doors(doors.app, memory=0).get(shown, mine).lasting
            assert "$77.00" in told.text


def test_who_joins_those_level_with_a_neighbour_moves_its_rank(doors: Doors, cast: Cast):
    others = [Profile(f"X{n}", f"Partner {n}") for n in range(6)]
    transaction(lambda: flow.enrol(programmes.by_slug("resellers"), others, now=NOW))
    sold = {"X5": "9000", "X0": "8000"}
    record(cast.programme, *(sale(f"x-{n}", f"X{n}", sold.get(f"X{n}", "7000")) for n in range(6)))
    mine = cookie(doors.app, cast.alice.user)
    before = doors.get(ME, mine).text
    record(cast.programme, sale("x-0", "X0", "7000"))  # out of sight: alice stays where she is
    assert doors.get(ME, mine).text == Doors(doors.app, memory=0).get(ME, mine).text != before


def _sold(cast: Cast, amount: str) -> None:
    """Bob's one sale comes to that much."""
    record(cast.programme, sale("b-1", "B1", amount), now=Time.now)


def test_a_lone_fact_is_there_at_the_next_look_and_a_burst_at_its_end(doors: Doors, cast: Cast):
    mine = cookie(doors.app, cast.alice.user)
    doors.get(PAGE, mine)
    _sold(cast, "9001")
    doors.pause = timedelta(milliseconds=20)
    assert "9,001" in doors.get(PAGE, mine).text
    for more in range(10):  # twenty milliseconds each
        _sold(cast, f"{9010 + more}")
        assert "9,001" in doors.get(PAGE, mine).text
    told = doors.get(PAGE, mine, board_version="999999").text
    assert "9,019" in told  # who was told of a change sees it
    _sold(cast, "9020")
    assert "9,019" in doors.get(PAGE, mine).text
    doors.pause = timedelta(milliseconds=250)
    assert "9,020" in doors.get(PAGE, mine).text
    assert "9,020" in doors.get(ROWS, mine).text
    assert doors.get(PAGE, mine).lasting == Doors(doors.app, memory=0).get(PAGE, mine).lasting


def test_what_is_no_fact_is_honoured_in_a_burst_at_once(doors: Doors, cast: Cast):
    mine = cookie(doors.app, cast.alice.user)
    doors.get(PAGE, mine)
    doors.pause = timedelta(milliseconds=1)
    names = ("The Fox", "Charlie &amp; Sons")
    for change, says in (("pseudonym", names[0]), ("hidden", None), ("named", names[1])):
        for amount in ("9001", "9002"):
            _sold(cast, amount)
            doors.get(PAGE, mine), doors.get(ROWS, mine)
        transaction(lambda change=change: _seen(change)(cast))
        for path in (PAGE, ROWS):
            text = doors.get(path, mine).text
            assert [name for name in names if name in text] == [says] * bool(says), (change, path)


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

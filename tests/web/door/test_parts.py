"""Of a board's page the door makes new what a fact moved, when it is to be seen, and nothing else."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engage import membership
from engage.accounts import service as accounts
from engage.db import transaction
from engage.leaderboards import jobs, parts
from engage.leaderboards import service as boards
from engage.partners.service import Profile
from engage.programmes import service as programmes
from tests.conftest import NOW, Cast, record, sale
from tests.web.door.conftest import ME, PAGE, ROWS, Doors, Time, cookie, seen


def test_a_fragment_that_is_there_already_is_not_sent_again(doors: Doors, cast: Cast):
    mine = cookie(doors.app, cast.alice.user)
    tag = doors.get(ROWS, mine).headers["etag"]
    told = doors.get(ROWS, mine, if_none_match=f'"other", W/{tag}')
    assert (told.status, told.text, told.headers["etag"]) == (304, "", tag)
    assert doors.get(ROWS, mine, if_none_match="*").status == 304
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


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of parts that are made, from now on."""
    made: list[str] = []

    def counting(name: str) -> None:
        make = getattr(parts, name)
        monkeypatch.setattr(parts, name, lambda *told: made.append(name) or make(*told))

    counting("me"), counting("rows")
    return made


def test_a_fact_makes_new_only_what_it_moves(
    doors: Doors, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    others = [Profile(f"X{n}", f"Partner {n}") for n in range(51)]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), others, now=NOW))
    record(cast.programme, *(sale(f"x-{n}", f"X{n}", str(1000 - n)) for n in range(51)))
    mine = cookie(doors.app, cast.alice.user)
    made = counted(monkeypatch)

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


@pytest.mark.parametrize("app", ["sqlite", "postgresql"], indirect=True)
def test_what_somebody_looked_at_is_made_before_anybody_asks_again(
    doors: Doors, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    first, last = (cookie(doors.app, who.user) for who in (cast.alice, cast.charlie))
    made = counted(monkeypatch)

    def made_for(look: Callable[[], object]) -> list[str]:
        made.clear()
        look()
        return list(made)

    def another_sale() -> None:
        number = version(cast) + 1
        record(cast.programme, sale(f"t-{number}", "A1", "10"), now=Time.now)
        doors.tell(cast, number)

    assert made_for(another_sale) == []  # nobody ever looked
    doors.get(PAGE, first), doors.get(PAGE, last)
    assert made_for(another_sale) == ["me", "rows"]
    assert made_for(lambda: doors.get(PAGE, last)) == []
    assert doors.get(PAGE, last).lasting == Doors(doors.app, memory=0).get(PAGE, last).lasting
    assert made_for(lambda: doors.get(PAGE, first)) == ["me"]  # nobody else's
    assert made_for(another_sale) == ["me", "rows"]
    assert made_for(another_sale) == []  # nobody looked at what was made
    doors.get(PAGE, first)
    transaction(lambda: accounts.take_seat(cast.alice.user.id, cast.alice.partner, NOW))  # type: ignore[arg-type]
    assert made_for(another_sale) == []


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
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), others, now=NOW))
    sold = {"X5": "9000", "X0": "8000"}
    record(cast.programme, *(sale(f"x-{n}", f"X{n}", sold.get(f"X{n}", "7000")) for n in range(6)))
    mine = cookie(doors.app, cast.alice.user)
    before = doors.get(ME, mine).text
    record(cast.programme, sale("x-0", "X0", "7000"))  # out of sight: alice stays where she is
    assert doors.get(ME, mine).text == Doors(doors.app, memory=0).get(ME, mine).text != before


def _sold(cast: Cast, amount: str) -> None:
    """Bob's one sale comes to that much."""
    record(cast.programme, sale("b-1", "B1", amount), now=Time.now)


def version(cast: Cast) -> int:
    board = boards.board(cast.programme, "sales")
    assert board
    return board.model.version


def test_a_lone_fact_is_there_at_the_next_look_and_a_burst_at_its_end(doors: Doors, cast: Cast):
    mine = cookie(doors.app, cast.alice.user)
    doors.get(PAGE, mine)
    _sold(cast, "9001")
    doors.pause = timedelta(milliseconds=20)
    assert "9,001" in doors.get(PAGE, mine).text
    for more in range(10):  # twenty milliseconds each
        _sold(cast, f"{9010 + more}")
        assert "9,001" in doors.get(PAGE, mine).text
    assert "9,001" in doors.get(PAGE, mine, board_version="999999").text
    told = doors.get(PAGE, mine, board_version=str(version(cast))).text
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
        transaction(lambda change=change: seen(change)(cast))
        for path in (PAGE, ROWS):
            text = doors.get(path, mine).text
            assert [name for name in names if name in text] == [says] * bool(says), (change, path)

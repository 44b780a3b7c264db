from engage.live.log import Entry, Log
from engage.live.rules import Change, Viewer

ANNA = Viewer(who="user 1", programme_id=1, partner_id=7, role="partner")
BEN = Viewer(who="user 2", programme_id=1, partner_id=8, role="partner")


def entry(number: int, board: str = "sales", **more) -> Entry:
    change = more.get("change") or Change(1, "everyone", "board", {"board": board}, number)
    return Entry(number, more.get("at", float(number)), change, f"{board}{number} ".encode())


def test_who_missed_two_changes_of_a_board_gets_the_newer_alone():
    log = Log(0)
    for number, board in enumerate(("sales", "growth", "sales"), 1):
        log.add(entry(number, board))
    assert log.after(0, ANNA) == [b"growth2 ", b"sales3 "]
    assert log.after(2, ANNA) == [b"sales3 "]
    assert log.after(3, ANNA) == []


def test_a_page_gets_what_came_since_it_was_made():
    log = Log(0)
    log.add(entry(1, "sales", at=10))
    log.add(entry(2, "growth", at=20))
    assert log.since(15, ANNA) == [b"growth2 "]


def test_nobody_is_caught_up_with_what_was_not_meant_for_them():
    log = Log(0)
    log.add(entry(1, "home", change=Change(1, 7, "partner", {"partner": 7})))
    assert log.after(0, ANNA) == [b"home1 "]
    assert log.after(0, BEN) == []


def test_what_is_forgotten_is_not_passed_over_in_silence():
    log = Log(0, limit=2)
    for number in (1, 2, 3):
        log.add(entry(number, f"board{number}"))
    assert log.after(0, ANNA) is None
    assert log.since(0.5, ANNA) is None
    assert log.after(1, ANNA) == [b"board22 ", b"board33 "]


def test_after_a_gap_nothing_before_it_is_known():
    log = Log(0)
    log.add(entry(1))
    log.forget(2, now=5)
    assert log.after(1, ANNA) is None
    assert log.since(4, ANNA) is None
    assert log.after(2, ANNA) == []
    assert log.since(6, ANNA) == []

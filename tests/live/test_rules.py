import json

import pytest

from engage.live import publish
from engage.live.rules import BadMessage, Change, Viewer, frame, read

ANNA = Viewer(who="user 1", programme_id=1, partner_id=7, role="partner")
BEN = Viewer(who="user 2", programme_id=1, partner_id=8, role="partner")
MAYA = Viewer(who="user 3", programme_id=1, partner_id=None, role="manager")
WALL = Viewer(who="screen 1", programme_id=1, partner_id=None, role="screen")
ELSEWHERE = Viewer(who="user 4", programme_id=2, partner_id=7, role="partner")


def heard_by(change: Change) -> list[Viewer]:
    return [
        viewer
        for viewer in (ANNA, BEN, MAYA, WALL, ELSEWHERE)
        if viewer.hears(change.programme_id, change.audience)
    ]


def test_a_board_is_heard_by_its_whole_programme_and_no_other():
    assert heard_by(read(json.dumps(publish.board_changed(1, "sales", 12)))) == [
        *(ANNA, BEN, MAYA),
        WALL,
    ]


def test_a_partners_own_news_reaches_nobody_else():
    assert heard_by(read(json.dumps(publish.partner_changed(1, 7)))) == [ANNA]


def test_films_in_the_making_are_the_managers_business():
    assert heard_by(read(json.dumps(publish.videos_changed(1, 3)))) == [MAYA]


def test_what_is_celebrated_is_for_the_walls_alone_and_none_takes_the_place_of_another():
    one, other = (read(json.dumps(publish.celebrated(1, what))) for what in "ab")
    assert heard_by(one) == [WALL]
    assert one.key != other.key


def test_a_film_without_a_batch_is_told_too():
    assert read(json.dumps(publish.videos_changed(1, None))).data == {"batch": None}


def test_changes_of_one_board_are_about_the_same_thing_and_those_of_two_are_not():
    sales = [read(json.dumps(publish.board_changed(1, "sales", version))) for version in (1, 2)]
    growth = read(json.dumps(publish.board_changed(1, "growth", 1)))
    other_programme = read(json.dumps(publish.board_changed(2, "sales", 1)))
    assert sales[0].key == sales[1].key
    assert len({sales[0].key, growth.key, other_programme.key}) == 3


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"topic": "board"}', "'programme'"),
        ('{"programme": 1, "topic": "board", "board": "", "version": 1}', "'board'"),
        ('{"programme": 1, "topic": "board", "board": "sales"}', "'version'"),
        ('{"programme": 1, "topic": "board", "board": "sales", "version": true}', "'version'"),
        ('{"programme": 1, "topic": "partner", "partner": "7"}', "'partner'"),
        ('{"programme": 1, "topic": "celebration", "what": 7}', "'what'"),
        ('{"programme": 1, "topic": "weather"}', "unknown 'topic' 'weather'"),
    ],
)
def test_a_bad_message_is_refused_and_its_field_named(message: str, problem: str):
    with pytest.raises(BadMessage, match=problem):
        read(message)


def test_a_frame_is_an_event_of_the_standard():
    assert frame("board", {"board": "sales", "version": 12}, "ab.3") == (
        b'id: ab.3\nevent: board\ndata: {"board":"sales","version":12}\n\n'
    )


def test_a_slug_cannot_break_out_of_its_frame():
    made = frame("board", {"board": "a\n\ndata: b\r\nevent: reset"})
    assert made.count(b"\n") == 3
    assert b"\r" not in made

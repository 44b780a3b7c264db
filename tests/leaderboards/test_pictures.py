"""What was frozen and what became final stays as it was, whatever comes afterwards."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engage import effect, membership, periods, proof
from engage.db import db, transaction
from engage.leaderboards import jobs, late, pictures, ranking, rules, service
from engage.leaderboards.models import Picture, PictureLine
from engage.leaderboards.moments import Stage
from engage.leaderboards.published import Published
from engage.leaderboards.tally import tally
from engage.partners.models import Partner
from engage.programmes import service as programmes
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale

Q2 = periods.parse("2013-Q2")
FROZEN = "2013-06-28T00:00-04:00"
OVER = "2013-07-01T00:00-04:00"
FINAL = "2013-07-04T00:00-04:00"
FREEZES = PROGRAMME.replace(
    'by = "partner"', 'by = "partner"\nfreeze = "3d"\nfinal_after = "3d"', 1
)


def at(text: str, minutes: int = 0) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) + timedelta(minutes=minutes)


def board(slug: str = "sales") -> Published:
    found = service.board(programmes.by_slug("resellers"), slug)
    assert found
    return found


def scores(period: str = "2013-Q2", **how: bool) -> dict[str, str]:
    """Natural scores by external id, in the order of the board."""
    programme, published = programmes.by_slug("resellers"), board()
    found = ranking.ranking(programme, published, periods.parse(period), **how)  # type: ignore[arg-type]
    seen = pictures.as_seen(programme, published, periods.parse(period), **how)
    return {
        row.external_id or row.name: ranking.natural_score(seen, row.score) for row in found.rows
    }


def stage(now: datetime) -> Stage:
    return pictures.stage(programmes.by_slug("resellers"), board(), Q2, now)


BEFORE = {"A1": "6000.0000", "C1": "5000.0000", "B1": "4000.0000"}
AFTER = {"B1": "13000.0000", "A1": "6000.0000", "C1": "5000.0000"}


def bobs_win(cast: Cast, now: datetime) -> None:
    record(cast.programme, sale("b-9", "B1", "9000", date(2013, 4, 9)), now=now)


@pytest.mark.parametrize("by", ["the schedule", "the fact itself"])
def test_a_fact_behind_the_cut_off_does_not_move_what_is_final(cast: Cast, by: str):
    if by == "the schedule":
        jobs.turn(at(FINAL))
    bobs_win(cast, at(FINAL))
    assert scores() == BEFORE
    assert scores(live=True) == AFTER
    assert stage(at(FINAL, 5)) == Stage("final", at(FINAL))


def test_a_fact_before_the_cut_off_moves_what_is_provisional(cast: Cast):
    jobs.turn(at(OVER))
    bobs_win(cast, at(FINAL, -1))
    assert scores() == AFTER
    assert stage(at(FINAL, -1)) == Stage("provisional", at(FINAL))
    jobs.turn(at(FINAL, 300))
    assert scores() == AFTER
    assert stage(at(FINAL, 300)) == Stage("final", at(FINAL))


def test_a_period_that_was_over_before_its_board_is_never_closed(cast: Cast):
    record(cast.programme, sale("b-0", "B1", "700", date(2013, 2, 1)), now=at(FINAL))
    assert scores("2013-Q1") == {"B1": "700.0000"}
    programme = programmes.by_slug("resellers")
    told = pictures.stage(programme, board(), periods.parse("2013-Q1"), at(FINAL))
    assert told == Stage("history")


def test_what_is_final_is_what_the_facts_known_at_the_cut_off_say(cast: Cast):
    bobs_win(cast, at(OVER))
    record(cast.programme, sale("b-9", "B1", "100", date(2013, 6, 27)), now=at(FINAL, 1))
    record(cast.programme, sale("c-9", "C1", "70", date(2013, 6, 27)), now=at(FINAL, 2))
    programme = programmes.by_slug("resellers")
    seen = pictures.as_seen(programme, board(), Q2)
    assert seen.picture
    again = db.session.execute(tally(programme, seen, Q2)).all()
    lines = db.session.query(PictureLine).filter_by(picture_id=seen.picture.id)
    assert {row.member_id: row.score for row in again} == {
        line.member_id: line.score for line in lines
    }
    assert proof.check(programme).ok


def test_each_period_is_closed_once_and_in_its_turn_however_late_that_comes(cast: Cast):
    publish(PROGRAMME.replace('period = "quarter"\nby', 'period = "week"\nby'))
    jobs.turn(at("2013-05-01T12:00-04:00"))
    jobs.turn(at("2013-05-01T12:00-04:00"))
    closed = db.session.query(Picture).filter_by(board_id=board().model.id).order_by(Picture.id)
    assert [p.period for p in closed] == ["2013-W15", "2013-W16"]
    assert board().model.turns_at == at("2013-05-02T00:00-04:00")


def test_a_result_is_told_as_it_was_measured_though_the_board_measures_otherwise_now(cast: Cast):
    jobs.turn(at(FINAL))
    publish(PROGRAMME.replace('"amount"\non = "sale"', '"facts"\non = "sale"'), at(FINAL, 9))
    assert scores() == BEFORE


@pytest.mark.parametrize("by", ["the schedule", "the fact itself"])
def test_while_a_board_is_frozen_everybody_sees_it_as_it_was_and_hears_no_news(cast: Cast, by: str):
    publish(FREEZES)
    if by == "the schedule":
        jobs.turn(at(FROZEN))
        version = board().model.version
    bobs_win(cast, at(FROZEN))
    if by == "the schedule":
        assert board().model.version == version
    version, changed = board().model.version, board().model.changed_at
    assert stage(at(FROZEN, 5)) == Stage("frozen", at(FROZEN))
    assert scores() == BEFORE
    assert scores(live=True) == AFTER
    record(cast.programme, sale("c-9", "C1", "9", date(2013, 6, 28)), now=at(FROZEN, 60))
    assert (board().model.version, board().model.changed_at) == (version, changed)
    jobs.turn(at(OVER))
    assert scores() == AFTER | {"C1": "5009.0000"}
    assert board().model.version == version + 1


@pytest.mark.parametrize("period", ["2013", "2013-04", "2013-04-09", "all"])
def test_no_other_stretch_of_days_tells_what_a_frozen_board_does_not(cast: Cast, period: str):
    publish(FREEZES)
    jobs.turn(at(FROZEN))
    before = scores(period)
    bobs_win(cast, at(FROZEN, 1))
    record(cast.programme, sale("a-1", "A1", "1"), now=at(FROZEN, 2))
    assert scores(period) == before
    assert scores(period, live=True) != before


def test_a_manager_freezes_by_hand_and_lifts_it_with_a_reason(cast: Cast):
    def freeze(on: bool, minutes: int) -> None:
        transaction(
            lambda: effect.freeze(
                programmes.by_slug("resellers"),
                *(["sales"], "The gala"),
                on=on,
                by=cast.mia.user.id,
                now=NOW + timedelta(minutes=minutes),
            )
        )

    freeze(on=True, minutes=1)
    bobs_win(cast, NOW + timedelta(minutes=2))
    assert scores() == BEFORE
    with pytest.raises(pictures.Refused):
        freeze(on=True, minutes=3)
    freeze(on=False, minutes=4)
    assert scores() == AFTER
    with pytest.raises(pictures.Refused):
        freeze(on=False, minutes=5)


def test_a_freeze_that_was_lifted_by_hand_does_not_come_back(cast: Cast):
    publish(FREEZES)
    jobs.turn(at(FROZEN))
    transaction(
        lambda: effect.freeze(
            programmes.by_slug("resellers"),
            *(["sales"], "No secrets"),
            on=False,
            by=cast.mia.user.id,
            now=at(FROZEN, 1),
        )
    )
    publish(FREEZES.replace("Sales this quarter", "Sales"), at(FROZEN, 2))
    jobs.turn(at(FROZEN, 3))
    assert stage(at(FROZEN, 3)) == Stage("running")


def test_who_goes_off_the_board_leaves_what_is_final_and_what_is_frozen_too(cast: Cast):
    jobs.turn(at(FINAL))
    transaction(
        lambda: membership.show(
            programmes.by_slug("resellers"),
            db.session.get_one(Partner, cast.alice.partner.id),
            "hidden",
            None,
            now=at(FINAL, 1),
        )
    )
    assert list(scores()) == ["C1", "B1"]


@pytest.mark.parametrize("tie", rules.TIES)
def test_a_picture_ranks_without_those_who_hid_since_and_as_its_board_did(cast: Cast, tie: str):
    publish(FREEZES.replace('by = "partner"', f'by = "partner"\ntie = "{tie}"', 1))
    record(cast.programme, sale("c-2", "C1", "1000"))
    jobs.turn(at(FROZEN))
    bobs_win(cast, at(FROZEN, 5))

    def ranks() -> list[tuple[str | None, int, int]]:
        here, found = programmes.by_slug("resellers"), []
        for person in (cast.alice, cast.bob, cast.charlie):
            assert person.partner
            near = ranking.around(here, board(), Q2, person.partner.id, reach=0)
            found += [(row.external_id, row.rank, near.ranked) for row in near.rows if row.listed]
        assert not list(service.differing_standings(here))
        return found

    level = {"competition": 3, "dense": 2, "first": 3}[tie]
    second = 2 if tie == "first" else 1
    assert ranks() == [("A1", second, 3), ("B1", level, 3), ("C1", 1, 3)]
    transaction(
        lambda: membership.show(cast.programme, cast.alice.partner, "hidden", None, now=NOW)
    )
    assert ranks() == [("B1", 2, 2), ("C1", 1, 2)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE board_picture_lines SET score = 1",
        "DELETE FROM board_picture_lines",
        "UPDATE board_pictures SET taken_at = NULL",
        "DELETE FROM board_pictures",
    ],
)
def test_the_database_itself_keeps_what_is_final(cast: Cast, statement: str):
    jobs.turn(at(FINAL))
    with pytest.raises(DBAPIError):
        transaction(lambda: db.session.execute(text(statement)))


def test_what_came_after_the_close_is_listed_with_what_it_would_have_changed(cast: Cast):
    jobs.turn(at(FINAL))
    bobs_win(cast, at(FINAL))
    record(cast.programme, sale("c-1", "C1", "500"), now=at(FINAL, 1))
    record(cast.programme, sale("c-2", "C1", "1"), sale("c-2", "C1", "0"), now=at(FINAL, 2))
    programme = programmes.by_slug("resellers")
    seen = pictures.as_seen(programme, board(), Q2)
    told = late.raw(programme, seen, Q2)
    assert [tuple(moved.values()) for moved in told["moved"]] == [
        ("B1", "Bob's Wheels", "4000.0000", "13000.0000", 3, 1),
        ("C1", "Charlie & Sons", "5000.0000", "500.0000", 2, 3),
    ]
    facts = [(fact["external_id"], fact["amount"], fact["taken_back"]) for fact in told["facts"]]
    assert set(facts[1:]) == {
        ("b-9", "9000.0000", False),
        ("c-1", "500.0000", False),
        ("c-1", "5000.0000", True),
    }
    assert facts[0][0] == "c-2"


def test_of_what_came_after_the_close_those_facts_are_listed_that_the_board_counts(cast: Cast):
    kept = 'where = { amount = { from = "100" } }\naudience = { region = ["Northeast"] }'
    publish(FREEZES.replace('by = "partner"', f'by = "partner"\n{kept}', 1))
    jobs.turn(at(FINAL))
    late_ones = [
        ("c-2", "C1", "100"),
        ("c-3", "C1", "99"),
        ("c-4", "C1", "-200"),
        ("a-9", "A1", "500"),
    ]
    record(cast.programme, *(sale(*one) for one in late_ones), now=at(FINAL, 1))
    programme = programmes.by_slug("resellers")
    seen = pictures.as_seen(programme, board(), Q2)
    told = late.raw(programme, seen, Q2)
    assert {fact["external_id"] for fact in told["facts"]} == {"c-2", "c-4"}
    assert [moved["partner"] for moved in told["moved"]] == ["C1"]


def test_nothing_came_after_the_close_where_nothing_did(cast: Cast):
    jobs.turn(at(FINAL))
    programme = programmes.by_slug("resellers")
    seen = pictures.as_seen(programme, board(), Q2)
    assert late.raw(programme, seen, Q2) == {"moved": [], "facts": []}

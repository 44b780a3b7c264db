"""What becomes of facts: paid once, by the rules, with every line accounted for."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from engage import flow, membership, proof
from engage.db import db, transaction
from engage.leaderboards import service as leaderboards
from engage.leaderboards.models import Board
from engage.leaderboards.ranking import natural_score, ranking
from engage.ledger import service as ledger
from engage.ledger.models import Account, Transfer
from engage.missions import service as missions
from engage.outbox import service as outbox
from engage.partners.service import Profile
from engage.periods import parse
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from tests.conftest import NOW, PROFILES, PROGRAMME, Cast, publish, record, sale


def test_a_sale_earns_what_the_rules_say(cast: Cast) -> None:
    assert ledger.balances(cast.alice.partner.id) == {"points": 6000, "USD": 1000}


def test_fractions_are_kept_on_the_running_total(cast: Cast) -> None:
    for number in range(4):
        record(cast.programme, sale(f"b-f{number}", "B1", "0.75", date(2013, 4, 9)))
    points = [
        line.transfer.amount
        for line in reversed(ledger.lines(cast.bob.partner.id))
        if line.transfer.unit == "points" and line.transfer.rule_version_id
    ]
    assert points == [4000, 1, 1, 1], "4 x 0.75 is 3 points, the first 0.75 none"


def test_a_cap_is_never_passed_and_a_return_makes_room_below_it(cast: Cast) -> None:
    record(cast.programme, sale("c-2", "C1", "60000", date(2013, 4, 6)))
    assert ledger.balances(cast.charlie.partner.id)["points"] == 50000
    record(cast.programme, sale("c-3", "C1", "-20000", date(2013, 4, 7)))
    assert ledger.balances(cast.charlie.partner.id)["points"] == 45000


def test_a_repeated_fact_changes_nothing(cast: Cast) -> None:
    before = proof.digest(cast.programme)
    outcome = record(cast.programme, sale("a-1", "A1", "2500"))
    assert outcome.answers == ["unchanged"]
    assert outcome.owed == []
    assert proof.digest(cast.programme) == before


def test_a_correction_posts_differences_and_keeps_every_line(cast: Cast) -> None:
    lines = len(ledger.lines(cast.alice.partner.id))
    outcome = record(cast.programme, sale("a-1", "A1", "1250"))
    assert outcome.answers == ["corrected"]
    assert ledger.balances(cast.alice.partner.id) == {"points": 4750, "USD": 0}
    assert len(ledger.lines(cast.alice.partner.id)) > lines
    assert proof.check(cast.programme).ok


def test_a_correction_may_move_a_fact_to_another_partner(cast: Cast) -> None:
    record(cast.programme, sale("a-1", "C1", "2500"))
    assert ledger.balances(cast.alice.partner.id)["points"] == 3500
    assert ledger.balances(cast.charlie.partner.id)["points"] == 7500
    assert proof.check(cast.programme).ok


def test_a_late_fact_is_paid_as_if_it_had_come_in_time(cast: Cast) -> None:
    record(cast.programme, sale("c-0", "C1", "9000", date(2013, 4, 1)))
    assert ledger.balances(cast.charlie.partner.id) == {"points": 14000, "USD": 5000 + 8000}
    assert proof.check(cast.programme).ok


def test_a_fact_of_another_category_earns_no_bike_points(cast: Cast) -> None:
    record(cast.programme, sale("b-2", "B1", "500", category="Clothing"))
    assert ledger.balances(cast.bob.partner.id)["points"] == 4000


def test_an_unknown_partner_a_future_and_a_foreign_currency_are_refused_by_name(cast: Cast) -> None:
    outcome = record(
        cast.programme,
        sale("x-1", "Z9", "1"),
        sale("x-2", "A1", "1", date(2013, 5, 1)),
        sale("x-3", "A1", "1")._replace(currency="EUR"),
        sale("x-4", "A1", "1"),
    )
    assert outcome.answers == ["problem", "problem", "problem", "new"]
    assert [(problem.position, problem.column) for problem in outcome.problems] == [
        (0, "partner"),
        (1, "occurred_at"),
        (2, "currency"),
    ]


def test_the_same_id_twice_in_a_batch_is_a_correction(cast: Cast) -> None:
    outcome = record(cast.programme, sale("n-1", "B1", "10"), sale("n-1", "B1", "20"))
    assert outcome.answers == ["new", "corrected"]
    assert ledger.balances(cast.bob.partner.id)["points"] == 4020
    assert proof.check(cast.programme).ok


def test_a_stage_opens_with_the_one_before_and_counts_from_the_start(cast: Cast) -> None:
    record(cast.programme, sale("a-3", "A1", "14000", date(2013, 4, 9)))
    mission = missions.views(cast.programme, cast.alice.partner, date(2013, 4, 10))[0]
    assert [stage.reached for stage in mission.stages] == [True, True]
    assert [
        line.transfer.unit for line in ledger.lines(cast.alice.partner.id) if line.transfer.stage_id
    ] == [
        "USD",
        "points",
    ]


def test_a_stage_undone_by_a_correction_takes_its_reward_back_visibly(cast: Cast) -> None:
    record(cast.programme, sale("a-3", "A1", "14000", date(2013, 4, 9)))
    record(cast.programme, sale("a-3", "A1", "100", date(2013, 4, 9)))
    rewards = [
        line.transfer.amount
        for line in ledger.lines(cast.alice.partner.id)
        if line.transfer.stage_id and line.transfer.unit == "USD"
    ]
    assert rewards == [-10000, 10000]
    assert proof.check(cast.programme).ok


def test_a_mission_does_not_speak_to_those_outside_its_audience(cast: Cast) -> None:
    assert missions.views(cast.programme, cast.charlie.partner, date(2013, 4, 10)) == []


def test_boards_move_with_the_facts(cast: Cast) -> None:
    board = leaderboards.board(cast.programme, "sales")
    assert board is not None
    standing = ranking(cast.programme, board, parse("2013-Q2"))
    assert [
        (row.rank, row.external_id, natural_score(board, row.score)) for row in standing.rows
    ] == [
        (1, "A1", "6000.0000"),
        (2, "C1", "5000.0000"),
        (3, "B1", "4000.0000"),
    ]


def test_a_partner_who_moves_takes_the_regions_score_along(cast: Cast) -> None:
    moved = PROFILES[2]._replace(region="Northwest")
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), [moved], now=NOW))
    board = leaderboards.board(cast.programme, "regions")
    assert board is not None
    standing = ranking(cast.programme, board, parse("2013-04"))
    assert [(row.name, row.score) for row in standing.rows] == [("Northwest", 15000)]
    assert proof.check(cast.programme).ok


def test_a_changed_rule_holds_from_its_instant_and_past_facts_keep_theirs(cast: Cast) -> None:
    instant = datetime(2013, 4, 9, tzinfo=UTC)
    publish(PROGRAMME.replace('rate = "1"\n', 'rate = "3"\n'), now=instant)
    charlie = cast.charlie.partner.id
    assert ledger.balances(charlie)["points"] == 5000
    record(cast.programme, sale("c-2", "C1", "100", date(2013, 4, 9)))
    assert ledger.balances(charlie)["points"] == 5300
    record(cast.programme, sale("c-0", "C1", "100", date(2013, 4, 2)))
    assert ledger.balances(charlie)["points"] == 5400, "a late fact has the old version"
    assert proof.check(cast.programme).ok


def test_a_retired_rule_pays_no_more_but_what_it_paid_stands(cast: Cast) -> None:
    head, _, tail = PROGRAMME.partition("[[rules]]")
    publish(head + "[[rules]]" + tail.partition("[[rules]]")[2], now=NOW)
    record(cast.programme, sale("b-2", "B1", "100", NOW.date(), hour=20))
    assert ledger.balances(cast.bob.partner.id)["points"] == 4000
    assert proof.check(cast.programme).ok


def test_what_one_programme_earns_is_not_seen_in_another(cast: Cast) -> None:
    other = programmes.by_slug("elsewhere")
    assert proof.check(other).transfers == 0
    board = leaderboards.board(other, "sales")
    assert board is not None
    assert ranking(other, board, parse("2013-Q2")).ranked == 0


def test_budget_and_accrued_are_two_sides_of_every_transfer(cast: Cast) -> None:
    for unit in ("points", "USD"):
        balances = db.session.scalars(select(Account.balance).where(Account.unit == unit)).all()
        assert sum(balances) == 0
        assert min(balances) < 0 < max(balances)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfers SET amount = amount + 1",
        "DELETE FROM transfers",
        "UPDATE facts SET amount = 1",
        "UPDATE facts SET category = 'Hats'",
        "UPDATE facts SET customer = external_id",
        "UPDATE facts SET product = external_id",
        "UPDATE facts SET currency = 'JPY'",
        "DELETE FROM facts",
    ],
)
def test_the_database_itself_refuses_to_edit_history(cast: Cast, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(statement))
    db.session.rollback()


def test_a_broken_projection_is_found_and_mended_by_rebuild(cast: Cast) -> None:
    good = proof.check(cast.programme)
    db.session.execute(text("UPDATE standings SET score = score + 1"))
    db.session.execute(text("UPDATE mission_progress SET value = value + 1"))
    db.session.execute(text("UPDATE running_totals SET total = total + 10000"))
    db.session.commit()
    assert not proof.check(cast.programme).ok
    programme_id = cast.programme.id
    transaction(lambda: flow.reconsider(db.session.get_one(Programme, programme_id), now=NOW))
    mended = proof.check(db.session.get_one(Programme, programme_id))
    assert mended == good
    record(cast.programme, sale("b-9", "B1", "1", date(2013, 4, 9)))
    assert ledger.balances(cast.bob.partner.id)["points"] == 4001, "running totals were mended too"


def test_each_line_names_what_it_was_computed_from(cast: Cast) -> None:
    transfer = db.session.scalars(
        select(Transfer).where(Transfer.partner_id == cast.alice.partner.id, Transfer.unit == "USD")
    ).one()
    assert (transfer.total_before, transfer.total_after) == (2500_0000, 6000_0000)
    assert transfer.rule_version_id
    assert transfer.period == "2013-Q2"


def test_a_board_version_rises_only_when_its_standings_change_and_is_told_as_it_is(
    cast: Cast,
) -> None:
    def versions() -> dict[str, int]:
        return {
            board.slug: board.version
            for board in db.session.execute(
                select(Board.slug, Board.version).where(Board.programme_id == cast.programme.id)
            )
        }

    before = versions()
    record(cast.programme, sale("login-1", "A1", "0", kind="login"))
    assert versions() == before
    record(cast.programme, sale("c-9", "C1", "10", category="Clothing"))
    assert versions()["sales"] == before["sales"] + 1
    assert versions()["regions"] == before["regions"]
    assert outbox.waiting()[-1].payload["boards"] == [["sales", versions()["sales"], True]]


def test_who_joins_is_announced_and_who_is_imported_in_bulk_is_not(programme: Programme) -> None:
    def topics() -> list[str]:
        return [message.topic for message in outbox.waiting()]

    many = [Profile(f"M{number}", f"Partner {number}") for number in range(membership.JOINING + 1)]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), many, now=NOW))
    assert "joined" not in topics()
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), PROFILES, now=NOW))
    assert "joined" in topics()


def test_a_corrected_name_makes_the_boards_read_anew(cast: Cast) -> None:
    def version() -> int:
        board = leaderboards.board(programmes.by_slug("resellers"), "sales")
        assert board is not None
        return board.model.version

    before = version()
    renamed = PROFILES[0]._replace(name="Alice Cycles")
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), [renamed], now=NOW))
    assert version() == before + 1
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), [renamed], now=NOW))
    assert version() == before + 1, "nothing new was said"

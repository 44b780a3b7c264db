"""A film can only say what ledger, board, missions and facts say."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from engage import membership, periods
from engage.activity import service as activity
from engage.db import db, transaction
from engage.leaderboards import ranking
from engage.leaderboards import service as leaderboards
from engage.ledger import service as ledger
from engage.missions import service as missions
from engage.money import minor_digits, natural
from engage.partners.models import Partner
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from engage.studio import values
from engage.studio.plan import plan
from engage.studio.story import story
from engage.studio.values import Number, Series, Stages
from engage.videos import catalogue, drafts, fields, highlights
from engage.videos.snapshot import Teller

from ..conftest import NOW, Cast, record, sale

Q2 = periods.parse("2013-Q2")


def told(
    programme: Programme, partner: Partner, period: periods.Period | None = Q2
) -> dict[str, values.Value | None]:
    about = Teller(programme, period, "https://house.example", NOW).about(partner)
    return fields.read(about, fields.FIELDS)


def shown(value: values.Value | None) -> str:
    assert isinstance(value, Number)
    return value.display


def test_what_was_earned_is_what_the_ledger_says(cast: Cast) -> None:
    for person in (cast.alice, cast.bob, cast.charlie):
        assert person.partner
        film = told(cast.programme, person.partner)
        earned = ledger.earned(person.partner.id, Q2.first, Q2.last)
        for name, unit in (("points", "points"), ("earned_money", "USD")):
            value = film[name]
            assert isinstance(value, Number)
            exact = natural(earned.get(unit, 0), minor_digits(unit))
            assert value.value == float(exact)
            digits = value.display.replace(",", "").replace("$", "")
            assert float(digits) == float(exact)


def test_ranks_and_neighbours_are_those_of_the_board(cast: Cast) -> None:
    board = leaderboards.board(cast.programme, "sales")
    assert board
    rows = ranking.ranking(cast.programme, board, Q2).rows
    for person in (cast.alice, cast.charlie):
        assert person.partner
        film = told(cast.programme, person.partner)
        (mine,) = (row for row in rows if row.member_id == person.partner.id)
        assert (shown(film["rank"]), shown(film["ranked_of"])) == (str(mine.rank), "3")
        neighbours = film["neighbours"]
        assert isinstance(neighbours, values.Ranking)
        assert [(row.rank, row.name) for row in neighbours.rows] == [
            (row.rank, row.name) for row in rows
        ]
        assert [row.name for row in neighbours.rows if row.me] == [person.partner.name]


PLACES = ("rank", "place", "place_above", "place_before", "gap_up", "neighbours", "top_percent")


def test_who_is_below_the_middle_or_has_nothing_is_told_no_place(cast: Cast) -> None:
    assert cast.bob.partner
    assert cast.charlie.partner
    assert [x for x in PLACES if told(cast.programme, cast.bob.partner)[x] is not None] == []
    record(cast.programme, sale("c-2", "C1", "-5010"), sale("a-3", "A1", "-6010"))
    # Bob is first with 4,000, the others are level below nothing.
    first = told(cast.programme, cast.bob.partner)
    assert shown(first["rank"]) == "1"
    assert first["neighbours"] is None
    assert [x for x in PLACES if told(cast.programme, cast.charlie.partner)[x] is not None] == []


@pytest.mark.parametrize(
    ("rank", "of", "climbed", "is_told"),
    [
        (1, 2, False, True),
        (2, 2, False, False),
        (2, 3, False, True),
        (20, 40, False, True),
        (21, 40, False, False),
        (30, 40, True, True),
        (31, 40, True, False),
        (36, 40, True, False),
    ],
)
def test_a_place_is_told_down_to_the_middle_and_to_who_climbed_not_among_the_last(
    rank: int, of: int, climbed: bool, is_told: bool
) -> None:
    assert highlights.is_worth_telling(rank, of, climbed=climbed) == is_told


def test_who_is_alone_on_a_board_has_no_place_on_it(cast: Cast) -> None:
    record(cast.programme, sale("a-0", "A1", "1200", date(2013, 2, 5)))
    assert cast.alice.partner
    film = told(cast.programme, cast.alice.partner, periods.parse("2013-Q1"))
    assert film["rank"] is film["place"] is film["ranked_of"] is None


def test_who_is_off_the_board_stands_among_those_on_it_with_themselves(cast: Cast) -> None:
    last = cast.charlie.partner
    assert last
    shown_to_all = told(cast.programme, last)
    membership.show(cast.programme, last, "hidden", None, now=NOW)
    alone = told(cast.programme, last)
    assert alone["neighbours"] is None
    assert (alone["rank"], alone["ranked_of"]) == (shown_to_all["rank"], shown_to_all["ranked_of"])


def test_the_day_of_joining_is_a_newcomers_first(cast: Cast) -> None:
    assert cast.alice.partner
    cast.alice.partner.joined_on = NOW.date()
    assert shown(told(cast.programme, cast.alice.partner)["newcomer"]) == "1"


def test_months_and_deals_are_the_facts(cast: Cast) -> None:
    record(cast.programme, sale("a-0", "A1", "1200", date(2013, 2, 5)))
    partner = cast.alice.partner
    assert partner
    film = told(cast.programme, partner)
    series = film["months"]
    assert isinstance(series, Series)
    facts = activity.months(partner.id, "sale", date(2013, 2, 1), date(2013, 4, 10))
    assert series.since == 2  # February and March lead up to the quarter
    assert [point.value for point in series.points] == [m.amount / 10_000 for m in facts]
    assert [point.label for point in series.points] == ["Feb", "Mar", "Apr"]
    assert [point.display for point in series.points] == ["$1,200", "$0", "$6,000"]
    assert shown(film["deals"]) == "2"
    assert (film["best_month"], shown(film["best_month_runs"])) == ("April", "1")


def test_a_newcomers_months_begin_with_their_first_deal(cast: Cast) -> None:
    """Not with months of $0 in which they were not there, or had nothing to show yet."""
    assert cast.alice.partner
    series = told(cast.programme, cast.alice.partner, periods.parse("2013-Q2"))["months"]
    assert isinstance(series, Series)
    assert series.points[0].value > 0
    year = told(cast.programme, cast.alice.partner, periods.parse("2013"))["months"]
    assert isinstance(year, Series)
    assert year.points == series.points
    assert cast.charlie.partner
    assert told(cast.programme, cast.charlie.partner, periods.parse("2012-Q4"))["months"] is None


def test_the_mission_is_as_far_as_the_mission_page_says(cast: Cast) -> None:
    partner = cast.alice.partner
    assert partner
    film = told(cast.programme, partner)
    (view,) = missions.views(cast.programme, partner, date(2013, 4, 10))
    stages = film["mission_stages"]
    assert isinstance(stages, Stages)
    assert [(s.name, s.reached) for s in stages.stages] == [
        (s.stage.name, s.reached) for s in view.stages
    ]
    assert view.current
    assert stages.share == view.current.value / view.current.stage.target
    assert film["mission_name"] == "Spring sprint"
    assert film["next_step"] == "1 more sale by May 31, 2013 for “First three deals”: 500 points."
    assert film["mission_sentence"] == "Close 3 sales by May 31, 2013."


def test_who_no_mission_addresses_is_told_of_none(cast: Cast) -> None:
    assert cast.charlie.partner
    film = told(cast.programme, cast.charlie.partner)
    assert film["mission_name"] is film["mission_stages"] is film["mission_reward"] is None
    assert film["next_step"]


def test_numbers_are_written_as_the_partner_writes_them(cast: Cast) -> None:
    partner = cast.alice.partner
    assert partner
    partner.locale = "de-DE"
    film = told(cast.programme, partner)
    assert shown(film["points"]) == "6.000"
    assert shown(film["earned_money"]).replace("\xa0", " ") == "10 $"


def test_an_unknown_locale_is_read_as_english(cast: Cast) -> None:
    partner = cast.alice.partner
    assert partner
    partner.locale = "xx_QQ!"
    assert shown(told(cast.programme, partner)["points"]) == "6,000"


def test_a_period_that_runs_is_said_to_run(cast: Cast) -> None:
    assert cast.alice.partner
    assert told(cast.programme, cast.alice.partner)["period_name"] == "Q2 2013 so far"
    past = told(cast.programme, cast.alice.partner, periods.parse("2013-Q1"))
    assert past["period_name"] == "Q1 2013"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (90, "Nothing is booked for this period yet. The first deal starts the count."),
        (190, "Q3 2013 is behind you, and the ground ahead is open. Your next deal starts the count."),
    ],
)  # fmt: skip
def test_a_recap_with_nothing_booked_asks_whether_the_period_runs_and_shows_no_months(
    cast: Cast, days: int, said: str
) -> None:
    assert cast.charlie.partner
    template = catalogue.load("recap").template
    teller = Teller(
        cast.programme, periods.parse("2013-Q3"), "https://house.example", NOW + timedelta(days)
    )
    told = story(plan(template, fields.read(teller.about(cast.charlie.partner), template.fields)))
    sentences = [sentence for chapter in told for sentence in chapter.sentences]
    assert [one for one in sentences if "count." in one] == [said]
    assert not [one for chapter in told for one in chapter.figures if isinstance(one, Series)]


def test_the_rules_are_told_as_they_pay(cast: Cast) -> None:
    assert cast.alice.partner
    film = told(cast.programme, cast.alice.partner, None)
    assert str(film["earn_1"]).startswith("You earn 1 point for every $1 of your sales")
    assert "2%" in str(film["earn_2"])
    assert film["earn_3"] is None


def test_the_same_facts_make_the_same_film_and_a_new_fact_another(cast: Cast, tiny: object) -> None:
    film = catalogue.load("tiny")
    partner_id = cast.alice.partner and cast.alice.partner.id

    def key() -> str:
        programme = programmes.by_slug("resellers")
        partner = db.session.get_one(Partner, partner_id)
        (draft,) = drafts.drafts(
            programme, film, [partner], period=Q2, address="https://house.example", now=NOW
        )
        return draft.key

    first = key()
    assert key() == first
    record(programmes.by_slug("resellers"), sale("a-9", "A1", "10"))
    assert key() != first


def test_a_film_of_a_period_that_is_over_holds_still(cast: Cast) -> None:
    """What happens after it moves missions and the next step on, and makes no other film of it."""
    partner_id = cast.alice.partner and cast.alice.partner.id

    def draft(period: str, now: datetime = NOW) -> drafts.Draft:
        (made,) = drafts.drafts(
            programmes.by_slug("resellers"),
            catalogue.load("recap"),
            [db.session.get_one(Partner, partner_id)],
            period=periods.parse(period),
            address="https://house.example",
            now=now,
        )
        return made

    record(cast.programme, sale("a-0", "A1", "1200", date(2013, 2, 5)))
    before, before_q2 = draft("2013-Q1"), draft("2013-Q2")
    assert before.snapshot["mission_name"] is None
    assert before.snapshot["next_step"] == before_q2.snapshot["next_step"]
    record(programmes.by_slug("resellers"), sale("a-9", "A1", "10"))
    after = draft("2013-Q1", NOW + timedelta(days=3))
    assert after.snapshot["next_step"] != before.snapshot["next_step"]
    assert after.key == before.key
    assert draft("2013-Q2").key != before_q2.key
    record(programmes.by_slug("resellers"), sale("a-8", "A1", "10", date(2013, 2, 6)))
    assert draft("2013-Q1").key != before.key


def test_a_mission_is_told_of_in_the_period_in_which_it_ended(cast: Cast) -> None:
    partner = cast.alice.partner
    assert partner
    later = NOW + timedelta(days=100)
    about = Teller(cast.programme, Q2, "https://house.example", later).about(partner)
    film = fields.read(about, fields.FIELDS)
    assert film["mission_name"] == "Spring sprint"
    assert film["mission_sentence"] is None


def test_two_partners_never_share_a_film(cast: Cast, tiny: object) -> None:
    def work() -> None:
        for partner in db.session.query(Partner):
            partner.name = "Same name"

    transaction(work)
    programme = programmes.by_slug("resellers")
    partners = db.session.query(Partner).filter_by(programme_id=programme.id).all()
    early = periods.parse("2012-Q1")
    made = drafts.drafts(
        programme, catalogue.load("tiny"), partners, period=early, address="x", now=NOW
    )
    assert len({str(draft.snapshot) for draft in made}) == 1
    assert len({draft.key for draft in made}) == len(made)


@pytest.mark.parametrize("template", ["recap", "onboarding"])
def test_every_template_of_the_house_can_be_told(cast: Cast, template: str) -> None:
    made = drafts.drafts(
        cast.programme,
        catalogue.load(template),
        [p.partner for p in (cast.alice, cast.bob, cast.charlie) if p.partner],
        period=Q2,
        address="https://house.example",
        now=NOW,
    )
    assert [draft.refusal for draft in made] == [None] * 3


def test_a_film_with_a_hole_is_refused_with_the_reason(cast: Cast, tiny: Path) -> None:
    file = tiny / "template.toml"
    file.write_text(file.read_text().replace('"ordinal", optional = true', '"ordinal"'))
    assert cast.alice.partner
    (draft,) = drafts.drafts(
        cast.programme,
        catalogue.load("tiny"),
        [cast.alice.partner],
        period=periods.parse("2011-Q1"),
        address="x",
        now=NOW,
    )
    assert draft.refusal == "no place on the board can be told of this partner in this period"

"""The one ranking query, against the pure rule, on standings made by real facts."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise, product
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH
from sqlalchemy import text

from engage import membership, periods
from engage.config import Settings
from engage.db import compiled_for, db, transaction
from engage.leaderboards import jobs, projection, queries, ranking, rules, service
from engage.partners.models import Partner
from engage.partners.service import Profile
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale
from tests.houses import Houses

Q2 = periods.parse("2013-Q2")


@pytest.fixture
def app(request: pytest.FixtureRequest, settings: Settings, houses: Houses) -> Iterator[Flask]:
    with houses.open(getattr(request, "param", "sqlite"), settings) as app:
        yield app


def board(programme: Programme, slug: str = "sales") -> service.Published:
    found = service.board(programme, slug)
    assert found
    return found


def names(found: ranking.Ranking) -> list[tuple[int, str]]:
    return [(row.rank, row.external_id) for row in found.rows]


def test_who_sold_more_stands_higher(cast: Cast):
    found = ranking.ranking(cast.programme, board(cast.programme), Q2)
    assert names(found) == [(1, "A1"), (2, "C1"), (3, "B1")]
    assert (found.ranked, found.best) == (3, 60_000_000)
    assert found.rows[0].organisation == "Rainier Group"


def test_a_scope_ranks_its_own_anew(cast: Cast):
    published = board(cast.programme)
    found = ranking.ranking(cast.programme, published, Q2, scope=("team", "Seattle"))
    assert names(found) == [(1, "A1"), (2, "B1")]
    assert ranking.ranking(cast.programme, published, Q2, scope=("team", "Oslo")).rows == []


def test_a_period_the_projection_does_not_keep_is_counted_from_the_facts(cast: Cast):
    published = board(cast.programme)
    day = ranking.ranking(cast.programme, published, periods.parse("2013-04-05"))
    assert names(day) == [(1, "C1"), (2, "B1"), (3, "A1")]
    assert names(ranking.ranking(cast.programme, published, periods.parse("2013"))) == [
        (1, "A1"),
        (2, "C1"),
        (3, "B1"),
    ]


def test_neighbours_stand_around_the_one_asked_for(cast: Cast):
    published = board(cast.programme)
    charlie = cast.charlie.partner
    assert charlie
    found = ranking.around(cast.programme, published, Q2, charlie.id, reach=1)
    assert names(found) == [(1, "A1"), (2, "C1"), (3, "B1")]
    alone = ranking.around(cast.programme, published, Q2, charlie.id, reach=0)
    assert names(alone) == [(2, "C1")]
    nobody = ranking.around(cast.programme, published, Q2, 999_999)
    assert (nobody.rows, nobody.ranked) == ([], 3)


def test_groups_are_ranked_by_what_their_partners_earned(cast: Cast):
    found = ranking.ranking(
        cast.programme, board(cast.programme, "regions"), periods.parse("2013-04")
    )
    assert [(row.rank, row.name, row.organisation) for row in found.rows] == [
        (1, "Northwest", None),
        (2, "Northeast", None),
    ]


def test_who_hides_stands_where_it_would_also_alone_in_its_bucket(programme: Programme):
    slug = programme.slug
    sold = {"H0": "5000", "H1": "3300", "H2": "2000"}
    profiles = [Profile(who, f"Partner {who}", team="Oslo") for who in sold]
    transaction(lambda: membership.enrol(programmes.by_slug(slug), profiles, now=NOW))
    record(programmes.by_slug(slug), *(sale(f"s-{w}", w, sold[w], date(2013, 4, 2)) for w in sold))

    def hide() -> int:
        here = programmes.by_slug(slug)
        hidden = db.session.query(Partner).filter_by(external_id="H1").one()
        membership.show(here, hidden, "hidden", None, now=NOW)
        return hidden.id

    hidden = transaction(hide)
    here = programmes.by_slug(slug)
    for scope in (None, ("team", "Oslo")):
        near = ranking.around(here, board(here), Q2, hidden, scope=scope)
        assert [(row.rank, row.listed, row.is_last) for row in near.rows] == [
            (1, True, False),
            (2, False, False),
            (2, True, True),
        ]
        assert ranking.place(here, board(here), Q2, hidden, scope=scope) is None


def test_who_hides_stands_behind_those_who_got_there_first_also_where_days_are_counted(cast: Cast):
    here = publish(PROGRAMME.replace('by = "partner"', 'by = "partner"\ntie = "first"'))
    day, alice = date(2013, 4, 9), cast.alice.partner
    record(here, sale("b-f", "B1", "100", day, hour=12), sale("a-f", "A1", "100", day, hour=14))
    assert alice
    transaction(lambda: membership.show(cast.programme, alice, "hidden", None, now=NOW))
    near = ranking.around(here, board(here), periods.parse("2013-04-09"), alice.id)
    assert [(row.rank, row.listed) for row in near.rows] == [(1, True), (2, False)]


@pytest.mark.parametrize("tie", rules.TIES)
def test_who_hides_is_level_with_those_who_got_there_at_the_same_moment(
    programme: Programme, tie: str
):
    text = PROGRAMME.replace('"resellers"', f'"{programme.slug}"')
    here = publish(text.replace('by = "partner"', f'by = "partner"\ntie = "{tie}"'))
    both = [Profile(who, f"Partner {who}", team="Oslo") for who in ("H0", "H1")]
    transaction(lambda: membership.enrol(programmes.by_slug(here.slug), both, now=NOW))
    record(here, *(sale(f"l-{who}", who, "100", date(2013, 4, 9)) for who in ("H0", "H1")))
    hidden = db.session.query(Partner).filter_by(external_id="H1").one()
    transaction(lambda: membership.show(here, hidden, "hidden", None, now=NOW))
    for period, scope in product((Q2, periods.parse("2013-04-09")), (None, ("team", "Oslo"))):
        near = ranking.around(here, board(here), period, hidden.id, scope=scope)
        assert sorted((row.rank, row.listed) for row in near.rows) == [(1, False), (1, True)]


@pytest.mark.parametrize("tie", rules.TIES)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(scores=st.lists(st.integers(1, 5), min_size=1, max_size=12))
def test_the_query_ranks_like_the_rule(programme: Programme, tie: str, scores: list[int]):
    text = PROGRAMME.replace('by = "partner"', f'by = "partner"\ntie = "{tie}"')
    publish(text)
    slug = programme.slug
    region = {f"H{i}": "North" if i % 3 else "South" for i in range(12)}
    profiles = [Profile(w, f"Partner {w}", region=region[w], team=region[w]) for w in region]
    transaction(lambda: membership.enrol(programmes.by_slug(slug), profiles, now=NOW))
    sold = {f"H{i}": score for i, score in enumerate(scores)}
    # Corrected to nothing, a sale leaves its partner off the board.
    record(
        programmes.by_slug(slug),
        *(sale(f"h-{i}", f"H{i}", str(sold.get(f"H{i}", 0)), date(2013, 4, 2)) for i in range(12)),
    )
    here = programmes.by_slug(slug)
    found = ranking.ranking(here, board(here), Q2)
    assert [row.score for row in found.rows] == sorted(
        (score * 10_000 for score in scores), reverse=True
    )
    assert [row.rank for row in found.rows] == rules.ranks([row.score for row in found.rows], tie)
    kept = (None, ("region", "North"), ("region", "South"))
    for scope in (*kept, ("team", "North"), ("team", "South")):  # a team is read whole
        theirs = [row for row in found.rows if not scope or region[row.external_id] == scope[1]]
        inside = ranking.ranking(here, board(here), Q2, scope=scope)
        assert [row.external_id for row in inside.rows] == [row.external_id for row in theirs]
        assert [row.rank for row in inside.rows] == rules.ranks([r.score for r in theirs], tie)
        second = ranking.ranking(here, board(here), Q2, scope=scope, limit=3, after_place=2)
        assert second.rows == inside.rows[2:5]
        assert [row.is_last for row in inside.rows] == [False] * (len(theirs) - 1) + [True] * (
            len(theirs) > 0
        )
        for place, row in enumerate(inside.rows, 1):
            near = ranking.around(here, board(here), Q2, row.member_id, scope=scope, reach=1)
            assert near.rows == inside.rows[max(0, place - 2) : place + 1]
            assert near.ranked == len(theirs)
            assert ranking.place(here, board(here), Q2, row.member_id, scope=scope) == place
    assert not list(service.differing_standings(here))
    db.session.rollback()


@pytest.mark.parametrize("app", ["sqlite", "postgresql"], indirect=True)
def test_the_database_finds_the_bucket_of_every_key_as_the_rule_does(app: Flask):
    near = (1 << bits for bits in range(62))
    keys = sorted({sign * power + by for power in near for sign in (1, -1) for by in (-1, 0, 1)})
    kind = queries.Kind("competition", True, -1, db.engine.dialect.name)
    said = " UNION ALL ".join(f"SELECT CAST({key} AS BIGINT) AS order_key" for key in keys)
    lows = ", ".join(f"low{level}" for level in range(len(rules.LEVELS)))
    rows = db.session.execute(
        text(f"SELECT order_key, {lows} FROM ({queries.with_buckets(kind, said)}) AS found")
    )
    found = {key: tuple(lows) for key, *lows in rows}
    assert found == {key: tuple(map(rules.bucket, [key] * 3, range(3))) for key in keys}


@pytest.mark.parametrize("tie", rules.TIES)
def test_a_rank_takes_the_same_work_however_many_share_it(programme: Programme, tie: str):
    publish(PROGRAMME.replace('by = "partner"', f'by = "partner"\ntie = "{tie}"'))
    slug = programme.slug

    def come(members: range, score: int) -> None:
        published, at = board(programmes.by_slug(slug)), datetime(2013, 4, 2, tzinfo=UTC)
        scores: Any = {
            (published.model.id, Q2.name, member): (
                score,
                # Over seven weeks, so that there are as many minutes, hours and days to add up.
                at + member % 997 * timedelta(minutes=71, seconds=7) if tie == "first" else None,
            )
            for member in members
        }
        projection.write({published.model.id: published}, {}, scores, {})

    def steps(member: int) -> int:
        """That SQLite takes for a rank."""
        asked = ranking.question_around(board(programmes.by_slug(slug)), Q2, None, member)
        assert asked
        driver: Any = db.session.connection().connection.driver_connection
        taken: list[int] = []
        driver.set_progress_handler(lambda: taken.append(1), 1)
        driver.execute(*asked).fetchall()
        driver.set_progress_handler(None, 0)
        return len(taken)

    behind = 1_000_000
    transaction(
        lambda: come(range(behind, behind + 1), 9_999)
    )  # in the finest bucket of the others
    found = []
    for came, members in pairwise((1, 20, 1_000, 10_000)):
        transaction(partial(come, range(came, members), 10_000))
        jobs.keep_days(NOW)
        found.append((steps(members // 2), steps(behind)))
    for few, *many in zip(*found, strict=True):
        assert 0 < max(many) < few * 1.5, found


@pytest.mark.parametrize("tie", rules.TIES)
def test_what_asks_for_a_rank_is_short_enough_that_the_driver_remembers_it(tie: str):
    asked = queries.around(queries.Kind(tie, True, -1, "postgresql", True), ranking.NEAR + 1)
    assert len(compiled_for(asked._statement, "postgresql").string) <= MAX_CACHED_STATEMENT_LENGTH

"""Whether a bucket is full changes what a rank costs, and no answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from engage import membership
from engage.db import db, transaction
from engage.leaderboards import buckets, pictures, projection, ranking, rules, service
from engage.leaderboards.published import Published
from engage.partners.models import Partner
from engage.partners.service import Profile
from engage.programmes import service as programmes
from tests.batches import publish_anew
from tests.conftest import NOW, PROGRAMME, record, sale
from tests.leaderboards.test_ranking import Q2, board

WHO = [f"H{i}" for i in range(9)]
#: All of one finest bucket.
AMOUNTS = ("3000.00", "3000.01", "3000.02")
#: Within a minute of each other, an hour, a day, a month, and more.
MOMENTS = [
    datetime(2013, 4, 5, 12, 0, second, tzinfo=UTC) + timedelta(minutes=minutes)
    for second in (0, 30)
    for minutes in (0, 1, 61, 1_501, 44_000)
]
sold = st.lists(
    st.tuples(st.sampled_from(WHO), st.sampled_from(AMOUNTS), st.sampled_from(MOMENTS)),
    min_size=4,
    max_size=9,
    unique_by=lambda each: each[0],
)


def said(slug: str, published: Published) -> list[Any]:
    """All that is told of places: who stands where, and around everybody, also who is hidden."""
    here = programmes.by_slug(slug)
    found: list[Any] = []
    mine = db.session.query(Partner).filter_by(programme_id=here.id).order_by(Partner.id).all()
    for scope in (None, ("region", "North")):
        found.append(ranking.ranking(here, published, Q2, scope=scope).rows)
        for partner in mine:
            near = ranking.around(here, published, Q2, partner.id, scope=scope, reach=1)
            found.append(near.rows)
            found.append(ranking.place(here, published, Q2, partner.id, scope=scope))
    return found


@pytest.mark.parametrize("tie", rules.TIES)
@settings(max_examples=6)
@given(sales=sold, data=st.data())
def test_full_buckets_tell_the_ranks_that_others_do(
    house: Flask, tie: str, sales: list[Any], data: st.DataObject
) -> None:
    profiles = [Profile(w, w, region="North" if w < "H5" else "South") for w in WHO]
    tied = PROGRAMME.replace('by = "partner"', f'by = "partner"\ntie = "{tie}"')
    slug = publish_anew(tied, profiles)

    def report(part: list[Any], name: str) -> None:
        facts = [
            sale(f"{slug}-{name}-{i}", who, amount, at.date())._replace(occurred_at=at)
            for i, (who, amount, at) in enumerate(part)
        ]
        record(programmes.by_slug(slug), *facts)

    def split() -> None:
        while buckets.split(board(programmes.by_slug(slug)), 1):
            pass

    def hide() -> None:
        here = programmes.by_slug(slug)
        hidden = db.session.query(Partner).filter_by(programme_id=here.id, external_id="H1").one()
        membership.show(here, hidden, "hidden", None, now=NOW)

    cut = data.draw(st.integers(0, len(sales)))
    report(sales[:cut], "a")
    transaction(split)
    report(sales[cut:], "b")
    report(data.draw(sold), "a")  # corrections: some leave a full bucket
    transaction(hide)
    transaction(split)
    here = programmes.by_slug(slug)
    assert not list(service.differing_standings(here))
    full = said(slug, board(here))
    rows, keys = full[0], []
    for row in rows:
        kept = (board(here).model.id, Q2.name, row.member_id)
        at = projection.stood([kept])[kept][0].reached_at
        keys.append((row.score, at))
    assert [row.rank for row in rows] == rules.ranks(keys, tie)
    transaction(lambda: pictures.freeze(here, board(here), "For the last days", None, NOW))  # type: ignore[arg-type]
    here = programmes.by_slug(slug)
    assert said(slug, board(here)) == full
    assert not list(service.differing_standings(here))
    for table in (buckets.TIMES, buckets.BUCKETS):
        db.session.execute(
            table.delete().where(table.c.level >= (rules.FULL if table is buckets.BUCKETS else 0))
        )
    assert said(slug, board(here)) == full
    assert not list(service.differing_standings(here))
    db.session.rollback()

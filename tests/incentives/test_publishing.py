"""A published change is a new version from an instant on, with its reason; the rest stays as it was."""

from datetime import UTC, datetime

from engage import flow, proof
from engage.db import transaction
from engage.incentives import rules
from engage.incentives.service import books
from engage.ledger import service as ledger
from engage.programmes import file as programme_file
from engage.programmes import service as programmes
from tests.conftest import NOW, PROGRAMME, Cast, record, sale

BETTER = PROGRAMME.replace('rate = "1"', 'rate = "2"')
BEST = PROGRAMME.replace('rate = "1"', 'rate = "3"')
MARCH, APRIL_6, MAY = (
    datetime(2013, month, day, 4, tzinfo=UTC) for month, day in ((3, 1), (4, 6), (5, 1))
)


def publish(text: str, since: datetime, why: str | None = None, by: int | None = None) -> None:
    def work() -> None:
        found = programmes.publish(programme_file.parse(text), NOW, since, why, by)
        flow.reconsider(found.programme, now=NOW)

    transaction(work)


def bike_points() -> list[rules.Version]:
    return books(programmes.by_slug("resellers"))[0].versions


def rate_at(at: datetime) -> str:
    version = rules.in_force(bike_points(), at)
    assert version
    assert version.rule
    assert version.rule.rate
    return str(version.rule.rate.decimal)


def test_a_version_carries_its_reason_and_who_published_it(cast: Cast):
    publish(BETTER, NOW, "Bikes sell too slowly", cast.mia.user.id)
    first, second = bike_points()
    assert (first.why, second.why) == (None, "Bikes sell too slowly")
    assert not second.reaches_back


def test_facts_before_the_instant_keep_their_version(cast: Cast):
    assert cast.alice.partner
    publish(BETTER, APRIL_6)  # alice sold 2,500 on the 5th and 3,500 on the 8th
    assert ledger.balances(cast.alice.partner.id)["points"] == 2_500 + 2 * 3_500
    assert bike_points()[-1].reaches_back
    assert proof.check(programmes.by_slug("resellers")).ok


def test_a_change_to_come_holds_from_its_instant_on(cast: Cast):
    assert cast.bob.partner
    publish(BETTER, MAY)
    record(cast.programme, sale("b-2", "B1", "100"))
    assert ledger.balances(cast.bob.partner.id)["points"] == 4_100
    assert (rate_at(NOW), rate_at(MAY)) == ("1", "2")


def test_what_is_published_later_replaces_what_was_to_come(cast: Cast):
    publish(BETTER, MAY)
    publish(BEST, NOW)
    assert (rate_at(MARCH), rate_at(NOW), rate_at(MAY)) == ("1", "3", "3")
    assert programmes.export(programmes.by_slug("resellers")) == programme_file.parse(BEST)

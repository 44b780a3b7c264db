"""A run of the cast's programme that mia has cleared: alice earned $10 in April."""

from datetime import UTC, datetime
from typing import Any

from engage.db import transaction
from engage.payouts import collecting, rules, service
from engage.programmes import service as programmes
from tests.conftest import Cast

MAY = datetime(2013, 5, 2, 15, 0, tzinfo=UTC)


def run(cast: Cast) -> dict[str, Any]:
    """The address's values: ``number``."""
    user_id = cast.mia.user.id

    def work() -> int:
        programme = programmes.by_slug("resellers")
        programme.payouts = rules.to_json(rules.Terms())
        made = collecting.collect(programme, MAY)
        if made:
            service.approve(made, user_id, MAY)
        found = service.newest(programme.id)
        assert found
        return found.number

    return {"number": transaction(work)}


def payment(cast: Cast) -> dict[str, Any]:
    """The address's values: ``number`` and ``payout_id``."""
    values = run(cast)
    found = service.run_of(programmes.by_slug("resellers").id, values["number"])
    assert found
    return values | {"payout_id": service.payments(found)[0].id}

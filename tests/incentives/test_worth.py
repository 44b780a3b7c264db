"""What facts are worth is worked out from them alone, and is what the flow posts."""

from collections import Counter

from engage.activity import service as activity
from engage.activity.models import Fact
from engage.db import db
from engage.incentives.service import books
from engage.incentives.worth import worth
from engage.ledger.models import Transfer
from engage.partners import service as partners
from tests.conftest import Cast


def test_what_facts_are_worth_is_what_stands_posted(cast: Cast) -> None:
    programme = cast.programme
    facts = list(activity.standing_facts(Fact.programme_id == programme.id))
    found: Counter[tuple[int, int]] = Counter()
    for _, walked in worth(books(programme), facts, partners.attributes(programme.id)):
        found.update({(paid.fact.id, paid.version.id): paid.step.amount for paid in walked})
    posted: Counter[tuple[int, int]] = Counter()
    for line in db.session.query(Transfer).where(Transfer.rule_version_id.is_not(None)):
        posted[line.fact_id, line.rule_version_id or 0] += line.amount
    assert +found == posted

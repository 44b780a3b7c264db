"""The same facts told otherwise, each time to a programme that nobody else has."""

from collections.abc import Sequence
from itertools import count, pairwise

from hypothesis import strategies as st

from engage import membership
from engage.activity.rules import Report
from engage.db import transaction
from engage.partners.service import Profile
from engage.programmes import service as programmes
from tests.conftest import NOW, PROFILES, publish

_numbers = count()


@st.composite
def batches(draw: st.DrawFn, facts: list[Report]) -> list[list[Report]]:
    """These facts in any order, some of them again, in batches of any size."""
    if not facts:
        return []
    said = draw(st.permutations(facts)) + draw(st.lists(st.sampled_from(facts), max_size=8))
    edges = [0, *sorted(draw(st.sets(st.integers(0, len(said)), max_size=6))), len(said)]
    return [said[start:end] for start, end in pairwise(edges) if start < end]


def in_order(facts: Sequence[Report]) -> list[Report]:
    """As they happened, which is how rules take them."""
    return sorted(facts, key=lambda fact: (fact.occurred_at, fact.external_id))


def publish_anew(file: str, profiles: Sequence[Profile] = PROFILES) -> str:
    """Publish a file of the cast's programme under a slug of its own, with these partners; the slug."""
    slug = f"anew-{next(_numbers)}"
    publish(file.replace('"resellers"', f'"{slug}"', 1))
    transaction(lambda: membership.enrol(programmes.by_slug(slug), profiles, now=NOW))
    return slug

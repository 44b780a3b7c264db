"""Who takes part in the demo: everybody's profile, and the temper their facts come of."""

import math
import random
from datetime import date, timedelta
from typing import NamedTuple

from engage.demo import names, world
from engage.demo.world import Organisation
from engage.partners.service import Profile

SEED = 20_130_401
LEAD_NAME = "Maya Lindqvist"


class Character(NamedTuple):
    """A partner and how they work.

    ``rate`` is facts a year, ``growth`` the part by which that rises over one, ``basket`` the most
    pieces of a sale, ``starts`` and ``stops`` the days between which they do anything at all.
    """

    profile: Profile
    rate: float
    growth: float
    basket: int
    starts: date
    stops: date


class Cast(NamedTuple):
    """``lead`` is whom the demo's partner log-in belongs to, ``newest`` joined today."""

    lead: Character
    newest: Character
    others: list[Character]

    @property
    def profiles(self) -> list[Profile]:
        """Everybody but the newest, in the order of their ids."""
        return [self.lead.profile, *(character.profile for character in self.others)]


def cast(partners: int, first: date, today: date) -> Cast:
    """So many characters (at least three); the same ones for the same days."""
    rng = random.Random(SEED)  # noqa: S311
    houses = world.ORGANISATIONS[: max(4, min(len(world.ORGANISATIONS), partners // 25))]
    sizes = [rng.uniform(0.5, 2.0) for _ in houses]
    people = names.people(rng)
    lead = _person("P-0001", LEAD_NAME, "en_US", houses[0], 0, first - timedelta(days=420))
    others = []
    for number in range(2, partners):
        name, locale = next(people)
        house = _house_for(rng, houses, sizes, locale)
        joined = _joined(rng, first, today)
        profile = _person(f"P-{number:04}", name, locale, house, rng.randrange(3), joined)
        others.append(_character(rng, profile, first, today))
    name, locale = next(people)
    last = _person(f"P-{partners:04}", name, locale, houses[-1], 1, today)
    return Cast(
        Character(lead, 90, 0.2, 3, first, today), Character(last, 0, 0, 1, today, today), others
    )


def _house_for(
    rng: random.Random, houses: list[Organisation], sizes: list[float], locale: str
) -> Organisation:
    """An organisation, in the part of the world that a name comes from."""
    home = {"es_MX": "Southwest", "fr_CA": "Canada"}.get(locale, "Europe")
    local = [
        (house.region == home) if locale != "en_US" else house.region != "Europe"
        for house in houses
    ]
    weights = [size * here for size, here in zip(sizes, local, strict=True)]
    return rng.choices(houses, weights if any(weights) else sizes)[0]


def _person(
    external_id: str, name: str, locale: str, house: Organisation, team: int, joined: date
) -> Profile:
    timezone, towns = world.REGIONS[house.region]
    who = names.plain(name)
    if house.region == "Canada" and locale == "en_US":
        locale = "en_CA"
    return Profile(
        external_id=external_id,
        name=name,
        email=f"{who}.{external_id[2:]}@{names.plain(house.short).replace('.', '-')}.example",
        organisation=house.name,
        team=f"{house.short} {towns[team]}",
        region=house.region,
        type=house.type,
        joined_on=joined,
        locale=locale,
        timezone=timezone,
    )


def _joined(rng: random.Random, first: date, today: date) -> date:
    """Most were there before the programme, some came in its course, a few in the last weeks."""
    kind = rng.random()
    if kind < 0.70:
        return first - timedelta(days=rng.randrange(1, 1000))
    if kind < 0.94:
        return first + timedelta(days=rng.randrange((today - first).days - 30))
    return today - timedelta(days=rng.randrange(1, 30))


def _character(rng: random.Random, profile: Profile, first: date, today: date) -> Character:
    """A star, a sleeper, a keen newcomer, or one of the many."""
    joined = profile.joined_on or first
    starts, stops = max(first, joined), today
    rate = 48 * math.exp(rng.gauss(0, 0.55))
    growth, basket = rng.gauss(0.25, 0.35), 3
    kind = rng.random()
    if kind < 0.02:
        rate, growth, basket = rng.uniform(150, 230), rng.uniform(0.1, 0.5), rng.randint(4, 6)
    elif kind < 0.10:
        stops = max(starts, today - timedelta(days=rng.randrange(35, 260)))
    elif kind < 0.16:
        growth = rng.uniform(1.2, 3.0)
    elif (today - joined).days < 30:
        rate *= 1.8
    return Character(profile, rate, max(growth, -0.6), basket, starts, stops)

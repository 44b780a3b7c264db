"""What goes into a house that is measured: the order lines of AdventureWorks, or lines of their shape."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engage.activity.mapping import NATIVE, load_mapping
from engage.activity.rules import Report
from engage.imports import service as imports
from engage.partners.service import Profile
from engage.programmes import file as programme_file

ROOT = Path(__file__).parents[1]
PROGRAMME = programme_file.parse((ROOT / "examples/programme.toml").read_text())
LINES = 60_855
DATA = ROOT.parent / "shared/data/adventureworks"
#: Copies of the lines share this many times the resellers: 200 facts each, as in a large programme.
CROWDS = 7


def lines(data: Path) -> tuple[list[Profile], list[Report], str]:
    """Partners and facts in event-time order, and where they are from."""
    if data.is_dir():
        profiles, facts = adventureworks(data)
        said = "AdventureWorks"
    else:
        profiles, facts = invented()
        said = "invented lines of AdventureWorks' shape"
    return profiles, sorted(facts, key=lambda fact: (fact.occurred_at, fact.external_id)), said


def adventureworks(data: Path) -> tuple[list[Profile], list[Report]]:
    from engage.programmes.models import Programme

    programme = Programme(timezone=PROGRAMME.timezone, currency=PROGRAMME.currency)
    mapping = load_mapping(str(ROOT / "examples/adventureworks-facts.toml"))
    people = imports.prepare(programme, "partners", str(data / "partners.csv"), mapping=NATIVE)
    facts = imports.prepare(
        programme, "facts", str(data / "FactResellerSales.csv"), mapping=mapping
    )
    return people.parsed.records, facts.parsed.records


def invented() -> tuple[list[Profile], list[Report]]:
    dice = random.Random(20131130)
    regions = ["Northwest", "Southwest", "Central", "Northeast", "Southeast", "Canada", "France"]
    types = ["Specialty Bike Shop", "Value Added Reseller", "Warehouse"]
    profiles = [
        Profile(str(n), f"Reseller {n}", region=dice.choice(regions), type=dice.choice(types))
        for n in range(1, 702)
    ]
    facts: list[Report] = []
    order = 43659
    while len(facts) < LINES:
        partner = dice.choice(profiles).external_id
        at = datetime(2010, 12, 29, 5, tzinfo=UTC) + timedelta(days=dice.randrange(1066))
        for line in range(1, 1 + min(dice.randint(1, 31), LINES - len(facts))):
            quantity, price = dice.randint(1, 8), dice.randint(50_000, 20_000_000)
            facts.append(
                Report(
                    f"SO{order}-{line}", partner, "sale", at, at.date(), quantity * price, "USD",
                    quantity * 10_000, str(dice.randint(210, 606)),
                )
            )  # fmt: skip
        order += 1
    return profiles, facts


def multiplied(
    profiles: list[Profile], facts: list[Report], wanted: int
) -> tuple[list[Profile], list[Report]]:
    """Copies of the lines under other names, until there are as many as ``wanted``."""
    crowd = [
        p._replace(external_id=f"{p.external_id}/{k}") for k in range(CROWDS) for p in profiles
    ]
    many = [
        fact._replace(external_id=f"{fact.external_id}/{k}", partner=f"{fact.partner}/{k % CROWDS}")
        for k in range(-(-wanted // len(facts)))
        for fact in facts
    ][:wanted]
    return crowd, sorted(many, key=lambda fact: (fact.occurred_at, fact.external_id))

"""What questions cost: `python benchmarks/why.py [--quick] [--only sqlite] [--facts 1000000]`.

A house with a million facts is asked, of partners and facts drawn by lot: why a fact earned what it
did and why not more, the list of facts, what is ahead, and what if. Beside "why", in the same run
and turn by turn, runs the floor: the driver alone reads the rows that the answer needs (the facts of
the rules' period, the lines of the fact). Milliseconds of wall time of one question, the median and
the slowest in twenty; whatever else runs on this machine is in them.
"""

import argparse
import contextlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.house import carry, house, programme  # noqa: E402
from benchmarks.lines import DATA, lines, multiplied  # noqa: E402
from engage import periods  # noqa: E402
from engage.activity.models import Fact  # noqa: E402
from engage.db import db  # noqa: E402
from engage.earnings import service as statements  # noqa: E402
from engage.insight import ahead, facts, plan  # noqa: E402
from engage.insight.whatif import what_if  # noqa: E402
from engage.insight.whynot import why_not  # noqa: E402
from engage.partners.models import Partner  # noqa: E402
from tests.postgres import Postgres, running  # noqa: E402

Question = Callable[[Fact, Partner], object]


def why(fact: Fact, partner: Partner) -> object:
    here = programme()
    paid = statements.of_fact(here, partner, fact.id)
    return why_not(here, fact, [line.transfer for line in paid])


def floor(fact: Fact, partner: Partner) -> object:
    """What "why" reads, by the driver alone."""
    quarter = periods.containing(fact.day, "quarter")
    mark = "?" if db.engine.dialect.name == "sqlite" else "%s"
    cursor = db.session.connection().connection.cursor()
    days = (str(quarter.first), str(quarter.last))
    read = f"SELECT * FROM facts WHERE partner_id = {mark} AND day BETWEEN {mark} AND {mark}"
    cursor.execute(read + " ORDER BY occurred_at, external_id", (partner.id, *days))
    found = cursor.fetchall()
    cursor.execute(f"SELECT * FROM transfers WHERE fact_id = {mark}", (fact.id,))
    return found, cursor.fetchall()


def listed(fact: Fact, partner: Partner) -> object:
    return facts.listed(partner.id, facts.Filter("sale"), limit=26, before_id=fact.id)


def unpaid(fact: Fact, partner: Partner) -> object:
    return facts.listed(partner.id, facts.Filter(unpaid=True), limit=26)


def next_reward(fact: Fact, partner: Partner) -> object:
    return ahead.ahead(programme(), partner, fact.occurred_at)


def suppose(fact: Fact, partner: Partner) -> object:
    here, at = programme(), fact.occurred_at + timedelta(hours=1)
    supposed = plan.Plan("sale", fact.day, 1, 120_000_000, 30_000)
    reports = list(plan.reports(supposed, partner.external_id, at, here.currency))
    return what_if(here, partner, reports, at)


QUESTIONS: dict[str, Question] = {
    "the floor of why": floor,  # first: it finds the rows where they lie, as "why" alone would
    "why, and why not": why,
    "a page of facts": listed,
    "those that earned nothing": unpaid,
    "what is ahead": next_reward,
    "what if": suppose,
}


def ask(count: int) -> dict[str, list[float]]:
    """Seconds of each question, asked in turn of the same fact."""
    dice = random.Random(7)
    last = db.session.scalar(select(Fact.id).order_by(Fact.id.desc()).limit(1)) or 1
    taken: dict[str, list[float]] = {name: [] for name in QUESTIONS}
    for number in range(-5, count):  # the first few warm up
        fact_id = dice.randint(1, last)
        for name, question in QUESTIONS.items():
            db.session.rollback()
            db.session.expunge_all()
            fact = db.session.get_one(Fact, fact_id)
            partner = db.session.get_one(Partner, fact.partner_id)
            began = time.perf_counter()
            question(fact, partner)
            if number >= 0:
                taken[name].append(time.perf_counter() - began)
    return taken


def measure(postgres: Postgres | None, options: argparse.Namespace) -> None:
    profiles, found, said = lines(options.data)
    crowd, many = multiplied(profiles, found, options.facts)
    with house(postgres, crowd):
        carry(many)
        if postgres:  # what autovacuum would have done within a minute
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
        print(f"{db.engine.dialect.name}: {len(many):,} facts of {len(crowd):,} partners ({said})")
        taken = ask(options.count)
    for name, times in taken.items():
        slow = sorted(times)[-max(1, len(times) // 20)]
        print(f"  {name:26} {statistics.median(times) * 1000:7.1f} ms   {slow * 1000:7.1f} ms")
    pairs = zip(*(taken[name] for name in list(QUESTIONS)[:2]), strict=True)
    ratios = [answered / read for read, answered in pairs]
    print(f"  why : floor = {statistics.median(ratios):.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of AdventureWorks")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--count", type=int, default=100, help="how often each is asked")
    parser.add_argument("--quick", action="store_true", help="small: does it run, roughly how fast")
    options = parser.parse_args()
    if options.quick:
        options.facts, options.count = 20_000, 20
    for name in [options.only] if options.only else ["sqlite", "postgresql"]:
        with contextlib.ExitStack() as stack:
            postgres = None
            if name == "postgresql":
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="engage-pg-"))
                postgres = stack.enter_context(running(Path(folder)))
            measure(postgres, options)


if __name__ == "__main__":
    main()

"""What other systems' test suites expect of the same scores (scores in, ranks out), made by facts."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engage import membership, periods
from engage.activity.rules import Report
from engage.db import transaction
from engage.leaderboards import ranking, service
from engage.leaderboards.ranking import Ranking
from engage.money import SCALE, scaled
from engage.partners.service import Profile
from engage.programmes import service as programmes
from tests.conftest import NOW, publish, record

CASES = Path(__file__).parents[2].parent / "shared/data/leaderboard_cases/cases.json"
TIES = {"competition": "competition", "dense": "dense", "ordinal": "first"}
DIRECTIONS = {"desc": "highest", "asc": "lowest"}

#: Cases, and queries of other cases, that are not our policy: the list with its reasons is the reader's.
DECISIONS = Path(__file__).parents[2] / "docs" / "decisions.md"
NOT_OURS = set(re.findall(r"^- `([a-z-]+)`", DECISIONS.read_text(), re.MULTILINE))
QUERIES_NOT_OURS = set(re.findall(r"^- query `([a-z_]+)`", DECISIONS.read_text(), re.MULTILINE))


def read() -> list[dict[str, Any]]:
    return json.loads(CASES.read_text())["cases"] if CASES.exists() else []


def parts(case: dict[str, Any]) -> dict[str, list[Any]]:
    """Scores by the product whose facts they are: boards that are joined measure several."""
    named = {
        f"{case['id']}/{step[1]}": step[2] for step in case.get("steps", ()) if step[0] == "board"
    }
    return named or {case["id"]: case["scores"]}


def said(product: str, scores: Iterable[Sequence[Any]], step: str) -> list[Report]:
    """Scores as facts of a product; those named first were there first."""
    return [
        Report(
            f"{product}/{step}/{number}",
            member,
            "sale",
            datetime(2013, 4, 2, 8, number // 60, number % 60, tzinfo=UTC),
            date(2013, 4, 2),
            scaled(Decimal(str(score))),
            "USD",
            SCALE,
            product,
            None,
            None,
        )
        for number, (member, score) in enumerate(scores)
        if score
    ]


def changes(case: dict[str, Any]) -> list[tuple[str, Any]]:
    """Steps as what they add to the scores that stand by then."""
    stands: dict[str, Any] = defaultdict(int, dict(case["scores"]))
    found = []
    for word, member, *values in case.get("steps", ()):
        value = (
            values[0] if values else None
        )  # of one that takes members off a board, which nothing here does
        if word == "remove_score_range":  # facts that were none are corrected to nothing
            gone = [who for who, score in stands.items() if member <= score <= value]
            found += [(who, -stands.pop(who)) for who in gone]
        elif word in (
            "add",
            "set",
            "set_if_higher",
        ):  # what is only set if higher is a fact as well
            delta = value - stands[member] if word == "set" else value
            stands[member] += delta
            found.append((member, delta))
    return found


@pytest.fixture
def cases(app: Flask) -> list[dict[str, Any]]:
    cases = read()
    boards = [
        f"""
[[boards]]
slug = "{case["id"]}"
name = "{case["id"]}"
measure = "amount"
on = "sale"
period = "quarter"
tie = "{TIES[case["policy"]]}"
direction = "{DIRECTIONS[case["order"]]}"
where = {{ product = {json.dumps([*parts(case)])} }}
"""
        for case in cases
    ]
    head = '[programme]\nslug = "peers"\nname = "Peers"\ntimezone = "UTC"\ncurrency = "USD"\n'
    programme = publish(head + "".join(boards))
    moved = [(case, changes(case)) for case in cases]
    scored = [(product, scores) for case in cases for product, scores in parts(case).items()]
    names = {name for _, scores in scored for name, _ in scores}
    names |= {name for _, more in moved for name, _ in more}
    profiles = [Profile(name, name) for name in sorted(names)]
    transaction(lambda: membership.enrol(programmes.by_slug("peers"), profiles, now=NOW))
    record(programme, *(fact for product, scores in scored for fact in said(product, scores, "0")))
    more_facts = (f for case, more in moved for f in said(case["id"], more, "1"))
    record(programmes.by_slug("peers"), *more_facts)
    return cases


def answer(case: dict[str, Any], asked: dict[str, Any]) -> None:
    """Ask our board what the case asks theirs."""
    here = programmes.by_slug("peers")
    board = service.board(here, case["id"])
    assert board
    period = periods.parse("2013-Q2")

    def page(after: int = 0, limit: int | None = None) -> Ranking:
        return ranking.ranking(here, board, period, limit=limit, after_place=after)

    whole = page()
    ids = {row.external_id: row.member_id for row in whole.rows}

    def near(member: str, reach: int = 0) -> Ranking:
        return ranking.around(here, board, period, ids.get(member, 0), reach=reach)

    def place(member: str) -> int:
        return ranking.place(here, board, period, ids.get(member, 0)) or 0

    def lines(found: Ranking) -> list[str | None]:
        return [row.external_id for row in found.rows]

    query, value, where = asked["query"], asked.get("value"), case["id"]
    if query == "ranks_in_list_order":
        assert [row.rank for row in whole.rows] == value, where
    elif query == "page_ranks":
        after = (asked["page"] - 1) * asked["page_size"]
        assert [row.rank for row in page(after, asked["page_size"]).rows] == value, where
    elif query == "around_member":
        # Who stands before whom among equals is theirs; the ranks around are facts.
        wanted = {int(position) - 1: rank for position, rank in asked["rank_at_position"].items()}
        ranks = [row.rank for row in whole.rows]
        assert near(asked["member"]).rows[0].rank in wanted.values(), where
        assert any(
            all(ranks[start + at] == rank for at, rank in wanted.items())
            for start in range(len(ranks) - max(wanted))
        ), where
    elif query == "rank_of":
        got = {name: next((r.rank for r in near(name).rows), None) for name in value}
        assert got == value, where
    elif query == "score_of":
        scores = {name: next((r.score for r in near(name).rows), None) for name in value}
        assert scores == {k: v and scaled(Decimal(str(v))) for k, v in value.items()}, where
    elif query == "page_members":
        found = page((asked["page"] - 1) * asked["page_size"], asked["page_size"])
        assert len(found.rows) == asked["count"], where
        if found.rows:
            ends = found.rows[0].external_id, found.rows[0].rank, found.rows[-1].external_id
            assert ends == (asked["first"], asked["first_rank"], asked["last"]), where
    elif query == "total_pages":
        assert -(-whole.ranked // asked["page_size"]) == value, where
    elif query == "page_of_member":
        for member, number in value.items():
            assert -(-place(member) // asked["page_size"]) == number, where
    elif query == "members_in_rank_range":
        found = page(asked["from"] - 1, asked["to"] - asked["from"] + 1)
        assert (len(found.rows), *lines(found)[:: len(found.rows) - 1]) == (
            asked["count"],
            asked["first"],
            asked["last"],
        ), where
    elif query == "member_at_rank":
        for rank, member in value.items():
            found = page(int(rank) - 1, 1) if int(rank) > 0 else Ranking([], 0)
            assert next(iter(lines(found)), None) == member, where
    elif query == "around_count":
        for member, count in value.items():
            assert len(near(member, asked["page_size"] // 2).rows) == count, where
    elif query == "member_count":
        assert whole.ranked == value, where
    elif query == "percentile_of":
        # How many in a hundred stand behind: from a place and "of how many" everybody can tell.
        told = {m: -(100 * (place(m) - whole.ranked) // whole.ranked) for m in value}
        assert told == value, where
    elif query == "subset_sorted_by_score_asc":
        # Below nothing stands lowest; who has nothing, and who is unknown, is on no board.
        ranked = [member for member in lines(whole)[::-1] if member in value]
        assert ranked == [m for m in value if m not in ("member_0", "member_200")], where
    elif query in ("first", "last"):
        assert lines(whole)[0 if query == "first" else -1] == value, where
    else:
        assert query in QUERIES_NOT_OURS, f"{where}: {query} is neither asked nor refused"


def answers(case: dict[str, Any]) -> None:
    for query in case["expect"]:
        answer(case, query)


@pytest.mark.skipif(not CASES.exists(), reason="../shared is absent")
def test_peers_rank_the_same_scores_alike_but_where_it_is_not_our_policy(
    cases: list[dict[str, Any]],
) -> None:
    assert {case["id"] for case in cases} >= NOT_OURS
    ours = [case for case in cases if case["id"] not in NOT_OURS]
    for case in ours:
        answers(case)
    assert sum(len(case["expect"]) for case in ours) > 40
    for case in cases:
        if case["id"] in NOT_OURS:  # answered otherwise, or not to be asked here
            with pytest.raises(AssertionError):
                answers(case)

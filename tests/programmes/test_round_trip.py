"""What the file says, the models hold, and the forms show, is one and the same: nothing gets lost."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from engage import texts
from engage.console import mission_form, rule_form
from engage.incentives import language
from engage.programmes import file as programme_file
from engage.programmes import service
from engage.programmes.file import ProgrammeFile, dump, parse
from engage.voice import Voice
from tests.conftest import NOW

EVERYTHING = (Path(__file__).parent / "everything.toml").read_text()


def test_a_file_of_everything_is_written_back_to_the_byte() -> None:
    assert dump(parse(EVERYTHING)) == EVERYTHING


def test_what_was_published_is_exported_to_the_byte(app: Flask) -> None:
    published = service.publish(parse(EVERYTHING), NOW).programme
    assert dump(service.export(published)) == EVERYTHING
    assert service.publish(parse(EVERYTHING), NOW).changes == []


@pytest.mark.parametrize(
    "path",
    [
        *("programme", "budget", "payouts", "segments", "tiers", "rules", "missions", "boards"),
        "triggers",
        *("missions.stages", "rates", "disputes"),
    ],
)
def test_the_file_of_everything_leaves_no_key_out(path: str) -> None:
    raw = programme_file.reading.toml(EVERYTHING)
    tables: list[dict[str, Any]] = [raw]
    for word in path.split("."):
        inner = [table[word] for table in tables if word in table]
        tables = [t for one in inner for t in (one if isinstance(one, list) else [one])]
    used = {key for table in tables for key in table}
    tables[0]["no such key"] = 1
    with pytest.raises(programme_file.BadProgrammeFile) as caught:
        parse(tomli_w.dumps(raw))
    (problem,) = [said for _, key, said in caught.value.problems if key.endswith("no such key")]
    known = problem.partition("known are ")[2]
    assert used - {"no such key"} >= set(known.split(", ") if known else ())


# --- through the forms ----------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12).filter(
    lambda text: texts.composed(text) == text and not texts.control(text)
)
numbers = st.decimals(0, 10**6, places=4).map(lambda d: f"{d:f}")
above_zero = st.decimals("0.01", 10**6, places=2).map(lambda d: f"{d:f}")
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True)
KINDS = st.sampled_from(["sale", "deal_won", "login", "custom"])
PERIODS = st.sampled_from(["day", "week", "month", "quarter", "year"])
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
values = st.lists(words, min_size=1, max_size=3)


def named(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), values, max_size=3)


of_facts = st.one_of(
    named("category", "product", "customer"),
    st.builds(lambda low, more: {"amount": {"from": low, "to": "2000000"}}, numbers, words),
)
of_partners = st.builds(
    lambda plain, ranged: plain | ranged,
    named("region", "type", "organisation", "team"),
    st.sampled_from(
        [
            {},
            {"segment": ["near"]},
            {"tier": ["Gold"], "joined": {"to": "2013-01-31"}},
            {"joined": {"from": "2012-02-29", "to": "2013-01-31"}},
        ]
    ),
)


@st.composite
def rule(draw: st.DrawFn, slug: str) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "slug": slug,
        "on": draw(KINDS),
        "earn": draw(st.sampled_from(["points", "EUR"])),
        "per": draw(st.sampled_from(language.MEASURES)),
        "period": draw(PERIODS),
    }
    paying = draw(st.sampled_from(["rate", "bands", "milestones"]))
    if paying == "rate":
        raw["rate"] = draw(numbers)
    elif paying == "bands":
        starts = sorted(draw(st.sets(st.integers(0, 10**6), min_size=1, max_size=4)))
        raw["bands"] = draw(st.sampled_from(language.BANDS))
        raw["band"] = [{"from": str(start), "rate": draw(numbers)} for start in starts]
    if paying == "milestones" or draw(st.booleans()):
        steps = sorted(draw(st.sets(st.integers(1, 10**6), min_size=1, max_size=3)))
        raw["milestones"] = [{"at": str(step), "pays": str(step)} for step in steps]
    first, last = sorted([draw(days), draw(days)])
    extras: list[dict[str, Any]] = [
        {"where": draw(of_facts) | draw(of_partners)},
        {"within": draw(st.integers(1, 3660))},
        {"baseline": "same period last year", "newcomers": draw(numbers)},
        {"baseline": f"mean of last {draw(st.integers(1, 24))} periods", "newcomers": "0"},
        {"minimum": draw(above_zero)},
        {"cap": str(draw(st.integers(1, 10**6)))},
        {"budget": str(draw(st.integers(1, 10**6))), "at_budget": "stop"},
        {"budget": "1", "at_budget": "warn"},
        {"starts": first, "ends": last},
        {"starts": f"{first}T{draw(st.times()).replace(microsecond=0, hour=5)}"},
        {"ends": f"{last}T23:59"},
    ]
    for extra in draw(st.lists(st.sampled_from(extras), max_size=4)):
        raw |= extra
    return raw


@st.composite
def mission(draw: st.DrawFn, slug: str) -> dict[str, Any]:
    first, last = sorted([draw(days), draw(days)])
    raw: dict[str, Any] = {"slug": slug, "name": draw(words), "starts": first, "ends": last}
    if draw(st.booleans()):
        raw["audience"] = draw(of_partners)
    if draw(st.booleans()):
        raw |= {"budget": {"EUR": draw(above_zero), "points": "7"}, "at_budget": "stop"}
    raw["stages"] = [
        {
            "name": draw(words),
            "on": draw(KINDS),
            "measure": draw(
                st.sampled_from(["amount", "quantity", "facts", "customers", "products"])
            ),
            "target": draw(above_zero),
            **({"where": where} if (where := draw(of_facts)) else {}),
            **({"reward": {"EUR": draw(above_zero)}} if draw(st.booleans()) else {}),
        }
        for _ in range(draw(st.integers(1, 8)))
    ]
    return raw


@st.composite
def programmes(draw: st.DrawFn) -> ProgrammeFile:
    names = draw(st.lists(slugs, min_size=2, max_size=4, unique=True))
    head = {"slug": "generated", "name": draw(words), "timezone": "Europe/Berlin"}
    raw: dict[str, Any] = {
        "programme": head | {"currency": "EUR"},
        "segments": [{"slug": "near", "where": {"region": draw(values)}}],
        "tiers": [
            {
                "name": "Gold",
                "measure": "amount",
                "on": "sale",
                "period": draw(PERIODS),
                "threshold": draw(above_zero),
                "multiplier": {"EUR": "1.50"},
                "perks": draw(values),
                "where": draw(of_facts),
            }
        ],
        "rules": [draw(rule(name)) for name in names],
        "missions": [draw(mission(name)) for name in names[:2]],
    }
    return parse(tomli_w.dumps(raw))


@settings(max_examples=15)
@given(programmes(), st.sampled_from(["en", "de", "fr"]))
def test_a_programme_passes_through_the_file_and_both_forms_unchanged(
    described: ProgrammeFile, locale: str
) -> None:
    written, voice = dump(described), Voice(locale=locale)
    assert parse(written) == described
    assert dump(parse(written)) == written
    for found in described.rules:
        typed = rule_form.of_raw(language.to_json(found), voice)
        assert "rest" not in typed, "every key has a field"
        again = rule_form.read(typed, found.slug, "EUR", "Europe/Berlin", voice)
        assert (again.made, again.errors) == (found, {})
    for one in described.missions:
        typed = mission_form.of_mission(one, "EUR", voice)
        reading = mission_form.read(typed, one.slug, "EUR", voice, date.min).reading
        assert (reading.made, reading.errors) == (one, {})

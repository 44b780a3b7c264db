"""A file with any mistake is refused whole, by line, key and remedy; nothing else ever happens."""

import copy
import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import CliRunner

from engage.cli import main
from engage.config import Settings
from engage.programmes.file import BadProgrammeFile, dump, parse
from engage.programmes.reading import decoded, said, toml
from engage.videos.triggers import Filmable

EVERYTHING = (Path(__file__).parent / "everything.toml").read_text()
RAW = toml(EVERYTHING)

#: What nobody means, whatever it stands in for.
JUNK: tuple[Any, ...] = (
    None,
    *({}, [], [{}], [[]], {"a": {"b": 1}}, True, -1, 0, 10**18, 1.5, math.nan, math.inf),
    *("", " ", "-1", "1,5", "NaN", "1e400", "9" * 41, "x\u202ey", "x\x00y", "x" * 300),
    *(date(2013, 2, 1), date(1, 1, 1), datetime(2013, 2, 1, tzinfo=UTC)),
)


def places(raw: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key of the file, inner ones too."""
    inside = (
        raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    )
    for key, value in inside:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The file with another value at a place, or without it (None)."""
    raw = copy.deepcopy(RAW)
    table: Any = raw
    for key in path[:-1]:
        table = table[key]
    if value is None:
        del table[path[-1]]
    else:
        table[path[-1]] = value
    return raw


def test_whatever_stands_at_a_key_is_taken_as_it_is_or_refused_with_its_place() -> None:
    refused = 0
    for number, path in enumerate(places(RAW)):
        value = JUNK[number % len(JUNK)]
        try:
            taken = parse(tomli_w.dumps(changed(path, value)))
        except BadProgrammeFile as error:
            refused += 1
            for line, key, problem in error.problems:
                assert line or value is None, (path, value, key)
                assert key, (path, value)
                assert re.search(r"[:;,]|write", problem), f"without a remedy: {problem}"
                assert problem.isprintable(), (path, value)
        else:
            assert parse(dump(taken)) == taken, (path, value)
    assert refused > 200


HEAD = """[programme]
slug = "p"
name = "P"
timezone = "Europe/Berlin"
currency = "EUR"
"""
RULE = """[[rules]]
slug = "r"
on = "sale"
earn = "EUR"
per = "amount"
period = "month"
"""
RATED = RULE + 'rate = "1"\n'
BANDED = RULE + 'bands = "marginal"\nband = '
BOARD = """[[boards]]
slug = "b"
name = "B"
measure = "amount"
on = "sale"
period = "month"
"""
MISSION = """[[missions]]
slug = "m"
name = "M"
starts = 2013-03-01
ends = 2013-03-31
"""
STAGE = """[[missions.stages]]
name = "S"
on = "sale"
measure = "facts"
target = "3"
"""
TIER = """[[tiers]]
name = "Gold"
measure = "amount"
on = "sale"
period = "year"
threshold = "5"
"""
TRIGGER = """[[triggers]]
slug = "t"
on = "closed"
template = "recap"
formats = ["16:9"]
"""
FILMS = {"recap": Filmable(("16:9", "9:16"), "recap"), "launch": Filmable(("16:9",), "launch")}
MISTAKES = [
    # triggers of films
    (TRIGGER.replace('"recap"', '"recaps"'), "triggers[1].template", "write one of recap, launch"),
    (TRIGGER.replace('"recap"', '"launch"'), "triggers[1].template", "write one of recap"),
    (TRIGGER.replace('"16:9"', '"1:1"'), "triggers[1].formats", "choose of 16:9, 9:16"),
    (TRIGGER.replace('"closed"', '"close"'), "triggers[1].on", "write one of joined"),
    (TRIGGER + 'days_after = "3"\n', "triggers[1].days_after", "a whole number from 0 to 60"),
    (TRIGGER + 'audience = { tier = ["Gold"] }\n', "triggers[1].audience.tier", "[[tiers]]"),
    (TRIGGER + "off = true\n", "triggers[1].off", "known are slug"),
    (TRIGGER * 2, "triggers[2].slug", "stands twice"),
    # the programme
    (HEAD.replace("[programme]", "[program]"), "program", "unknown key; known are programme"),
    (HEAD.replace('slug = "p"', 'slug = "P p"'), "programme.slug", "small letters"),
    (HEAD.replace('"P"', '""'), "programme.name", "is empty: write a text"),
    (HEAD.replace('"P"', "3"), "programme.name", "put it in quotes"),
    (HEAD.replace('"P"', '"a\\u202Eb"'), "programme.name", "U+202E"),
    (HEAD.replace('"P"', '"a\\u0007b"'), "programme.name", "U+0007"),
    (HEAD.replace("Europe/Berlin", "Europe"), "programme.timezone", "write one such as"),
    (HEAD.replace("Europe/Berlin", "../../etc/passwd"), "programme.timezone", "write one such as"),
    (HEAD.replace("Europe/Berlin", "CEST"), "programme.timezone", "write one such as"),
    (HEAD.replace('"EUR"', '"eur"'), "programme.currency", "ISO 4217"),
    (HEAD.replace('"EUR"', '"XAU"'), "programme.currency", "no minor unit"),
    (HEAD.replace('"EUR"', '"points"'), "programme.currency", "write one such as USD"),
    (HEAD + 'colour = "red"\n', "programme.colour", "known are slug, name, timezone, currency"),
    # rules
    (RATED.replace('"1"', '"1,5"'), "rules[1].rate", "digits with a point"),
    (RATED.replace('"1"', '"-1"'), "rules[1].rate", "below zero"),
    (RATED.replace('"1"', "1.5"), "rules[1].rate", "write it as text"),
    (RATED.replace('"1"', "nan"), "rules[1].rate", "write it as text"),
    (RATED.replace('"1"', '"1e400"'), "rules[1].rate", "digits with a point"),
    (RATED.replace('"1"', "9" * 60), "rules[1].rate", "smaller number"),
    (RATED.replace('"1"', '"1000001"'), "rules[1].rate", "at most 1000000"),
    (RATED.replace('"EUR"', '"USD"'), "rules[1].earn", "write points or the programme's EUR"),
    (RATED.replace('"sale"', '"sail"'), "rules[1].on", "write one of sale"),
    (RATED.replace('"amount"', '"amounts"'), "rules[1].per", "write one of amount"),
    (RATED.replace('"month"', '"fortnight"'), "rules[1].period", "write one of day"),
    (RATED + RATED, "rules[2].slug", "stands twice"),
    (RATED + 'perod = "month"\n', "rules[1].perod", "unknown key"),
    (RATED + 'cap = "-5"\n', "rules[1].cap", "not above zero"),
    (RATED + 'cap = "0.001"\n', "rules[1].cap", "at most 2 digits"),
    (RATED + "starts = 2013-05-02\nends = 2013-05-01\n", "rules[1].ends", "swap or mend"),
    (RATED + "starts = 2013-05-01T09:00:00Z\n", "rules[1].starts", "clocks of Europe/Berlin"),
    (RATED + "starts = 2013-03-31T02:30:00\n", "rules[1].starts", "put forward"),
    (RATED + "ends = 12:00:00\n", "rules[1].ends", "write 2013-03-31"),
    (RATED + 'at_budget = "stop"\n', "rules[1].at_budget", "without a budget"),
    (RATED + 'where = { shoe = ["44"] }\n', "rules[1].where.shoe", "known are amount"),
    (RATED + 'where = { tier = ["Gold"] }\n', "rules[1].where.tier", "declare it as [[tiers]]"),
    (RATED + 'where = { segment = "x" }\n', "rules[1].where.segment", "declare it as [[segments]]"),
    (RATED + "where = { category = [] }\n", "rules[1].where.category", "write a list"),
    (
        RATED + 'where = { amount = { from = "5", to = "4" } }\n',
        "rules[1].where.amount.to",
        "swap or mend",
    ),
    (RULE, "rules[1].rate", "is missing"),
    (RULE + 'bands = "marginal"\n', "rules[1].band", "is missing"),
    (
        BANDED + '[ { from = "5", rate = "1" }, { from = "0", rate = "2" } ]',
        "rules[1].band[2].from",
        "in order",
    ),
    (
        BANDED + '[ { from = "5", rate = "1" }, { from = "5", rate = "2" } ]',
        "rules[1].band[2].from",
        "in order",
    ),
    (BANDED + '[ { from = "-5", rate = "1" } ]', "rules[1].band[1].from", "the first is 0"),
    (
        BANDED + '[ { from = "0", to = "9", rate = "1" } ]',
        "rules[1].band[1].to",
        "known are from, rate",
    ),
    (BANDED + '[ { from = "0", rate = "1" } ]\nrate = "1"', "rules[1].rate", "remove this"),
    # tiers, boards, missions
    (TIER + TIER, "tiers[2].name", "stands twice"),
    (TIER + TIER.replace("Gold", "Silver"), "tiers[2].threshold", "put tiers in order"),
    (TIER + 'multiplier = { EUR = "0.5" }\n', "tiers[1].multiplier.EUR", "write 1 to 100"),
    (BOARD.replace('"amount"', '"USD"'), "boards[1].measure", "write one of"),
    (BOARD + BOARD, "boards[2].slug", "stands twice"),
    (MISSION, "missions[1].stages", "write at least one"),
    (MISSION.replace("ends = 2013-03-31\n", "") + STAGE, "missions[1].ends", "is missing"),
    (MISSION.replace("03-31", "02-28") + STAGE, "missions[1].ends", "swap or mend"),
    (MISSION + STAGE.replace('"3"', '"0"'), "missions[1].stages[1].target", "above zero"),
    (
        MISSION + 'audience = { shoe = ["44"] }\n' + STAGE,
        "missions[1].audience.shoe",
        "known are organisation, team, region, type, segment, tier, joined",
    ),
    (
        MISSION + 'audience = { tier = ["Gold"] }\n' + STAGE,
        "missions[1].audience.tier",
        "declare it as [[tiers]]",
    ),
    (MISSION + STAGE + 'reward = { USD = "5" }\n', "missions[1].stages[1].reward.USD", "EUR"),
    # the rest
    ('[budget]\nEUR = "-1"\n', "budget.EUR", "below zero"),
    ("rules = 3\n" + HEAD, "rules", "[[rules]]"),
]


@pytest.mark.parametrize(("text", "key", "remedy"), MISTAKES)
def test_every_mistake_is_told_with_line_key_and_remedy(text: str, key: str, remedy: str) -> None:
    whole = text if "[prog" in text else HEAD + text
    with pytest.raises(BadProgrammeFile) as caught:
        parse(whole, FILMS)
    told = {key: (line, problem) for line, key, problem in caught.value.problems}
    assert key in told, told
    line, problem = told[key]
    assert remedy in problem
    assert line is not None
    last = re.sub(r"\[\d+\]$", "", key).rpartition(".")[2].partition("[")[0]
    there = whole.splitlines()[line - 1]
    assert last in there or there.startswith("[") or "{" in there, (line, there)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines() -> None:
    rules = RATED.replace('"1"', "nan") + "starts = 2013-03-31T02:30:00\n"
    whole = HEAD + rules + "\n[budget]\nEUR = 'x'\n" + MISSION + "colour = 'red'\n"
    with pytest.raises(BadProgrammeFile) as caught:
        parse(whole, FILMS)
    lines = [line for line, *_ in caught.value.problems]
    assert lines == sorted(lines)
    assert {"rules[1].rate", "rules[1].starts", "budget.EUR", "missions[1].colour"} <= {
        key for _, key, _ in caught.value.problems
    }


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'[programme]\nname = "Caf\xe9"\n', "line 2: is not UTF-8 (byte 0xE9): save the file"),
        (
            "[programme]".encode("utf-16"),
            "line 1: is not UTF-8 (byte 0xFF): save the file as UTF-8",
        ),
        (b"[programme]\nslug = x\n", "line 2: is not TOML: Invalid value in column 8; mend it"),
        (b"[programme]\nslug = 'x\n", "line 2: is not TOML: "),
        (b"a = [\n", "line 1: is not TOML: "),
        (b"a = 1\na = 2\n", "line 2: is not TOML: Cannot overwrite a value in column 6; mend it"),
        (b"# " + b"x" * 5_001, "line 1: is too large: write at most"),
        (b"", "programme: is missing: write a [programme] table"),
    ],
)
def test_what_is_no_text_or_no_toml_says_on_which_line(data: bytes, says: str) -> None:
    with pytest.raises(BadProgrammeFile) as caught:
        parse(decoded(data))
    assert said(caught.value.problems[0]).startswith(says)


def test_marks_and_line_ends_of_other_systems_are_no_mistake() -> None:
    text = HEAD + RATED
    assert parse(decoded(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())) == parse(text)


def test_the_command_says_it_in_one_line_and_nothing_stands(
    settings: Settings, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b'[programme]\nname = "\xff"\n')
    run = CliRunner().invoke(main, ["programme", "load", str(bad)])
    assert run.exit_code == 1
    assert "bad.toml: line 2: is not UTF-8" in run.stderr
    assert "nothing was changed" in run.stderr
    bad.write_text(HEAD + '"\\u001b[2J" = 1\n')
    run = CliRunner().invoke(main, ["programme", "load", str(bad)])
    assert "\x1b" not in run.stderr
    assert CliRunner().invoke(main, ["programme", "load", str(tmp_path)]).exit_code == 2

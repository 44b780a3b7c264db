"""The programme file: whole or refused whole, with every mistake by line, key and remedy."""

import pytest

from engage.programmes import file as programme_file
from engage.programmes import service
from engage.programmes.models import Programme
from tests.conftest import NOW, PROGRAMME, publish


def test_a_file_reads_back_what_it_writes() -> None:
    described = programme_file.parse(PROGRAMME)
    assert programme_file.parse(programme_file.dump(described)) == described


INTAKE = """
[intake]
unknown_partner = "reject"

[[rates]]
from = "GBP"
to = "USD"
day = 2013-04-02
rate = "1.50"

[[rates]]
from = "EUR"
to = "USD"
day = 2013-04-01
rate = "1.28351"
"""


def test_intake_and_rates_are_published_and_written_back_the_same(programme: Programme) -> None:
    described = programme_file.parse(PROGRAMME + INTAKE)
    assert programme_file.parse(programme_file.dump(described)) == described
    changes = service.publish(described, NOW).changes
    assert changes == ["intake: changed", "rates: 2 new, 0 gone"]
    assert service.export(programme) == described
    assert service.publish(described, NOW).changes == []


def test_two_rates_of_one_day_are_refused() -> None:
    twice = PROGRAMME + INTAKE.replace("GBP", "EUR").replace("2013-04-02", "2013-04-01")
    with pytest.raises(
        programme_file.BadProgrammeFile, match=r"rates\[2\].from: 'EUR of 2013-04-01'"
    ):
        programme_file.parse(twice)


WHOLE = (
    PROGRAMME
    + """
[[segments]]
slug = "new-dealers"
where = { type = ["Dealer"], joined = { from = 2013-01-01 } }

[[rules]]
slug = "growth"
on = "deal_won"
earn = "USD"
per = "customer"
period = "month"
rate = "5"
baseline = "mean of last 3 periods"
newcomers = "2"
minimum = "1"
within = 90
milestones = [ { at = "5", pays = "20" } ]
where = { segment = ["new-dealers"], amount = { from = "100", to = "999.99" } }
"""
)


def test_the_whole_rule_language_is_written_back_the_same(programme: Programme) -> None:
    described = programme_file.parse(WHOLE)
    assert programme_file.parse(programme_file.dump(described)) == described
    assert service.publish(described, NOW).changes == [
        "segment new-dealers: new",
        "rule growth: version 1",
    ]
    assert service.export(programme) == described


def test_a_segment_that_is_not_declared_is_named_by_its_rule() -> None:
    with pytest.raises(programme_file.BadProgrammeFile) as caught:
        programme_file.parse(WHOLE.replace('segment = ["new-dealers"]', 'segment = ["new"]'))
    [(line, key, problem)] = caught.value.problems
    assert key == "rules[3].where.segment"
    assert line is not None
    assert "known are new-dealers" in problem


def test_what_is_published_is_written_back_the_same(programme: Programme) -> None:
    assert service.export(programme) == programme_file.parse(PROGRAMME)


def test_publishing_the_same_file_again_changes_nothing(programme: Programme) -> None:
    again = service.publish(programme_file.parse(PROGRAMME), NOW)
    assert again.changes == []


def test_every_mistake_is_named_with_its_line_and_key() -> None:
    broken = PROGRAMME.replace('rate = "1"\n', 'rate = "1,5"\n').replace(
        'timezone = "America/New_York"', 'timezone = "Mars/Olympus"'
    )
    with pytest.raises(programme_file.BadProgrammeFile) as caught:
        programme_file.parse(broken)
    lines = broken.splitlines()
    found = {key: line for line, key, _ in caught.value.problems}
    assert lines[found["programme.timezone"] - 1] == 'timezone = "Mars/Olympus"'  # type: ignore[operator]
    assert lines[found["rules[1].rate"] - 1] == 'rate = "1,5"'  # type: ignore[operator]


def test_many_mistakes_in_one_definition_are_all_named_each_on_its_line() -> None:
    broken = """
[programme]
slug = "Resellers"
name = ""
timezone = "America/New_York"
currency = "EURO"
[[rules]]
slug = "bike points"
on = "sail"
per = "amount"
rate = "1,5"
earn = "EUR"
perido = "quarter"
cap = "-3"
starts = 2013-05-01
ends = 2013-04-01
where = { colour = ["red"], category = [] }
[[rules]]
slug = "bonus"
on = "sale"
earn = "points"
per = "amount"
period = "quarter"
bands = "marginal"
band = [ { from = "5", rate = "x" }, { from = "5", rate = "1" }, { from = "3", rate = "1" } ]
[[missions]]
slug = "m"
name = "M"
starts = 2013-03-01
[[missions.stages]]
name = "One"
on = "sale"
measure = "facts"
target = "1"
[[missions.stages]]
name = "Two"
on = "sale"
measure = "fax"
target = "0"
reward = { GBP = "1", points = "0.5" }
"""
    with pytest.raises(programme_file.BadProgrammeFile) as caught:
        programme_file.parse(broken)
    lines = ["", *broken.splitlines()]
    told = {key: lines[line or 0] for line, key, _ in caught.value.problems}
    for key in (
        *("programme.slug", "programme.name", "programme.currency"),
        *(f"rules[1].{key}" for key in ("slug", "on", "rate", "earn", "perido", "cap", "ends")),
    ):
        assert told.pop(key).startswith(key.rpartition(".")[2] + " = "), key
    assert told.pop("rules[1].period") == "[[rules]]", "what is missing: where its table begins"
    assert told.pop("missions[1].ends") == "[[missions]]"
    assert told.pop("missions[1].stages[2].measure") == 'measure = "fax"'
    assert told.pop("missions[1].stages[2].target") == 'target = "0"'
    assert told.keys() == {
        *("rules[1].where.colour", "rules[1].where.category"),
        *("rules[2].band[1].rate", "rules[2].band[3].from"),
        *("missions[1].stages[2].reward.GBP", "missions[1].stages[2].reward.points"),
    }


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[programme]", "[programm]", "programme: is missing"),
        ('currency = "USD"', 'currency = "XXZ"', "ISO 4217"),
        ('slug = "growth-bonus"', 'slug = "bike-points"', "stands twice"),
        ("[[boards]]", "[[bords]]", "unknown key"),
        ('slug = "resellers"', "slug = resellers", "is not TOML"),
    ],
)
def test_a_file_that_cannot_stand_says_why(before: str, after: str, said: str) -> None:
    with pytest.raises(programme_file.BadProgrammeFile, match=said):
        programme_file.parse(PROGRAMME.replace(before, after))


def test_a_mission_may_not_lose_a_stage_that_may_be_paid(programme: Programme) -> None:
    shorter = PROGRAMME[: PROGRAMME.rindex("[[missions.stages]]")]
    with pytest.raises(service.Refused, match="keep them"):
        publish(shorter)


def test_a_rule_added_later_starts_when_it_is_published(programme: Programme) -> None:
    added = (
        PROGRAMME
        + '\n[[rules]]\nslug = "extra"\non = "sale"\nearn = "points"\nper = "fact"\nrate = "5"\nperiod = "all"\n'
    )
    result = service.publish(programme_file.parse(added), NOW)
    assert result.changes == ["rule extra: version 1"]


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 20_000 + " = 1",
        "a = " + "[\n" * 5_000,
        "a = " + "9" * 4_999,
        PROGRAMME + "\n[[rules]]\n" * 300,
        PROGRAMME.replace('rate = "1"\n', 'rate = "1E+200000"\n'),
        PROGRAMME.replace('target = "20000"', 'target = "1' + "0" * 30 + '"'),
        PROGRAMME.replace("starts = 2013-04-01", "starts = 0001-01-01"),
    ],
    ids=["dotted", "nested", "digits", "many", "exponent", "target", "year"],
)
def test_an_absurd_file_is_refused_at_once(text: str) -> None:
    with pytest.raises(programme_file.BadProgrammeFile):
        programme_file.parse(text)

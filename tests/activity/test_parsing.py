"""A table becomes facts or partners, or says row by row what to mend."""

import io
from datetime import UTC, date, datetime

import pytest

from engage.activity import problems
from engage.activity.files import read_table
from engage.activity.mapping import NATIVE, read_mapping
from engage.activity.parsing import parse_facts, parse_partners
from engage.activity.problems import ImportRefused, RowError

HEADER = "external_id,partner,kind,occurred_at,amount,currency,quantity,product,category,customer"
ROW = "S-1,7,sale,2013-02-14,1234.5678,USD,3,Bike,Bikes,Ada & Co"


def facts(*lines: str, header: str = HEADER, mapping=NATIVE):
    text = "\n".join([header, *lines])
    table = read_table(io.BytesIO(text.encode()), "facts.csv", delimiter=mapping.format.delimiter)
    return parse_facts(table, mapping, timezone="America/New_York")


def partners(*lines: str, header: str):
    table = read_table(io.BytesIO("\n".join([header, *lines]).encode()), "partners.csv")
    return parse_partners(table, timezone="America/New_York")


def column(found, target: str) -> list:
    return [getattr(record, target) for record in found.records]


def refusals(*lines: str, **how) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        facts(*lines, **how)
    return [str(problem) for problem in refused.value.problems]


def test_a_row_becomes_a_fact_with_exact_values():
    found = facts(ROW)
    assert found.errors == []
    assert found.rows == [2]
    (report,) = found.records
    assert report == (
        *("S-1", "7", "sale", datetime(2013, 2, 14, 5, tzinfo=UTC), date(2013, 2, 14)),
        *(12345678, "USD", 30000, "Bike", "Bikes", "Ada & Co"),
    )


def test_what_a_file_does_not_say_is_none_and_counts_nothing():
    found = facts("S-1,7,login,2013-02-14T10:00:00Z,,,,,,")
    (report,) = found.records
    assert (report.amount, report.product) == (0, None)
    short = facts("S-1,7,login,2013-02-14", header="External ID,Partner,KIND,Occurred At")
    assert short.records == facts("S-1,7,login,2013-02-14,,,,,,").records


def test_every_problem_is_named_with_row_column_and_remedy():
    found = facts(
        "S-1,7,sale,2013-02-14,abc,USD,3,,,",
        "S-2,,sale,2013-02-30,1.23456,USD,3,,,",
        ROW,
        "S-4,7,sold,14 Feb,5,Dollar,3,,,",
        " ,7,sale,,,,1e3,,,",
        "S-6,7,sale,2013-02-14",
    )
    assert [(error.row, error.column, error.problem) for error in found.errors] == [
        (2, "amount", "amount is 'abc', not a number: write digits such as 1234.56"),
        (3, "amount", "amount is '1.23456', more exact than the 4 decimals that are kept: round it to 4 in the file"),
        (3, "occurred_at", "occurred_at is '2013-02-30', a day that does not exist: write it like 2013-12-25 or 2013-12-25T14:30:00Z"),
        (3, "partner", "partner is blank: fill it in, every row needs one"),
        (5, "currency", "currency is 'Dollar', not a currency: write three letters like USD"),
        (5, "kind", "kind is 'sold', unknown: write one of sale, deal_registered, deal_won, training_completed, certification, login, custom"),
        (5, "occurred_at", "occurred_at is '14 Feb', not a date: write it like 2013-12-25 or 2013-12-25T14:30:00Z"),
        (6, "external_id", "external_id is blank: fill it in, every row needs one"),
        (6, "occurred_at", "occurred_at is blank: fill it in, every row needs one"),
        (6, "quantity", "quantity is '1e3', in scientific notation, which has lost digits: give the column a plain number format and export the file again"),
        (7, "", "has 4 cells where the header has 10: fill in what is missing"),
    ]  # fmt: skip
    assert (found.rows_read, found.rejected, found.rows) == (6, 5, [4])
    assert column(found, "external_id") == ["S-1"]


def test_errors_carry_the_names_that_the_file_has():
    mapping = read_mapping(
        {
            "columns": {"partner": "Dealer", "external_id": "{Order}-{Line}"},
            "constants": {"kind": "sale"},
        }
    )
    found = facts(
        "1,,,2013-02-14",
        ",2,A,2013-02-14",
        "2,2,A,2013-02-14",
        header="Order,Line,Dealer,occurred_at",
        mapping=mapping,
    )
    assert [str(error) for error in found.errors] == [
        "row 2, column Dealer: partner is blank: fill it in, every row needs one",
        "row 2, column {Order}-{Line}: external_id is blank, or a part of it is: fill it in, every row needs one",
        "row 3, column {Order}-{Line}: external_id is blank, or a part of it is: fill it in, every row needs one",
    ]
    assert column(found, "external_id") == ["2-2"]
    assert found.sources["external_id"] == "{Order}-{Line}"


def test_a_text_of_several_columns_may_lack_one_where_it_is_not_required():
    mapping = read_mapping({"columns": {"customer": "{First} {Last}"}})
    header = "external_id,partner,kind,occurred_at,First,Last"
    found = facts(
        "1,7,sale,2013-02-14,Ada,", "2,7,sale,2013-02-14,,", header=header, mapping=mapping
    )
    assert column(found, "customer") == ["Ada", None]


def test_date_and_time_may_stand_in_two_columns():
    mapping = read_mapping({"columns": {"occurred_at": "{Date} {Time}"}})
    header = "external_id,partner,kind,Date,Time"
    found = facts("1,7,sale,25/12/2013,14:30", header=header, mapping=mapping)
    assert column(found, "occurred_at") == [datetime(2013, 12, 25, 19, 30, tzinfo=UTC)]


def test_a_column_nobody_can_decide_refuses_the_file_and_says_how():
    problems = refusals(
        'S-1,7,sale,03/04/2013,"1,234",USD,"2,500",,,', "S-2,7,sold,04/05/2013,5,USD,3,,,"
    )
    assert problems[0].startswith(
        "row 1, column occurred_at: occurred_at can be read in two ways: '03/04/2013'"
    )
    assert problems[1].startswith(
        "row 1, column amount: amount can be read in two ways: '1,234' is 1234 or 1.234"
    )
    assert problems[2].startswith("row 1, column quantity: quantity can be read in two ways")
    assert 'decimal = ","' in problems[1]
    assert problems[3].startswith("row 3, column kind: kind is 'sold', unknown")


def test_the_mapping_file_decides_what_the_column_leaves_open():
    row = 'S-1,7,sale,03/04/2013,"1,234",USD,"2,500",,,'
    comma = facts(row, mapping=read_mapping({"format": {"decimal": ",", "dates": "DMY"}}))
    assert (column(comma, "amount"), column(comma, "quantity")) == ([12340], [25000])
    assert column(comma, "day") == [date(2013, 4, 3)]
    point = facts(row, mapping=read_mapping({"format": {"decimal": ".", "dates": "MDY"}}))
    assert (column(point, "amount"), column(point, "quantity")) == ([12340000], [25000000])
    assert column(point, "day") == [date(2013, 3, 4)]


def test_local_times_are_in_the_zone_the_mapping_names():
    found = facts(
        "S-1,7,sale,2013-02-14 10:00,,,,,,",
        mapping=read_mapping({"format": {"timezone": "Europe/Berlin"}}),
    )
    assert column(found, "occurred_at") == [datetime(2013, 2, 14, 9, tzinfo=UTC)]


def test_returns_are_negative():
    found = facts("S-1,7,sale,2013-02-14,(12.50),USD,-1,,,")
    assert (column(found, "amount"), column(found, "quantity")) == ([-125000], [-10000])


def test_rows_that_say_the_same_are_one():
    found = facts(ROW, ROW.replace("1234.5678", '"1,234.56780"'), ROW.replace("S-1", "S-2"), ROW)
    assert found.errors == []
    assert column(found, "external_id") == ["S-1", "S-2"]
    assert (found.rows, found.repeated, found.rows_read) == ([2, 4], 2, 4)


def test_two_stories_of_one_id_are_an_error_that_names_both_rows():
    found = facts(ROW, ROW.replace("S-1", "S-2"), ROW.replace(",3,", ",4,"))
    assert [(error.row, error.column) for error in found.errors] == [
        (2, "external_id"),
        (4, "external_id"),
    ]
    assert (
        "'S-1' stands in rows 2, 4 with different quantity: keep the row that is right"
        in found.errors[0].problem
    )
    assert column(found, "external_id") == ["S-2"]


def test_a_broken_row_is_no_second_story():
    found = facts(ROW, ROW.replace("1234.5678", "abc"))
    assert [error.row for error in found.errors] == [3]


def test_a_constant_is_read_once_and_refused_at_its_place():
    header = "external_id,partner,occurred_at,amount"
    mapping = read_mapping({"constants": {"kind": "Deal won", "currency": "usd"}})
    found = facts("1,7,2013-02-14,5", header=header, mapping=mapping)
    assert (column(found, "kind"), column(found, "currency")) == (["deal_won"], ["USD"])
    wrong = read_mapping({"constants": {"kind": "sal"}}, "crm.toml")
    with pytest.raises(
        ImportRefused, match=r"crm\.toml: constants\.kind: is 'sal', unknown: write one of"
    ):
        facts("1,7,2013-02-14,5", header=header, mapping=wrong)


def test_a_constant_date_is_not_guessed_either():
    mapping = read_mapping({"constants": {"kind": "sale", "occurred_at": "03/04/2013"}})
    problems = refusals("1,7", header="external_id,partner", mapping=mapping)
    assert "'03/04/2013' has day and month in unknown order" in problems[0]


def test_the_currency_beside_an_amount_counts():
    header = "external_id,partner,kind,occurred_at,amount,currency"
    found = facts(
        "1,7,sale,2013-02-14,5 €,", "2,7,sale,2013-02-14,£5,GBP", "3,7,sale,2013-02-14,€5,USD",
        "4,7,sale,2013-02-14,$5,CAD", header=header,
    )  # fmt: skip
    assert column(found, "currency") == ["EUR", "GBP", "CAD"]
    assert [str(error) for error in found.errors] == [
        "row 4, column amount: amount is '€5', but currency is USD: correct one of them"
    ]


def test_texts_are_trimmed_composed_and_on_one_line():
    found = facts(
        'S-1,7,sale,2013-02-14,,,, "Mu\u0308ller\u200b  & \n Sohn" ,,'.replace(', "', ',"').replace(
            '" ,', '",'
        )
    )
    assert column(found, "product") == ["Müller & Sohn"]


def test_no_letter_carries_a_tower_of_marks_and_none_loses_what_its_script_has():
    names = "Nguy\u1ec5n \u05e9\u05b4\u05c1\u05a3 x"
    found = facts("S-1,7,sale,2013-02-14,,,," + names + 40 * "\u0300\u0316" + "y,,")
    assert column(found, "product") == [names + 5 * "\u0316" + "y"]


@pytest.mark.parametrize("nothing", ["\u2800", "\u3164", "\u200d\u00a0\u200d", "\u2063"])
def test_what_looks_like_nothing_is_nothing(nothing: str):
    found = facts(f"S-1,7,sale,2013-02-14,,,,{nothing},,")
    assert column(found, "product") == [None]


@pytest.mark.parametrize(
    ("product", "said"),
    [
        ("no character\ufffe", "an invisible control character (U+FFFE): delete it"),
        ("bell\u0007", "an invisible control character (U+0007): delete it"),
        ("\u202egnp.exe", "an invisible control character (U+202E): delete it"),
        ("x" * 201, "201 characters long: shorten it to 200"),
        ("#N/A", "where a formula failed"),
        ("#REF!", "where a formula failed"),
    ],
)
def test_a_text_that_would_do_harm_is_an_error(product, said):
    (error,) = facts(f"S-1,7,sale,2013-02-14,,,,{product},,").errors
    assert error.column == "product"
    assert said in error.problem
    assert error.problem.isprintable()


def test_a_very_long_text_is_refused_before_it_is_composed(monkeypatch):
    monkeypatch.setattr("engage.texts.unicodedata", None)
    marks = "\u0301\u0327" * 60_000
    (error,) = facts(f"S-1,7,sale,2013-02-14,,,,{marks},,").errors
    assert "120000 characters long: shorten it" in error.problem


def test_partners_are_read_with_all_they_have():
    found = partners(
        "7,Ada & Co,ada@example.com,Ada Group,North,Northwest,VAR,2012-05-01,de-DE,europe/berlin",
        header="external_id,name,email,organisation,team,region,type,joined_on,locale,timezone",
    )
    assert found.errors == []
    (partner,) = found.records
    assert partner.joined_on == date(2012, 5, 1)
    assert (partner.locale, partner.timezone) == ("de_DE", "Europe/Berlin")
    assert partner.email == "ada@example.com"


def test_what_is_wrong_with_partners_is_named():
    found = partners(
        "1,Ada,ada@,xx_YY,Europe/Berlim,soon",
        "2,,ada@example..com,english,GMT+25,2013-13-01",
        "3,Bob,a b@example.com,en_US,,",
        header="external_id,name,email,locale,timezone,joined_on",
    )
    assert [(error.row, error.column) for error in found.errors] == [
        *((2, column) for column in ("email", "joined_on", "locale", "timezone")),
        *((3, column) for column in ("email", "joined_on", "locale", "name", "timezone")),
        (4, "email"),
    ]
    assert "nearest: Europe/Berlin" in found.errors[3].problem
    assert column(found, "external_id") == []


def test_columns_that_go_nowhere_are_told():
    found = partners("1,Ada,x,y", header="external_id,name,shoe size,Notes")
    assert found.ignored == ["shoe size", "Notes"]
    assert column(found, "email") == [None]


def test_a_missing_required_column_refuses_the_file():
    assert refusals("1,7", header="external_id,partner")[0].startswith(
        "kind: this column is required"
    )


def test_errors_are_counted_all_and_listed_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(problems, "MOST_ERRORS_LISTED", 10)
    found = facts(*(f"S-{n},7,sale,soon,abc,USD,3,,," for n in range(100)))
    assert (found.rejected, len(found.errors)) == (100, 10)
    assert [error.row for error in found.errors] == [2, 2, 3, 3, 4, 4, 5, 5, 6, 6]


def test_a_refusal_reads_as_one_line():
    refused = ImportRefused(
        "facts.csv", [RowError(0, "partner", "is missing"), RowError(2, "", "x")]
    )
    assert str(refused) == "facts.csv: partner: is missing (and 1 more problem)"

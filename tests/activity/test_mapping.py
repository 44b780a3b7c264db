"""A mapping file says which column is which, or what is wrong with it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engage.activity.mapping import FACT_COLUMNS, Format, load_mapping, plan, read_mapping
from engage.activity.parsing import FACTS_REQUIRED
from engage.activity.problems import ImportRefused

EXAMPLE = Path(__file__).parents[2] / "examples" / "adventureworks-facts.toml"
HEADER = ["Order No", "Line", "ResellerKey", "OrderDate", "Sales Amount", "Note"]
COLUMNS = {
    "external_id": "{Order No}-{Line}",
    "partner": "ResellerKey",
    "occurred_at": "OrderDate",
}


def planned(columns=COLUMNS, header=HEADER, constants=None):
    mapping = read_mapping(
        {"columns": columns, "constants": constants or {"kind": "sale"}}, "crm.toml"
    )
    return plan(mapping, header, FACT_COLUMNS, FACTS_REQUIRED, "facts.csv")


def refusals(call, *arguments, **named) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        call(*arguments, **named)
    return [f"{refused.value.file}: {problem}" for problem in refused.value.problems]


def test_the_example_loads():
    mapping = load_mapping(EXAMPLE)
    assert mapping.columns["external_id"] == "{SalesOrderNumber}-{SalesOrderLineNumber}"
    assert mapping.constants == {"kind": "sale", "currency": "USD"}


def test_names_templates_and_constants_meet_the_header():
    found = planned()
    assert found.sources["external_id"].indices == (0, 1)
    assert found.sources["external_id"].template == "{}-{}"
    assert found.sources["partner"].indices == (2,)
    assert found.constants == {"kind": "sale"}
    assert found.ignored == ["Sales Amount", "Note"]


def test_capitals_blanks_and_underscores_do_not_matter():
    found = planned({**COLUMNS, "partner": "reseller key", "amount": "SALES_AMOUNT"})
    assert found.sources["partner"].said == "ResellerKey"
    assert found.sources["amount"].said == "Sales Amount"


def test_a_column_with_our_own_name_needs_no_line():
    found = planned(header=[*HEADER, "Quantity"])
    assert found.sources["quantity"].said == "Quantity"


def test_a_column_name_with_braces_is_a_name_first():
    found = planned({**COLUMNS, "product": "{x}"}, [*HEADER, "{x}"])
    assert found.sources["product"].template is None


def test_text_around_the_columns_is_kept_as_it_is():
    found = planned({**COLUMNS, "product": "100% {Note} }{"})
    assert found.sources["product"].template.format("a") == "100% a }{"


def test_a_column_that_is_not_in_the_file_is_named_with_the_nearest():
    assert refusals(
        planned, {**COLUMNS, "partner": "ResellrKey", "external_id": "{Order}-{Lines}"}
    ) == [
        "crm.toml: columns.external_id: the file has no column 'Order': did you mean 'Order No'?",
        "crm.toml: columns.partner: the file has no column 'ResellrKey': did you mean 'ResellerKey'?",
    ]


def test_a_name_that_fits_two_columns_must_be_exact():
    header = [*HEADER, "Net", "NET"]
    assert "could be Net and NET" in refusals(planned, {**COLUMNS, "amount": "net"}, header)[0]
    assert planned({**COLUMNS, "amount": "NET"}, header).sources["amount"].indices == (7,)


def test_missing_required_columns_are_all_named_with_the_way_out():
    problems = refusals(
        plan, read_mapping({}), ["id", "kind"], FACT_COLUMNS, FACTS_REQUIRED, "f.csv"
    )
    assert [problem.split(":")[1].strip() for problem in problems] == [
        "external_id",
        "partner",
        "occurred_at",
    ]
    assert (
        'the file, which has id, kind: rename one, or name it in a mapping file, [columns] partner = "…"'
        in problems[1]
    )


def test_a_target_of_the_other_kind_of_import_is_refused():
    assert "columns.email: unknown" in refusals(planned, {**COLUMNS, "email": "Note"})[0]


def test_everything_wrong_in_a_mapping_file_is_told_at_once(tmp_path):
    path = tmp_path / "crm.toml"
    path.write_text(
        """
        [column]
        a = "b"
        [columns]
        external_id = "Id"
        amout = "Value"
        partner = 5
        kind = "Type"
        [constants]
        kind = "sale"
        currency = true
        [format]
        decimal = ";"
        dates = "dmy"
        delimeter = ";"
        encoding = "ebcdic"
        timezone = "Europe/Berlim"
        """
    )
    assert refusals(load_mapping, path) == [
        "crm.toml: [column]: unknown: did you mean columns?",
        "crm.toml: columns.amout: unknown: did you mean amount?",
        'crm.toml: columns.partner: is not a text: write it in quotation marks, "…"',
        'crm.toml: constants.currency: is not a text: write it in quotation marks, "…"',
        "crm.toml: constants.kind: stands under [columns] too: keep one of the two",
        'crm.toml: format.decimal: \';\' is not known: write "." or ","',
        'crm.toml: format.dates: \'dmy\' is not known: write "DMY" or "MDY"',
        "crm.toml: format.delimeter: unknown: did you mean delimiter?",
        "crm.toml: format.encoding: 'ebcdic' is not known: write one of utf-8, utf-16, windows-1250, "
        "windows-1251, windows-1252, windows-1253, windows-1254, windows-1257, iso-8859-1, iso-8859-2, "
        "iso-8859-15, macintosh, cp437, cp850, koi8-r, shift_jis, euc-kr, gb18030, big5",
        "crm.toml: format.timezone: 'Europe/Berlim' is not a time zone: write one like Europe/Berlin "
        "(nearest: Europe/Berlin)",
    ]


def test_a_file_that_is_not_toml_or_not_there_is_refused(tmp_path):
    path = tmp_path / "crm.toml"
    path.write_text("[columns\n")
    assert "crm.toml: is not TOML" in refusals(load_mapping, path)[0]
    assert "cannot be opened" in refusals(load_mapping, tmp_path / "no.toml")[0]
    path.write_text("columns = 5\n")
    assert "is not a table" in refusals(load_mapping, path)[0]


def test_formats_are_read_in_their_common_spellings():
    raw = {"format": {"delimiter": "tab", "encoding": "CP1252", "decimal": ",", "dates": "MDY"}}
    assert read_mapping(raw).format == Format(",", "MDY", "\t", "windows-1252")


def test_constants_may_be_numbers_and_dates():
    raw = {"constants": {"quantity": 1, "occurred_at": date(2013, 1, 2), "kind": "sale"}}
    assert read_mapping(raw).constants == {
        "quantity": "1",
        "occurred_at": "2013-01-02",
        "kind": "sale",
    }
    moment = {"constants": {"occurred_at": datetime(2013, 1, 2, 3, tzinfo=UTC)}}
    assert read_mapping(moment).constants == {"occurred_at": "2013-01-02 03:00:00+00:00"}

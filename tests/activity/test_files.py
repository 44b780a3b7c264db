"""A CSV file of any common make becomes a table, or is refused with place and remedy."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.activity import files
from engage.activity.files import read_table
from engage.activity.problems import ImportRefused

HEADER = "external_id,partner,näme"


def table(content: str | bytes, name: str = "facts.csv", **how: str) -> files.Table:
    data = content.encode() if isinstance(content, str) else content
    return read_table(io.BytesIO(data), name, **how)


def refusal(content: str | bytes, name: str = "facts.csv", **how: str) -> str:
    with pytest.raises(ImportRefused) as refused:
        table(content, name, **how)
    return str(refused.value)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_the_encoding_is_found(encoding, said):
    text = f"{HEADER}\n1,2,Müller – €\n"
    data = text.encode(encoding)
    if encoding == "utf-16-be":
        data = b"\xfe\xff" + data
    found = table(data)
    assert found.encoding == said
    assert found.header == ["external_id", "partner", "näme"]
    assert list(found.rows()) == [("1", "2", "Müller – €")]


def test_the_encoding_can_be_told():
    data = f"{HEADER}\n1,2,Łódź\n".encode("windows-1250")
    assert table(data, encoding="windows-1250").columns[2] == ["Łódź"]


def test_what_is_in_no_known_encoding_is_refused():
    assert 'encoding = "iso-8859-1"' in refusal(b"a,b\n1,2\n\x81\xe9,3\n")
    assert "row 3" in refusal(b"a,b\n1,2\n\x81\xe9,3\n")
    assert "not utf-8" in refusal(b"a,b\n\xe9,3\n", encoding="utf-8")
    assert "not UTF-16" in refusal(b"\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_separator_is_found_whatever_the_cells_hold(delimiter, newline):
    rows = [["id", "name", "note"], ["1", "1.234,56", '"a,b;c|d\te"'], ["2", "7,5", "x y"]]
    quoted = [
        [f'"{cell}"' if delimiter in cell and cell[0] != '"' else cell for cell in row]
        for row in rows
    ]
    found = table(newline.join(delimiter.join(row) for row in quoted))
    assert found.delimiter == delimiter
    assert list(found.rows()) == [("1", "1.234,56", "a,b;c|d\te"), ("2", "7,5", "x y")]
    assert list(found.row_numbers) == [2, 3]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_quoted_cells_come_back_whatever_they_hold(rows, delimiter):
    def line(cells):
        return delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)

    kept = [tuple(row) for row in rows if any(cell.strip() for cell in row)]
    text = "\n".join([line(["a", "b", "c"]), *map(line, rows)])
    if not kept:
        assert "no rows below" in refusal(text)
    else:
        assert list(table(text, delimiter=delimiter).rows()) == kept


def test_a_few_broken_rows_do_not_mislead_the_separator():
    rows = "\n".join(f"{n};1,5;x" for n in range(30))
    found = table(f"id;price, net;note\n{rows}\nbroken\n")
    assert found.delimiter == ";"
    assert len(found.problems.listed()) == 1


def test_two_separators_that_do_equally_well_are_refused():
    message = refusal("a,b;c\n1,2;3\n")
    assert "commas or at semicolons" in message
    assert "[format] delimiter" in message
    assert table("a,b;c\n1,2;3\n", delimiter=";").header == ["a,b", "c"]


def test_excels_separator_line_is_no_header():
    found = table("sep=;\r\na;b,c\r\n1;2\r\n")
    assert found.header == ["a", "b,c"]
    assert list(found.row_numbers) == [3]


def test_a_row_is_numbered_by_the_line_where_it_begins():
    found = table('id,note\n1,"two\nlines"\n\n2,"three\r\n\r\nlines"\n3,x\n')
    assert found.columns[0] == ["1", "2", "3"]
    assert list(found.row_numbers) == [2, 5, 8]


def test_row_numbers_hold_across_chunks(monkeypatch):
    monkeypatch.setattr(files, "CHUNK", 2)
    text = "id,note\n" + "".join(f'{n},"a\nb"\n' for n in range(7)) + "7,x\n\n8,y\n"
    assert list(table(text).row_numbers) == [2, 4, 6, 8, 10, 12, 14, 16, 18]


def test_blank_rows_and_blank_ends_are_ignored():
    found = table("\n ,\nid,note\n,\n1,a\n  ,  \n2,b,,\n\n")
    assert found.header_row == 3
    assert found.header == ["id", "note"]
    assert list(found.rows()) == [("1", "a"), ("2", "b")]
    assert list(found.row_numbers) == [5, 7]
    assert found.rows_read == 2


def test_a_row_of_another_width_is_a_problem_with_its_number():
    found = table("id,note,more\n1,a,b\n2,a\n3,a,b\n4,a,b,c\n")
    assert found.columns[0] == ["1", "3"]
    assert found.rows_read == 4
    errors = found.problems.listed()
    assert [error.row for error in errors] == [3, 5]
    assert errors[0].problem == "has 2 cells where the header has 3: fill in what is missing"
    assert "quotation marks" in errors[1].problem


def test_a_name_that_stands_twice_is_refused():
    assert refusal("id,Amount,note, Amount\n1,2,3,4\n") == (
        "facts.csv: row 1, column Amount: this name stands over columns 2 and 4: rename one of them"
    )


def test_a_column_without_a_name_keeps_its_place():
    assert table(",id,\nx,1,\n").header == ["(column 1)", "id", "(column 3)"]


@pytest.mark.parametrize("content", ["", "\n\n", " \n", "\ufeff", ",,\n"])
def test_an_empty_file_is_refused(content):
    assert "is empty" in refusal(content)


def test_a_header_without_rows_is_refused():
    assert "has a header (row 1) but no rows below it" in refusal("id,name\n")
    assert "no rows below it" in refusal("id,name\n,\n\n")


def test_nul_characters_are_refused_with_the_row():
    assert "row 3: holds a NUL character" in refusal("a,b\n1,2\n3,\0\n")
    assert "CSV UTF-8" in refusal("a,b\n1,2\n".encode("utf-16-le"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('id,note\n1,"open\n2,x\n', "nothing closes it"),
        ('id,note\n1,"5" pipe"\n', 'double it, as in "5"" pipe"'),
        ('id,note\n1,"' + "x" * 200_000 + '"\n', "nothing closes it"),
    ],
)
def test_quotation_marks_out_of_place_are_refused(content, said):
    assert said in refusal(content)


def test_a_quotation_mark_inside_a_plain_cell_is_just_one():
    assert table('id,note\n1,5" pipe\n').columns[1] == ['5" pipe']


def test_what_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 3)
    assert "more than 3 rows: import it in parts" in refusal("id\n1\n2\n3\n4\n")
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    assert "larger than" in refusal("id\n" + "1\n" * 10)
    assert "600 columns" in refusal_of_wide(600, monkeypatch)


def refusal_of_wide(columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(files, "MOST_BYTES", 10**6)
    names = ",".join(f"c{n}" for n in range(columns))
    return refusal(f"{names}\n{names}\n")


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path):
    with pytest.raises(ImportRefused, match=r"nowhere\.csv: cannot be opened: No such file"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(ImportRefused, match="Is a directory"):
        read_table(tmp_path)


def test_a_path_is_read_like_a_stream_and_progress_is_heard(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "CHUNK", 2)
    path = tmp_path / "facts.csv"
    path.write_text("id\n1\n2\n3\n")
    heard = []
    found = read_table(path, progress=heard.append)
    assert found.name == "facts.csv"
    assert found.described() == "CSV, UTF-8, separated by commas"
    assert heard[-1] == 3


@given(
    st.lists(st.sampled_from([*'",;\t|\r\n\0 ', "1.234,5", "é", "\ufeff", "a", "sep=;"])),
    st.sampled_from(["utf-8", "cp1252", "utf-16"]),
)
def test_any_text_is_read_or_refused_but_never_breaks(pieces, encoding):
    outcome = taken_or_refused("".join(pieces).encode(encoding, "ignore"))
    assert outcome.startswith("facts.csv: ") or outcome == "taken"


def taken_or_refused(data: bytes, name: str = "facts.csv") -> str:
    try:
        found = table(data, name)
    except ImportRefused as refused:
        return str(refused)
    return "taken" if all(len(column) == len(found) for column in found.columns) else "askew"

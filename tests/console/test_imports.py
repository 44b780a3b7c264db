"""A file in through the pages: looked at, matched, checked, mended, taken in; all or nothing."""

import csv
from io import BytesIO, StringIO

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from engage.activity.models import Fact
from engage.db import db
from engage.imports import jobs, uploads
from engage.imports.models import Import
from engage.ledger import service as ledger
from engage.partners.models import Partner

from ..browsing import Browser, browser
from ..conftest import Cast
from .conftest import page, text

HEADER = "Order No;Line;Reseller Code;Close Date;Net Amount;Note\n"
BROKEN = (
    HEADER
    + "S1;1;A1;31.03.2013;1.250,50;fine\n"
    + "S1;2;A1;09.04.2013;zwölf;not a number\n"
    + "S2;1;X9;09.04.2013;100,00;nobody\n"
    + "S3;1;B1;31.02.2013;100,00;no such day\n"
    + "S4;1;B1;09.04.2013;4.000,00;fine\n"
)
MENDED = BROKEN.replace("zwölf", "12,00").replace("X9", "C1").replace("31.02.2013", "28.02.2013")
MATCHED = {
    "from-external_id": "c:Order No",
    "with-external_id": "c:Line",
    "from-partner": "c:Reseller Code",
    "from-kind": "=",
    "same-kind": "sale",
    "from-occurred_at": "c:Close Date",
    "from-amount": "c:Net Amount",
    "decimal": "auto",
    "dates": "auto",
}


def send(
    mia: Browser, content: str | bytes, kind: str = "facts", to: str = "/console/import/"
) -> str:
    """Upload a file; the address of its page."""
    data = content.encode() if isinstance(content, str) else content
    answer = mia.post(to, data={"kind": kind, "file": (BytesIO(data), "april.csv")})
    assert answer.status_code == 303, text(answer)
    return str(answer.location)


def check(mia: Browser, address: str, **changes: str) -> TestResponse:
    answer = mia.post(f"{address}/check", data=MATCHED | changes)
    return mia.get(answer.location) if answer.status_code == 303 else answer


def facts() -> int:
    db.session.rollback()
    return db.session.query(Fact).filter_by(source="import").count()


def test_what_is_plain_in_a_file_is_proposed(mia: Browser):
    found = page(mia.get(send(mia, BROKEN)))
    chosen = {
        select["name"]: option["value"]
        for select in found.select("select")
        if (option := select.select_one("option[selected]"))
    }
    assert chosen["from-external_id"] == "c:Order No"
    assert chosen["with-external_id"] == "c:Line"
    assert chosen["from-partner"] == "c:Reseller Code"
    assert chosen["from-amount"] == "c:Net Amount"
    assert "separated by semicolons · 5 rows" in text(mia.get(send(mia, BROKEN)))


def test_bad_rows_are_named_with_their_remedy_and_nothing_is_imported(mia: Browser):
    said = check(mia, send(mia, BROKEN))
    rows = [" ".join(row.get_text(" ").split()) for row in page(said).select(".sheet-top tbody tr")]
    assert [row.split()[1] for row in rows] == ["3", "4", "5"]
    assert "Net Amount amount is 'zwölf', not a number" in rows[0]
    assert "Reseller Code no partner 'X9' here: import the partner first" in rows[1]
    assert "Close Date occurred_at is '31.02.2013'" in rows[2]
    assert "3 bad rows" in text(said)
    assert facts() == 0


def test_a_broken_file_is_mended_and_taken_in(mia: Browser, cast: Cast):
    assert cast.alice.partner
    before = ledger.balances(cast.alice.partner.id)
    address = send(mia, BROKEN)
    check(mia, address)
    assert send(mia, MENDED, to=f"{address}/file") == address
    assert "Take in 5 rows" in text(mia.get(address))
    assert facts() == 0
    mia.post(f"{address}/take")
    assert "The file is in." in text(mia.get(address))
    assert facts() == 5
    assert ledger.balances(cast.alice.partner.id) != before
    assert list(uploads.folder().iterdir()) == []


def test_the_same_file_again_changes_nothing(mia: Browser):
    address = send(mia, MENDED)
    check(mia, address)
    mia.post(f"{address}/take")
    again = send(mia, MENDED)
    said = text(check(mia, again))
    assert "All of it is in already" in said
    assert facts() == 5


def test_the_columns_of_the_last_file_are_remembered(mia: Browser):
    address = send(mia, MENDED)
    check(mia, address)
    mia.post(f"{address}/take")
    found = page(mia.get(send(mia, MENDED)))
    assert found.select_one("#same-kind option[selected]")["value"] == "sale"


def test_bad_rows_are_left_out_only_where_that_was_chosen(mia: Browser):
    address = send(mia, BROKEN)
    check(mia, address)
    mia.post(f"{address}/take")
    assert facts() == 0
    assert "3 bad rows" in text(mia.get(address))
    mia.post(f"{address}/take", data={"skip_bad": "y"})
    assert facts() == 2
    assert "Left out 3" in text(mia.get(address))


def test_what_must_be_chosen_is_asked_for_at_its_field(mia: Browser):
    address = send(mia, BROKEN)
    said = check(mia, address, **{"from-partner": "", "same-kind": ""})
    assert said.status_code == 422
    found = page(said)
    assert found.select_one("#from-partner-error")
    assert found.select_one("#from-kind-error")
    assert "2 things need your attention" in text(said)


def test_a_column_can_be_left_out_even_under_our_own_name(mia: Browser):
    own = "external_id,partner,kind,occurred_at,currency\nq1,A1,sale,2013-04-09,Dollars\n"
    address = send(mia, own)
    native = {
        f"from-{name}": f"c:{name}" for name in ("external_id", "partner", "kind", "occurred_at")
    }
    said = check(
        mia,
        address,
        **native,
        **{"with-external_id": "", "from-amount": "", "from-currency": "c:currency"},
    )
    assert "1 bad row" in text(said)
    said = check(
        mia, address, **native, **{"with-external_id": "", "from-amount": "", "from-currency": ""}
    )
    assert "Every row is good" in text(said)


def test_a_column_that_can_be_read_two_ways_asks_how(mia: Browser):
    doubtful = HEADER + "S1;1;A1;2013-04-09;1,250;a\n"
    said = text(check(mia, send(mia, doubtful)))
    assert "The file cannot be read like this." in said
    said = text(check(mia, send(mia, doubtful), decimal="."))
    assert "Every row is good" in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [("", "is empty"), ("a;b\n", "no rows below it"), (b"PK\x03\x04nonsense", "april.csv")],
)
def test_what_is_no_table_is_refused_with_the_reason(mia: Browser, content, reason: str):
    data = content.encode() if isinstance(content, str) else content
    answer = mia.post(
        "/console/import/", data={"kind": "facts", "file": (BytesIO(data), "april.csv")}
    )
    assert answer.status_code == 422
    assert reason in text(answer)
    assert list(uploads.folder().iterdir()) == []


def test_no_file_at_all_is_asked_for(mia: Browser):
    answer = mia.post("/console/import/", data={"kind": "facts"})
    assert answer.status_code == 422
    assert "Choose a CSV or Excel file first." in text(answer)


def test_partners_come_in_the_same_way(mia: Browser):
    address = send(
        mia, "id,partner name,region\nD1,Dora,Northwest\nA1,Alice Bikes,Southwest\n", "partners"
    )
    answer = mia.post(
        f"{address}/check",
        data={"from-external_id": "c:id", "from-name": "c:partner name", "from-region": "c:region"},
    )
    assert "Take in 2 rows" in text(mia.get(answer.location))
    mia.post(f"{address}/take")
    db.session.rollback()
    assert db.session.query(Partner).filter_by(external_id="D1").one().region == "Northwest"
    assert db.session.query(Partner).filter_by(external_id="A1").one().region == "Southwest"


def test_errors_leave_as_a_file_that_runs_no_formula(mia: Browser):
    content = HEADER.replace("Net Amount", "=1+1|Amount") + "S1;1;A1;2013-04-09;oops;a\n"
    address = send(mia, content)
    check(mia, address, **{"from-amount": "c:=1+1|Amount"})
    answer = mia.get(f"{address}/errors.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(StringIO(answer.text.removeprefix("\N{BYTE ORDER MARK}"))))
    assert rows[0] == ["row", "column", "problem"]
    assert rows[1][:2] == ["2", "'=1+1|Amount"]


def test_a_name_in_a_file_is_only_ever_text(mia: Browser):
    content = (
        HEADER.replace("Note", "<script>alert(1)</script>") + "S1;1;A1;2013-04-09;1;<b>x</b>\n"
    )
    found = page(mia.get(send(mia, content)))
    assert "<script>alert(1)</script>" in found.get_text()
    assert found.select("main script") == []
    assert found.select("main b") == []


def test_an_upload_is_its_uploaders_alone_until_it_is_in(
    app: Flask, mia: Browser, otto: Browser, cast: Cast
):
    ada = browser(app, cast.ada.user)
    address = send(mia, MENDED)
    assert ada.get(address).status_code == 404
    assert otto.get(address).status_code == 404
    check(mia, address)
    mia.post(f"{address}/take")
    assert ada.get(address).status_code == 200
    assert otto.get(address).status_code == 404
    assert otto.post(f"{address}/take").status_code == 404


def test_what_is_thrown_away_is_gone(mia: Browser):
    address = send(mia, BROKEN)
    mia.post(f"{address}/discard")
    assert mia.get(address).status_code == 404
    assert list(uploads.folder().iterdir()) == []


def test_a_large_file_waits_for_a_worker_and_says_so(mia: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engage.imports.rules.AT_ONCE", 0)
    address = send(mia, MENDED)
    answer = mia.post(f"{address}/check", data=MATCHED)
    assert "Waiting for a free worker" in text(mia.get(answer.location))
    import_id = int(address.rsplit("/", 1)[1])
    fragment = mia.get(f"{address}/state", headers={"HX-Request": "true"})
    assert page(fragment).select_one("#import-state")
    monkeypatch.setattr(jobs, "connection", lambda: Pretend())
    jobs.work(import_id)
    assert mia.get(f"{address}/state").headers["HX-Redirect"] == address
    assert "Take in 5 rows" in text(mia.get(address))


class Pretend:
    """Takes what Redis would."""

    def set(self, *_words: object, **_options: object) -> None:
        pass

    def get(self, _key: str) -> None:
        return None


def test_the_list_shows_what_came_of_each(mia: Browser):
    address = send(mia, MENDED)
    check(mia, address)
    send(mia, BROKEN)
    said = text(mia.get("/console/import/"))
    assert "Checked, not taken in" in said
    assert "Not checked yet" in said
    db.session.rollback()
    assert db.session.query(Import).count() == 2

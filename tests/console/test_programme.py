"""The programme in plain words; a changed file is rehearsed before it is published."""

from io import BytesIO

from engage import proof
from engage.db import db
from engage.incentives.models import RuleVersion
from engage.ledger import service as ledger
from engage.ledger.models import Transfer
from engage.programmes import file as programme_file
from engage.programmes.service import by_slug, export

from ..browsing import Browser
from ..conftest import PROGRAMME, Cast
from .conftest import page, text

DOUBLED = PROGRAMME.replace('rate = "1"', 'rate = "2"').replace('cap = "50000"', 'cap = "90000"')


def state() -> tuple[int, int, str]:
    db.session.rollback()
    versions = db.session.query(RuleVersion).count()
    return versions, db.session.query(Transfer).count(), proof.digest(by_slug("resellers"))


def test_rules_are_told_in_the_words_partners_read(mia: Browser):
    said = text(mia.get("/console/rules/"))
    assert "You earn 1 point for every $1 of your sales in category Bikes." in said
    assert "Version 1" in said
    assert "Sum of sales, Apr 1 – Jun 30, 2013." in said


def test_the_file_that_is_downloaded_says_what_is_published(mia: Browser):
    answer = mia.get("/console/rules/programme.toml")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="resellers.toml"'
    db.session.rollback()
    assert programme_file.parse(answer.text) == export(by_slug("resellers"))


def test_a_change_is_rehearsed_and_leaves_no_trace(mia: Browser):
    before = state()
    answer = mia.post("/console/rules/change", data={"text": DOUBLED, "since": "2013-04-01"})
    said = text(answer)
    assert "rule bike-points: version 2" in said
    assert "Ledger lines 8" in said
    assert "+15,000 points" in said
    assert state() == before


def test_the_rehearsal_is_what_publishing_does(mia: Browser, cast: Cast):
    assert cast.alice.partner
    before = ledger.balances(cast.alice.partner.id)["points"]
    versions, lines, _digest = state()
    data = {"text": DOUBLED, "since": "2013-04-01", "do": "publish"}
    unsure = mia.post("/console/rules/change", data=data)
    assert unsure.status_code == 422
    assert "This corrects the past: confirm that you mean it." in text(unsure)
    assert page(unsure).select_one("[name=sure]")
    assert state()[:2] == (versions, lines), "nothing of the past is changed by the way"
    answer = mia.post("/console/rules/change", data=data | {"sure": "y"})
    assert answer.status_code == 303
    assert state()[:2] == (versions + 1, lines + 8)
    assert ledger.balances(cast.alice.partner.id)["points"] == before + 6_000
    assert proof.check(by_slug("resellers")).ok


def test_without_a_day_what_happened_keeps_its_rules(mia: Browser):
    said = text(mia.post("/console/rules/change", data={"text": DOUBLED}))
    assert "Ledger lines 0" in said
    assert "nobody's balance changes" in said


def test_a_changed_file_can_be_sent(mia: Browser):
    data = {"text": "", "file": (BytesIO(DOUBLED.encode()), "programme.toml")}
    assert "rule bike-points: version 2" in text(mia.post("/console/rules/change", data=data))


def test_every_mistake_is_told_with_its_line_and_what_was_typed_stays(mia: Browser):
    before = state()
    wrong = PROGRAMME.replace('per = "amount"', 'per = "luck"').replace(
        'tie = "first"', 'tie = "x"'
    )
    answer = mia.post("/console/rules/change", data={"text": wrong, "do": "publish"})
    assert answer.status_code == 422
    said = [item.get_text(" ") for item in page(answer).select(".alert-list li")]
    assert len(said) == 3
    assert all(item.startswith("Line ") for item in said)
    assert 'per = "luck"' in page(answer).select_one("#text").get_text()
    assert state() == before


def test_the_same_again_changes_nothing(mia: Browser):
    same = mia.get("/console/rules/programme.toml").text
    assert "there is nothing to change" in text(
        mia.post("/console/rules/change", data={"text": same})
    )


def test_what_facts_forbid_is_refused(mia: Browser):
    euros = PROGRAMME.replace('"USD"', '"EUR"').replace("USD =", "EUR =")
    answer = mia.post("/console/rules/change", data={"text": euros})
    assert answer.status_code == 422
    assert "programme.currency cannot change" in text(answer)


def test_another_programmes_file_is_refused(mia: Browser):
    other = PROGRAMME.replace('"resellers"', '"elsewhere"')
    answer = mia.post("/console/rules/change", data={"text": other, "do": "publish"})
    assert answer.status_code == 422
    assert "programme.slug" in text(answer)


def test_a_file_that_is_no_text_is_refused(mia: Browser):
    data = {"text": "", "file": (BytesIO(b"\xff\xfe\x00x"), "programme.toml")}
    answer = mia.post("/console/rules/change", data=data)
    assert answer.status_code == 422
    assert "UTF-8" in text(answer)

"""What the macros promise to the eye, to the ear and to the numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from wtforms import Form, PasswordField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired

Draw = Callable[..., BeautifulSoup]


class Person(Form):
    email = StringField("E-mail", [DataRequired("Say where to reach you.")], description="At work")
    secret = PasswordField("Password")
    kind = RadioField(
        "Kind", choices=[SelectChoice("a", "First"), SelectChoice("b", "Second")], default="b"
    )
    unit = SelectField("Unit", choices=[SelectChoice("points"), SelectChoice("USD")], default="USD")


def test_a_field_says_its_hint_and_its_error_to_a_screen_reader(draw: Draw) -> None:
    person = Person()
    assert not person.validate()
    drawn = draw("ui/form.html", "field(person.email, autocomplete='email')", person=person)
    control = drawn.select_one("input")
    assert control
    assert control["aria-invalid"] == "true"
    assert control["autocomplete"] == "email"
    assert control.has_attr("required")
    said = [drawn.find(id=name) for name in str(control["aria-describedby"]).split()]
    assert [note.get_text(strip=True) for note in said if note] == [
        "At work",
        "Say where to reach you.",
    ]
    label = drawn.select_one("label")
    assert label
    assert label["for"] == control["id"]


def test_a_field_without_a_form_object_is_drawn_alike(draw: Draw) -> None:
    call = "field(name='ends', label='Ends', kind='date', value='2013-05-31', error='Too early')"
    control = draw("ui/form.html", call).select_one("input[type=date]")
    assert control
    assert control["value"] == "2013-05-31"
    assert control["aria-describedby"] == "field-ends-error"


def test_a_password_is_never_sent_back(draw: Draw) -> None:
    person = Person(data={"secret": "hunter2"})
    assert "hunter2" not in str(draw("ui/form.html", "field(person.secret)", person=person))


def test_a_choice_remembers_what_was_chosen(draw: Draw) -> None:
    drawn = draw("ui/form.html", "field(person.kind)", person=Person())
    assert [box["value"] for box in drawn.select("input[checked]")] == ["b"]
    assert drawn.select_one("fieldset > legend")
    chosen = draw("ui/form.html", "field(person.unit)", person=Person()).select("option[selected]")
    assert [option["value"] for option in chosen] == ["USD"]


@pytest.mark.parametrize(("empty", "asks"), [("", False), ("none", True)])
def test_who_may_choose_the_empty_option_is_not_asked_for_another(
    draw: Draw, empty: str, asks: bool
) -> None:
    call = f"field(name='a', label='A', kind='select', options=[('{empty}', 'Any'), ('b', 'B')], required=true)"
    drawn = draw("ui/form.html", call)
    select = drawn.select_one("select")
    assert select
    assert select.has_attr("required") is asks
    assert "optional" not in drawn.get_text()


def test_every_post_form_carries_the_csrf_token(draw: Draw) -> None:
    for template, call in (
        ("ui/form.html", "post_button('/x', 'Retry')"),
        ("ui/page.html", "confirm('stop', 'Stop', 'Stop?', 'Sure?', '/x', 'Stop it')"),
        ("ui/shell.html", "theme_switch('/x', none)"),
    ):
        assert draw(template, call).select_one("form input[name=csrf_token][value=token]")


@pytest.mark.parametrize(
    ("places", "words"),
    [(1, "up 1 place"), (3, "up 3 places"), (-2, "down 2 places"), (0, "same place")],
)
def test_movement_is_told_in_words(draw: Draw, places: int, words: str) -> None:
    said = draw("ui/numbers.html", "movement(places)", places=places).select_one(".sr-only")
    assert said
    assert said.get_text() == words


def test_the_bar_of_a_batch_shows_exactly_its_rows(draw: Draw) -> None:
    drawn = draw("ui/numbers.html", "batch(queued=6, rendering=2, done=11, failed=1)")
    line = drawn.select_one("svg.batch-line")
    assert line
    assert line["viewbox"] == "0 0 20 1"
    assert [rect["width"] for rect in line.select("rect")] == ["11", "2", "1"]
    assert line["aria-label"] == "11 ready, 2 rendering, 6 waiting, 1 failed"


@pytest.mark.parametrize(("done", "target"), [(0, 3), (2, 3), (12, 12)])
def test_small_targets_are_drawn_as_steps(draw: Draw, done: int, target: int) -> None:
    drawn = draw("ui/next.html", "steps(done, target)", done=done, target=target)
    assert len(drawn.select("rect")) == target
    assert len(drawn.select("rect.is-done")) == done


def test_charts_of_nothing_are_drawn_without_error(draw: Draw) -> None:
    assert not draw("ui/numbers.html", "bars([], 'None')").select("rect")
    flat = [{"label": "May", "value": 0, "text": "$0"}]
    assert draw("ui/numbers.html", "bars(flat, 'Flat')", flat=flat).select("rect")
    assert not draw("ui/numbers.html", "sparkline([3], 'One')").select("svg")
    assert draw("ui/numbers.html", "sparkline([3, 3], 'Flat')").select("svg")


def test_a_line_opens_only_when_there_is_a_reason(draw: Draw) -> None:
    line = {"what": "Sale", "when": "Today", "amount": "+1 point"}
    assert not draw("ui/ledger.html", "ledger_line(line)", line=line).select("details")
    line["why"] = "Bike points, version 2"
    assert draw("ui/ledger.html", "ledger_line(line)", line=line).select("details > summary")


@pytest.mark.parametrize(
    "name", ["", "Ada", "محمد الفيصل", "ร้านจักรยาน สุขุมวิท", "Prof. dr. <b>Swart</b> jnr.", "7 Hills"]
)
def test_any_name_has_an_avatar_and_is_shown_as_text(draw: Draw, name: str) -> None:
    row = {"key": "1", "rank": 1, "name": name, "score": "$1", "move": 0}
    drawn = draw("ui/board.html", "rank_row(row)", row=row)
    assert not drawn.select("b")
    mark = drawn.select_one(".avatar-mark")
    assert mark
    assert mark.get_text()
    shown = drawn.select_one(".rank-name bdi")
    assert shown
    assert shown.get_text() == name


def test_the_place_of_the_reader_is_told_without_colour(draw: Draw) -> None:
    row = {"key": "1", "rank": 1, "name": "Ada", "score": "$1", "me": True}
    drawn = draw("ui/board.html", "rank_row(row)", row=row)
    assert drawn.select_one("li[aria-current=true]")
    assert "You" in drawn.get_text()

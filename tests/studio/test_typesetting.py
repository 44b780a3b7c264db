"""Nothing written is ever cut off: whatever the name, its ink stays inside the box."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.studio.lettering import Style, clusters, draw_line, measure, rightward
from engage.studio.plan import part_of, plan
from engage.studio.stage import FORMATS, Stage
from engage.studio.theme import Theme, palette
from engage.studio.typeface import MissingScript, clean, missing_script, printable
from engage.studio.typesetting import Block, fit
from tests.studio.conftest import HOUSE, house_templates

DISPLAY = Style("display", 800, 1.05, -0.02)
NAMES = Path(__file__).resolve().parents[3] / "shared" / "data" / "names" / "names.csv"
LONGEST = "u-Prof. Dr. u-Ada Cornelia u-Eva Sophia u-van den u-Wold u-Becker Schmidt isizukulwane"

letters = st.text(
    st.characters(max_codepoint=0x52F, exclude_categories=("C",)), min_size=1, max_size=90
)


def drawable(text: str) -> bool:
    return bool(clean(text)) and missing_script(text) is None


def assert_inside(block: Block, width: int, height: int) -> None:
    for placed in block.lines:
        line = placed.line
        mask, dx, dy = draw_line(line, block.style, block.size)
        ink = mask.getbbox()
        if ink is None:
            continue
        left, top = placed.x + dx + ink[0], placed.baseline + dy + ink[1]
        right, bottom = placed.x + dx + ink[2], placed.baseline + dy + ink[3]
        assert left >= -1, line.text
        assert right <= width + 1, line.text
        assert top >= -1, line.text
        assert bottom <= height + 1, line.text


@settings(max_examples=60, deadline=None)
@given(
    letters.filter(drawable),
    st.sampled_from([(760, 230, 96, 40, 2), (300, 60, 40, 16, 1), (580, 400, 110, 40, 3)]),
    st.sampled_from(["left", "center", "right"]),
    st.sampled_from(["top", "middle", "bottom"]),
)
def test_ink_never_leaves_its_box(text, box, align, valign):
    width, height, size, floor, lines = box
    block = fit(text, DISPLAY, size, floor, width, height, lines, align, valign)
    assert floor <= block.size <= size
    assert_inside(block, width, height)


def test_every_name_of_the_collection_stays_inside_its_box():
    if not NAMES.is_file():
        pytest.skip("../shared is absent: no collection of names")
    names = [row["name"] for row in csv.DictReader(NAMES.open(encoding="utf-8"))]
    known = [name for name in names if missing_script(name) is None]
    assert len(known) > 1500
    for name in sorted(known, key=len)[-50:] + known[::25]:
        assert_inside(fit(name, DISPLAY, 96, 44, 760, 230, 2), 760, 230)


def test_no_film_of_the_house_shortens_its_partners_name():
    """The longest of the collection in Latin letters, and a longer one."""
    names = [
        LONGEST,
        "Dr. Maximiliane Freifrau von Hohenberg-Schwarzenfels zu " + "Donauschiff" * 4,
    ]
    for template in house_templates().values():
        for name in names:
            made = plan(template, {**template.samples(), "partner_name": name})
            for layer in (layer for scene in made.scenes for layer in scene.layers):
                if layer.kind == "text" and "{partner_name}" in layer.options["text"]:
                    for form in layer.boxes:
                        part = part_of(made, layer, form)
                        stage = Stage(FORMATS[form], palette(Theme(), "ink"), Theme(), HOUSE)
                        block = stage.block(part, part["text"])
                        assert not block.shortened, (template.slug, form, name)


def test_a_short_name_keeps_the_wished_size():
    assert fit("Ada", DISPLAY, 96, 40, 760, 230, 2).size == 96


def test_a_long_name_shrinks_before_it_is_shortened():
    block = fit(LONGEST, DISPLAY, 96, 40, 1000, 256, 2)
    assert block.size < 96
    assert not block.shortened
    assert " ".join(p.line.text for p in block.lines) == LONGEST


def test_at_the_floor_it_wraps_into_as_many_lines_as_the_box_holds():
    block = fit(LONGEST, DISPLAY, 96, 60, 700, 400, 1)
    assert block.size == 60
    assert len(block.lines) > 1
    assert not block.shortened


def test_what_still_does_not_fit_ends_in_an_ellipsis():
    block = fit(LONGEST, DISPLAY, 96, 60, 300, 80, 1)
    assert block.shortened
    assert block.lines[-1].line.text.endswith("…")


def test_one_endless_word_is_torn_between_letters_not_cut():
    block = fit("Donaudampfschifffahrtsgesellschaftskapitän" * 2, DISPLAY, 60, 40, 400, 400, 2)
    assert_inside(block, 400, 400)
    *torn, last = [p.line.text for p in block.lines]
    assert all(line.endswith("-") for line in torn)
    assert not last.endswith("-")


def test_a_space_that_may_not_be_broken_at_is_not():
    block = fit("Heat pumps : 1\u202f000 points", DISPLAY, 60, 40, 330, 400, 4)
    lines = [p.line.text for p in block.lines]
    assert any("pumps\N{NO-BREAK SPACE}:" in line for line in lines)
    assert any("1\N{NO-BREAK SPACE}000" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("3 more sales by Dec 16, 2026 for the first five", ["3 more", "Dec 16, 2026"]),
        ("Samstag, 26. September", ["26. September"]),
        ("Sell 2 units of it: 1,000 points are yours", ["2 units", "1,000 points"]),
        ("Your recap of January to March 2013 is here", ["March 2013"]),
    ],
)
def test_numbers_stay_with_what_they_count_and_days_with_their_month(text, whole):
    for width in range(320, 640, 40):
        block = fit(text, Style(), 40, 40, width, 600, 9)
        assert " ".join(p.line.text for p in block.lines) == text
        assert all(any(piece in p.line.text for p in block.lines) for piece in whole), width


def test_a_number_is_torn_from_its_word_before_either_becomes_small():
    block = fit("1,000 Abschlusszeugnisse", Style(), 40, 20, 440, 200, 2)
    assert [p.line.text for p in block.lines] == ["1,000", "Abschlusszeugnisse"]
    assert block.size == 40


def test_a_hyphen_between_letters_is_as_narrow_as_its_font_draws_it():
    def wide(text):
        return measure(text, Style("text", 500), 100).width

    assert wide("vous-en") - wide("vousen") < wide("00-00") - wide("0000")


def test_a_text_to_the_left_keeps_its_way_on_every_line():
    block = fit("סלע, חיימוב and מרדכי", DISPLAY, 60, 30, 300, 300, 3)
    assert len(block.lines) > 1
    assert all(rightward(p.line.text) for p in block.lines)


def test_marks_stay_with_their_letters():
    assert clusters("n̈a") == ["n̈", "a"]
    assert all(unicodedata.category(c[0])[0] != "M" for c in clusters("कर्नेलिया")[1:])


def test_lines_of_a_title_are_even():
    block = fit("March was your best month so far", DISPLAY, 60, 30, 620, 200, 2)
    widths = [p.line.width for p in block.lines]
    assert len(widths) == 2
    assert min(widths) > 0.6 * max(widths)


def test_greek_and_cyrillic_need_no_font_of_the_machine(monkeypatch):
    from engage.studio import typeface

    monkeypatch.setattr(typeface, "_noto", lambda: {})
    typeface.face_for.cache_clear()
    typeface._fallback.cache_clear()
    try:
        assert missing_script("Łukasz Đurić · Ελένη · Жанна · Nguyễn") is None
        assert missing_script("Ada 田中") == "Han"
        assert missing_script("السيد") == "Arabic"
        assert printable("田中", "Tanaka", "t@example.com") == "Tanaka"
        with pytest.raises(MissingScript, match="Han"):
            printable("田中", None, "")
    finally:
        typeface.face_for.cache_clear()
        typeface._fallback.cache_clear()


def test_measuring_sees_accents_and_descenders():
    plain, tall = measure("on", DISPLAY, 100), measure("Ǻg", DISPLAY, 100)
    assert tall.top > plain.top
    assert tall.bottom > plain.bottom


def test_a_name_stays_on_one_line_where_that_makes_it_no_smaller():
    def lines(name: str) -> tuple[list[str], int]:
        block = fit(f"Welcome, {name}.", DISPLAY, 100, 42, 800, 330, 3, whole=(name,))
        return [placed.line.text for placed in block.lines], block.size

    assert lines("Ada Lindqvist") == (["Welcome,", "Ada Lindqvist."], 100)
    told, size = lines("María del Carmen Fernández de Córdoba")
    assert told[0].startswith("Welcome, María")
    assert size > 80


def test_a_quotations_first_short_word_stays_with_the_next():
    block = fit("6 more customers for “A dozen doors”", DISPLAY, 60, 30, 540, 400, 4)
    assert not any(placed.line.text.endswith("“A") for placed in block.lines)

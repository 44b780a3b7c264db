"""Nothing written is ever cut off: whatever the name, its ink stays inside the box."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.studio.lettering import Style, clusters, draw_line, measure
from engage.studio.typeface import MissingScript, clean, missing_script, printable
from engage.studio.typesetting import Block, fit

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

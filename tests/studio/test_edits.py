"""Edits change words, music and scenes of a template, and never spoil a film."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.studio.design import MOODS
from engage.studio.edits import arranged, edited, faults, normal, slots
from engage.studio.plan import plan
from engage.studio.template import load
from engage.studio.values import Number
from engage.studio.words import told_in
from tests.studio.conftest import HOUSE, TINY, house_templates, transcript

DATA = {"partner_name": "Ada", "points": Number(1250, "1,250")}
GERMAN = """
"Tiny" = "Winzig"
"Hello {partner_name}." = "Hallo {partner_name}."
"You have {points} points." = "Sie haben {points} Punkte."
"""
HELLO, POINTS = "Hello {partner_name}.", "You have {points} points."


@pytest.fixture
def template(write):
    folder = write(TINY)
    (folder / "words").mkdir()
    (folder / "words" / "de.toml").write_text(GERMAN, encoding="utf-8")
    return load(folder)


def english(**words: str):
    return {"words": {"en": {HELLO: words["hello"]}}}


def test_words_of_a_language_change_and_the_others_stay(template):
    made = edited(template, english(hello="Good to see you, {partner_name}."))
    assert transcript(plan(made, DATA))[0] == "Good to see you, Ada."
    assert transcript(plan(told_in(made, "de"), DATA))[0] == "Hallo Ada."
    both = {"words": {"de": {HELLO: "Guten Tag, {partner_name}."}}}
    assert transcript(plan(told_in(edited(template, both), "de"), DATA))[0] == "Guten Tag, Ada."
    assert transcript(plan(edited(template, both), DATA))[0] == "Hello Ada."


def test_a_text_may_name_what_is_sure_to_be_there_wherever_it_stands(template):
    known = {slot.text: slot.fields for slot in slots(template)}
    assert known == {"Tiny": (), HELLO: ("partner_name",), POINTS: ("partner_name", "points")}
    recap = {slot.text: slot.fields for slot in slots(house_templates()["recap"])}
    when_not = "This is how your months went."
    assert "best_month" not in recap[when_not], "a condition with not makes sure of nothing"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Hello {points}.", "placeholder"),
        ("Hello {partner}.", "unknown"),
        ("Hello \u202e{partner_name}.", "control"),
        ("Hello {partner_name", "brace"),
        ("Hello {partner_name.__class__}", "brace"),
        ("a" * 301, "long"),
        ("Hello \U00012000", "script"),
    ],
)
def test_what_does_not_fit_is_named_and_left_aside(template, said, kind):
    (fault,) = faults(template, english(hello=said))
    assert (fault.kind, fault.at) == (kind, ("words", "en", HELLO))
    assert edited(template, english(hello=said)).scenes == template.scenes


def test_two_texts_that_read_alike_must_do_so_in_every_language(template):
    edits = {"words": {"en": {HELLO: "Hi.", POINTS: "Hi."}}}
    assert [fault.kind for fault in faults(template, edits)] == ["twice"]
    edits["words"]["de"] = {HELLO: "Hallo.", POINTS: "Hallo."}
    assert faults(template, edits) == []


def test_scenes_change_places_and_are_left_out_where_the_template_allows(template):
    edits = {"scenes": [["points", True], ["hello", True]]}
    assert [scene.name for scene in edited(template, edits).scenes] == ["points", "hello"]
    off = {"scenes": [["points", False], ["hello", False]]}
    assert [scene.name for scene in edited(template, off).scenes] == ["hello"], "the poster's"


def test_what_is_shipped_anew_is_found_and_what_is_gone_is_told(write, template):
    edits = english(hello="Hi.") | {"scenes": [["points", True], ["hello", True], ["old", True]]}
    again = TINY[TINY.index("[[scenes]]") :]
    more = TINY + again.replace('name = "hello"', 'name = "third"').replace(
        'name = "points"', 'name = "fourth"'
    )
    more = more.replace('"Hello {', '"Good day {')
    newer = load(write(more, "newer"))
    assert {fault.what for fault in faults(newer, edits)} == {HELLO, "old"}
    order = [scene.name for scene, _on in arranged(newer, edits)]
    assert order == ["points", "third", "fourth", "hello"], (
        "behind the scene they are shipped behind"
    )


def test_edits_that_say_what_is_shipped_are_none(template):
    words = {"en": {HELLO: HELLO, POINTS: " "}, "de": {"Tiny": "Winzig"}}
    scenes = [["hello", True], ["points", True]]
    assert normal(template, {"words": words, "music": "calm", "scenes": scenes}) == {}
    assert edited(template, {}) is template


RECAP = load(HOUSE / "recap")
TEXTS = [slot.text for slot in slots(RECAP)]
PIECES = st.lists(
    st.sampled_from(["Well done", "{partner_name}", "{rank}", "{", "{{", "}}", " ", "{best_day}"]),
    max_size=4,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(
    words=st.dictionaries(st.sampled_from(TEXTS), PIECES, max_size=6),
    music=st.sampled_from((*MOODS, "techno")),
    scenes=st.lists(
        st.tuples(st.sampled_from([s.name for s in RECAP.scenes] + ["gone"]), st.booleans()),
        unique_by=lambda pair: pair[0],
    ),
    there=st.sets(st.sampled_from(sorted(n for n, f in RECAP.fields.items() if f.optional))),
)
def test_no_edit_spoils_a_film(words, music, scenes, there):
    edits = {"words": {"en": words}, "music": music, "scenes": [list(pair) for pair in scenes]}
    made = edited(RECAP, edits)
    data = {n: f.sample for n, f in RECAP.fields.items() if not f.optional or n in there}
    assert plan(made, data).scenes, "whoever had a film still has one"
    assert edited(RECAP, normal(RECAP, edits)) == made

"""Which scenes a film has, and what its captions and transcript say."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from engage.studio.captions import captions, cues
from engage.studio.plan import (
    MissingField,
    NothingToShow,
    fill,
    plan,
)
from engage.studio.values import BadValue, Number, Series
from tests.studio.conftest import house_templates, transcript

#: What not every partner has.
OUTSTANDING = (
    "comeback",
    "best_day",
    "best_day_sales",
    "streak_weeks",
    "newcomer",
    "newcomer_percent",
)


def names(made) -> list[str]:
    return [s.scene.name for s in made.scenes]


def without(data, *fields):
    return {name: value for name, value in data.items() if name not in fields}


def test_every_film_of_the_house_lasts_twenty_to_forty_five_seconds():
    """With all that can be told, with each thing missing that may, and with nothing but the needed."""
    for template in house_templates().values():
        optional = [f.name for f in template.fields.values() if f.optional]
        told = template.samples()
        for lacking in ((), *((name,) for name in optional), optional):
            seconds = plan(template, without(told, *lacking)).duration
            assert 20 <= seconds <= 45, (template.slug, lacking)
        none = {name: Number(0, "0") for name in ("deals", "points", "earned_money")}
        quiet = plan(template, {**without(told, *optional), **none})
        assert 20 <= quiet.duration <= 45, template.slug
        if "months" in told:
            one = Series(told["months"].points[:1])
            for lacking in ((), optional):
                begun = plan(template, {**without(told, *lacking), "months": one})
                assert 20 <= begun.duration <= 45, (template.slug, lacking)


@pytest.mark.parametrize(
    ("deals", "earns", "scenes"),
    [
        (1, True, ["title", "open_ground", "begun", "next"]),
        (0, True, ["title", "open_ground", "counts", "next"]),
        (0, False, ["title", "open_ground", "how", "next"]),
    ],
)
def test_a_recap_without_a_chart_tells_what_counts_or_how_it_begins(recap, deals, earns, scenes):
    lacking = [f.name for f in recap.fields.values() if f.optional]
    data = {**without(recap.samples(), *lacking), "deals": Number(deals, str(deals))}
    if earns:
        data["earn_1"] = "You earn 1 point for every $1 of your sales."
    assert names(plan(recap, data)) == scenes


def test_an_onboarding_film_lasts_twenty_to_twenty_five_seconds(onboarding):
    whole = plan(onboarding, onboarding.samples())
    bare = plan(onboarding, without(onboarding.samples(), "mission_name", "earn_2", "earn_3"))
    assert names(bare) == ["welcome", "earn", "how", "step"]
    assert 20 <= bare.duration <= whole.duration <= 25


@pytest.mark.parametrize(
    ("lacking", "scenes"),
    [
        ((), ["title", "earned", "growth", "rank", "mission", "next"]),
        (("rank",), ["title", "earned", "growth", "mission", "next"]),
        (("neighbours", "mission_stages"), ["title", "earned", "growth", "badges", "next"]),
        (("earned_money",), ["title", "earned_points", "growth", "rank", "mission", "next"]),
        (("points",), ["title", "earned_money", "growth", "rank", "mission", "next"]),
        (("points", "earned_money"), ["title", "open_ground", "growth", "rank", "mission", "next"]),
    ],
)
def test_a_scene_without_its_data_is_left_out(recap, lacking, scenes):
    steady = without(recap.samples(), *OUTSTANDING)
    assert names(plan(recap, without(steady, *lacking))) == scenes


@pytest.mark.parametrize(
    ("outstanding", "scenes"),
    [
        (("comeback",), ["comeback", "rank"]),
        (("best_day", "best_day_sales", "streak_weeks"), ["best_day", "rank"]),
        (("streak_weeks",), ["streak", "rank"]),
        (("newcomer", "newcomer_percent"), ["newcomer"]),
        (("newcomer",), []),
    ],
)
def test_what_stands_out_is_told_and_a_newcomer_is_not_ranked(recap, outstanding, scenes):
    lacking = [name for name in OUTSTANDING if name not in outstanding]
    made = plan(recap, without(recap.samples(), *lacking))
    assert names(made) == ["title", "earned", "growth", *scenes, "mission", "next"]


def test_a_missing_required_field_means_no_film_and_says_which(recap):
    with pytest.raises(MissingField, match="next_step") as refused:
        plan(recap, {**recap.samples(), "next_step": "  ", "deals": None})
    assert refused.value.fields == ["deals", "next_step"]


def test_a_value_of_the_wrong_shape_is_refused_by_name(recap):
    with pytest.raises(BadValue, match="points: the template wants a number"):
        plan(recap, {**recap.samples(), "points": "12"})


def test_a_film_of_no_scenes_is_refused(write):
    from engage.studio.template import load
    from tests.studio.conftest import TINY

    template = load(write(TINY.replace("seconds = 0.8", 'seconds = 0.8\nwhen = "points > 9"')))
    with pytest.raises(NothingToShow):
        plan(template, {"partner_name": "Ada"})


def test_one_deal_and_many_deals_are_said_rightly(recap):
    one = plan(recap, {**recap.samples(), "deals": Number(1, "1")})
    many = plan(recap, recap.samples())
    assert "one deal" in " ".join(transcript(one))
    assert "42 deals" in " ".join(transcript(many))


def test_scenes_follow_each_other_without_a_gap(recap):
    made = plan(recap, recap.samples())
    for a, b in zip(made.scenes, made.scenes[1:], strict=False):
        assert a.first + a.frames == b.first
    assert made.frames == round(made.duration * made.fps)


def test_captions_lie_within_the_film_and_in_order(recap, onboarding):
    for template in (recap, onboarding):
        made = plan(template, template.samples())
        found = cues(made)
        assert found
        for cue in found:
            assert 0 <= cue.start < cue.end <= made.duration + 1e-6
        assert [c.start for c in found] == sorted(c.start for c in found)


def test_every_sentence_said_is_a_caption_while_its_scene_stands(recap):
    made = plan(recap, recap.samples())
    for scene in made.scenes:
        start, end = scene.first / made.fps, (scene.first + scene.frames) / made.fps
        for sentence in scene.say:
            cue = next(c for c in cues(made) if sentence in c.text and start <= c.start < end)
            assert cue.end <= end + 1e-6


def test_a_scene_that_says_very_much_is_captioned_whole_and_in_order(tiny):
    made = plan(tiny, {"partner_name": "Ada"})
    said = tuple(f"This is number {n} of forty." for n in range(40))
    long = replace(made, scenes=(replace(made.scenes[0], say=said),))
    text = " ".join(cue.text.replace("\n", " ") for cue in cues(long))
    assert re.findall(r"number (\d+) of", text) == [str(n) for n in range(40)]


def test_what_is_shown_is_captioned_within_half_a_second_of_its_showing():
    for template in house_templates().values():
        made = plan(template, template.samples())
        for scene in made.scenes:
            for layer in scene.layers:
                text = layer.options.get("text")
                if layer.kind != "text" or not text.endswith("."):
                    continue
                shown, at = fill(text, made.data, "x"), scene.first / made.fps + layer.start
                assert any(
                    shown in cue.text and abs(cue.start - at) <= 0.5 for cue in cues(made)
                ), shown


def test_a_sentence_that_is_only_shown_is_a_caption_too(onboarding):
    made = plan(onboarding, onboarding.samples())
    assert any("Good to have you here." in cue.text for cue in cues(made))


def test_films_of_the_house_leave_the_first_lines_to_captions():
    """Two lines of captions take a ninth of the picture's height."""
    for template in house_templates().values():
        for scene in template.scenes:
            for layer in scene.layers:
                top = layer.boxes.get("16:9", (0, 80))[1]
                assert layer.kind == "shape" or top >= 80, (template.slug, scene.name, top)


def test_one_caption_of_the_house_stands_at_a_time_and_is_gone_before_the_next():
    for template in house_templates().values():
        bare = without(template.samples(), "mission_name", "points")
        for data in (template.samples(), bare):
            found = cues(plan(template, data))
            for one, following in pairwise(found):
                assert one.end + 0.05 < following.start, following.text


def test_captions_are_webvtt_and_names_cannot_break_them(tiny):
    text = captions(plan(tiny, {"partner_name": "A <b> & --> C"}))
    assert text.startswith("WEBVTT\n\n")
    assert "A &lt;b&gt; &amp; --&gt; C" in text
    times = re.findall(r"^(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3}) line:0$", text, re.M)
    assert times[0] == ("00:00:00.000", "00:00:00.720")


def test_the_transcript_has_the_numbers_of_the_charts(recap):
    words = "\n".join(transcript(plan(recap, without(recap.samples(), "newcomer"))))
    for told in (
        "Mar: $19,800",
        "14. Ada Lindqvist, 12,480",
        "Five new customers (1,000 points)",
        "Top 15",
    ):
        assert told in words

"""Whatever is known of a partner, a film of the house is a whole one that says what is so."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.studio.captions import cues
from engage.studio.design import LONGEST, SHORTEST, Template
from engage.studio.plan import plan, shown
from engage.studio.values import Data, Number, Series, Value
from engage.studio.words import told_in
from tests.studio.conftest import house_templates, transcript

LANGUAGES = ("en", "de", "es", "fr")
#: Fields that are there only from so many on; all other counts from one.
LEAST = {"deals": 0, "streak_weeks": 3, "best_day_deals": 2, "ranked_of": 2}
#: A plural of one, and what shames: nothing as a number.
WRONG = re.compile(
    r"(?<![\d.,])(1 (deals|places|weeks|days|customers|partners|trainings|Abschlüsse|Plätze|Wochen"
    r"|Tage|Kunden|operaciones|puestos|semanas|días|clientes|ventes|affaires|semaines|jours|clients)"
    r"|0 (deal|Abschl|operac|vente)\w*)\b|[{}]"
)


@st.composite
def known(draw: st.DrawFn, template: Template) -> Data:
    """What may be known of somebody: some of what is optional, and numbers at their edges."""
    told: dict[str, Value | None] = dict(template.samples())
    for name, wanted in template.fields.items():
        value = told[name]
        if wanted.optional and not draw(st.booleans()):
            told[name] = None
        elif isinstance(value, Number) and wanted.unit in ("count", "ordinal"):
            number = draw(st.sampled_from([n for n in (0, 1, 2, 3, 17) if n >= LEAST.get(name, 1)]))
            told[name] = Number(number, str(number))
        elif isinstance(value, Series):
            told[name] = Series(value.points[: draw(st.integers(1, len(value.points)))])
    return told


@pytest.mark.parametrize("slug", house_templates())
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_story_is_a_whole_film_without_a_plural_of_one(
    slug: str, data: st.DataObject
) -> None:
    template = house_templates()[slug]
    told = data.draw(known(template))
    for language in LANGUAGES:
        made = plan(told_in(template, language), told)
        assert SHORTEST <= made.duration <= LONGEST, [s.scene.name for s in made.scenes]
        words = "\n".join(transcript(made))
        assert not WRONG.search(words), words
        captions = cues(made)
        assert all(a.end < b.start for a, b in pairwise(captions))
        assert all(c.end - c.start >= 1.0 for c in captions), captions
        for scene in made.scenes:
            for layer, text in shown(made, scene):
                if layer.kind == "text" and text.endswith((".", "!", "?")):
                    at = scene.first / made.fps + layer.start
                    assert any(text in c.text and abs(c.start - at) <= 0.5 for c in captions), text

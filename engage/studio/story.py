"""A film's story without pictures: what each scene says and the figures it shows, for a page.

Made from the same plan as the film, so it can say nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engage.studio import values
from engage.studio.layers import KINDS
from engage.studio.plan import Plan, PlannedScene, part_of, shown
from engage.studio.values import Badges, Ranking, Series, Stages

Figure = Series | Ranking | Stages | Badges


@dataclass(frozen=True)
class Chapter:
    """A scene: its sentences, and the charts and lists it shows."""

    sentences: tuple[str, ...]
    figures: tuple[Figure, ...]


def story(plan: Plan) -> list[Chapter]:
    """The scenes that say or show something, in order."""
    chapters = (Chapter(_said(plan, scene), _figures(plan, scene)) for scene in plan.scenes)
    return [one for one in chapters if one.sentences or one.figures]


def to_json(chapters: Iterable[Chapter]) -> list[dict[str, Any]]:
    """A document to keep a story in; `from_json` gives it back."""
    return [
        {
            "sentences": list(one.sentences),
            "figures": values.to_json({str(n): figure for n, figure in enumerate(one.figures)}),
        }
        for one in chapters
    ]


def from_json(document: Iterable[dict[str, Any]]) -> list[Chapter]:
    """The story of a document made by `to_json`; raises `values.BadValue`."""
    return [
        Chapter(tuple(one["sentences"]), tuple(values.from_json(one["figures"]).values()))  # type: ignore[arg-type]
        for one in document
    ]


def _said(plan: Plan, planned: PlannedScene) -> tuple[str, ...]:
    spoken = " ".join(planned.say)
    more = (
        words
        for layer, words in shown(plan, planned)
        if layer.kind == "text" and words[-1:] in ".!?…" and words not in spoken
    )
    return (*planned.say, *more)


def _figures(plan: Plan, planned: PlannedScene) -> tuple[Figure, ...]:
    found: list[Figure] = []
    for layer in planned.layers:
        if "value" in KINDS[layer.kind].OPTIONS:
            value = part_of(plan, layer, next(iter(layer.boxes)))["value"]
            if isinstance(value, Figure) and value not in found:
                found.append(value)
    return tuple(found)

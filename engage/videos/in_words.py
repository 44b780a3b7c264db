"""A film's story as a page, for whoever cannot play it: its sentences, and its charts in short numbers.

It is kept with the film once that is made, so that it stays whatever becomes of the template.
"""

from dataclasses import replace

from babel.numbers import get_currency_symbol

from engage import formats
from engage.money import SCALE
from engage.programmes.models import Programme
from engage.studio import values
from engage.studio.plan import plan
from engage.studio.story import Chapter, Figure, from_json, story
from engage.studio.template import TemplateError
from engage.studio.values import Series
from engage.studio.words import language_of, told_in
from engage.videos import catalogue
from engage.videos.models import Video

#: Letters of a number that stand over a bar on a phone without touching the next.
NARROW = 6


def of(video: Video, programme: Programme) -> list[Chapter] | None:
    """The film as a page; None where its template changed before it was made, or is not there any more."""
    told = from_json(video.story) if video.story is not None else _planned(video, programme)
    if told is None:
        return None

    def drawn(figure: Figure) -> Figure:
        return _short(figure, programme.currency, video.locale)

    return [replace(one, figures=tuple(map(drawn, one.figures))) for one in told]


def _planned(video: Video, programme: Programme) -> list[Chapter] | None:
    try:
        film = catalogue.as_ordered(video.template, programme, video.template_digest)
    except (catalogue.UnknownTemplate, TemplateError):
        film = None
    if film is None:
        return None
    template = told_in(film.template, language_of(video.locale, film.template))
    try:
        return story(plan(template, values.from_json(video.snapshot)))
    except ValueError:  # told by the film's own failure
        return None


def _short(figure: Figure, currency: str, locale: str) -> Figure:
    """A chart in money with ``$32K`` in place of ``$32,350``, where such numbers would touch."""
    symbol = get_currency_symbol(currency, locale)
    if not isinstance(figure, Series) or not any(
        symbol in point.display and len(point.display) > NARROW for point in figure.points
    ):
        return figure
    points = (
        replace(point, display=formats.compact(round(point.value * SCALE), currency, locale))
        for point in figure.points
    )
    return replace(figure, points=tuple(points))

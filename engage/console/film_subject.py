"""What the console's pages about a film template are about: as shipped, as published, as drafted."""

from typing import Any

from babel import Locale
from flask import Blueprint, abort, request
from flask_babel import gettext as _

from engage.console import film_form
from engage.studio.design import ENGLISH, Template
from engage.studio.edits import Edits
from engage.studio.template import TemplateError
from engage.studio.theme import Theme
from engage.videos import catalogue, editions, looks
from engage.videos.editions import LOOK
from engage.web.here import programme
from engage.web.locales import viewer

blueprint = Blueprint("console_films", __name__, url_prefix="/console/videos/templates")

Errors = dict[tuple[str, str], str]


class Subject:
    """A template, or the programme's look, as its pages need it."""

    def __init__(self, slug: str) -> None:
        self.slug, self.programme, self.is_look = slug, programme(), slug == LOOK
        self.base: Template | Theme
        try:
            if self.is_look:
                self.base, self.shipped = looks.theme_of(self.programme), ""
                self.title = _("Colours and logo")
            else:
                self.base, self.shipped = catalogue.shipped(slug)
                self.title = self.base.title
        except (catalogue.UnknownTemplate, TemplateError):
            abort(404)
        self.published = editions.latest(self.programme.id).get(slug)
        self.draft = editions.drafts(self.programme.id).get(slug)

    @property
    def stands(self) -> Edits:
        """The edits that films are made by."""
        return self.published.edits if self.published else {}

    @property
    def edits(self) -> Edits:
        """The draft's; what stands where nothing is drafted."""
        return self.draft.edits if self.draft else self.stands

    @property
    def base_number(self) -> int:
        return self.published.number if self.published else 0

    @property
    def languages(self) -> dict[str, str]:
        """The languages there are words in, by their code, as the viewer calls them."""
        known = () if isinstance(self.base, Theme) else (ENGLISH, *sorted(self.base.words))
        return {code: Locale(code).get_display_name(viewer().locale) or code for code in known}

    def read(self) -> dict[str, Any]:
        """The edits with what was sent."""
        if isinstance(self.base, Theme):
            return film_form.read_look(self.base, self.edits, request.form)
        return film_form.read(self.base, self.edits, request.form)

    def errors(self, edits: Edits) -> Errors:
        if isinstance(self.base, Theme):
            return film_form.look_errors(self.programme, edits)
        return film_form.errors(self.base, edits)

    def differences(self, before: Edits, after: Edits) -> list[film_form.Difference]:
        if isinstance(self.base, Theme):
            return film_form.look_differences(self.base, before, after)
        return film_form.differences(self.base, before, after, self.languages)

    @property
    def overtaken(self) -> list[str] | None:
        """Where what is shipped has changed since the version was published: the texts and scenes it
        still names that are gone; None where nothing has changed."""
        if isinstance(self.base, Theme) or not self.published:
            return None
        if self.published.shipped == self.shipped:
            return None
        return film_form.left_behind(self.base, self.stands)

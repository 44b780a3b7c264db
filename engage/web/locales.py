"""In which language, with which formats and on whose clock a viewer reads."""

from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import flask_babel
from babel import Locale
from flask import Flask, g, request
from flask_babel import Babel, get_babel

from engage import clock
from engage.voice import Voice

#: The texts are written in English; these differ in how they write dates and numbers.
_ENGLISH = ("en", "en_AU", "en_CA", "en_GB", "en_IE", "en_IN", "en_NZ", "en_ZA")


def init_app(app: Flask) -> None:
    Babel(app, locale_selector=viewer_locale, timezone_selector=viewer_timezone)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _catalog().ugettext(text),
        lambda one, many, count: _catalog().ungettext(one, many, count),
        newstyle=True,
    )


_catalogs: dict[Locale | None, Any] = {}


def _catalog() -> Any:
    """The texts of the viewer's language. Flask-Babel looks for them anew with every single one."""
    locale = flask_babel.get_locale()
    if locale not in _catalogs:
        _catalogs[locale] = flask_babel.get_translations()
    return _catalogs[locale]


def offered_locales() -> list[Locale]:
    """English with its regions, and every language that has a catalog in engage/translations."""
    return _offered(tuple(get_babel().translation_directories))


@cache
def _offered(_directories: tuple[str, ...]) -> list[Locale]:
    catalogs = {str(locale) for locale in get_babel().instance.list_translations()}
    return [Locale.parse(code) for code in (*_ENGLISH, *sorted(catalogs - set(_ENGLISH)))]


def viewer_locale() -> str:
    """The person's choice, else what the browser asks for, else English."""
    offered = [str(locale) for locale in offered_locales()]
    user = g.get("user")
    if user is not None and user.locale in offered:
        return str(user.locale)
    tags = {code.replace("_", "-"): code for code in offered}
    asked = request.accept_languages.best_match(list(tags)) if request else None
    return tags[asked] if asked else "en"


def viewer_timezone() -> str:
    """The person's choice, else their partner's, else the programme's, else UTC."""
    user, seat = g.get("user"), g.get("seat")
    choices = (
        user.timezone if user else None,
        seat.partner.timezone if seat and seat.partner else None,
        seat.programme.timezone if seat else None,
    )
    return next((zone for zone in choices if zone and clock.timezone(zone)), "UTC")


def viewer() -> Voice:
    """How sentences are said to who looks at this page."""
    locale, catalog = flask_babel.get_locale() or Locale("en"), _catalog()

    def gettext(text: str, **values: Any) -> str:
        return str(catalog.ugettext(text) % values if values else catalog.ugettext(text))

    def ngettext(one: str, many: str, num: int, **values: Any) -> str:
        return str(catalog.ungettext(one, many, num) % {"num": num, **values})

    return Voice(locale, viewer_timezone(), gettext, ngettext)


@lru_cache(maxsize=2)
def timezone_options(today: date) -> list[tuple[str, str]]:
    """Places, sorted, with their distance from UTC today; names kept for old computers left out.

    Remembered, since it reads the rules of some 450 places from disk.
    """
    noon = datetime.combine(today, time(12), UTC)
    options = []
    for name in sorted(clock.timezones().values()):
        area, _slash, place = name.partition("/")
        if place and area not in ("Etc", "SystemV", "US", "Brazil", "Canada", "Chile", "Mexico"):
            offset = noon.astimezone(ZoneInfo(name)).strftime("%z")
            options.append((name, f"{name.replace('_', ' ')} (UTC{offset[:3]}:{offset[3:]})"))
    return [("UTC", "UTC"), *options]

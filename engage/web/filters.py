"""The formats as Jinja filters, for the viewer's locale and time zone.

``{{ 40000|money("USD") }}`` · ``{{ 40000|money("USD", whole=True) }}`` · ``{{ 500|points }}`` ·
``{{ value|pay(unit) }}`` (either) · ``{{ 12|number }}`` · ``{{ fact.amount|decimal4(2) }}`` ·
``{{ done|percent(target) }}`` · ``{{ rank|ordinal }}`` · ``{{ at|date }}`` · ``{{ at|datetime }}``
· ``{{ at|time }}`` · ``{{ at|timeago }}`` · ``{{ ends_at|countdown }}`` · ``{{ ends_at|distance }}`` · ``{{ at|utc }}``
"""

from datetime import date, datetime
from decimal import Decimal

from babel import Locale
from flask import Flask, g
from flask_babel import get_locale, gettext, ngettext

from engage import formats
from engage.money import POINTS
from engage.web.locales import viewer, viewer_timezone


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        money=money,
        points=points,
        pay=pay,
        number=number,
        decimal4=decimal4,
        percent=percent,
        ordinal=ordinal,
        date=day,
        datetime=moment,
        time=clock_time,
        timeago=timeago,
        countdown=countdown,
        distance=distance,
        utc=formats.utc,
    )


def _locale() -> Locale:
    return get_locale() or Locale("en")


def money(value: int, unit: str, whole: bool = False) -> str:
    return formats.money(value, unit, _locale(), whole=whole)


def points(value: int) -> str:
    """``1 point``, ``1,250 points``."""
    shown = number(value)
    return str(ngettext("%(shown)s point", "%(shown)s points", value, shown=shown))


def pay(value: int, unit: str, whole: bool = True) -> str:
    """Pay of either kind as a sentence says it: ``500 points``, ``$400``."""
    return points(value) if unit == POINTS else money(value, unit, whole)


def number(value: int | Decimal) -> str:
    return formats.number(value, _locale())


def decimal4(value: int, places: int | None = None) -> str:
    return formats.decimal4(value, _locale(), places)


def percent(part: int | Decimal, whole: int | Decimal = 1) -> str:
    return formats.percent(part, whole, _locale())


def ordinal(value: int) -> str:
    return formats.ordinal(value, _locale())


def day(value: date | datetime, style: formats.Style = "medium") -> str:
    return formats.day(value, _locale(), viewer_timezone(), style)


def moment(value: datetime, style: formats.Style = "medium") -> str:
    return formats.moment(value, _locale(), viewer_timezone(), style)


def clock_time(value: datetime) -> str:
    return formats.clock_time(value, _locale(), viewer_timezone())


def timeago(value: datetime, now: datetime | None = None) -> str:
    """``just now``, ``3 hours ago``, and the date when it is more than a week."""
    now = now or g.now
    passed = (now - value).total_seconds()
    if 0 <= passed < 60:
        return str(gettext("just now"))
    return formats.ago(value, now, _locale()) or day(value)


def distance(until: datetime) -> str:
    """``6 days``, ``5 hours``; empty once it has come."""
    return formats.distance(until, g.now, _locale())


def countdown(until: datetime, now: datetime | None = None) -> str:
    """``6 days left``, ``5 hours left``, ``ended``; never more than there is."""
    return viewer().left(until, now or g.now)

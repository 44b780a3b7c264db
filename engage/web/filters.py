"""The formats as Jinja filters, for the viewer's locale and time zone.

``{{ 500|points }}`` · ``{{ 12|number }}`` · ``{{ done|percent(target) }}`` · ``{{ rank|ordinal }}`` ·
``{{ at|date }}`` · ``{{ first|days(last) }}`` · ``{{ at|datetime }}`` · ``{{ at|timeago }}`` ·
``{{ ends_at|distance }}`` · ``{{ at|utc }}``
"""

from datetime import date, datetime

from flask import Flask, g

from engage import formats
from engage.web.locales import viewer


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        points=lambda count: viewer().points(count),
        number=lambda value: viewer().number(value),
        percent=lambda part, whole: viewer().percent_of(part, whole),
        ordinal=lambda rank: formats.ordinal(rank, viewer().locale),
        date=day,
        days=lambda first, last: viewer().days(first, last),
        datetime=lambda instant: viewer().moment(instant),
        timeago=timeago,
        distance=lambda until: formats.distance(until, g.now, viewer().locale),
        utc=formats.utc,
    )


def day(value: date | datetime) -> str:
    voice = viewer()
    return formats.day(value, voice.locale, voice.timezone)


def timeago(instant: datetime) -> str:
    """``just now``, ``3 hours ago``, and the date when it is more than a week."""
    voice = viewer()
    if 0 <= (g.now - instant).total_seconds() < 60:
        return voice.gettext("just now")
    return formats.ago(instant, g.now, voice.locale) or day(instant)

"""Films before they are ordered: what each would tell, and whether it can."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _

from engage import clock
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.studio import values, words
from engage.studio.plan import plan
from engage.studio.template import Template
from engage.studio.typeface import missing_script
from engage.videos import catalogue, fields, rules, snapshot
from engage.videos.catalogue import Offered
from engage.videos.naming import Named


class Refused(ValueError):
    """The order cannot be taken; the message says why in one line and nothing was changed."""


class Draft(NamedTuple):
    """A film as it would be ordered for a partner; ``refusal`` says why there can be none.

    ``names`` are the other partners in it; one ``for_outsiders`` has none.
    """

    partner_id: int
    title: str
    locale: str
    snapshot: Mapping[str, Any]
    key: str
    refusal: str | None = None
    names: tuple[Named, ...] = ()
    for_outsiders: bool = False


def draft(
    film: Offered,
    teller: snapshot.Teller,
    partner: Partner,
    form: str = "16:9",
    language: str | None = None,
) -> Draft:
    """Freeze what ``partner``'s film would tell (in their language if none is given); refused where the
    template needs what is not there, or tells how a period is going that is over."""
    template = film.template
    told = teller.about(partner, language or words.language_of(partner.locale or "", template))
    locale = str(told.voice.locale)
    title = fields.title(told, template)
    data = fields.read(told, template.fields)
    document = values.to_json(data)
    # What can be reached next changes daily; it must not make another film of a past period.
    ahead = fields.AHEAD if teller.is_over else ()
    known_by = {name: value for name, value in document.items() if name not in ahead}
    made = Draft(
        partner.id,
        title,
        locale,
        document,
        rules.key(partner.external_id, film.digest, known_by, locale, form),
        names=fields.names(told, template.fields),
    )
    refusal = cannot_be_filmed(film, data)
    if template.moment == "status" and teller.is_over:
        refusal = (
            f"“{template.title}” tells how a period is going, and {teller.period.name} is over: "
            "take one that runs, or a recap"
        )
    return made._replace(refusal=refusal[:500]) if refusal else made


def cannot_be_filmed(film: Offered, data: values.Data) -> str | None:
    """Why a template can make no film of this; None where it can."""
    lacking = [
        name
        for name, field in film.template.fields.items()
        if not field.optional and not values.given(data.get(name))
    ]
    if lacking:
        return "; ".join(dict.fromkeys(map(fields.why_missing, lacking)))
    try:
        plan(film.template, data)
    except ValueError as error:
        return str(error)
    for value in data.values():
        for text in values.texts(value):
            script = missing_script(text)
            if script:
                return f"no font here has the {script} letters of “{text}”"
    return None


def untellable(template: Template, period: Period | None, today: date) -> str | None:
    """Why a film cannot tell of this period, whoever it is for; None where it can."""
    if period is None or not rules.needs_period(template.moment):
        return None
    said = {"film": template.title, "period": period.name}
    if catalogue.filmable(template).of_year and period.kind != "year":
        return str(
            _(
                "“%(film)s” tells of a whole year, and %(period)s is none: say a year, such as %(year)s",
                year=today.year,
                **said,
            )
        )
    if period.first > today:
        return str(
            _(
                "“%(film)s” tells of what happened, and %(period)s has not begun: choose an earlier period",
                **said,
            )
        )
    return None


def drafts(
    programme: Programme,
    film: Offered,
    partners: Iterable[Partner],
    *,
    period: Period | None,
    address: str,
    now: datetime,
    form: str = "16:9",
) -> list[Draft]:
    """What the films of these partners would tell, all as of one moment.

    :raises Refused: the template tells of a period and none is given or not such a one, or has not this
        format.
    """
    if rules.needs_period(film.template.moment) and period is None:
        raise Refused(f"“{film.template.title}” tells of a period: say which, such as 2013-Q1")
    if untold := untellable(film.template, period, clock.local_day(now, programme.timezone)):
        raise Refused(untold)
    if form not in film.template.formats:
        formats = ", ".join(film.template.formats)
        raise Refused(f"“{film.template.title}” has no format {form}: choose one of {formats}")
    if not rules.needs_period(film.template.moment):
        period = None
    teller = snapshot.Teller(programme, period, address, now)
    return [draft(film, teller, partner, form) for partner in partners]

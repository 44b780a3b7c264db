"""How triggers of films read and are drawn: their sentence, the form, and what each makes in a month."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from engage.activity import sentences as facts
from engage.conditions import texts
from engage.console.form_view import Words, audience, drawn, summary
from engage.console.typed_fields import AUDIENCE, NONE, Errors, Field, Typed, one
from engage.console.typed_form import Form, Reading
from engage.definitions import DefinitionError
from engage.incentives import phrases
from engage.incentives.drafts import known_values
from engage.programmes.models import Programme
from engage.videos import catalogue, occasions, rules, triggers
from engage.videos.switches import Switched
from engage.videos.triggers import FORMATS, Filmable, Trigger
from engage.voice import Voice

FORM = Form(
    (
        Field("on", "choice", "what"),
        Field("days_after", "count", "what", of=lambda typed: one(typed, "on") == "closed"),
        Field("template", "choice", "what"),
        Field("period", "choice", "what"),
        Field("formats", "values", "how"),
        Field("urgent", "flag", "how"),
        *(Field(f"audience.{name}", "values", "whom") for name in AUDIENCE),
        Field("audience.joined", "days", "whom"),
    )
)


class Offer(NamedTuple):
    """The films that can be made, by slug: title, and what a trigger has to know of them."""

    titles: Mapping[str, str]
    films: Mapping[str, Filmable]

    def after(self, on: str) -> dict[str, str]:
        """The titles of those that go with an event."""
        return {slug: said for slug, said in self.titles.items() if self.films[slug].fits(on)}


def offer(here: Programme) -> Offer:
    films, _broken = catalogue.offered(here)
    return Offer(
        {film.slug: film.template.title for film in films},
        {film.slug: catalogue.filmable(film.template) for film in films},
    )


def read(here: Programme, typed: Typed, slug: str, there: Offer, voice: Voice) -> Reading[Trigger]:
    raw, errors = FORM.raw(typed, voice)
    if one(typed, "on") == "closed" and not one(typed, "days_after").strip():
        errors["days_after"] = _("Write how many days, 0 for none.")
    try:
        trigger = triggers.parse({"slug": slug} | raw, there.films)
    except DefinitionError as error:
        said = {"formats": _("Choose one format at least.")}
        return Reading(None, FORM.told(error, typed, said) | _misfits(raw, there, voice) | errors)
    errors |= _nobody(here, trigger)
    return Reading(None if errors else trigger, errors)


def _misfits(raw: Mapping[str, Any], there: Offer, voice: Voice) -> Errors:
    """What of a film and what it comes after do not go together, as a manager would say it."""
    film, on = there.films.get(raw.get("template", "")), raw.get("on", "")
    if film is None or on not in triggers.EVENTS:
        return {}
    if not film.fits(on):
        films = voice.any_of(there.after(on).values())
        return {
            "template": _("This film is not for what happens here: choose %(films)s.", films=films)
        }
    if film.of_year and raw.get("period") != "year":
        return {"period": _("This film tells of a year: choose the year.")}
    return {}


def _nobody(here: Programme, trigger: Trigger) -> Errors:
    """What an audience names that no partner, segment or tier here is known by, at its field."""
    known, errors = known_values(here), Errors()
    for name, wanted in trigger.audience:
        if missing := texts(wanted) - set(known.get(f"where.{name}", ())):
            values = ", ".join(sorted(missing))
            errors[f"audience.{name}"] = _(
                "There is no %(values)s here: choose one there is, or bring in its partners first.",
                values=values,
            )
    return errors


def typed_of(trigger: Trigger, voice: Voice) -> Typed:
    usual = {"period": trigger.period, "days_after": trigger.days_after}
    return FORM.of_raw(usual | triggers.to_json(replace(trigger, enabled=True)), voice)


def events(voice: Voice) -> dict[str, str]:
    """The beginning of a trigger's sentence, by its event."""
    said = voice.gettext
    return {
        "joined": said("When a partner joins"),
        "climbed": said("When a partner reaches a tier"),
        "learnt": said("When a partner finishes a training or is certified"),
        "mission": said("When a mission is published"),
        "rule": said("When a rule for a product begins"),
        "board": said("When a board is published"),
        "midway": said("When half the days of a mission are over"),
        "closed": said("When a period is over"),
    }


def _events() -> dict[str, str]:
    """The events as they fit into a select."""
    said = (
        _("a partner joins"),
        _("a tier is reached"),
        _("a training is finished"),
        _("a mission is published"),
        _("a product's rule begins"),
        _("a board is published"),
        _("a mission is half over"),
        _("a period is over"),
    )
    return dict(zip(triggers.EVENTS, said, strict=True))


def _when(trigger: Trigger, voice: Voice) -> str:
    if trigger.on != "closed":
        return events(voice)[trigger.on]
    ended = {
        "week": voice.gettext("When a week is over"),
        "month": voice.gettext("When a month is over"),
        "quarter": voice.gettext("When a quarter is over"),
        "year": voice.gettext("When a year is over"),
    }[trigger.period]
    if not trigger.days_after:
        return ended
    days = voice.ngettext("%(num)d day", "%(num)d days", trigger.days_after)
    return voice.gettext("%(ended)s and %(days)s have passed", ended=ended, days=days)


def sentence(trigger: Trigger, there: Offer, voice: Voice) -> str:
    """``When a partner joins, make “Welcome” in 16:9 for every partner, before all other films.``"""
    whom = facts.partners(trigger.audience, voice)
    said = {
        "when": _when(trigger, voice),
        "film": there.titles.get(trigger.template, trigger.template),
        "formats": voice.all_of(trigger.formats),
        "whom": voice.gettext("for %(partners)s", partners=whom) if whom else "",
        "first": voice.gettext("before all other films") if trigger.urgent else "",
    }
    whole = voice.gettext("%(when)s, make “%(film)s” in %(formats)s", **said)
    rest = [part for part in (said["whom"], said["first"]) if part]
    return f"{' '.join([whole, *rest[:1]])}{''.join(f', {part}' for part in rest[1:])}."


def listed(here: Programme, one_of: Switched, there: Offer, voice: Voice) -> dict[str, Any]:
    """A trigger as its page draws it."""
    trigger = one_of.trigger
    return {
        "slug": trigger.slug,
        "said": sentence(trigger, there, voice),
        "on": trigger.enabled,
        "since": one_of.since,
        "misfit": _mend(one_of, there, voice),
        "forecast": forecast(here, trigger, voice),
        "without_room": occasions.without_room(here, one_of, g.now),
        "last": occasions.last_batch(here.id, trigger.slug),
        "href": url_for("console_triggers.edit", slug=trigger.slug),
    }


def _mend(one_of: Switched, there: Offer, voice: Voice) -> str | None:
    """What is to be done with a trigger that the films there are now do not go with."""
    trigger = one_of.trigger
    if trigger.template not in there.titles:
        return str(_("This film is not there, or its template has mistakes: choose another one."))
    if one_of.misfit is None:
        return None
    if misfits := _misfits(triggers.to_json(trigger), there, voice):
        return next(iter(misfits.values()))
    formats = voice.any_of(there.films[trigger.template].formats)
    return str(
        _("This film is not made in each of these formats: choose %(these)s.", these=formats)
    )


def forecast(here: Programme, trigger: Trigger, voice: Voice) -> str:
    """About how many films it makes in a month."""
    films = occasions.a_month(here, trigger, g.now)
    if films is None:
        said = _("How many depends on what you publish.")
    elif not films and trigger.on == "midway":
        said = _("No mission comes to its middle in the next 30 days.")
    elif not films:
        said = _("Less than one film a month.")
    else:
        count = voice.number(films)
        said = ngettext("About %(n)s film a month.", "About %(n)s films a month.", films, n=count)
    return str(said)


def form_parts(
    here: Programme, typed: Typed, errors: Errors, there: Offer, voice: Voice
) -> dict[str, Any]:
    """The form, part by part, with what is wrong at each field; and that once more, for its head."""
    whom = audience(here, voice)
    chosen, on = there.films.get(one(typed, "template")), one(typed, "on")
    periodic = on == "closed" or (chosen is not None and rules.needs_period(chosen.moment))
    # A film that does not go with the event stays to be seen, with what is wrong with it.
    titles = there.after(on) | {
        slug: said for slug, said in there.titles.items() if slug == one(typed, "template")
    }
    form = Form(tuple(f for f in FORM.fields if periodic or f.key != "period"))
    words = Words(
        titles={"what": _("After what, which film"), "how": _("How"), "whom": _("For whom")},
        about={
            "whom": _("Nothing chosen means everybody it happens to. Of several lists, a partner must fit all.")
        },
        labels={
            "on": _("After what"),
            "days_after": _("Days after its end"),
            "template": _("Which film"),
            "period": _("Of which period"),
            "formats": _("Formats"),
            "urgent": _("In which order"),
            **whom.labels,
            **{f"formats.{form}": form for form in FORMATS},
        },
        hints={
            "days_after": _("So that sales that come in late are told, too."),
            "formats": _("Each is a film of its own."),
        },
        choices={
            "on": [*_events().items()],
            "template": [*titles.items()],
            "period": [(kind, phrases.span(kind, voice)) for kind in triggers.PERIODS],
            "urgent": [(NONE, _("after the films that wait")), ("true", _("before all others"))],
        },
        columns={},
        known={
            **whom.known,
            "formats": list(chosen.formats if chosen else FORMATS),
        },
        required=frozenset(("days_after",)),
    )  # fmt: skip
    return {
        "parts": drawn(form, typed, errors, words),
        "summary": summary(form, errors, words, "trigger"),
    }

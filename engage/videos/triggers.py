"""When films make themselves: a trigger says after what, which one and for whom; pure decisions.

A trigger answers **occasions** (this partner joined, that mission is half over). An occasion has a name
that stays the same however often somebody looks, so that each partner gets one film of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from engage import clock, conditions, periods
from engage import definitions as read
from engage.conditions import Where
from engage.definitions import DefinitionError
from engage.periods import Period

#: What films may come after.
EVENTS = ("joined", "climbed", "learnt", "mission", "rule", "board", "midway", "closed")
#: Those of them that happen to one partner after another.
PERSONAL = ("joined", "climbed", "learnt")
PERIODS = ("week", "month", "quarter", "year")
FORMATS = ("16:9", "9:16", "1:1")
#: Kinds of facts that mean that something was learnt.
LEARNING = ("training_completed", "certification")
#: What a template's moment (`engage.studio.design.MOMENTS`) may come after: a standing is told while its
#: period runs, a recap once it is over.
MEANT = {
    "onboarding": ("joined",),
    "launch": ("mission", "rule"),
    "learning": ("learnt",),
    "status": tuple(event for event in EVENTS if event != "closed"),
    "recap": ("closed",),
}
#: What nobody looked at for so long is over: a film of it would come too late.
STALE = timedelta(days=7)
#: A mission shorter than this has no middle worth a film.
SHORTEST_WITH_MIDDLE = 3
MOST_DAYS_AFTER = 60
#: A programme with more of them nobody keeps in view.
MOST = 40
_KEYS = (
    *("slug", "on", "template", "formats", "audience", "urgent", "period", "days_after", "enabled"),
)


@dataclass(frozen=True, slots=True)
class Trigger:
    """``period`` is the kind of period the film tells of, or that has to close; ``days_after`` how many
    days after its last one. ``urgent`` films go before all others. Only an ``enabled`` one makes films.
    """

    slug: str
    on: str
    template: str
    formats: tuple[str, ...] = FORMATS[:1]
    audience: Where = ()
    urgent: bool = False
    period: str = "quarter"
    days_after: int = 0
    enabled: bool = True

    @property
    def is_personal(self) -> bool:
        """Whether its occasions come to one partner after another, not to all at a moment."""
        return self.on in PERSONAL


#: What every programme has until its file or a manager says otherwise; the first alone is on.
WELCOME = "welcome"
DEFAULTS = (
    Trigger(WELCOME, "joined", "onboarding", urgent=True),
    Trigger("climbed", "climbed", "status", urgent=True, enabled=False),
    Trigger("learnt", "learnt", "learning", enabled=False),
    Trigger("launch-mission", "mission", "launch", enabled=False),
    Trigger("launch-rule", "rule", "launch", enabled=False),
    Trigger("launch-board", "board", "status", enabled=False),
    Trigger("half-time", "midway", "status", enabled=False),
    Trigger("recap", "closed", "recap", days_after=3, enabled=False),
    Trigger("year-end", "closed", "year-end", period="year", days_after=5, enabled=False),
)


class Filmable(NamedTuple):
    """What a template can make: its formats, the moment it is for, and whether it needs a whole year."""

    formats: tuple[str, ...]
    moment: str
    of_year: bool = False

    def fits(self, on: object) -> bool:
        return on in MEANT[self.moment]

    def usual_period(self, today: date) -> Period:
        """What it tells of where nobody says: the last quarter (year) that is over, a standing of the one
        that runs."""
        running = periods.containing(today, "year" if self.of_year else "quarter")
        return running.previous() or running if self.moment == "recap" else running


class Occasion(NamedTuple):
    """Something that happened ``at`` an instant: to these ``partners`` (None: all), of whom it means
    the ``audience``.

    ``period`` is what a film that tells of one tells of.
    """

    name: str
    at: datetime
    period: Period
    partners: frozenset[int] | None = None
    audience: Where = ()


def parse(raw: Mapping[str, Any], films: Mapping[str, Filmable] | None = None) -> Trigger:
    """A trigger from its mapping. ``films`` are the templates there are, by slug; None: which there are
    is not asked.

    :raises DefinitionError: naming the key and what to write.
    """
    take = read.Every()
    take(read.known_keys, raw, _KEYS)
    template = take(_template, raw, films)
    on = take(read.choice, raw, "on", EVENTS)
    film = (films or {}).get(template)
    return take.settled(
        Trigger(
            slug=take(read.slug, raw),
            on=on,
            template=template,
            formats=take(_formats, raw, film.formats if film else FORMATS),
            audience=take(conditions.audience, raw),
            urgent=take(read.flag, raw, "urgent"),
            period=take(_period, raw, film),
            days_after=take(_days_after, raw, on),
            enabled=take(read.flag, {"enabled": True, **raw}, "enabled"),
        )
    )


def _template(raw: Mapping[str, Any], films: Mapping[str, Filmable] | None) -> str:
    if films is None:
        return read.text(raw, "template", limit=80)
    slug, on = read.choice(raw, "template", films), raw.get("on")
    if on in EVENTS and not films[slug].fits(on):
        fit = ", ".join(one for one, film in films.items() if film.fits(on))
        raise DefinitionError("template", f"{slug!r} is no film for {on!r}: write one of {fit}")
    return slug


def _period(raw: Mapping[str, Any], film: Filmable | None) -> str:
    period = read.choice(raw, "period", PERIODS, "quarter")
    if film and film.of_year and period != "year":
        raise DefinitionError("period", f'{period!r}: the film tells of a year, write "year"')
    return period


def _formats(raw: Mapping[str, Any], there: tuple[str, ...]) -> tuple[str, ...]:
    wanted, known = raw.get("formats"), ", ".join(there)
    if not isinstance(wanted, list) or not wanted:
        raise DefinitionError("formats", f"is missing: write a list of one at least, of {known}")
    if unknown := [str(form) for form in wanted if form not in there]:
        problem = f"{', '.join(unknown)!r} is none of this film's: choose of {known}"
        raise DefinitionError("formats", problem)
    return tuple(form for form in there if form in wanted)


def _days_after(raw: Mapping[str, Any], on: str) -> int:
    days = read.whole({"days_after": 0, **raw}, "days_after", 0, MOST_DAYS_AFTER)
    if days and on != "closed":
        problem = 'has no meaning unless a period closes: remove it, or write on = "closed"'
        raise DefinitionError("days_after", problem)
    return days


def to_json(trigger: Trigger) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal trigger; what is as usual is left out."""
    head = {"slug": trigger.slug, "on": trigger.on, "template": trigger.template}
    said: dict[str, Any] = {"formats": list(trigger.formats)}
    if trigger.audience:
        said["audience"] = conditions.where_json(trigger.audience)
    if trigger.period != "quarter" or trigger.on == "closed":
        said["period"] = trigger.period
    if trigger.days_after:
        said["days_after"] = trigger.days_after
    flags = {"urgent": trigger.urgent} if trigger.urgent else {}
    return head | said | flags | ({} if trigger.enabled else {"enabled": False})


def misfit(trigger: Trigger, films: Mapping[str, Filmable]) -> DefinitionError | None:
    """Why a trigger that was kept earlier can make no film by the templates there are now."""
    try:
        parse(to_json(trigger), films)
    except DefinitionError as error:
        return error
    return None


def is_due(at: datetime, since: datetime, now: datetime) -> bool:
    """Whether what happened ``at`` an instant is to be answered by a trigger that is on ``since``."""
    return max(since, now - STALE) < at <= now


def middle(starts: date, ends: date, timezone: str) -> datetime | None:
    """When half the days of a mission (both included) are over, at local midnight, in UTC."""
    days = (ends - starts).days + 1
    if days < SHORTEST_WITH_MIDDLE:
        return None
    return periods.midnight(starts + timedelta(days=days // 2), timezone)


def last_closed(trigger: Trigger, now: datetime, timezone: str) -> Occasion | None:
    """The newest period whose film is to be made by ``now``: closed, and its days of grace over."""
    day = clock.local_day(now, timezone) - timedelta(days=trigger.days_after)
    period = periods.containing(day, trigger.period).previous()
    if period is None:
        return None
    first = period.last + timedelta(days=1 + trigger.days_after)
    return Occasion(period.name, periods.midnight(first, timezone), period)


def running(trigger: Trigger, now: datetime, timezone: str) -> Period:
    """The period that runs, which a film made now tells of."""
    return periods.containing(clock.local_day(now, timezone), trigger.period)


def by_moment(times: Iterable[tuple[int, datetime]], most: int) -> dict[datetime, frozenset[int]]:
    """Who came at each instant, where no more than ``most`` came together."""
    found: dict[datetime, set[int]] = {}
    for partner_id, at in times:
        found.setdefault(at, set()).add(partner_id)
    return {at: frozenset(who) for at, who in found.items() if len(who) <= most}


def overlaid(own: Iterable[Trigger]) -> list[Trigger]:
    """The triggers of a programme: the house's, as far as they were not written anew, and its own."""
    written = {trigger.slug: trigger for trigger in own}
    house = [written.pop(one.slug, one) for one in DEFAULTS]
    return house + [written[slug] for slug in sorted(written)]


def unlike_the_house(found: Iterable[Trigger]) -> tuple[Trigger, ...]:
    """Those that a programme's file has to tell: what the house brings goes without saying."""
    return tuple(one for one in overlaid(found) if one not in DEFAULTS)


#: How many films a month a trigger of a closed period makes for each partner.
A_MONTH = {"week": 52 / 12, "month": 1.0, "quarter": 1 / 3, "year": 1 / 12}


def a_month(trigger: Trigger, partners: int, happened: int | None, ahead: int | None) -> int | None:
    """About how many films a trigger makes in a month; None where nobody can know.

    ``partners`` it is for now, ``happened`` how often its event did in the last 90 days, ``ahead``
    how many partners fall into the next 30 by what is published.
    """
    if trigger.on == "closed":
        count = partners * A_MONTH[trigger.period]
    elif trigger.on == "midway":
        count = ahead or 0
    elif happened is None:
        return None
    else:
        count = happened / 3
    return round(count * len(trigger.formats))

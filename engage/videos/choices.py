"""What a manager chose to have filmed: which film, of which period, for whom."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from engage import periods
from engage.activity.models import Fact
from engage.clock import local_day
from engage.conditions import PARTNER_ATTRIBUTES
from engage.db import db
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.studio.template import Template
from engage.videos import audiences, rules
from engage.videos.catalogue import Offered
from engage.videos.films import Batch
from engage.videos.triggers import FORMATS
from engage.voice import Voice

#: What the form says where an attribute does not matter.
ANY = "*"


class Choice(NamedTuple):
    """The form as it stands. ``partner`` (a name or id) goes before ``segment``; ``form`` is ``16:9``."""

    template: str
    period: Period | None
    form: str
    partner: str
    segment: dict[str, str]

    @property
    def audience(self) -> dict[str, str]:
        """For whom, as a batch keeps it."""
        return {"partner": self.partner} if self.partner else self.segment


class Found(NamedTuple):
    """The partners a choice means; ``alike`` are those among which it cannot decide."""

    chosen: Sequence[Partner]
    alike: Sequence[Partner] = ()


def read(
    form: Mapping[str, str], offered: Sequence[Offered], programme: Programme, now: datetime
) -> Choice:
    """The choice in a query or form; what it does not say, or says wrongly, is as at the start."""
    known = {film.slug: film for film in offered}
    recap = next((f.slug for f in offered if rules.needs_period(f.template.moment)), "")
    template = form.get("template", "")
    if template not in known and offered:
        template = recap or offered[0].slug
    period: Period | None = None
    if template in known and rules.needs_period(known[template].template.moment):
        try:
            period = periods.parse(form.get("period", ""))
        except periods.UnknownPeriod:
            period = period_for(known[template].template, programme, now)
    shape = form.get("format", "") if form.get("format") in FORMATS else FORMATS[0]
    segment = {n: form[n] for n in PARTNER_ATTRIBUTES if form.get(n, ANY) not in ("", ANY)}
    return Choice(template, period, shape, form.get("partner", "").strip()[:200], segment)


def partners(choice: Choice, programme: Programme) -> Found:
    """Who is meant: the partner of that id, the only one whose name fits, or the segment."""
    if not choice.partner:
        return Found(audiences.of(programme, choice.segment))
    like = audiences.like(programme, choice.partner)
    named = [one for one in like if one.name.casefold() == choice.partner.casefold()]
    if len(named) == 1 or len(like) == 1:
        return Found(named if len(named) == 1 else like)
    return Found((), like)


def period_for(template: Template, programme: Programme, now: datetime) -> Period | None:
    """The period a film tells of where nobody says: one that its template is made for, the newest there is."""
    if not rules.needs_period(template.moment):
        return None
    offered = periods_to_choose(programme, now)
    kind = "year" if _needs(template, "year") else offered[0].kind
    running = [period for period in offered if period.last >= today(programme, now)]
    wanted = running if _needs(template, "days_left") or template.moment == "status" else offered
    return next((p for p in wanted if p.kind == kind), offered[0])


def _needs(template: Template, field: str) -> bool:
    return field in template.fields and not template.fields[field].optional


def periods_to_choose(
    programme: Programme, now: datetime, chosen: Period | None = None
) -> list[Period]:
    """The last quarter first, then the one that runs, earlier ones, months and years.

    Only those in which something happened, and what is ``chosen`` already; the one that runs where
    nothing ever did.
    """
    quarters, months, years = (
        _back(today(programme, now), kind, n)
        for kind, n in (("quarter", 6), ("month", 6), ("year", 3))
    )
    near = [quarters[1], quarters[0], *quarters[2:], *months, *years]
    found = [period for period in near if _any_facts(programme, period)] or [quarters[0]]
    return found if chosen is None or chosen in found else [chosen, *found]


def _any_facts(programme: Programme, period: Period) -> bool:
    """Whether anything happened in a period."""
    found = select(Fact.id).where(
        Fact.programme_id == programme.id,
        Fact.day.between(period.first, period.last),
        Fact.superseded_at.is_(None),
    )
    return db.session.scalar(found.limit(1)) is not None


def today(programme: Programme, now: datetime) -> date:
    return local_day(now, programme.timezone)


def _back(day: date, kind: str, count: int) -> list[Period]:
    found = [periods.containing(day, kind)]
    while len(found) < count and (before := found[-1].previous()):
        found.append(before)
    return found


def whom(choice: Choice, found: Found, voice: Voice) -> str:
    """For whom an order is, before it is placed."""
    return _whom(choice.audience, found.chosen[0].name if len(found.chosen) == 1 else None, voice)


def described(batch: Batch, voice: Voice) -> dict[str, Any]:
    """A batch in words: its title with the period, and for whom it is."""
    model, said = batch.model, voice.gettext
    title = model.title
    if model.period:
        title = f"{title}: {voice.period(periods.parse(model.period))}"
    if model.format != "16:9":
        title = f"{title} ({model.format})"
    if model.reason == "shared":
        title = said("%(film)s, for a link", film=title)
    elif model.reason in ("withdrawn", "corrected"):
        title = said("%(film)s, made again", film=title)
    if batch.only is None and (happened := _happened(voice).get(model.reason)):
        return {"title": title, "whom": happened}
    return {"title": title, "whom": _whom(model.audience, batch.only, voice)}


def _happened(voice: Voice) -> dict[str, str]:
    """Whom films that made themselves are for, by what they came after."""
    said = voice.gettext
    return {
        "joined": said("partners who joined"),
        "climbed": said("partners who reached a tier"),
        "learnt": said("partners who finished a training"),
        "mission": said("those whom a new mission is for"),
        "rule": said("those whom a new rule is for"),
        "board": said("those whom a new board is for"),
        "midway": said("those in a mission that is half over"),
        "closed": said("those whose period is over"),
        "withdrawn": said("those whose film named somebody who is seen otherwise by now"),
    }


def _whom(audience: Mapping[str, Any], only: str | None, voice: Voice) -> str:
    """``only``: the name of the partner where it is about a single one."""
    if only is not None:
        return only
    if "partner" in audience:
        return str(audience["partner"])
    if audience:
        return voice.all_of(str(value) for value in audience.values())
    return voice.gettext("everybody")

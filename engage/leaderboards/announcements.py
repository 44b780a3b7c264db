"""What is said of a period that is frozen, provisional or final, and of what came after its close."""

from datetime import datetime
from typing import Any

from engage import formats
from engage.activity import sentences as activity
from engage.leaderboards import late, pictures, sentences
from engage.leaderboards.late import Moved
from engage.leaderboards.published import Published
from engage.leaderboards.view import View, own_score
from engage.leaderboards.windows import ROLLING
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.voice import Voice

#: An icon of the house, and the words beside it.
Said = tuple[str, str]


def stage(view: View, now: datetime, voice: Voice) -> Said | None:
    """Where the period stands; None where it runs, or was never announced."""
    found = pictures.stage(view.programme, view.published, view.period, now)
    ends = opens(view.programme, view.period, voice)
    if view.live:
        return "eye", voice.gettext("Only managers see this: it is what stands now.")
    at = voice.moment(found.at) if found.at else None
    if found.name == "frozen":
        since = voice.gettext("Frozen since %(at)s.", at=at)
        after = voice.gettext("What happens until the end is shown %(when)s.", when=ends)
        why = view.published.picture.reason if view.published.picture else None
        return "lock", " ".join(filter(None, (since, after, why)))
    if found.name == "provisional":
        if at is None:
            return "hourglass", voice.gettext("Provisional: late results still count.")
        until = voice.gettext("Provisional until %(at)s: late results still count.", at=at)
        return "hourglass", until
    if found.name == "final":
        return "flag", voice.gettext("Final since %(at)s.", at=at)
    return None


def opens(programme: Programme, period: Period, voice: Voice) -> str:
    """When a freeze of that period ends by itself."""
    if period.kind in ("all", ROLLING):
        return voice.gettext("when it is lifted")
    return voice.gettext("on %(at)s", at=voice.moment(period.ends_at(programme.timezone)))


def frozen(view: View, member: int, voice: Voice) -> dict[str, Any]:
    """While the board stands still: what the member has by now, and no place; and until when."""
    score = own_score(view, member) or 0
    return {
        "score": sentences.score(view.published.rule, score, view.programme.currency, voice),
        "frozen": opens(view.programme, view.period, voice),
    }


def after_close(view: View, voice: Voice) -> dict[str, Any] | None:
    """``Bob's Wheels: $9,000.00 more, would be 1st instead of 3rd``, line by line.

    None where the view is of no final result, or narrowed to a part of it.
    """
    final = view.published
    if view.scope or not final.picture or final.picture.kind != "final":
        return None
    found = late.after_close(view.programme, final, view.period)
    return {
        "moved": [
            {"name": moved.name, "said": _moved(view.programme, final, moved, voice)}
            for moved in found.moved
        ],
        "more": found.members - len(found.moved),
    }


def _moved(programme: Programme, final: Published, moved: Moved, voice: Voice) -> str:
    size = sentences.score(final.rule, abs(moved.difference), programme.currency, voice)
    said = (
        voice.gettext("%(score)s more", score=size)
        if moved.difference > 0
        else voice.gettext("%(score)s less", score=size)
    )
    if moved.is_quiet:
        return said
    was, would_be = (
        formats.ordinal(row.rank, voice.locale) if row else None
        for row in (moved.final, moved.would_be)
    )
    if was == would_be:
        return voice.gettext("%(change)s, the place would be the same", change=said)
    if was is None:
        return voice.gettext("%(change)s, would be %(rank)s", change=said, rank=would_be)
    if would_be is None:
        return voice.gettext("%(change)s, would not be ranked", change=said)
    return voice.gettext(
        "%(change)s, would be %(rank)s instead of %(was)s", change=said, rank=would_be, was=was
    )


def late_facts(view: View, voice: Voice, partner: Partner | None = None) -> list[dict[str, Any]]:
    """The facts that came after the close: a partner's own, or with whose they are, all of them."""
    final, programme = view.published, view.programme
    theirs = [Partner.id == partner.id] if partner else []
    if not final.picture or final.picture.kind != "final":
        return []
    return [
        {
            "partner": None if partner else fact.name,
            "what": activity.named(fact.kind, voice).one,
            "day": voice.day(fact.day),
            "size": voice.amount(fact.amount, programme.currency) if fact.amount else None,
            "came": voice.moment(fact.came_at),
            "is_gone": fact.is_gone,
        }
        for fact in late.facts(programme, final, view.period, *theirs)
    ]


def of_picture(picture: Any, name: str | None, voice: Voice) -> str:
    """A line of the log: who froze it when, and why."""
    at = voice.moment(picture.taken_at)
    if picture.kind == "final":
        return voice.gettext("Final since %(at)s", at=at)
    if picture.reason is None:
        return voice.gettext("Frozen on %(at)s, as the programme says", at=at)
    return voice.gettext(
        "Frozen on %(at)s by %(name)s: %(reason)s", at=at, name=name or "", reason=picture.reason
    )


def lifted(picture: Any, name: str | None, voice: Voice) -> str | None:
    """Who lifted a freeze by hand, and why."""
    if picture.lifted_at is None:
        return None
    return voice.gettext(
        "Lifted on %(at)s by %(name)s: %(reason)s",
        at=voice.moment(picture.lifted_at),
        name=name or "",
        reason=picture.lift_reason,
    )

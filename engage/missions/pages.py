"""Missions as the pages draw them: cards, paths, and what is next in one."""

from datetime import datetime
from typing import Any

from flask import url_for as url
from markupsafe import Markup

from engage import periods
from engage.ledger.sentences import used
from engage.missions import sentences
from engage.missions.service import MissionView, StageView
from engage.money import SCALE
from engage.programmes.models import Programme
from engage.voice import Voice

#: Up to so many steps are drawn one by one.
_STEPS = 12


def ends_at(view: MissionView, programme: Programme) -> datetime:
    """The first instant after a mission."""
    return periods.containing(view.mission.ends, "day").ends_at(programme.timezone)


def starts_at(view: MissionView, programme: Programme) -> datetime:
    return periods.containing(view.mission.starts, "day").starts_at(programme.timezone)


def card(
    view: MissionView,
    programme: Programme,
    voice: Voice,
    now: datetime,
    *,
    plays: bool = True,
    opens: bool = True,
) -> dict[str, Any]:
    """A mission for ui/mission.html; without ``plays``, as somebody sees it who takes no part.

    With ``opens``, what a stage counts can be opened: for the partner alone.
    """
    mission, state = view.mission, view.window.state
    running = state == "running"
    # What partners should know of budgets that may be used up before they are there.
    said = (used(limit, awarded, unit, voice) for unit, limit, awarded in view.limits)
    return {
        "slug": mission.slug,
        "name": mission.name,
        "href": url("missions.mission", slug=mission.slug),
        "state": state,
        "when": voice.days(mission.starts, mission.ends),
        "deadline": voice.deadline(ends_at(view, programme), now) if running else None,
        "audience": sentences.audience(view.audience, voice),
        "used": [text for text in said if text] if state != "over" else [],
        "stages": [
            stage(view, found, programme, voice, plays=plays, opens=opens) for found in view.stages
        ],
        "reached": view.reached,
        "total": len(view.stages),
        "progress": voice.gettext(
            "%(reached)s of %(total)s", reached=view.reached, total=len(view.stages)
        ),
    }


def stage(
    view: MissionView,
    found: StageView,
    programme: Programme,
    voice: Voice,
    *,
    plays: bool = True,
    opens: bool = True,
) -> dict[str, Any]:
    """A stage for ui/mission.html's path."""
    said: dict[str, Any] = {
        "name": found.stage.name,
        "detail": sentences.task(found.stage, programme.currency, voice),
        "reward": sentences.reward(found.stage, voice) or None,
        "state": "locked",
    }
    if not plays:
        return said | {"label": voice.gettext("Stage %(n)s", n=found.number)}
    if opens and found.value:
        counted = f"{view.mission.slug}/{found.number}"
        said["counted"] = url("insight.facts_page", stage=counted)
    so_far = sentences.so_far(found.stage, found.value, programme.currency, voice)
    if found.reached and found.reached_at:
        note = voice.gettext("Reached on %(day)s", day=voice.moment(found.reached_at))
        return said | {"state": "reached", "note": note}
    if found.open:
        drawn = {"done": max(0, found.value), "target": found.stage.target}
        return said | drawn | {"state": "current", "note": so_far}
    before = next((stage.number for stage in view.stages if not stage.reached), found.number)
    if found.value >= found.stage.target and before < found.number:
        waits = (
            voice.gettext("Waited for stage %(n)s", n=before)
            if view.window.state == "over"
            else voice.gettext("Waits for stage %(n)s", n=before)
        )
        return said | {"label": waits, "note": so_far}
    if view.window.state == "over":
        return said | {"label": voice.gettext("Not reached"), "note": so_far}
    if found.number == 1:
        begins = voice.gettext("Opens on %(day)s", day=voice.day(view.mission.starts))
        return said | {"label": begins}
    return said


def next_step(
    view: MissionView, programme: Programme, voice: Voice, now: datetime
) -> dict[str, Any] | None:
    """The open stage as ui/next.html's `next_step` says it; None where no stage is open."""
    found = view.current
    if found is None or view.window.state != "running":
        return None
    asked, done = found.stage, max(0, found.value)
    counts = asked.measure != "amount" and asked.target <= _STEPS * SCALE
    worth = sentences.reward(asked, voice)
    sentence = (
        voice.gettext("<em>%(more)s</em> to stage %(number)s of %(mission)s")
        if len(view.stages) > 1
        else voice.gettext("<em>%(more)s</em> to complete %(mission)s")
    )
    return {
        "sentence": Markup(sentence)  # noqa: S704  our own words; what is filled in is escaped
        % {
            "more": sentences.more(asked, found.needed, programme.currency, voice),
            "number": found.number,
            "mission": view.mission.name,
        },
        "deadline": voice.deadline(ends_at(view, programme), now),
        "done": done // SCALE if counts else done,
        "target": -(-asked.target // SCALE) if counts else asked.target,
        "done_text": sentences.so_far(asked, found.value, programme.currency, voice),
        "left_text": None if counts else voice.percent_of(done, asked.target),
        "worth": voice.gettext("Worth %(reward)s", reward=worth) if worth else None,
    }

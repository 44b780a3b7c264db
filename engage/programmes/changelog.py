"""The public changelog of a programme: what changed about rules, tiers, missions and boards."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import select

from engage import periods
from engage.accounts.models import User
from engage.clock import local_day
from engage.db import db
from engage.earnings.reasons import rule_name
from engage.incentives import changelog as rules
from engage.incentives.terms import compared
from engage.leaderboards import language as board_language
from engage.leaderboards import sentences as boards
from engage.leaderboards.published import windowed
from engage.missions import rules as mission_rules
from engage.missions import sentences as missions
from engage.partners import service as partners
from engage.programmes.models import Programme, Revision
from engage.programmes.revisions import revisions
from engage.tiers import sentences as tiers
from engage.tiers.rules import Tier
from engage.voice import ENGLISH, Voice

#: What differs, term by term: its name, before, after.
Differs = list[tuple[str, str | None, str | None]]


Kind = Literal["new", "changed", "retired", "again"]


class Entry(NamedTuple):
    """A published change, in the words of a reader.

    ``since`` is the instant from which it holds, None: for all of it (a rule from the start, a mission
    from its first day, a board in every period that is not final). ``by`` is the name of who published
    it (None: the command line). ``before`` and ``after`` are None where there was, or is, none.
    """

    of: Literal["rule", "tiers", "mission", "board"]
    slug: str | None
    name: str
    number: int
    kind: Kind
    published_at: datetime | None
    since: datetime | None
    why: str | None
    by: str | None
    before: str | None
    after: str | None
    differs: Differs
    reaches_back: bool = False
    void: bool = False


def entries(programme: Programme, voice: Voice = ENGLISH) -> list[Entry]:
    """Everything that was ever published, newest first."""
    found = [*_rules(programme, voice), *_tiers(programme, voice), *_revised(programme, voice)]
    first = programme.created_at
    return sorted(found, key=lambda entry: entry.published_at or first, reverse=True)


def _rules(programme: Programme, voice: Voice) -> Iterator[Entry]:
    for change in rules.changes(programme):
        version = change.version
        yield Entry(
            "rule",
            change.slug,
            rule_name(change.slug),
            version.number,
            change.kind,
            version.published_at,
            version.valid_from,
            version.why,
            change.by,
            **compared(change.before, version.rule, programme.currency, voice),
            reaches_back=version.reaches_back,
            void=change.void,
        )


def _tiers(programme: Programme, voice: Voice) -> Iterator[Entry]:
    """Every version of the tiers, with those that read differently in it."""
    names = _names(version.get("by") for version in programme.tiers)
    gone = voice.gettext("There is no such tier any more.")
    before: tuple[Tier, ...] = ()
    pairs = zip(programme.tiers, partners.ladders_of(programme), strict=True)
    for number, (version, ladder) in enumerate(pairs, 1):
        said = version.get("published")
        published = datetime.fromisoformat(said) if said else ladder.valid_from
        was, now = (
            " ".join(
                tiers.told(tier, programme.currency, voice) for tier in some if tier not in others
            )
            for some, others in ((before, ladder.tiers), (ladder.tiers, before))
        )
        yield Entry(
            "tiers",
            None,
            voice.gettext("Tiers"),
            number,
            "new" if not before else "changed" if ladder.tiers else "retired",
            published or programme.created_at,
            ladder.valid_from,
            version.get("why"),
            names.get(version.get("by")),
            was or None,
            now or (gone if before else None),
            [],
        )
        before = ladder.tiers


def _names(user_ids: Iterable[int | None]) -> dict[int | None, str]:
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_({*user_ids} - {None})))
    return dict(rows.tuples().all())


def _revised(programme: Programme, voice: Voice) -> Iterator[Entry]:
    rows = revisions(programme.id)
    names = _names(row.published_by for row in rows)
    for row in rows:
        terms = _mission if row.kind == "mission" else _board
        before, after = (terms(programme, raw, row, voice) for raw in (row.before, row.after))
        known = row.after or row.before or {}
        kind: Kind = "changed" if before else "again" if row.number > 1 else "new"
        was, now = before.pop("", None), after.pop("", None)
        yield Entry(
            "mission" if row.kind == "mission" else "board",
            row.slug,
            str(known.get("name", row.slug)),
            row.number,
            kind if now else "retired",
            row.published_at,
            None,
            row.reason,
            names.get(row.published_by),
            was,
            now,
            [
                (label, before.get(label), after.get(label))
                for label in {**before, **after}
                if was and now and before.get(label) != after.get(label)
            ],
        )


def _mission(
    programme: Programme, raw: Mapping[str, Any] | None, row: Revision, voice: Voice
) -> dict[str, str]:
    """A mission in a sentence (under an empty name) and term by term."""
    if raw is None:
        return {}
    currency, _ = programme.currency, voice.gettext
    mission = mission_rules.parse(raw, currency)
    stages = {
        _("Stage %(n)s", n=number): f"{stage.name}: {missions.task(stage, currency, voice)}"
        + (f" ({reward})" if (reward := missions.reward(stage, voice)) else "")
        for number, stage in enumerate(mission.stages, 1)
    }
    return {
        "": missions.summary(mission, currency, voice),
        _("Name"): mission.name,
        _("Days"): voice.days(mission.starts, mission.ends),
        _("Takes part"): missions.audience(mission.audience, voice),
        **stages,
    }


def _board(
    programme: Programme, raw: Mapping[str, Any] | None, row: Revision, voice: Voice
) -> dict[str, str]:
    """A board in a sentence or two, and what those do not tell."""
    if raw is None:
        return {}
    currency, _ = programme.currency, voice.gettext
    board = board_language.parse(raw, currency)
    day = local_day(row.published_at, programme.timezone)
    try:
        period = windowed(programme, board).windows.running(day)
    except periods.UnknownPeriod:  # that of a mission which is gone
        period = periods.ALL
    named = {
        "name": _("Name"),
        "freeze": _("Frozen before its end"),
        "final_after": _("Final after"),
        "columns": _("Columns"),
        "decimals": _("Digits after the point"),
    }
    said = {
        "": f"{boards.measure(board, period, currency, voice)} {boards.tie(board, currency, voice)}"
    }
    return said | {label: _plain(raw[key], voice) for key, label in named.items() if key in raw}


def _plain(value: Any, voice: Voice) -> str:
    return voice.all_of(map(str, value)) if isinstance(value, list) else str(value)

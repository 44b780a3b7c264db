"""What a manager sees of one partner: who they are, where they stand, and who signs in for them."""

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _

from engage import periods
from engage.accounts import trust
from engage.accounts.models import User
from engage.conditions import PARTNER_ATTRIBUTES
from engage.console import directory
from engage.incentives import terms
from engage.leaderboards import ranking
from engage.leaderboards import sentences as board_sentences
from engage.leaderboards import service as leaderboards
from engage.leaderboards.published import Published
from engage.ledger import service as ledger
from engage.missions import pages as mission_pages
from engage.missions import service as missions
from engage.money import POINTS
from engage.partners.models import Partner
from engage.partners.service import GROUP_KINDS
from engage.partners.service import groups as group_ids
from engage.programmes.models import Programme
from engage.voice import Voice


def attribute_labels(voice: Voice) -> dict[str, str]:
    """What partners are told apart by, as a heading."""
    labels = terms.labels(voice)
    return {name: labels[f"where.{name}"] for name in PARTNER_ATTRIBUTES}


def mission(view: missions.MissionView, here: Programme, voice: Voice) -> dict[str, Any]:
    href = url_for("console_missions.mission", slug=view.mission.slug)
    return mission_pages.card(view, here, voice, g.now, opens=False) | {"href": href}


def profile(found: Partner, voice: Voice) -> list[tuple[str, str]]:
    rows = [(_("Partner id"), found.external_id), (_("E-mail"), found.email)]
    rows += [(label, getattr(found, name)) for name, label in attribute_labels(voice).items()]
    rows.append((_("Joined on"), voice.day(found.joined_on) if found.joined_on else None))
    seen = {"pseudonym": found.pseudonym, "hidden": _("On no public board, by their own choice")}
    rows.append((_("Seen by others as"), seen.get(found.visibility)))
    rows.append((_("Time zone"), found.timezone))
    return [(label, value) for label, value in rows if value]


def numbers(
    here: Programme, found: Partner, kind: str, period: periods.Period, voice: Voice
) -> list[dict[str, Any]]:
    amount = directory.sold([found.id], kind, period.first, period.last).get(found.id, 0)
    earned = ledger.earned(found.id, period.first, period.last)
    balances = ledger.earned_ever(found.id)
    href = url_for("console_facts.index", external_id=found.external_id, period=period.name)
    numbers: list[dict[str, Any]] = [
        {
            "label": _("Sales"),
            "value": voice.amount(board_sentences.rounded(amount), here.currency, whole=True),
            "hint": voice.this(period.kind),
            "href": href,
        }
    ]
    for unit, label in ((here.currency, _("Money earned")), (POINTS, _("Points earned"))):
        total = balances.get(unit, 0)
        value = voice.bare(total, unit)
        fresh = voice.pay(earned.get(unit, 0), unit, sign=True)
        numbers.append(
            {
                "label": label,
                "value": value,
                "hint": _("%(earned)s %(period)s", earned=fresh, period=voice.this(period.kind)),
                "href": href,
            }
        )
    return numbers


def place(board: Published | None, standings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The place on the main board, beside the numbers."""
    return [
        {"label": _("Rank"), "value": row["rank"] or "–", "hint": row["name"], "href": row["href"]}
        for row in standings
        if board and row["slug"] == board.model.slug
    ]


def boards(here: Programme, found: Partner, day: Any, voice: Voice) -> list[dict[str, Any]]:
    """Where the partner, or the group it counts for, stands on each board."""
    rows = []
    groups = group_ids(here.id, [{kind: getattr(found, kind) for kind in GROUP_KINDS}])
    for board in leaderboards.boards(here):
        rule, model = board.rule, board.model
        member: int | None = found.id
        if rule.by != "partner":
            member = groups.get((rule.by, getattr(found, rule.by) or ""))
        period = rule.windows.running(day)
        near = ranking.around(here, board, period, member or 0, reach=0, live=True)
        row = near.rows[0] if near.rows else None
        rows.append(
            {
                "slug": model.slug,
                "name": model.name,
                "href": url_for("leaderboards.board", board=model.slug),
                "period": voice.period(period),
                "rank": voice.number(row.rank) if row else None,
                "who": row.name if row and rule.by != "partner" else None,
                "score": board_sentences.score(rule, row.score, here.currency, voice)
                if row
                else None,
            }
        )
    return rows


# --- its people -----------------------------------------------------------------------------------


def person(user: User, here: Programme) -> dict[str, Any]:
    """Of people whom another programme knows, too, only the address: the rest is not of this one."""
    ours = trust.sits_only_in(user, here.id)
    return {
        "id": user.id,
        "email": user.email,
        "ours": ours,
        "name": user.name if ours else "",
        "seen_at": user.last_seen_at if ours else None,
        "disabled": ours and user.disabled_at is not None,
        "invited": ours and user.password_hash is None,
        "may_link": may_link(user, here),
    }


def may_link(user: User, here: Programme) -> bool:
    """Whether a manager may hand out a link that chooses this person's first password."""
    unset = user.password_hash is None and user.disabled_at is None
    return unset and trust.is_in_care_of(user, here.id)

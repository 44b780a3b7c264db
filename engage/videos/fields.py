"""The fields a film may ask for, each read from what is known about a partner.

A template names the fields it wants. What is not there is None: the template says whether it can do
without. Every number carries the text it is shown as.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

import flask_babel
from babel import dates

from engage.activity.service import Month
from engage.money import POINTS, SCALE, minor_digits, natural
from engage.periods import Period
from engage.studio.template import Template
from engage.studio.values import (
    Badge,
    Badges,
    Number,
    Point,
    Ranking,
    Row,
    Series,
    Value,
)
from engage.videos import aims
from engage.videos.snapshot import Told

MONTHS_SHOWN = 6
NEIGHBOURS = 5

# --- numbers --------------------------------------------------------------------------------------


def _period_name(told: Told) -> str:
    teller = told.teller
    name = told.voice.period(teller.period)
    if teller.told_period is None or teller.is_over:
        return name
    return told.voice.gettext("%(period)s so far", period=name)


def _pay(unit: str) -> Callable[[Told], Number]:
    def read_pay(told: Told) -> Number:
        code = told.currency if unit == "money" else unit
        amount = told.earned.get(code, 0)
        shown = told.voice.number(amount) if code == POINTS else told.voice.pay(amount, code)
        return Number(float(natural(amount, minor_digits(code))), shown)

    return read_pay


def _deals(told: Told) -> Number:
    count = sum(month.facts for month in told.in_period)
    return Number(count, told.voice.number(count))


def _months(told: Told) -> Series | None:
    months = told.history[-max(MONTHS_SHOWN, _months_of(told.teller.told_period)) :]
    if len(months) < MONTHS_SHOWN and told.in_period:
        # A newcomer's chart starts with the period, so that its first month is seen to be the first.
        known = {month.first for month in months}
        months = [m for m in told.in_period[-MONTHS_SHOWN:] if m.first not in known] + months
        months.sort(key=lambda month: month.first)
    if not months:
        return None
    in_money = any(month.amount for month in months)
    return Series(tuple(_point(told, month, in_money) for month in months))


def _months_of(period: Period | None) -> int:
    return 12 if period and period.kind in ("year", "all") else 0


def _point(told: Told, month: Month, in_money: bool) -> Point:
    label = dates.format_date(month.first, "LLL", locale=told.voice.locale)
    if not in_money:
        return Point(label, month.facts, told.voice.number(month.facts))
    rounded = round(month.amount / SCALE) * SCALE
    return Point(label, month.amount / SCALE, told.voice.amount(rounded, told.currency, whole=True))


def _best_month(told: Told) -> str | None:
    """Only where it is true of all that is known, and lies in the period."""
    months = [month for month in told.history if month.facts]
    if len(months) < 2 or told.teller.told_period is None:
        return None
    best, second = sorted(months, key=lambda month: (month.amount, month.facts))[:-3:-1]
    value = (best.amount, best.facts)
    after = best.first + timedelta(days=27)
    if value == (second.amount, second.facts) or after < told.teller.period.first:
        return None
    name = dates.format_date(best.first, "LLLL", locale=told.voice.locale)
    if best.first.replace(day=1) == told.teller.today.replace(day=1):
        return told.voice.gettext("%(month)s is your best month so far.", month=name)
    return told.voice.gettext("%(month)s was your best month so far.", month=name)


# --- standing -------------------------------------------------------------------------------------


def _rank(told: Told) -> Number | None:
    return told.row and Number(told.row.rank, told.voice.number(told.row.rank))


def _ranked_of(told: Told) -> Number | None:
    ranked = told.teller.standings.ranked
    return Number(ranked, told.voice.number(ranked)) if told.row else None


def _neighbours(told: Told) -> Ranking | None:
    if told.row is None or not told.row.listed:
        return None
    rows = told.teller.standings.rows
    start = max(0, min(told.row.place - 1 - NEIGHBOURS // 2, len(rows) - NEIGHBOURS))
    return Ranking(
        tuple(
            Row(row.rank, row.name, told.score(row.score), row.member_id == told.partner.id)
            for row in rows[start : start + NEIGHBOURS]
        )
    )


def _badges(told: Told) -> Badges | None:
    """What was reached in the period: places on the board, stages, a best month."""
    found: list[Badge] = []
    row, ranked = told.row, told.teller.standings.ranked
    if row and ranked > 3 and row.rank <= 3:
        found.append(Badge(told.voice.gettext("Top three"), "crown"))
    elif row and ranked >= 20 and row.rank * 10 <= ranked:
        found.append(Badge(told.voice.gettext("Top 10%"), "crown"))
    if told.mission:
        found += [Badge(s.stage.name, "flag") for s in told.mission.stages if s.reached][:3]
    if _best_month(told):
        found.append(Badge(told.voice.gettext("Best month"), "peak"))
    return Badges(tuple(found)) if found else None


FIELDS: dict[str, Callable[[Told], Value | None]] = {
    "partner_name": lambda told: told.partner.name,
    "programme_name": lambda told: told.teller.programme.name,
    "organisation": lambda told: told.partner.organisation,
    "team": lambda told: told.partner.team,
    "region": lambda told: told.partner.region,
    "period_name": _period_name,
    "points": _pay(POINTS),
    "earned_money": _pay("money"),
    "deals": _deals,
    "months": _months,
    "best_month": _best_month,
    "rank": _rank,
    "ranked_of": _ranked_of,
    "score": lambda told: told.score(told.row.score) if told.row else None,
    "board_name": lambda told: told.teller.board.model.name if told.teller.board else None,
    "neighbours": _neighbours,
    "mission_name": lambda told: told.mission.mission.name if told.mission else None,
    "mission_sentence": aims.mission_sentence,
    "mission_reward": aims.mission_reward,
    "mission_stages": aims.mission_stages,
    "badges": _badges,
    "next_step": aims.next_step,
    "first_step": aims.first_step,
    "earn_1": aims.earn(1),
    "earn_2": aims.earn(2),
    "earn_3": aims.earn(3),
    "link_url": lambda told: f"{told.teller.address}/",
    "link_label": lambda told: told.voice.gettext("Open my page"),
}

#: What lies ahead of the partner on the day the film is ordered, whatever period it tells of.
AHEAD = frozenset({"next_step", "first_step", "earn_1", "earn_2", "earn_3"})


def read(told: Told, wanted: Iterable[str]) -> dict[str, Value | None]:
    """The values of these fields; None for what this partner has not, or no film knows."""
    with flask_babel.force_locale(str(told.voice.locale)):
        return {name: FIELDS[name](told) if name in FIELDS else None for name in wanted}


def title(told: Told, template: Template) -> str:
    """``Recap: Q1 2013``."""
    if told.teller.told_period is None:
        return template.title
    with flask_babel.force_locale(str(told.voice.locale)):
        return f"{template.title}: {told.voice.period(told.teller.told_period)}"


_REASONS = {
    "months": "no deal was ever recorded for this partner",
    "best_month": "there is no best month yet",
    "rank": "this partner has no place on the board in this period",
    "ranked_of": "this partner has no place on the board in this period",
    "neighbours": "this partner has no place on the board in this period",
    "score": "this partner has no place on the board in this period",
    "board_name": "the programme has no board that ranks partners",
    "mission_name": "no mission is there for this partner",
    "mission_sentence": "no mission is there for this partner",
    "mission_reward": "no mission with a reward is there for this partner",
    "mission_stages": "no mission is there for this partner",
    "badges": "nothing was reached yet that has a badge",
    "earn_1": "no rule pays this partner",
}


def why_missing(name: str) -> str:
    """Why a partner has no value for a field, as a manager would say it."""
    if name not in FIELDS:
        return f"the template asks for “{name}”, which no film of this house knows"
    return _REASONS.get(name, f"“{name}” is not known of this partner")

"""The fields a film may ask for, each read from what is known about a partner.

A template names the fields it wants. What is not there is None: the template says whether it can do
without. Every number carries the text it is shown as.
"""

from collections.abc import Callable, Iterable

from engage.money import POINTS, minor_digits, natural
from engage.studio.template import Template
from engage.studio.values import Badge, Badges, Number, Value
from engage.studio.words import told_in
from engage.videos import aims, courses, deeds, launches, places
from engage.videos.naming import Named
from engage.videos.snapshot import Told


def _period_name(told: Told) -> str:
    teller = told.teller
    name = told.voice.period(teller.period)
    if teller.told_period is None or teller.is_over:
        return name
    return told.voice.gettext("%(period)s so far", period=name)


def _year(told: Told) -> str | None:
    period = told.teller.told_period
    return _period_name(told) if period and period.kind == "year" else None


def _period_runs(told: Told) -> Number | None:
    """1 while days of the period told of are still to come; None once it is over."""
    return None if told.teller.is_over else Number(1, "1")


def _days_left(told: Told) -> Number | None:
    """Days the period goes on after today."""
    if told.teller.told_period is None:
        return None
    days = (told.teller.period.last - told.teller.today).days
    return Number(days, told.voice.number(days)) if days > 0 else None


def _pay(unit: str) -> Callable[[Told], Number]:
    def read_pay(told: Told) -> Number:
        code = told.currency if unit == "money" else unit
        return _amount(told, told.earned.get(code, 0), code)

    return read_pay


def _amount(told: Told, amount: int, code: str) -> Number:
    return Number(float(natural(amount, minor_digits(code))), told.voice.bare(amount, code))


def _badges(told: Told) -> Badges | None:
    """What was reached in the period: places on the board, stages, a best month."""
    found: list[Badge] = []
    row, ranked = places.among(told) or (None, 0)
    if row and ranked > 3 and row.rank <= 3:
        found.append(Badge(told.voice.gettext("Top three"), "crown"))
    elif row and ranked >= 20 and row.rank * 10 <= ranked:
        found.append(Badge(told.voice.gettext("Top 10%"), "crown"))
    if told.mission:
        found += [Badge(s.stage.name, "flag") for s in told.mission.stages if s.reached][:3]
    if deeds.best_month(told):
        found.append(Badge(told.voice.gettext("Best month"), "peak"))
    return Badges(tuple(found)) if found else None


FIELDS: dict[str, Callable[[Told], Value | None]] = {
    "partner_name": lambda told: told.name,
    "programme_name": lambda told: told.teller.programme.name,
    "organisation": lambda told: told.partner.organisation,
    "team": lambda told: told.partner.team,
    "region": lambda told: told.partner.region,
    "period_name": _period_name,
    "year": _year,
    "period_runs": _period_runs,
    "days_left": _days_left,
    "newcomer": places.newcomer,
    # what was earned and done
    "points": _pay(POINTS),
    "earned_money": _pay("money"),
    "deals": deeds.deals,
    "sales": deeds.sales,
    "customers": deeds.customers,
    "months": deeds.months,
    "whole_months": deeds.whole_months,
    "average": deeds.average,
    "over_average": deeds.over_average,
    "growth": deeds.growth,
    "comeback": deeds.comeback,
    "best_month": deeds.best_month,
    "best_month_runs": deeds.best_month_runs,
    "best_day": deeds.best_day("day"),
    "best_day_deals": deeds.best_day("deals"),
    "best_day_sales": deeds.best_day("sales"),
    "streak_weeks": deeds.streak_weeks,
    "active_months": deeds.active_months,
    "top_category": deeds.top_category,
    "top_category_share": deeds.top_category_share,
    "top_products": deeds.top_products,
    # where they stand
    "rank": places.rank,
    "place": places.place,
    "ranked_of": places.ranked_of,
    "provisional": places.provisional,
    "places_up": places.places_up,
    "place_before": places.place_before,
    "place_above": places.place_above,
    "gap_up": places.gap_up,
    "top_percent": places.top_percent,
    "newcomer_percent": places.newcomer_percent,
    "score": lambda told: told.score(told.row.score) if told.row else None,
    "board_name": places.board_name,
    "neighbours": places.neighbours,
    "badges": _badges,
    "tier": aims.tier,
    "tier_path": aims.tier_path,
    # what can be reached
    "tier_step": aims.tier_step,
    "mission_name": lambda told: told.mission.mission.name if told.mission else None,
    "mission_sentence": aims.mission_sentence,
    "mission_reward": aims.mission_reward,
    "mission_stages": aims.mission_stages,
    "next_step": aims.next_step,
    "first_step": aims.first_step,
    "earn_1": aims.earn(1),
    "earn_2": aims.earn(2),
    "earn_3": aims.earn(3),
    # what was learnt
    "course": courses.course,
    "course_day": courses.course_day,
    "certified": courses.certified,
    "courses": courses.courses,
    "course_badges": courses.badges,
    "course_points": courses.points,
    "course_pays": courses.pays,
    "course_step": courses.step,
    "deals_since": courses.deals_since,
    "sales_since": courses.sales_since,
    # what is launched
    "launch_name": launches.of(launches.name),
    "launch_starts": launches.of(launches.starts),
    "launch_ends": launches.of(launches.ends),
    "launch_days_until": launches.of(launches.days_until),
    "launch_days_left": launches.of(launches.days_left),
    "launch_pays": launches.of(launches.pays),
    "launch_mission": launches.of(launches.mission),
    "launch_stages": launches.of(launches.stages),
    "launch_sold": launches.of(launches.sold),
    "launch_customers": launches.of(launches.customers),
    # where to go
    "link_url": lambda told: f"{told.teller.address}/",
    "link_label": lambda told: told.voice.gettext("Open my page"),
}

#: What lies ahead of the partner on the day the film is ordered, whatever period it tells of.
AHEAD = frozenset({"next_step", "first_step", "earn_1", "earn_2", "earn_3", "tier", "tier_path",
                   "tier_step"})  # fmt: skip


def read(told: Told, wanted: Iterable[str]) -> dict[str, Value | None]:
    """The values of these fields; None for what this partner has not, or no film knows."""
    return {name: _read(told, name) if name in FIELDS else None for name in wanted}


def names(told: Told, wanted: Iterable[str]) -> tuple[Named, ...]:
    """The other partners whom these fields name."""
    return places.named(told) if "neighbours" in wanted else ()


def _read(told: Told, name: str) -> Value | None:
    told.tongue.missed = False
    value = FIELDS[name](told)
    # No sentence is half in one language, half in another.
    return FIELDS[name](told.in_english()) if told.tongue.missed else value


def title(told: Told, template: Template) -> str:
    """``Recap: Q1 2013``."""
    said = told_in(template, told.tongue.language).title
    period = told.teller.told_period
    return f"{said}: {told.voice.period(period)}" if period else said


_NO_PLACE = "no place on the board can be told of this partner in this period"
_NO_MISSION = "no mission is there for this partner"
_NO_LAUNCH = "no rule or mission for a product starts about now for this partner"
_NO_COURSE = "no completed training or certification is recorded for this partner"
_REASONS = {
    "year": "this film tells of a year: order it for one, such as 2013",
    "months": "no deal was ever recorded for this partner",
    "best_month": "there is no best month yet",
    "rank": _NO_PLACE,
    "place": _NO_PLACE,
    "ranked_of": _NO_PLACE,
    "neighbours": _NO_PLACE,
    "score": _NO_PLACE,
    "board_name": "the programme has no board that ranks partners",
    "mission_name": _NO_MISSION,
    "mission_sentence": _NO_MISSION,
    "mission_reward": "no mission with a reward is there for this partner",
    "mission_stages": _NO_MISSION,
    "badges": "nothing was reached yet that has a badge",
    "earn_1": "no rule pays this partner",
    "sales": "no sale is recorded for this partner in this period",
    "course": _NO_COURSE,
    "course_day": _NO_COURSE,
    "courses": _NO_COURSE,
    "tier_path": "the programme has no tier above this partner's",
    "launch_name": _NO_LAUNCH,
    "launch_starts": _NO_LAUNCH,
    "launch_pays": "nothing of what is launched is left for this partner to earn",
}


def why_missing(name: str) -> str:
    """Why a partner has no value for a field, as a manager would say it."""
    if name not in FIELDS:
        return f"the template asks for “{name}”, which no film of this house knows"
    return _REASONS.get(name, f"“{name}” is not known of this partner")

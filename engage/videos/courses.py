"""What a partner learnt, in a film's values: completed trainings and certifications, what came after."""

from engage.activity.rules import Standing
from engage.activity.sentences import named
from engage.ledger import service as ledger
from engage.money import POINTS, SCALE
from engage.studio.values import Badge, Badges, Number
from engage.videos import aims, highlights
from engage.videos.snapshot import Told

KINDS = ("training_completed", "certification")


def _learnt(told: Told) -> list[Standing]:
    return [fact for fact in told.facts if fact.kind in KINDS]


def course(told: Told) -> str | None:
    """The name of what was completed last; of its kind where it has none."""
    learnt = _learnt(told)
    if not learnt:
        return None
    name = named(learnt[-1].kind, told.voice).one
    return learnt[-1].product or name[:1].upper() + name[1:]


def course_day(told: Told) -> str | None:
    learnt = _learnt(told)
    return told.voice.day(learnt[-1].day) if learnt else None


def certified(told: Told) -> Number | None:
    """1 where what was completed last is a certification."""
    learnt = _learnt(told)
    return Number(1, "1") if learnt and learnt[-1].kind == "certification" else None


def courses(told: Told) -> Number | None:
    count = len(_learnt(told))
    return Number(count, told.voice.number(count)) if count else None


def badges(told: Told) -> Badges | None:
    """Each training and certification once, the newest first."""
    icons = {f.product: "shield" if f.kind == "certification" else "spark" for f in _learnt(told)}
    found = [Badge(name, icon) for name, icon in icons.items() if name]
    return Badges(tuple(reversed(found))) if found else None


def points(told: Told) -> Number | None:
    """What trainings and certifications earned, as the ledger's lines say."""
    lines = ledger.lines(told.partner.id)
    earned = sum(
        line.amount
        for line in lines
        if line.fact and line.fact.kind in KINDS and line.transfer.unit == POINTS
    )
    return Number(earned, told.voice.number(earned)) if earned > 0 else None


def _since(told: Told) -> list[Standing]:
    learnt = _learnt(told)
    if not learnt:
        return []
    return [f for f in told.facts if f.kind == told.teller.kind and f.day > learnt[-1].day]


def deals_since(told: Told) -> Number | None:
    count = highlights.count("facts", _since(told))
    return Number(count, told.voice.number(count)) if count > 0 else None


def sales_since(told: Told) -> Number | None:
    whole = round(sum(fact.amount for fact in _since(told)) / SCALE) * SCALE
    if whole <= 0:
        return None
    return Number(whole / SCALE, told.voice.amount(whole, told.currency, whole=True))


def pays(told: Told) -> str | None:
    """The rule that pays for the next one, in words."""
    return next(
        (aims.in_short(rule, told) for rule in aims.rules_for(told) if rule.on in KINDS), None
    )


def step(told: Told) -> str | None:
    """What to learn next: a mission's open stage that asks for it, else the rule that pays for it."""
    for view in told.views:
        stage = view.current
        if view.window.state == "running" and stage and stage.stage.on in KINDS:
            return aims.step_of(view, stage, told)
    return pays(told)

"""Why a ledger line is there, in a reader's words: for the page, and for the statement."""

from typing import Any

from engage import periods
from engage.activity import sentences as facts
from engage.activity.models import Fact
from engage.earnings.service import ByRule, ByStage, Entry
from engage.incentives.because import Because, because
from engage.incentives.rules import Version
from engage.missions import sentences as missions
from engage.texts import capital
from engage.voice import ENGLISH, Voice


def reason(entry: Entry, currency: str, voice: Voice = ENGLISH) -> Because:
    """The rule as it read then, the arithmetic, and what was corrected."""
    if entry.paid_by is None:
        return Because(_moved(entry, voice), "", entry.transfer.reason)
    if isinstance(entry.paid_by, ByRule):
        line = entry.transfer
        found = because(
            entry.paid_by.rule,
            line.total_before,
            line.total_after,
            line.amount,
            line.period,
            currency,
            voice,
            line.terms,
        )
    else:
        found = _of_stage(entry, entry.paid_by, currency, voice)
    notes = [_converted(entry, currency, voice), _correction(entry, currency, voice) or found.note]
    return found._replace(note=" ".join(note for note in notes if note) or None)


def because_text(entry: Entry, currency: str, voice: Voice = ENGLISH) -> str:
    """All of it in running words; English unless told otherwise."""
    return reason(entry, currency, voice).text


def _moved(entry: Entry, voice: Voice) -> str:
    """What a line is that no rule or stage paid."""
    back = entry.transfer.amount < 0
    return {
        "adjustment": voice.gettext("Correction by a programme manager."),
        "payout": voice.gettext("A payment that came back: it will be paid again.")
        if back
        else voice.gettext("Put on its way to you."),
        "redemption": voice.gettext("A redemption that was called off.")
        if back
        else voice.gettext("Spent on a reward."),
        "expiry": voice.gettext("Not used in time."),
        "clawback": voice.gettext("Taken back by a programme manager."),
    }[entry.transfer.kind]


def _heading(entry: Entry, voice: Voice) -> str:
    back = entry.transfer.amount < 0
    if entry.transfer.kind == "redemption" and entry.transfer.reason and not back:
        return voice.gettext("Redeemed: %(reward)s", reward=entry.transfer.reason)
    if entry.run:
        said = {"period": voice.period(periods.parse(entry.run.period))}
        if back:
            return voice.gettext("Payment of %(period)s returned", **said)
        return voice.gettext("Payout of %(period)s", **said)
    return {
        "adjustment": voice.gettext("Correction"),
        "redemption": voice.gettext("Redemption called off") if back else voice.gettext("Redeemed"),
        "expiry": voice.gettext("Expired"),
        "clawback": voice.gettext("Taken back"),
    }[entry.transfer.kind]


def _of_stage(entry: Entry, paid_by: ByStage, currency: str, voice: Voice) -> Because:
    line, stage = entry.transfer, paid_by.stage
    read = voice.gettext(
        "Stage %(number)s of %(mission)s, “%(name)s”: %(task)s.",
        number=paid_by.number,
        mission=paid_by.name,
        name=stage.name,
        task=missions.task(stage, currency, voice),
    )
    if line.amount < 0 and line.total_before == line.total_after:
        taken = voice.gettext("The stage is no longer reached, so its reward is taken back.")
        return Because(read, "", taken)
    reached = missions.so_far(stage, line.total_after, currency, voice)
    worth = missions.reward(stage, voice)
    said = voice.gettext("Reached with %(so_far)s: %(reward)s.", so_far=reached, reward=worth)
    owed = dict(stage.reward).get(line.unit)
    if line.terms:
        owed = line.terms["left"]
        left = voice.pay(owed, line.unit, whole=False)
        said += " " + voice.gettext("Of the mission's budget %(left)s was left for it.", left=left)
    if owed == line.amount:
        return Because(read, said, None)
    return Because(read, said, voice.gettext("This is the difference to what stood posted before."))


def _converted(entry: Entry, currency: str, voice: Voice) -> str | None:
    """What the fact was reported as, where that was another currency."""
    fact, stated = entry.fact, entry.stated
    if fact is None or stated is None or stated.currency is None:
        return None
    return voice.gettext(
        "Reported as %(stated)s; at %(rate)s for one %(currency)s that is %(amount)s.",
        stated=voice.amount(stated.amount, stated.currency, exact=True),
        rate=voice.number(stated.rate),
        currency=stated.currency,
        amount=voice.amount(fact.amount, currency, exact=True),
    )


def _correction(entry: Entry, currency: str, voice: Voice) -> str | None:
    """What was corrected about the fact itself; None where nothing was."""
    fact, line = entry.fact, entry.transfer
    if fact is None:
        return None
    if isinstance(entry.paid_by, ByRule) and entry.paid_by.change:
        return _changed_rule(entry.paid_by, entry.paid_by.change, voice)
    if line.amount < 0 and fact.superseded_at is not None and entry.replaced_by is None:
        return voice.gettext(
            "On %(day)s this was reported anew and no longer counts for you.",
            day=voice.moment(fact.superseded_at),
        )
    if line.amount < 0 and entry.replaced_by is not None:
        return voice.gettext(
            "Corrected on %(day)s: %(before)s became %(after)s. What the old report had earned is "
            "taken back; the new one has a line of its own.",
            day=voice.moment(entry.replaced_by.recorded_at),
            before=_size(fact, currency, voice),
            after=_size(entry.replaced_by, currency, voice),
        )
    if line.amount > 0 and entry.replaces is not None:
        return voice.gettext(
            "Corrected on %(day)s: this replaces the report of %(before)s.",
            day=voice.moment(fact.recorded_at),
            before=_size(entry.replaces, currency, voice),
        )
    return None


def _changed_rule(paid_by: ByRule, change: Version, voice: Voice) -> str:
    """Which change of the rule, published for the past, this line comes from."""
    assert change.published_at
    assert change.valid_from
    said = {
        "number": change.number,
        "day": voice.moment(change.published_at),
        "since": voice.moment(change.valid_from),
    }
    if change.number == paid_by.version:
        note = voice.gettext(
            "Version %(number)s was published on %(day)s for what happened from %(since)s on, and "
            "this is what it pays for it.",
            **said,
        )
    else:
        note = voice.gettext(
            "Version %(number)s, published on %(day)s, holds for what happened from %(since)s on: "
            "what version %(old)s paid is taken back.",
            old=paid_by.version,
            **said,
        )
    why = voice.gettext("Why: “%(why)s”", why=change.why) if change.why else ""
    return f"{note} {why}".strip()


def _size(fact: Fact, currency: str, voice: Voice) -> str:
    if fact.amount:
        return voice.amount(fact.amount, currency, exact=True)
    return facts.title(fact.kind, fact.customer, fact.product, voice)


def rule_name(slug: str) -> str:
    """A rule's slug as a heading: ``Bike points``."""
    return capital(slug.replace("-", " "))


def shown(
    entry: Entry,
    currency: str,
    voice: Voice,
    *,
    href: str | None = None,
    payouts: str | None = None,
) -> dict[str, Any]:
    """A line as ui/ledger.html draws it; ``href`` is the address of the line itself.

    ``payouts`` is where the reader finds payout runs: a line of one leads to it by its number.
    """
    line, fact, paid_by = entry.transfer, entry.fact, entry.paid_by
    found = reason(entry, currency, voice)
    what = facts.title(fact.kind, fact.customer, fact.product, voice) if fact else None
    if paid_by is None:
        head, why = _heading(entry, voice), found.rule
    elif isinstance(paid_by, ByStage):
        head = voice.gettext(
            "Stage %(number)s of %(mission)s", number=paid_by.number, mission=paid_by.name
        )
        why = found.rule
    else:
        head = what or ""
        why = voice.gettext(
            "%(rule)s, version %(version)s: %(sentence)s",
            rule=rule_name(paid_by.slug),
            version=paid_by.version,
            sentence=found.rule,
        )
    return {
        "id": f"line-{line.id}",
        "href": href,
        "run": f"{payouts}{entry.run.number}" if payouts and entry.run else None,
        "what": head,
        "when": voice.moment(line.occurred_at),
        "amount": voice.pay(entry.amount, line.unit, whole=False, sign=True),
        "sign": "plus" if entry.amount > 0 else "minus",
        "why": why,
        "sum": found.sum,
        "note": found.note,
        "facts": _pairs(entry, what, currency, voice),
    }


def _pairs(entry: Entry, what: str | None, currency: str, voice: Voice) -> list[tuple[str, str]]:
    """What happened, when, for how much, and where it was reported; of a line without fact, when."""
    posted = (voice.gettext("Posted"), voice.moment(entry.transfer.posted_at))
    if entry.fact is None or what is None:
        return [posted]
    return [(voice.gettext("What"), what), *fact_pairs(entry.fact, currency, voice), posted]


def fact_pairs(fact: Fact, currency: str, voice: Voice) -> list[tuple[str, str]]:
    """When it happened, for how much, of what, and how it was reported."""
    rows = [
        (voice.gettext("When"), voice.moment(fact.occurred_at)),
        (
            voice.gettext("Amount"),
            voice.amount(fact.amount, currency, exact=True) if fact.amount else None,
        ),
        (voice.gettext("Product"), fact.product if fact.customer else None),
        (voice.gettext("Category"), fact.category),
        (voice.gettext("Reported as"), fact.external_id),
    ]
    return [(label, value) for label, value in rows if value]

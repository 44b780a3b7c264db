"""What happens to money, in a reader's words."""

from engage import periods
from engage.payouts.models import Payout, PayoutRun
from engage.payouts.standing import Payment, Standing
from engage.voice import ENGLISH, Voice


def hold(why: str, than: int, unit: str, voice: Voice = ENGLISH) -> str:
    """Why a payment is looked at first."""
    amount = voice.pay(than, unit, whole=False)
    return {
        "limit": voice.gettext("More than %(amount)s, the limit for one payment", amount=amount),
        "history": voice.gettext("Over three times what is usual here, %(amount)s", amount=amount),
        "newcomer": voice.gettext(
            "The first payment, and over three times what others get, %(amount)s", amount=amount
        ),
        "taken_back": voice.gettext(
            "Corrections took %(amount)s, more than half of what was earned", amount=amount
        ),
    }[why]


def parts(payout: Payout, voice: Voice = ENGLISH) -> str | None:
    """What of a payment is of earlier periods; None where nothing is."""
    if not payout.earlier:
        return None
    amount = voice.pay(abs(payout.earlier), payout.unit, whole=False)
    if payout.earlier > 0:
        return voice.gettext(
            "%(amount)s of it is from earlier periods: late or corrected results, or a payment that "
            "came back",
            amount=amount,
        )
    return voice.gettext(
        "%(amount)s was taken off for corrections and returns after earlier payouts", amount=amount
    )


def state(word: str, voice: Voice = ENGLISH) -> str:
    """A payment's state, to a manager."""
    return {
        "held": voice.gettext("Held for review"),
        "waiting": voice.gettext("To be approved"),
        "on_its_way": voice.gettext("On its way"),
        "paid": voice.gettext("Paid"),
        "put_back": voice.gettext("Put back"),
    }[word]


def run_state(word: str, voice: Voice = ENGLISH) -> str:
    """What a run waits for, to a manager."""
    return {
        "empty": voice.gettext("Nothing to pay"),
        "waiting": voice.gettext("To be approved"),
        "half_approved": voice.gettext("Needs a second manager"),
        "on_its_way": voice.gettext("On its way"),
        "done": voice.gettext("Paid"),
    }[word]


def late(days: int, voice: Voice = ENGLISH) -> str:
    return voice.ngettext("%(num)d day late", "%(num)d days late", days)


def of_period(run: PayoutRun, voice: Voice = ENGLISH) -> str:
    return voice.period(periods.parse(run.period))


def payment(found: Payment, voice: Voice = ENGLISH) -> str:
    """A payment, to its partner."""
    payout, run = found.payout, found.run
    if found.state == "put_back":
        return voice.gettext(
            "Not paid: %(why)s. It comes with the next payout.", why=(payout.note or "").rstrip(".")
        )
    if found.state == "paid" and payout.paid_at:
        said = voice.gettext(
            "Paid on %(day)s, reference %(reference)s.",
            day=voice.moment(payout.paid_at),
            reference=payout.reference,
        )
        if not found.late:
            return said
        promised = voice.gettext(
            "Promised by %(day)s, so it was %(late)s.",
            day=voice.day(run.promised_on),
            late=late(found.late, voice),
        )
        return f"{said} {promised}"
    if found.late:
        return voice.gettext(
            "Promised by %(day)s and %(late)s.",
            day=voice.day(run.promised_on),
            late=late(found.late, voice),
        )
    if found.state == "on_its_way":
        return voice.gettext("On its way by %(day)s.", day=voice.day(run.promised_on))
    return voice.gettext("Confirmed, to be paid by %(day)s.", day=voice.day(run.promised_on))


def stats(found: Standing, voice: Voice = ENGLISH) -> list[dict[str, str]]:
    """Where money is, as ui/numbers.html draws it: earned, confirmed, on its way, paid."""
    promise = ""
    if found.promised_on:
        day = voice.day(found.promised_on)
        promise = late(found.late, voice) if found.late else voice.gettext("by %(day)s", day=day)
    rows = [
        (voice.gettext("Earned"), found.earned, voice.gettext("in the period that runs")),
        (voice.gettext("Confirmed"), found.confirmed, "" if found.on_its_way else promise),
        (voice.gettext("On its way"), found.on_its_way, promise if found.on_its_way else ""),
        (voice.gettext("Paid"), found.paid, voice.gettext("all time")),
    ]
    if found.confirmed < 0:
        less = voice.gettext("taken off the next payout")
        rows[1] = (voice.gettext("Carried on"), found.confirmed, less)
    return [
        {"label": label, "value": voice.pay(amount, found.unit, whole=False), "hint": hint}
        for label, amount, hint in rows
    ]


def shown(found: Payment, voice: Voice = ENGLISH) -> dict[str, object]:
    """A payment as its partner's page lists it."""
    return {
        "amount": voice.pay(found.payout.amount, found.payout.unit, whole=False),
        "number": found.run.number,
        "period": of_period(found.run, voice),
        "of": found.run.period,
        "said": payment(found, voice),
        "parts": parts(found.payout, voice),
        "late": bool(found.late) and found.state != "paid",
    }


def next_payout(found: Standing, voice: Voice = ENGLISH) -> str | None:
    """The one sentence of a partner's home about money to come; None where none is."""
    amount = found.on_its_way or found.confirmed
    if amount <= 0 or found.promised_on is None:
        return None
    said = {
        "amount": voice.pay(amount, found.unit, whole=False),
        "day": voice.day(found.promised_on),
    }
    if found.late:
        return voice.gettext(
            "%(amount)s was promised by %(day)s and is %(late)s.",
            **said,
            late=late(found.late, voice),
        )
    if found.on_its_way:
        return voice.gettext("%(amount)s is on its way to you by %(day)s.", **said)
    return voice.gettext("%(amount)s is confirmed and will be paid by %(day)s.", **said)

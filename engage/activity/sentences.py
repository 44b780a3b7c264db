"""Facts in words: what they are called, one by one and counted, and conditions on them."""

from collections.abc import Iterable
from typing import NamedTuple

from engage.conditions import FACT_CONDITIONS, PARTNER_CONDITIONS, Between, Where
from engage.money import SCALE
from engage.texts import capital
from engage.voice import Voice


class Named(NamedTuple):
    """What a kind of fact is called, one and many."""

    one: str
    many: str


def named(kind: str, voice: Voice) -> Named:
    """``sale, sales``."""
    _ = voice.gettext
    return {
        "sale": Named(_("sale"), _("sales")),
        "deal_registered": Named(_("registered deal"), _("registered deals")),
        "deal_won": Named(_("won deal"), _("won deals")),
        "training_completed": Named(_("completed training"), _("completed trainings")),
        "certification": Named(_("certification"), _("certifications")),
        "login": Named(_("sign-in"), _("sign-ins")),
        "custom": Named(_("activity"), _("activities")),
    }[kind]


def counted(kind: str, value: int, voice: Voice) -> str:
    """A counted value (ten-thousandths): ``3 sales``."""
    names = named(kind, voice)
    return f"{voice.quantity(value)} {names.one if value == SCALE else names.many}"


def title(kind: str, customer: str | None, product: str | None, voice: Voice) -> str:
    """One fact as a heading: ``Sale to Metro Sports Supply``, ``Completed training: Brakes``."""
    name = capital(named(kind, voice).one)
    if customer and kind == "sale":
        return voice.gettext("%(what)s to %(customer)s", what=name, customer=customer)
    if customer and kind in ("deal_registered", "deal_won"):
        return voice.gettext("%(what)s with %(customer)s", what=name, customer=customer)
    if product:
        return voice.gettext("%(what)s: %(product)s", what=name, product=product)
    return name


def narrowed(where: Where, voice: Voice, currency: str | None = None) -> str:
    """Conditions on facts, to stand behind their name: `` in category Bikes or Helmets``."""
    return "".join(f" {text}" for text in _phrases(where, FACT_CONDITIONS, voice, currency))


def partners(where: Where, voice: Voice) -> str:
    """Conditions on partners: ``partners in region Northwest or Southwest``; empty for everyone."""
    phrases = list(_phrases(where, PARTNER_CONDITIONS, voice))
    return " ".join([voice.gettext("partners"), *phrases]) if phrases else ""


def _phrases(
    where: Where, attributes: tuple[str, ...], voice: Voice, currency: str | None = None
) -> Iterable[str]:
    _ = voice.gettext
    texts = {
        "category": _("in category %(values)s"),
        "product": _("of %(values)s"),
        "customer": _("to %(values)s"),
        "organisation": _("of organisation %(values)s"),
        "team": _("in team %(values)s"),
        "region": _("in region %(values)s"),
        "type": _("of type %(values)s"),
        "segment": _("in segment %(values)s"),
        "tier": _("with tier %(values)s"),
    }
    found = dict(where)
    for name in sorted(found.keys() & {*attributes}, key=attributes.index):
        values = found[name]
        if isinstance(values, Between):
            yield sized(values, currency, voice) if name == "amount" else joined(values, voice)
        else:
            yield texts[name] % {"values": voice.any_of(values)}


def sized(amounts: Between, currency: str | None, voice: Voice) -> str:
    def said(value: int) -> str:
        if currency is None:
            return voice.quantity(value)
        return voice.amount(value, currency, whole=True, exact=True)

    if amounts.high is None:
        return voice.gettext("of %(least)s or more", least=said(amounts.low))
    if amounts.low is None:
        return voice.gettext("of up to %(most)s", most=said(amounts.high))
    return voice.gettext(
        "of %(least)s to %(most)s", least=said(amounts.low), most=said(amounts.high)
    )


def joined(days: Between, voice: Voice) -> str:
    if days.high is None:
        return voice.gettext("who joined on or after %(first)s", first=voice.day(days.low))
    if days.low is None:
        return voice.gettext("who joined on or before %(last)s", last=voice.day(days.high))
    return voice.gettext(
        "who joined from %(first)s to %(last)s",
        first=voice.day(days.low),
        last=voice.day(days.high),
    )

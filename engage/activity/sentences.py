"""Facts in words: what they are called, one by one and counted, and conditions on them."""

from collections.abc import Iterable
from typing import NamedTuple

from engage.definitions import FACT_ATTRIBUTES, PARTNER_ATTRIBUTES, Where
from engage.money import SCALE
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
    name = named(kind, voice).one
    name = name[:1].upper() + name[1:]
    if customer and kind == "sale":
        return voice.gettext("%(what)s to %(customer)s", what=name, customer=customer)
    if customer and kind in ("deal_registered", "deal_won"):
        return voice.gettext("%(what)s with %(customer)s", what=name, customer=customer)
    if product:
        return voice.gettext("%(what)s: %(product)s", what=name, product=product)
    return name


def narrowed(where: Where, voice: Voice) -> str:
    """Conditions on facts, to stand behind their name: `` in category Bikes or Helmets``."""
    return "".join(f" {text}" for text in _phrases(where, FACT_ATTRIBUTES, voice))


def partners(where: Where, voice: Voice) -> str:
    """Conditions on partners: ``partners in region Northwest or Southwest``; empty for everyone."""
    phrases = list(_phrases(where, PARTNER_ATTRIBUTES, voice))
    return " ".join([voice.gettext("partners"), *phrases]) if phrases else ""


def _phrases(where: Where, attributes: Iterable[str], voice: Voice) -> Iterable[str]:
    wanted = tuple(attributes)
    for name, values in where:
        if name not in wanted:
            continue
        said = voice.any_of(values)
        if name == "category":
            yield voice.gettext("in category %(values)s", values=said)
        elif name == "product":
            yield voice.gettext("of %(values)s", values=said)
        elif name == "customer":
            yield voice.gettext("to %(values)s", values=said)
        elif name == "organisation":
            yield voice.gettext("of organisation %(values)s", values=said)
        elif name == "team":
            yield voice.gettext("in team %(values)s", values=said)
        elif name == "region":
            yield voice.gettext("in region %(values)s", values=said)
        else:
            yield voice.gettext("of type %(values)s", values=said)

"""A rule in the making: every key of the rule language as a field of a form, and back.

A new key is one more line in `FIELDS`; how they are typed and read is `typed_fields`'s.
"""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from engage.console.typed_fields import AUDIENCE, Errors, Field, Typed, one
from engage.console.typed_form import Form, Reading
from engage.definitions import DefinitionError
from engage.incentives import language
from engage.incentives.rules import Rule
from engage.money import POINTS
from engage.voice import Voice

_MEAN = re.compile(r"mean of last ([0-9]+) periods")


def _banded(typed: Typed) -> bool:
    return bool(one(typed, "bands"))


FIELDS = (
    Field("on", "choice", "what"),
    Field("where.category", "values", "what"),
    Field("where.product", "values", "what"),
    Field("where.customer", "values", "what"),
    Field("where.amount", "range", "what"),
    Field("per", "choice", "pays"),
    Field("earn", "choice", "pays"),
    Field("bands", "choice", "pays"),
    Field("rate", "rate", "pays", of=lambda typed: not _banded(typed)),
    Field("band", "rows", "pays", ("from", "rate"), of=_banded),
    Field("milestones", "rows", "pays", ("at", "pays")),
    *(Field(f"where.{name}", "values", "whom") for name in AUDIENCE),
    Field("where.joined", "days", "whom"),
    Field("within", "count", "whom"),
    Field("period", "choice", "limits"),
    Field("baseline", "choice", "limits"),
    Field("mean", "count", "limits", of=lambda typed: one(typed, "baseline") == "mean"),
    Field("newcomers", "number", "limits", of=lambda typed: bool(one(typed, "baseline"))),
    Field("minimum", "number", "limits"),
    Field("cap", "number", "limits"),
    Field("budget", "number", "limits"),
    Field("at_budget", "choice", "limits"),
    Field("starts", "moment", "limits"),
    Field("ends", "moment", "limits"),
)
FORM = Form(FIELDS)


def read(typed: Typed, slug: str, currency: str, timezone: str, voice: Voice) -> Reading[Rule]:
    """The rule that is typed, or what is wrong with it at which input."""
    found, errors = FORM.raw(typed, voice)
    try:
        rule = language.parse({"slug": slug} | as_said(found, errors), currency, timezone)
    except DefinitionError as error:
        said = {"rate": _("Say how much it pays."), "band": _("Fill in at least one band.")}
        return Reading(None, FORM.told(error, typed, said) | errors)
    return Reading(None if errors else rule, errors)


def as_said(raw: dict[str, Any], errors: Errors) -> dict[str, Any]:
    """The periods of a mean are typed by themselves; in a definition they are one text with it."""
    count, most = raw.pop("mean", None), language.MOST_PERIODS
    if raw.get("baseline") != "mean":
        return raw
    if count is None or not 0 < count <= most:
        errors.setdefault("mean", _("Write a whole number from 1 to %(most)s.", most=most))
        count = 1  # the only thing wrong with the baseline is told
    return raw | {"baseline": f"mean of last {count} periods"}


def as_typed(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inverse."""
    mean = _MEAN.fullmatch(str(raw.get("baseline")))
    return {**raw, "baseline": "mean", "mean": mean[1]} if mean else raw


def blank() -> Typed:
    """A new one: so much for every sale."""
    return {"on": ["sale"], "per": ["amount"], "earn": [POINTS], "period": ["quarter"]}


def of_raw(raw: Mapping[str, Any], voice: Voice) -> Typed:
    """A published definition, as somebody would have typed it."""
    share = raw.get("per") == "amount" and raw.get("earn") != POINTS
    return FORM.of_raw(as_typed(raw), voice, share=share)

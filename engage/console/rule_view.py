"""How a rule in the making is drawn: its fields, its sentence, and what differs."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engage import periods
from engage.console.form_view import Words, kinds
from engage.console.typed_fields import NONE, one
from engage.console.typed_form import Reading
from engage.earnings.reasons import rule_name
from engage.incentives import complexity, drafts, language, publishing, terms
from engage.incentives.models import RuleDraft
from engage.incentives.rules import Rule
from engage.money import POINTS
from engage.programmes.models import Programme
from engage.voice import Voice


def words(here: Programme, voice: Voice) -> Words:
    """What the form says beside its fields."""
    about = {"whom": _("Nothing chosen means everybody. Of several lists, a partner must fit all.")}
    return Words(
        titles={
            "what": _("What counts"),
            "pays": _("What it pays"),
            "whom": _("For whom"),
            "limits": _("When, and how much at most"),
        },
        about=about,
        labels=terms.labels(voice),
        hints=_hints(here),
        choices=_choices(here, voice),
        columns={"from": _("From"), "rate": _("Rate"), "at": _("Once reached"), "pays": _("Pays")},
        known=drafts.known_values(here),
        required=frozenset(("newcomers", "mean")),
        optional=frozenset(("milestones",)),
    )


def _choices(here: Programme, voice: Voice) -> dict[str, list[tuple[str, str]]]:
    return {
        "on": kinds(voice),
        "per": [(key, terms.measures(voice)[key]) for key in language.MEASURES],
        "earn": [(POINTS, _("Points")), (here.currency, here.currency)],
        "bands": [
            (NONE, _("One rate for all of it")),
            ("marginal", _("Bands: each rate for its part")),
            ("retroactive", _("Bands: the rate reached counts from the start")),
        ],
        "period": [(kind, terms.spans(voice)[kind]) for kind in reversed(periods.KINDS)],
        "at_budget": [
            (NONE if key == "warn" else key, said) for key, said in terms.at_budget(voice).items()
        ],
        "baseline": [
            (NONE, _("All of it counts")),
            ("same period last year", _("What is above the same period last year")),
            ("mean", _("What is above the mean of the last periods")),
        ],
    }


def _hints(here: Programme) -> dict[str, str]:
    zone = here.timezone.replace("_", " ")
    return {
        "rate": _(
            "For one unit of what is measured: 1.5 points, or 2% of an amount. Blank where "
            "milestones alone pay."
        ),
        "band": _("From how much on which rate holds. Blank lines are left out."),
        "milestones": _("A bonus once that much is reached, once for each partner and period."),
        "where.amount": _("Only those of this size, in %(unit)s.", unit=here.currency),
        "where.joined": _("Only partners who joined between these days."),
        "within": _("Only so many days from the day a partner joined. Blank: always."),
        "mean": _("How many periods before."),
        "newcomers": _("What has to be topped by partners who have nothing to compare with."),
        "minimum": _("Below it nothing is paid, from it on everything counts. Blank: none."),
        "cap": _("For one partner and period. Blank: no limit."),
        "budget": _("For all partners together, as long as the rule is there. Blank: no limit."),
        "at_budget": _("Where it stops, what happened first is paid first."),
        "starts": _(
            "Without a time from the beginning of the day, on the clocks of %(zone)s. Blank: as soon "
            "as it is published.",
            zone=zone,
        ),
        "ends": _(
            "The last day counts, too: to its end, or to that time. Blank: until further notice."
        ),
    }


# --- in words -------------------------------------------------------------------------------------


def preview(
    here: Programme, draft: RuleDraft, reading: Reading[Rule], voice: Voice
) -> dict[str, Any]:
    """The draft in plain words, beside what is published."""
    stands = published(here, draft)
    return terms.compared(stands, reading.made, here.currency, voice) | {
        "draft": draft,
        "unfinished": len(reading.errors),
        "warnings": warnings(here, voice, reading.made),
    }


def warnings(here: Programme, voice: Voice, draft: Rule | None = None) -> list[str]:
    """Where the programme, with the draft in it, asks partners to read more than they will."""
    standing = {rule.slug: rule for rule in publishing.current(here)}
    if draft:
        standing[draft.slug] = draft
    found = complexity.excesses(list(standing.values()))
    return [
        complexity.warning(excess, voice)
        for excess in found
        if not (draft and excess.rule) or excess.rule == draft.slug
    ]


def published(here: Programme, draft: RuleDraft) -> Rule | None:
    """What the draft would replace; None where it is new or the rule is retired."""
    last = publishing.latest(here, draft.slug) if draft.slug else None
    if last is None or last.definition is None:
        return None
    return language.parse(last.definition, here.currency, here.timezone)


def name(draft: RuleDraft) -> str:
    """What the rule of a draft is called."""
    return rule_name(draft.slug) if draft.slug else one(draft.typed, "name") or _("New rule")


def listed(found: Any, voice: Voice) -> list[dict[str, Any]]:
    """Drafts as the page of the rules lists them."""
    return [
        {
            "name": name(draft),
            "what": _("Retires the rule")
            if draft.retires
            else _("Changes version %(n)s", n=draft.base)
            if draft.slug
            else _("New rule"),
            "changed": voice.moment(draft.changed_at),
            "href": url_for(
                "console_drafts.review" if draft.retires else "console_drafts.draft",
                draft_id=draft.id,
            ),
        }
        for draft in found
    ]

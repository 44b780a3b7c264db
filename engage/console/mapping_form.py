"""The mapping of a file's columns as a form: a first proposal, mended line by line."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext as _

from engage.activity.mapping import FACT_COLUMNS, PARTNER_COLUMNS, plan, read_mapping
from engage.activity.parsing import FACTS_REQUIRED, PARTNERS_REQUIRED
from engage.activity.problems import ImportRefused
from engage.activity.proposals import propose_mapping
from engage.definitions import FACT_KINDS

SAME = "="  # the choice "the same in every row"
_COLUMN = "c:"
_TEMPLATE = "t:"
_JOINED = "{%s}-{%s}"

Raw = dict[str, Any]


class Line(NamedTuple):
    """One of our columns: which of the file's it comes from, and what is wrong with that."""

    target: str
    label: str
    hint: str
    required: bool
    choice: str
    second: str
    same: str
    error: str | None


def targets(kind: str) -> tuple[str, ...]:
    return FACT_COLUMNS if kind == "facts" else PARTNER_COLUMNS


def required(kind: str) -> tuple[str, ...]:
    return FACTS_REQUIRED if kind == "facts" else PARTNERS_REQUIRED


def first(kind: str, header: Sequence[str], known: Sequence[Mapping[str, Any]]) -> Raw:
    """How a new file is probably read: as the last one that had these columns, else by its names."""
    for earlier in known:
        if earlier.get("columns") and _fits(kind, earlier, header):
            return dict(earlier)
    return {"columns": propose_mapping(header, targets(kind)), "constants": {}, "format": {}}


def _fits(kind: str, raw: Mapping[str, Any], header: Sequence[str]) -> bool:
    try:
        plan(read_mapping(raw), header, targets(kind), required(kind), "")
    except ImportRefused:
        return False
    return True


def from_form(kind: str, form: Mapping[str, str], before: Mapping[str, Any]) -> Raw:
    """The mapping a person sent; what the form does not show stays as it was."""
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    for target in targets(kind):
        choice = form.get(f"from-{target}", "")
        if choice == SAME:
            constants[target] = form.get(f"same-{target}", "").strip()
            continue
        columns[target] = _source(choice, form.get(f"with-{target}", ""))
    kept = {k: v for k, v in before.get("format", {}).items() if k not in ("decimal", "dates")}
    said = {key: form.get(key, "") for key in ("decimal", "dates")}
    return {
        "columns": columns,
        "constants": constants,
        "format": kept | {key: value for key, value in said.items() if value not in ("", "auto")},
    }


def _source(choice: str, second: str) -> str:
    if choice.startswith(_TEMPLATE):
        return choice.removeprefix(_TEMPLATE)
    name = choice.removeprefix(_COLUMN)
    if name and second:
        return _JOINED % (name, second.removeprefix(_COLUMN))
    return name


def lines(
    kind: str, header: Sequence[str], raw: Mapping[str, Any], errors: Mapping[str, str]
) -> list[Line]:
    """The mapping line by line, ready to be drawn."""
    labels = _labels(kind)
    found = []
    for target in targets(kind):
        label, hint = labels[target]
        choice, second = _chosen(target, header, raw)
        same = str(raw.get("constants", {}).get(target, ""))
        if target == "kind" and not choice and not errors:
            choice = SAME
        needed = target in required(kind)
        found.append(Line(target, label, hint, needed, choice, second, same, errors.get(target)))
    return found


def _chosen(target: str, header: Sequence[str], raw: Mapping[str, Any]) -> tuple[str, str]:
    if target in raw.get("constants", {}):
        return SAME, ""
    columns = raw.get("columns", {})
    if target not in columns:
        native = next((name for name in header if _plain(name) == _plain(target)), None)
        return (_COLUMN + native, "") if native else ("", "")
    source = columns[target]
    if not source or source in header:
        return (_COLUMN + source if source else ""), ""
    for one in header:
        for other in header:
            if source == _JOINED % (one, other):
                return _COLUMN + one, _COLUMN + other
    loose = next((name for name in header if _plain(name) == _plain(source)), None)
    return (_COLUMN + loose if loose else _TEMPLATE + source), ""


def _plain(name: str) -> str:
    return "".join(name.casefold().split()).replace("_", "")


def problems(kind: str, raw: Mapping[str, Any]) -> dict[str, str]:
    """What a person must still choose, by target, before it is worth looking into the file."""
    found: dict[str, str] = {}
    columns, constants = raw["columns"], raw["constants"]
    for target in required(kind):
        if not columns.get(target) and target not in constants:
            found[target] = _("Choose where this comes from: every row needs it.")
    for target, same in constants.items():
        if not same:
            found[target] = _("Say what it is in every row.")
    if constants.get("kind", "sale") not in FACT_KINDS:
        found["kind"] = _("Choose what the rows are.")
    return found


def choices(header: Sequence[str], line: Line) -> list[tuple[str, str]]:
    """The options of a line's select."""
    options = [("", _("Not in this file"))]
    options += [(_COLUMN + name, name) for name in header]
    if line.choice.startswith(_TEMPLATE):
        options.append((line.choice, line.choice.removeprefix(_TEMPLATE)))
    if line.target not in ("external_id", "partner", "name", "email"):
        options.append((SAME, _("The same in every row …")))
    return options


def _labels(kind: str) -> dict[str, tuple[str, str]]:
    if kind == "partners":
        return {
            "external_id": (_("Partner id"), _("The number your CRM knows this partner by")),
            "name": (_("Name"), _("As it stands on leaderboards")),
            "email": (_("E-mail"), ""),
            "organisation": (_("Organisation"), _("The company this partner sells for")),
            "team": (_("Team"), ""),
            "region": (_("Region"), ""),
            "type": (_("Type"), _("Such as dealer or distributor")),
            "joined_on": (_("Joined on"), ""),
            "left_on": (_("Last day"), _("Of those who have left")),
            "target": (_("Target"), _("What boards of targets measure this partner by")),
            "locale": (_("Language"), _("Such as en or de_AT")),
            "timezone": (_("Time zone"), _("Such as Europe/Berlin")),
        }
    return {
        "external_id": (_("Id of the row"), _("Each row has its own; sent again, it is the same fact")),
        "partner": (_("Partner id"), _("The id of a partner who is in the programme")),
        "kind": (_("What it is"), _("A sale, a training, a registered deal …")),
        "occurred_at": (_("When it happened"), _("The day the sale counts for")),
        "amount": (_("Amount"), ""),
        "currency": (_("Currency"), _("Left out: the programme's")),
        "quantity": (_("Quantity"), ""),
        "product": (_("Product"), ""),
        "category": (_("Category"), _("What rules and missions may be limited to")),
        "customer": (_("Customer"), _("Who bought")),
    }  # fmt: skip

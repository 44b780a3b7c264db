"""Which column is probably which: a first mapping for a file whose header we have never seen.

A wrong proposal is worse than none (somebody clicks it through), so only names that are known to
mean a thing are proposed (`proposals.toml`); what merely looks similar is left to the person.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from engage.activity.mapping import FACT_COLUMNS

_NAMES: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("proposals.toml").read_text("utf-8")
)
# In a file of partners the id is the partner's own, never an order's.
_OWN_ID = f"external id, {_NAMES['partner']}, id, record id"
_LINES = "line number, order line number, sales order line number, line no, line item number, line"


def propose_mapping(header: Sequence[str], targets: Iterable[str] = FACT_COLUMNS) -> dict[str, str]:
    """Target to column name (or template, where an order has numbered lines), for what is plain.

    A target without a well-known name in ``header`` is left out, and no column is proposed twice.
    """
    columns: dict[str, str] = {}
    for name in header:
        columns.setdefault(_plain(name), name)
    targets = tuple(targets)
    names = _NAMES if "partner" in targets else _NAMES | {"external_id": _OWN_ID}
    taken: set[str] = set()
    proposed: dict[str, str] = {}
    for target in targets:
        for known in _names(names.get(target, "")):
            if known in columns and known not in taken:
                taken.add(known)
                proposed[target] = columns[known]
                break
    return _numbered(proposed, columns)


def _numbered(proposed: dict[str, str], columns: dict[str, str]) -> dict[str, str]:
    """An order number is not unique where orders have numbered lines; both together are."""
    order = proposed.get("external_id")
    line = next((columns[known] for known in _names(_LINES) if known in columns), None)
    if order and line and re.search(r"order|invoice|document", _plain(order)):
        proposed["external_id"] = f"{{{order}}}-{{{line}}}"
    return proposed


def _names(listed: str) -> list[str]:
    return [_plain(name) for name in listed.split(",")]


def _plain(name: str) -> str:
    """Letters and digits only, in small: ``Close Date``, ``CloseDate`` and ``close_date`` are one."""
    return "".join(filter(str.isalnum, name.casefold()))

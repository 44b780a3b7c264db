"""A file that mia has uploaded and nobody took in yet, and a rule that she began."""

from io import BytesIO
from typing import Any

from flask import current_app

from engage import flow
from engage.activity import held
from engage.console import rule_form
from engage.db import transaction
from engage.imports import register, uploads
from engage.incentives import drafts
from engage.incentives.models import RuleDraft
from engage.programmes import service as programmes

from ..conftest import NOW, Cast, sale

FACTS = """external_id,partner,kind,occurred_at,amount
x-1,A1,sale,2013-04-09,100.00
x-2,B1,sale,2013-04-09,250.50
"""


def draft(cast: Cast) -> dict[str, Any]:
    """The address's values of a new upload: ``import_id``."""
    data = FACTS.encode()
    name, size = uploads.keep(BytesIO(data))
    layout = {
        "described": "CSV, UTF-8, separated by commas",
        "header": FACTS.splitlines()[0].split(","),
        "first": [line.split(",") for line in FACTS.splitlines()[1:]],
        "rows": 2,
    }
    programme_id, user_id = cast.programme.id, cast.mia.user.id
    assert current_app
    kept = register.Kept("april.csv", name, size, layout)
    row_id = transaction(
        lambda: register.open_file(programme_id, user_id, "facts", kept, {}, NOW).id
    )
    return {"import_id": row_id}


def held_fact(cast: Cast) -> dict[str, Any]:
    """A report that waits, of her programme: ``held_id``."""
    stranger = sale("stranger", "Z9", "1")

    def work() -> int:
        flow.accept(
            programmes.by_slug("resellers"),
            [stranger],
            source="import",
            came_by="API: crm",
            now=NOW,
        )
        return held.waiting(cast.programme.id)[0].id

    return {"held_id": transaction(work)}


def rule_draft(cast: Cast) -> dict[str, Any]:
    """The address's values of a new rule: ``draft_id``."""
    programme_id, user_id = cast.programme.id, cast.mia.user.id
    typed = rule_form.blank() | {"name": ["Extra"], "rate": ["1"]}

    def work() -> int:
        row = RuleDraft(programme_id=programme_id, created_by=user_id, typed=typed, changed_at=NOW)
        return drafts.begin(row).id

    draft_id = transaction(work)
    return {"draft_id": draft_id}

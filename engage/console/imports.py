"""Files in: upload, look, mend, check, take in; and what came of earlier ones."""

from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from engage import sheets
from engage.activity import held
from engage.activity.cells import as_text
from engage.activity.files import read_table
from engage.activity.problems import ImportRefused, refuse
from engage.console import mapping_form
from engage.db import transaction
from engage.imports import jobs, register, rules, uploads
from engage.imports.models import Import
from engage.imports.register import Kept
from engage.web import allow
from engage.web.here import Answer, programme

blueprint = Blueprint("console_import", __name__, url_prefix="/console/import")

_FIRST_ROWS = 5
_WIDEST_CELL = 60
_ERRORS_SHOWN = 50


@blueprint.get("/")
@allow("manager")
def index() -> Answer:
    return _index()


def _index(error: str | None = None, kind: str = "facts") -> str:
    here = programme()
    if not error:
        kind = request.args.get("kind", "facts")
    return render_template(
        "console_import/index.html",
        imports=register.latest(here.id, g.user.id),
        held=sum(held.counts(here.id).values()),
        error=error,
        chosen=kind,
    )


@blueprint.post("/")
@allow("manager")
def upload() -> Answer:
    kind = request.form.get("kind", "")
    if kind not in ("partners", "facts"):
        abort(400)
    try:
        kept = _kept(request.files.get("file"))
    except ImportRefused as refusal:
        return _index(str(refusal), kind), 422
    programme_id, user_id, now = g.seat.programme.id, g.user.id, g.now
    known = register.known_mappings(programme_id, kind)
    raw = mapping_form.first(kind, kept.layout["header"], known)
    import_id = transaction(
        lambda: register.open_file(programme_id, user_id, kind, kept, raw, now).id
    )
    return redirect(url_for(".file", import_id=import_id), 303)


def _kept(file: FileStorage | None) -> Kept:
    """Keep an upload aside and look into it.

    :raises ImportRefused: there is none, or it is no table; then nothing is kept.
    """
    filename = (file.filename or "").replace("\\", "/").rsplit("/", 1)[-1] if file else ""
    if file is None or not filename:
        raise refuse("", _("Choose a CSV or Excel file first."))
    name, size = uploads.keep(cast(BinaryIO, file.stream))
    try:
        table = read_table(str(uploads.path_of(name)), filename)
    except ImportRefused:
        uploads.forget(name)
        raise
    rows = [[as_text(cell)[:_WIDEST_CELL] for cell in row] for row in table.rows(_FIRST_ROWS)]
    layout = {
        "described": table.described(),
        "header": table.header,
        "first": rows,
        "rows": table.rows_read,
    }
    return Kept(filename[:200], name, size, layout)


# --- one file -------------------------------------------------------------------------------------


def _row(import_id: int) -> Import:
    """The import, if this person may see it; there is none otherwise."""
    return register.find(g.seat.programme.id, g.user.id, import_id) or abort(404)


@blueprint.get("/<id:import_id>")
@allow("manager")
def file(import_id: int) -> Answer:
    return _page(_row(import_id))


def _page(row: Import, errors: Mapping[str, str] | None = None, upload_error: str = "") -> str:
    result = row.result or {}
    refused = list(result.get("refused", []))
    said = dict(errors or {}) | {
        place: text for place, text in ((_place(c), t) for _row, c, t in refused) if place
    }
    header = row.layout["header"]
    lines = mapping_form.lines(row.kind, header, row.mapping, said)
    return render_template(
        "console_import/file.html",
        row=row,
        header=header,
        lines=[(line, mapping_form.choices(header, line)) for line in lines],
        columns=[("c:" + name, name) for name in header],
        format=row.mapping.get("format", {}),
        errors=errors or {},
        refused=refused,
        result=result if "new" in result else None,
        shown=result.get("errors", [])[:_ERRORS_SHOWN],
        upload_error=upload_error,
        busy=row.state in rules.BUSY,
        told=jobs.told(row.id) if row.state in rules.BUSY else None,
    )


def _place(column: str) -> str:
    """The line of the form that a problem with the mapping belongs to."""
    head, _dot, target = column.partition(".")
    return target if head in ("columns", "constants") else ""


@blueprint.get("/<id:import_id>/state")
@allow("manager")
def state(import_id: int) -> Answer:
    """How far it is; when it has ended, the browser is sent to the page that says how."""
    row = _row(import_id)
    if row.state not in rules.BUSY:
        return Response(headers={"HX-Redirect": url_for(".file", import_id=row.id)})
    return render_template("console_import/_import_state.html", row=row, told=jobs.told(row.id))


@blueprint.post("/<id:import_id>/check")
@allow("manager")
def check(import_id: int) -> Answer:
    """Keep the mapping as sent, and look what the file would do."""
    row = _row(import_id)
    raw = mapping_form.from_form(row.kind, request.form, row.mapping)
    errors = mapping_form.problems(row.kind, raw)
    if errors:
        row.mapping, row.result = raw, None
        return _page(row, errors), 422
    return _begin(row, "checking", mapping=raw, result=None)


@blueprint.post("/<id:import_id>/take")
@allow("manager")
def take(import_id: int) -> Answer:
    """Take the file in: all of it, or, where that was chosen, its good rows."""
    row = _row(import_id)
    if row.state != "checked" or not row.result or "new" not in row.result:
        return redirect(url_for(".file", import_id=row.id), 303)
    return _begin(row, "importing", skip_bad=request.form.get("skip_bad") == "y")


@blueprint.post("/<id:import_id>/again")
@allow("manager")
def again(import_id: int) -> Answer:
    """Try once more what failed."""
    return _begin(_row(import_id), "checking", result=None)


def _begin(row: Import, state: str, **changes: Any) -> Answer:
    import_id, size, now = row.id, row.size, g.now
    if transaction(lambda: register.begin(import_id, state, now, **changes)):
        jobs.start(import_id, size)
    return redirect(url_for(".file", import_id=import_id), 303)


@blueprint.post("/<id:import_id>/file")
@allow("manager")
def mended(import_id: int) -> Answer:
    """A mended file in the place of the old one; how it is read stays, and it is checked at once."""
    row = _row(import_id)
    old, kind, mapping = row.upload, row.kind, dict(row.mapping)
    try:
        kept = _kept(request.files.get("file"))
    except ImportRefused as refusal:
        return _page(row, upload_error=str(refusal)), 422
    if not transaction(lambda: register.replace_file(import_id, kept)):
        uploads.forget(kept.upload)
        return redirect(url_for(".file", import_id=import_id), 303)
    uploads.forget(old)
    if mapping_form.problems(kind, mapping):
        return redirect(url_for(".file", import_id=import_id), 303)
    return _begin(_row(import_id), "checking", result=None)


@blueprint.post("/<id:import_id>/discard")
@allow("manager")
def discard(import_id: int) -> Answer:
    row = _row(import_id)
    name = row.upload
    if transaction(lambda: register.discard(import_id)):
        uploads.forget(name)
        flash(_("The file was thrown away. Nothing of it was imported."), "info")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<id:import_id>/errors.csv")
@allow("manager")
def errors(import_id: int) -> Answer:
    """What is wrong with the file, as a file."""
    result = _row(import_id).result or {}
    found = [(e["row"], e["column"], e["problem"]) for e in result.get("errors", [])]
    found += result.get("refused", [])
    rows = ((row or "", column, problem) for row, column, problem in found)
    text = sheets.to_csv(("row", "column", "problem"), rows)
    answer = Response(text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="errors-{import_id}.csv"'
    return answer

"""The published programme in plain words, its file to download, and a changed one rehearsed first."""

from datetime import date, datetime

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from engage import flow, periods, proof
from engage.console import rule_view
from engage.db import without_trace
from engage.earnings.routes import rule_card
from engage.incentives import drafts
from engage.incentives import service as incentives
from engage.leaderboards import sentences as boards
from engage.leaderboards import service as leaderboards
from engage.ledger.rules import Overdrawn
from engage.money import POINTS
from engage.programmes import file as programme_file
from engage.programmes import reading
from engage.programmes import service as programmes
from engage.programmes.file import ProgrammeFile
from engage.programmes.models import Programme
from engage.programmes.reading import BadProgrammeFile
from engage.programmes.rehearsal import Rehearsal, rehearsed
from engage.programmes.service import Refused
from engage.videos import catalogue
from engage.web import allow
from engage.web.here import Answer, committed, programme, reason, today
from engage.web.locales import viewer

blueprint = Blueprint("console_rules", __name__, url_prefix="/console/rules")

_MOST_BYTES = 1024 * 1024


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here, voice = programme(), viewer()
    shelf = [rule_card(book, here, voice) for book in incentives.books(here)]
    ranked = [
        {
            "name": board.model.name,
            "href": url_for("leaderboards.board", board=board.model.slug),
            "measure": boards.measure(
                board.rule, board.rule.windows.running(today(here)), here.currency, voice
            ),
            "tie": boards.tie(board.rule, here.currency, voice),
        }
        for board in leaderboards.boards(here)
    ]
    return render_template(
        "console_rules/index.html",
        here=here,
        rules=[rule for rule in shelf if not rule["retired"]],
        retired=[rule for rule in shelf if rule["retired"]],
        boards=ranked,
        warnings=rule_view.warnings(here, voice),
        drafts=rule_view.listed(drafts.drafts(here.id), voice),
    )


@blueprint.get("/programme.toml")
@allow("manager")
def export() -> AnyResponse:
    here = programme()
    answer = Response(programme_file.dump(programmes.export(here)), mimetype="application/toml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{here.slug}.toml"'
    return answer


@blueprint.get("/change")
@allow("manager")
def change() -> Answer:
    """The programme file in a text box, as it is published now."""
    here = programme()
    text = programme_file.dump(programmes.export(here))
    return render_template("console_rules/change.html", text=text, today=today(here))


@blueprint.post("/change")
@allow("manager")
def rehearse() -> Answer:
    """What the file sent, or the text in the box, would change; with ``do=publish`` it is done."""
    here, text = programme(), ""
    try:
        text = _text()
        described, since = _described(text, here), _since(here)
    except BadProgrammeFile as error:
        return _page(here, text, error.problems)
    publishes = request.form.get("do") == "publish"
    past = since is not None and since < g.now
    if publishes and (not past or request.form.get("sure") == "y"):
        return _published(text, described, since)
    try:
        found = without_trace(lambda: _rehearsed(described, since))
    except (Refused, Overdrawn) as refusal:
        return _page(programme(), text, [(None, "", str(refusal))])
    corrects = past and bool(found.lines)
    if publishes and not corrects:
        return _published(text, described, since)
    return _page(programme(), text, [], found, corrects=corrects, unsure=publishes)


def _text() -> str:
    """The file that was sent, else the text in the box."""
    file = request.files.get("file")
    if file and file.filename:
        return reading.decoded(file.stream.read(_MOST_BYTES + 1))
    return request.form.get("text", "").replace("\r\n", "\n")


def _described(text: str, here: Programme) -> ProgrammeFile:
    """:raises BadProgrammeFile: also where the file is another programme's."""
    if len(text) > _MOST_BYTES:
        raise BadProgrammeFile([(None, "", _("The file is larger than a megabyte."))])
    described = programme_file.parse(text, catalogue.filmables())
    if described.slug != here.slug:
        problem = _(
            "this file is of the programme %(other)s, and you are in %(here)s: write "
            "%(here)s, or switch to the other programme",
            other=described.slug,
            here=here.slug,
        )
        raise BadProgrammeFile([(None, "programme.slug", problem)])
    return described


def _since(here: Programme) -> datetime | None:
    """From when on changed rules hold; None: from now on."""
    text = request.form.get("since", "").strip()
    if not text:
        return None
    try:
        return periods.midnight(date.fromisoformat(text), here.timezone)
    except ValueError:
        raise BadProgrammeFile([(None, "", _("Choose the day from which changes hold."))]) from None


def _page(
    here: Programme,
    text: str,
    problems: list[tuple[int | None, str, str]],
    found: Rehearsal | None = None,
    *,
    corrects: bool = False,
    unsure: bool = False,
) -> Answer:
    """``corrects``: it would change the past, which must be meant; ``unsure``: that was not said."""
    voice = viewer()
    sums = found.sums if found else {}
    said = [
        voice.pay(sums[unit], unit, sign=True) for unit in (here.currency, POINTS) if sums.get(unit)
    ]
    page = render_template(
        "console_rules/change.html",
        text=text,
        problems=problems,
        found=found,
        sums=voice.all_of(said) if said else None,
        since=request.form.get("since", ""),
        why=request.form.get("why", ""),
        today=today(here),
        corrects=corrects,
        unsure=_("This corrects the past: confirm that you mean it.") if unsure else None,
    )
    return (page, 422) if problems or unsure else page


def _rehearsed(described: ProgrammeFile, since: datetime | None) -> Rehearsal:
    """Publish it, and work out what would be owed."""
    published = programmes.publish(described, g.now, since)
    owed = proof.outstanding(published.programme) if published.changes else []
    return rehearsed(published.changes, owed)


def _published(text: str, described: ProgrammeFile, since: datetime | None) -> Answer:
    def work(_here: Programme) -> tuple[list[str], int]:
        published = programmes.publish(described, g.now, since, reason(), g.user.id)
        lines = flow.reconsider(published.programme, now=g.now) if published.changes else 0
        return published.changes, lines

    try:
        changes, lines = committed(work)
    except (Refused, Overdrawn) as refusal:
        return _page(programme(), text, [(None, "", str(refusal))])
    said = ngettext("%(num)d change is published.", "%(num)d changes are published.", len(changes))
    posted = ngettext("%(num)d ledger line was posted.", "%(num)d ledger lines were posted.", lines)
    flash(f"{said} {posted}" if changes else _("Nothing has changed."), "success")
    return redirect(url_for(".index"), 303)

"""Commands for films and their designer: `engage video render | check | still | erase`."""

from contextlib import suppress
from pathlib import Path
from typing import TextIO

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import select
from werkzeug.serving import make_server

from engage import clock, config, membership, periods
from engage.db import db, transaction
from engage.outbox.delivery import deliver
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.studio import film as studio_film
from engage.studio import values, words
from engage.studio.design import ENGLISH
from engage.studio.narration import UnknownEngine, engine
from engage.studio.plan import plan
from engage.studio.stage import FORMATS
from engage.studio.template import Template, TemplateError
from engage.studio.theme import Theme
from engage.studio.typeface import MissingScript
from engage.terminal import (
    Number,
    Whole,
    counted,
    err,
    inside,
    programme_option,
    refuse,
    the_partner,
    the_programme,
)
from engage.videos import catalogue, checking, drafts, looks, retention, rules, sheets, shelves
from engage.videos import preview as page_of
from engage.videos.catalogue import Offered
from engage.videos.languages import locale_of

_format = click.option(
    "--format", "form", type=click.Choice(tuple(FORMATS)), default="16:9", show_default=True
)
_out = click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE"
)


#: Of a contact sheet.
NAMES_IN_A_ROW = 6


@click.group()
def video() -> None:
    """Films: render one at once, check templates, look at them."""


@video.command()
@click.argument("partner")
@click.argument("template")
@_out
@click.option(
    "--period",
    metavar="PERIOD",
    help="Such as 2013-Q1; the last that is over if not given, for a standing the one that runs.",
)
@programme_option
@_format
def render(
    partner: str,
    template: str,
    out: Path,
    period: str | None,
    programme_slug: str | None,
    form: str,
) -> None:
    """Render the film of PARTNER (their id) by TEMPLATE now; its poster and captions stand beside it."""
    _named(out, ".mp4")
    with inside(catalogue.UnknownTemplate, periods.UnknownPeriod, drafts.Refused, UnknownEngine):
        programme = the_programme(programme_slug)
        who = the_partner(programme, partner)
        film, now = _template(template, programme), clock.now()
        told_of = periods.parse(period) if period is not None else None
        if told_of is None and rules.needs_period(film.template.moment):
            today = clock.local_day(now, programme.timezone)
            told_of = catalogue.filmable(film.template).usual_period(today)
            err.print(f"told of {told_of.name}: --period says another")
        (draft,) = drafts.drafts(
            programme,
            film,
            [who],
            period=told_of,
            address=config.settings().address,
            now=now,
            form=form,
        )
        if draft.refusal:
            refuse(f"no film for {partner}: {draft.refusal}")
        language = words.language_of(draft.locale, film.template)
        if language != locale_of(who).language:
            err.print(f"told in English: {template} has no words in {locale_of(who).english_name}")
        told = words.told_in(film.template, language)
        _draw(told, film.theme, values.from_json(draft.snapshot), out, form)


@video.command()
@click.argument("partner")
@click.option("--yes", is_flag=True, help="Do not ask.")
@programme_option
def erase(partner: str, yes: bool, programme_slug: str | None) -> None:
    """Delete all films of PARTNER (their id): files, links and the numbers they tell.

    They stay off boards from then on, so films that named them are made again without them.
    """
    with inside():
        programme = the_programme(programme_slug)
        who = the_partner(programme, partner)
        asked = f"Delete all films of {who.name} for good, and take them off boards and films?"
        if not yes and not click.confirm(asked, err=True):
            refuse("nothing was deleted")
        programme_id, partner_id, now = programme.id, who.id, clock.now()

        def hide() -> None:
            here = db.session.get_one(Programme, programme_id)
            membership.show(here, db.session.get_one(Partner, partner_id), "hidden", None, now=now)

        transaction(hide)
        number = retention.erase(shelves.of(config.settings()), partner_id)
        deliver()
    err.print(f"{counted(number, 'film')} deleted")


def _draw(template: Template, theme: Theme, data: values.Data, out: Path, form: str) -> None:
    word = config.settings().narration
    narrator = engine(word) if word else None
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=err) as progress:
        task = progress.add_task(out.name, total=1.0)
        made = studio_film.render(
            template,
            data,
            out,
            format=form,
            theme=theme,
            progress=lambda share: progress.update(task, completed=share),
            narrator=narrator,
        )
    out.with_suffix(".vtt").write_text(made.captions, encoding="utf-8")
    err.print(f"{out}: {made.duration:.1f} s, {out.stat().st_size / 1e6:.1f} MB")


@video.command()
def check() -> None:
    """Validate every template: each mistake with file, line, field and remedy."""
    with inside():
        folders = catalogue.folders()
        problems = checking.problems(folders.values())
        notes = [] if problems else list(checking.notes(folders.values()))
    for problem in problems:
        click.echo(str(problem))
    if problems:
        refuse(f"{counted(len(problems), 'mistake')} in the video templates")
    click.echo(f"{counted(len(folders), 'whole template')}: {', '.join(folders)}")
    for note in notes:
        click.echo(note, err=True)


@video.command()
@click.argument("template")
@click.option("--at", type=Number(min=0), required=True, metavar="SECONDS")
@_out
@_format
@click.option("--language", default=ENGLISH, show_default=True, help="One it has words in.")
def still(template: str, at: float, out: Path, form: str, language: str) -> None:
    """One picture of TEMPLATE, drawn with its samples."""
    _named(out, ".png")
    with inside(catalogue.UnknownTemplate, MissingScript):
        chosen = _template(template).template
        if language not in (ENGLISH, *chosen.words):
            refuse(f"{template} has no words in {language!r}, only {', '.join(chosen.words)}")
        chosen = words.told_in(chosen, language)
        if form not in chosen.formats:
            refuse(f"{template} has no format {form}: choose one of {', '.join(chosen.formats)}")
        length = plan(chosen, chosen.samples()).duration
        if at > length:
            refuse(f"{template} lasts {length:.1f} s with its samples: choose an earlier --at")
        studio_film.still(chosen, at, out, format=form, theme=looks.HOUSE_THEME)
    err.print(str(out))


def _template(slug: str, programme: Programme | None = None) -> Offered:
    try:
        return catalogue.load(slug, programme)
    except TemplateError as error:
        refuse(f"{slug} has mistakes, see engage video check: {error.problems[0]}")


def _named(out: Path, suffix: str) -> None:
    if out.suffix != suffix:
        raise click.UsageError(f"--out {out}: name it {out.with_suffix(suffix).name}")
    if not out.absolute().parent.is_dir():
        refuse(f"there is no folder {out.parent}: make it first")


@video.command()
@click.argument("template")
@click.option("--port", type=Whole(0, 65535), default=8765, show_default=True)
@programme_option
def preview(template: str, port: int, programme_slug: str | None) -> None:
    """A page on this machine with a scrubber over TEMPLATE, drawn anew whenever its files are saved."""
    with inside() as app:
        if template not in catalogue.folders():
            refuse(f"no template {template!r}: there are {', '.join(catalogue.folders())}")
        page = page_of.app_for(app, template, _a_programme(programme_slug))
    try:
        server = make_server(page_of.HOST, port, page, threaded=True)
    except (OSError, SystemExit):
        refuse(f"port {port} is taken: choose another one with --port")
    err.print(f"{template}: http://{page_of.HOST}:{server.port} (Ctrl-C ends it)")
    with suppress(KeyboardInterrupt):
        server.serve_forever()


@video.command("gallery")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR"
)
@click.option("--template", "slugs", multiple=True, help="Only this one; may be repeated.")
@click.option("--format", "forms", multiple=True, type=click.Choice(tuple(FORMATS)))
@click.option("--names", type=click.File(encoding="utf-8"), help="A text file, one name a line.")
@programme_option
def gallery_(
    out: Path, slugs: tuple[str, ...], forms: tuple[str, ...], names: TextIO | None,
    programme_slug: str | None,
) -> None:  # fmt: skip
    """Every template as PNG files in DIR: the samples, a newcomer, a champion, one who dipped and the
    longest name of the programme, each scene a still, and a contact sheet of all."""
    people = [line.strip() for line in names or () if line.strip()]
    with inside(catalogue.UnknownTemplate):
        programme = _a_programme(programme_slug)
        for film in [_template(slug, programme) for slug in slugs or catalogue.folders()]:
            for form in film.template.formats:
                if not forms or form in forms:
                    err.print(str(_sheet(film, programme, form, out, people)))


def _sheet(
    film: Offered, programme: Programme | None, form: str, out: Path, people: list[str]
) -> Path:
    """Write the stills of a template in a format, and its contact sheet."""
    place = out / f"{film.slug}-{form.replace(':', 'x')}"
    place.mkdir(parents=True, exist_ok=True)
    address = config.settings().address
    rows: list[sheets.Row] = []
    for who, made in sheets.plans(film, programme, form, address, clock.now()):
        rows.append((who, list(sheets.scenes(made, film, form))))
    for first in range(0, len(people), NAMES_IN_A_ROW):
        some = enumerate(people[first : first + NAMES_IN_A_ROW], start=first + 1)
        row = [pair for n, name in some for pair in sheets.named(film, form, n, name)]
        rows += [("names", row)] if row else []
    for who, row in rows:
        for name, image in row:
            image.save(place / f"{who}-{name}.png")
    path = place.with_suffix(".png")
    sheets.sheet(rows).save(path)
    return path


def _a_programme(slug: str | None) -> Programme | None:
    """The one that is named, else the only one there is, else none: then samples are shown."""
    if slug:
        return the_programme(slug)
    found = db.session.scalars(select(Programme).limit(2)).all()
    return found[0] if len(found) == 1 else None

"""Commands for films and their designer: `engage video render | check | still | erase`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from engage import clock, config, periods
from engage.db import db
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.studio import film as studio_film
from engage.studio import narration, values, words
from engage.studio import template as studio
from engage.studio.design import ENGLISH, LONGEST, SHORTEST
from engage.studio.narration import UnknownEngine, engine
from engage.studio.plan import plan
from engage.studio.stage import FORMATS
from engage.studio.template import Problem, Template, TemplateError
from engage.studio.theme import Theme
from engage.studio.toml_lines import line_of, locate
from engage.studio.typeface import HAN, MissingScript, missing_script
from engage.terminal import err, inside, programme_option, refuse, the_partner, the_programme
from engage.videos import catalogue, drafts, fields, languages, looks, retention
from engage.videos.catalogue import Offered
from engage.videos.languages import locale_of

_format = click.option(
    "--format", "form", type=click.Choice(tuple(FORMATS)), default="16:9", show_default=True
)
_out = click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE"
)


@click.group()
def video() -> None:
    """Films: render one at once, check the templates, see a still."""


@video.command()
@click.argument("partner")
@click.argument("template")
@_out
@click.option("--period", metavar="PERIOD", help="Such as 2013-Q1, for films that sum one up.")
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
    with inside():
        programme = the_programme(programme_slug)
        who = the_partner(programme, partner)
        film = _template(template, programme)
        try:
            (draft,) = drafts.drafts(
                programme,
                film,
                [who],
                period=_period(period),
                address=config.settings().address,
                now=clock.now(),
                form=form,
            )
        except drafts.Refused as refusal:
            refuse(str(refusal))
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
    """Delete all films of PARTNER (their id): files, links and the numbers they tell."""
    with inside():
        programme = the_programme(programme_slug)
        who = the_partner(programme, partner)
        if not yes and not click.confirm(f"Delete all films of {who.name} for good?", err=True):
            refuse("nothing was deleted")
        number = retention.erase(config.settings().media_dir, who.id)
    err.print(f"{number} film{'' if number == 1 else 's'} deleted")


def _draw(template: Template, theme: Theme, data: values.Data, out: Path, form: str) -> None:
    try:
        word = config.settings().narration
        narrator = engine(word) if word else None
    except UnknownEngine as error:
        refuse(str(error))
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
        problems = [problem for folder in folders.values() for problem in problems_of(folder)]
        problems += [problem for file in looks.themes().values() for problem in looks.read(file)[1]]
        problems += languages.faults()
        notes = [] if problems else [*_lengths(folders.values()), *_names_without_a_font()]
    for problem in problems:
        click.echo(str(problem))
    if problems:
        count = len(problems)
        refuse(f"{count} mistake{'s' if count > 1 else ''} in the video templates")
    click.echo(f"{len(folders)} templates are whole: {', '.join(folders)}")
    for note in notes:
        click.echo(note, err=True)


def _lengths(folders: Iterable[Path]) -> Iterator[str]:
    """Templates whose samples make a film shorter or longer than films should be."""
    for folder in folders:
        made = plan(template := studio.load(folder), template.samples())
        silent, aloud = made.duration, narration.least(made)
        if not SHORTEST <= silent <= LONGEST:
            yield f"note: {folder.name} lasts {silent:.0f} s with its samples: {SHORTEST} to {LONGEST} s are watched"
        if aloud > LONGEST:
            yield (
                f"note: {folder.name} takes {aloud:.0f} s to be read aloud, more than {LONGEST}:"
                " say less, or take out a scene"
            )


def _names_without_a_font() -> Iterator[str]:
    """The scripts of partners' names that no font here draws."""
    scripts = Counter(map(missing_script, db.session.scalars(select(Partner.name))))
    for script, count in sorted((s, n) for s, n in scripts.items() if s):
        package = "fonts-noto-cjk" if script in HAN else "fonts-noto-core"
        yield (
            f"note: no font here draws {script} ({count} of the partners' names): install"
            f" {package}; until then films show the Latin part of a name or the e-mail"
        )


def problems_of(folder: Path) -> list[Problem]:
    """The mistakes of a template, and the fields it needs that no film of this house knows."""
    problems = studio.check(folder)
    if problems:
        return problems
    places = locate((folder / studio.FILE).read_text(encoding="utf-8"))
    return [
        Problem(
            f"{folder.name}/{studio.FILE}",
            line_of(places, ("fields", name)),
            f"fields.{name}",
            "no film of this house knows this field, so nobody would get one",
            f"write optional = true, or take one of {', '.join(fields.FIELDS)}",
        )
        for name, field in studio.load(folder).fields.items()
        if not field.optional and name not in fields.FIELDS
    ]


@video.command()
@click.argument("template")
@click.option("--at", type=click.FloatRange(min=0), required=True, metavar="SECONDS")
@_out
@_format
@click.option("--language", default=ENGLISH, show_default=True, help="One it has words in.")
def still(template: str, at: float, out: Path, form: str, language: str) -> None:
    """One picture of TEMPLATE, drawn with its samples."""
    _named(out, ".png")
    with inside():
        chosen = _template(template).template
        if language not in (ENGLISH, *chosen.words):
            refuse(f"{template} has no words in {language!r}, only {', '.join(chosen.words)}")
        chosen = words.told_in(chosen, language)
        if form not in chosen.formats:
            refuse(f"{template} has no format {form}: choose one of {', '.join(chosen.formats)}")
        length = plan(chosen, chosen.samples()).duration
        if at > length:
            refuse(f"{template} lasts {length:.1f} s with its samples: choose an earlier --at")
        try:
            studio_film.still(chosen, at, out, format=form, theme=looks.HOUSE_THEME)
        except MissingScript as error:
            refuse(str(error))
    err.print(str(out))


def _template(slug: str, programme: Programme | None = None) -> Offered:
    try:
        return catalogue.load(slug, programme)
    except catalogue.UnknownTemplate as error:
        refuse(str(error))
    except TemplateError as error:
        refuse(f"{slug} has mistakes, see engage video check: {error.problems[0]}")


def _period(name: str | None) -> Period | None:
    try:
        return periods.parse(name) if name else None
    except periods.UnknownPeriod as error:
        refuse(str(error))


def _named(out: Path, suffix: str) -> None:
    if out.suffix != suffix:
        raise click.UsageError(f"--out {out}: name it {out.with_suffix(suffix).name}")
    if not out.absolute().parent.is_dir():
        refuse(f"there is no folder {out.parent}: make it first")

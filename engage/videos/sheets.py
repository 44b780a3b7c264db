"""Contact sheets: every scene of a template beside each other, with real partners and with long names."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from PIL import Image, ImageDraw

from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.studio.plan import Plan, plan
from engage.studio.reel import Reel
from engage.studio.typeface import MissingScript, drawable_words, house_face, printable
from engage.videos import choices, gallery, snapshot
from engage.videos.catalogue import Offered

#: Pixels of the longer side of a picture on a sheet, and around it.
SIDE, GAP = 400, 16

Row = tuple[str, list[tuple[str, Image.Image]]]


def plans(
    film: Offered, programme: Programme | None, form: str, address: str, now: datetime
) -> Iterator[tuple[str, Plan]]:
    """The films of a sheet: the template's samples, then each of `gallery.faces` that gets one."""
    yield "samples", plan(film.template, film.template.samples())
    if programme is None:
        return
    period = choices.period_for(film.template, programme, now)
    teller = snapshot.Teller(programme, period, address, now)
    near = period or choices.periods_to_choose(programme, now)[0]
    faces: Mapping[str, Partner] = gallery.faces(programme, near)
    for why, who in faces.items():
        found = gallery.preview(film, teller, who, form)
        if found.plan:
            yield why, found.plan


def named(film: Offered, form: str, number: int, name: str) -> list[tuple[str, Image.Image]]:
    """The poster with the samples, told to somebody of a name as it can be drawn here; nothing where it
    cannot."""
    try:
        drawn = printable(name, drawable_words(name), "name@partner.example")
    except MissingScript:
        return []
    made = plan(film.template, {**film.template.samples(), "partner_name": drawn})
    return [(f"{number:03d}", image) for _, image in scenes(made, film, form, film.template.poster)]


def scenes(
    made: Plan, film: Offered, form: str, only: str | None = None
) -> Iterator[tuple[str, Image.Image]]:
    """Each scene (or one) when all of it stands, by its name."""
    reel = Reel(made, form, film.theme)
    for planned in made.scenes:
        if only in (None, planned.scene.name):
            yield planned.scene.name, reel.image(planned.first + round(planned.frames * 0.85))


def sheet(rows: Iterable[Row]) -> Image.Image:
    """Pictures in rows, each row with what it is about, each picture with its name."""
    made = [(label, [(name, _small(image)) for name, image in row]) for label, row in rows]
    line = 26
    width = max(sum(image.width + GAP for _, image in row) for _, row in made) + GAP
    heights = [max(image.height for _, image in row) + 2 * line + GAP for _, row in made]
    out = Image.new("RGB", (width, sum(heights) + GAP), "#F7F4ED")
    draw, font, y = ImageDraw.Draw(out), house_face("text", 500).at(16), GAP
    for (label, row), height in zip(made, heights, strict=True):
        draw.text((GAP, y), label, "#14171F", font)
        x = GAP
        for name, image in row:
            out.paste(image, (x, y + line))
            draw.text((x, y + line + image.height + 4), name, "#5B6270", font)
            x += image.width + GAP
        y += height
    return out


def _small(image: Image.Image) -> Image.Image:
    small = image.copy()
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return small

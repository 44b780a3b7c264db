"""Single pictures of films: a template's title with its own samples, a programme's card, and scenes as a
partner would see them."""

import io
import tempfile
from pathlib import Path

from PIL import Image

from engage.programmes.models import Programme
from engage.studio import values
from engage.studio.plan import Plan, PlannedScene, plan
from engage.studio.theme import Theme
from engage.studio.typeface import missing_script
from engage.videos import catalogue, rules
from engage.videos.catalogue import Offered

#: Pixels of the longer side of a title picture.
SIDE = 1280


def still(film: Offered, media: Path, form: str, data: values.Data | None = None) -> Path:
    """The title picture as a JPEG file, told of ``data`` (the samples if not given): drawn once."""
    told = film.template.samples() if data is None else data
    key = rules.key(film.slug, film.digest, values.to_json(told), "", form)
    path = media / "stills" / f"{key}.jpg"
    if not path.exists():
        made = plan(film.template, told)
        image = drawn(made, scene_of(made), form, film.theme)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two who ask at once each draw into a file of their own; the last one stands.
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as aside:
            aside.write(jpeg(image, SIDE))
        Path(aside.name).replace(path)
    return path


def card(programme: Programme, media: Path, form: str) -> Path:
    """A programme's name in its colours, in place of a film's picture; without the name where no font
    here draws it. Raises as `catalogue.load`."""
    name = None if missing_script(programme.name) else programme.name
    return still(catalogue.card(programme), media, form, {"programme_name": name})


def scene_of(made: Plan, name: str | None = None) -> PlannedScene:
    """The scene of a name; the poster's if not given, or where the film has it not."""
    named = {planned.scene.name: planned for planned in made.scenes}
    return named.get(name or "") or named.get(made.template.poster) or made.scenes[0]


def drawn(made: Plan, planned: PlannedScene, form: str, theme: Theme) -> Image.Image:
    """A scene when all of it stands."""
    # What draws takes long to load: pages that show a picture made before do without.
    from engage.studio.reel import Reel

    return Reel(made, form, theme).image(planned.first + round(planned.frames * 0.85))


def jpeg(image: Image.Image, width: int) -> bytes:
    """A picture no wider (and no higher) than ``width`` pixels, small enough for pages of many."""
    image.thumbnail((width, width), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()

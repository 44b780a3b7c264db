"""Single pictures of films: a template's title with its own samples, and scenes as a partner would see them."""

import io
import tempfile
from pathlib import Path

from PIL import Image

from engage.studio.plan import Plan, PlannedScene, plan
from engage.studio.theme import Theme
from engage.videos.catalogue import Offered


def still(film: Offered, media: Path, form: str) -> Path:
    """The title picture as a PNG file, drawn once for each version of a template."""
    path = media / "stills" / f"{film.slug}-{film.digest[:16]}-{form.replace(':', 'x')}.png"
    if not path.exists():
        made = plan(film.template, film.template.samples())
        image = drawn(made, scene_of(made), form, film.theme)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two who ask at once each draw into a file of their own; the last one stands.
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as aside:
            image.save(aside, "PNG")
        Path(aside.name).replace(path)
    return path


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

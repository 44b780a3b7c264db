"""A template's title picture with its own samples: what a manager chooses a film by."""

import tempfile
from pathlib import Path

from engage.studio.plan import plan
from engage.videos.catalogue import Offered


def still(film: Offered, media: Path, form: str) -> Path:
    """The picture as a PNG file, drawn once for each version of a template."""
    path = media / "stills" / f"{film.slug}-{film.digest[:16]}-{form.replace(':', 'x')}.png"
    if not path.exists():
        # What draws takes long to load: pages that show a picture made before do without.
        from engage.studio.reel import Reel

        made = plan(film.template, film.template.samples())
        scenes = made.scenes
        scene = next((s for s in scenes if s.scene.name == film.template.poster), scenes[0])
        image = Reel(made, form, film.theme).image(scene.first + round(scene.frames * 0.85))
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two who ask at once each draw into a file of their own; the last one stands.
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as aside:
            image.save(aside, "PNG")
        Path(aside.name).replace(path)
    return path

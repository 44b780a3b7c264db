"""A programme's films are in its colours, with its logo, and can be read."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from engage.config import Settings
from engage.studio.template import TemplateError
from engage.videos import catalogue, looks
from engage.videos.cli import video

from ..conftest import Cast


@pytest.fixture
def themes(settings: Settings) -> Path:
    folder = settings.home_dir / "video_templates" / "themes"
    folder.mkdir(parents=True)
    Image.new("RGBA", (40, 20), "#7A1F3D").save(folder / "acme.png")
    return folder


def test_a_programme_has_its_colours_and_its_logo_and_others_have_not(
    cast: Cast, themes: Path
) -> None:
    before = catalogue.load("recap", cast.programme)
    (themes / "resellers.toml").write_text('evergreen = "#7A1F3D"\nlogo = "acme.png"\n')
    after = catalogue.load("recap", cast.programme)
    assert (after.theme.evergreen, after.theme.logo) == ("#7A1F3D", themes / "acme.png")
    assert after.theme.mint == looks.HOUSE_THEME.mint
    assert after.digest != before.digest, "films in other colours are other films"
    assert catalogue.load("recap") == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('evergreen = "red"', "themes/resellers.toml:1: evergreen: 'red' is no colour"),
        ('\nred = "#FF0000"', "themes/resellers.toml:2: red: unknown key; use paper"),
        ('logo = "../x.png"', "no picture '../x.png'; put a PNG"),
        ('paper = "#222222"', "text on paper has a contrast of"),
        ("paper = ", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_theme_is_named_and_no_film_is_made(
    cast: Cast, themes: Path, text: str, problem: str
) -> None:
    (themes / "resellers.toml").write_text(text)
    found = CliRunner().invoke(video, ["check"])
    assert found.exit_code == 1
    assert problem in found.stdout
    with pytest.raises(TemplateError):
        catalogue.load("recap", cast.programme)

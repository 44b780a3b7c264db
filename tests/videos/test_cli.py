"""`engage video …`: one film at once, and what a designer needs."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engage.config import Settings
from engage.db import db
from engage.studio import mp4
from engage.videos.cli import video

from ..conftest import Cast


def run(*words: str) -> Result:
    return CliRunner().invoke(video, list(words))


@pytest.mark.usefixtures("cast", "tiny")
def test_a_film_is_rendered_at_once_with_what_stands_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "alice.mp4"
    done = run("render", "A1", "tiny", "--out", str(out), "--period", "2013-Q2",
               "--programme", "resellers")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    mp4.verify(out, 6, 10, (1280, 720))
    assert "Alice Bikes, 6,000 points" in out.with_suffix(".vtt").read_text()
    assert out.with_suffix(".jpg").exists()


@pytest.mark.usefixtures("cast", "tiny")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("Z9", "tiny", "--period", "2013-Q2"), "has no partner 'Z9'"),
        (("A1", "nope", "--period", "2013-Q2"), "no template 'nope': there are"),
        (("A1", "tiny"), "tells of a period: say which"),
        (("A1", "tiny", "--period", "2013-Q9"), "names no period"),
        (("A1", "tiny", "--period", "2013-Q2", "--format", "1:1"), "has no format 1:1"),
    ],
)
def test_a_film_that_cannot_be_is_refused_in_one_line(
    tmp_path: Path, words: tuple[str, ...], reason: str
) -> None:
    out = tmp_path / "x.mp4"
    done = run("render", *words, "--out", str(out), "--programme", "resellers")
    assert done.exit_code == 1
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()


@pytest.mark.usefixtures("settings")
def test_the_templates_of_the_house_are_whole() -> None:
    done = run("check")
    assert done.exit_code == 0, done.stdout
    assert "onboarding" in done.stdout


def test_a_script_of_partners_names_without_a_font_is_named(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cast.alice.partner
    cast.alice.partner.name = "田中"
    db.session.commit()
    monkeypatch.setattr(
        "engage.videos.cli.missing_script", lambda text: "Han" if text == "田中" else None
    )
    done = run("check")
    assert done.exit_code == 0
    assert (
        "no font here draws Han (1 of the partners' names): install fonts-noto-cjk" in done.stderr
    )


def test_a_mistake_is_named_with_file_line_field_and_remedy(settings: Settings, tiny: Path) -> None:
    file = tiny / "template.toml"
    text = file.read_text()
    file.write_text(text.replace('kind = "text"', 'kind = "txt"'))
    done = run("check")
    assert done.exit_code == 1
    line = text.splitlines().index('  kind = "text"') + 1
    assert f"tiny/template.toml:{line}:" in done.stdout
    assert "refused: 1 mistake" in done.stderr


def test_a_field_nobody_can_fill_is_a_mistake(tiny: Path) -> None:
    file = tiny / "template.toml"
    file.write_text(file.read_text().replace("[fields]", '[fields]\nshoe_size = { sample = "9" }'))
    done = run("check")
    assert done.exit_code == 1
    assert "tiny/template.toml:8: fields.shoe_size: no film of this house knows" in done.stdout


@pytest.mark.usefixtures("tiny")
def test_a_still_is_a_picture_of_its_moment(tmp_path: Path) -> None:
    out = tmp_path / "still.png"
    assert run("still", "tiny", "--at", "0.3", "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    other = run("still", "tiny", "--at", "0.3", "--out", str(out), "--language", "xx")
    assert "has no words in 'xx'" in other.stderr
    late = run("still", "tiny", "--at", "9", "--out", str(out))
    assert late.exit_code == 1
    assert "lasts 0.6 s" in late.stderr

"""`engage video …`: one film at once, and what a designer needs."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engage.config import Settings
from engage.db import db
from engage.studio import mp4
from engage.videos import languages
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


@pytest.mark.usefixtures("cast", "tiny", "april")
def test_a_film_tells_of_the_last_period_that_is_over_where_none_is_said(tmp_path: Path) -> None:
    done = run("render", "A1", "tiny", "--out", str(tmp_path / "x.mp4"), "--programme", "resellers")
    assert done.exit_code == 0, done.stderr
    assert "told of 2013-Q1: --period says another" in done.stderr


@pytest.mark.usefixtures("cast", "tiny")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("Z9", "tiny", "--period", "2013-Q2"), "there is no partner 'Z9'"),
        (("A1", "nope", "--period", "2013-Q2"), "no template 'nope': there are"),
        (("A1", "status", "--period", "2013-Q1"), "is over: take one that runs, or a recap"),
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
        "engage.videos.checking.missing_script", lambda text: "Han" if text == "田中" else None
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


def test_a_folder_without_a_template_is_a_mistake_beside_others(tiny: Path) -> None:
    (tiny.parent / "tniy").mkdir()
    file = tiny / "template.toml"
    file.write_text(file.read_text().replace("[fields]", "[fields]\nshoe_size = { sample = 9 }"))
    done = run("check")
    assert "tniy/template.toml:1: file: there is no such file" in done.stdout
    assert "no film of this house knows this field" in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"sale" = "vendita"', "words/it.toml:1: 'sales': is not translated; add a line for it"),
        ('\n"sails" = "vele"', "words/it.toml:2: 'sails': is no sentence of the house"),
        (
            '"of %(values)s" = "di %(valori)s"',
            "has other placeholders in its translation; name %(va",
        ),
        ('"of %(values)s" = "di"', "leaves a placeholder out"),
        (
            '"Close %(shown)s sales" = { few = "a" }',
            "has the plurals few; give it many, one, other",
        ),
        ('"sale" = "a"\n"sales" = = 1', "words/it.toml:2: file: cannot be read"),
        ('"sale" = "販売"', "no font here draws its Han letters; install"),
    ],
)
def test_a_catalogue_of_the_houses_sentences_is_whole_or_a_mistake(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    folder = settings.home_dir / "video_templates" / "words"
    folder.mkdir(parents=True)
    (folder / "it.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(languages, "missing_script", lambda text: "Han" if "販" in text else None)
    done = run("check")
    assert done.exit_code == 1
    assert said in done.stdout


def test_a_language_of_the_house_may_be_mended_by_a_few_lines(settings: Settings) -> None:
    folder = settings.home_dir / "video_templates" / "words"
    folder.mkdir(parents=True)
    (folder / "de.toml").write_text('"sale" = "Verkaufsabschluss"')
    assert run("check").exit_code == 0
    (folder / "xx.toml").write_text("")
    assert "words/xx.toml:1: file: no language is called 'xx'" in run("check").stdout


CLIP = """
  [[scenes.layers]]
  kind = "clip"
  file = "cut.mp4"
  box = { "16:9" = [0, 0, 100, 100] }
"""


def test_a_clip_or_picture_that_cannot_be_read_is_named_where_it_is_asked_for(tiny: Path) -> None:
    file = tiny / "template.toml"
    text = file.read_text()
    file.write_text(text + CLIP)
    line = len(text.splitlines()) + 4
    assert f"tiny/template.toml:{line}: scenes[1].layers[" in run("check").stdout
    (tiny / "cut.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 40)
    found = run("check").stdout
    assert f"tiny/template.toml:{line}:" in found
    assert "'cut.mp4' cannot be decoded (" in found
    assert "save it again, or take another one" in found
    (tiny / "cut.png").write_bytes(b"\x89PNG\r\n")
    file.write_text(text + CLIP.replace("mp4", "png").replace("clip", "image"))
    assert "'cut.png' is no picture that can be read" in run("check").stdout


def test_a_film_of_unusual_length_is_told(tiny: Path) -> None:
    done = run("check")
    assert done.exit_code == 0
    assert "note: tiny lasts 1 s with its samples: 20 to 45 s are watched" in done.stderr


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

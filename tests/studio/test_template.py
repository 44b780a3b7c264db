"""Every mistake in a template is named with its line, its field and how to mend it."""

from __future__ import annotations

import pytest

from engage.studio.samples import number_in
from engage.studio.template import TemplateError, check, load, template_digest, templates
from tests.studio.conftest import HOUSE, TINY


def test_the_house_templates_have_no_mistakes():
    for slug in ("recap", "onboarding"):
        assert check(HOUSE / slug) == []
    assert set(templates(HOUSE)) >= {"recap", "onboarding"}


def problems(write, old: str, new: str) -> list[str]:
    assert old in TINY
    return [str(p) for p in check(write(TINY.replace(old, new, 1)))]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('kind = "text"', 'kind = "os.system"', "tiny/template.toml:17: scenes[1].layers[1].kind"),
        ('text = "{partner_name}"', 'text = "{partner}"', "no field is called 'partner'"),
        ('text = "{partner_name}"', 'text = "{partner_name.x}"', "a lone '{'"),
        ('text = "{partner_name}"', 'text = "{points}"', "'points' is optional"),
        ('text = "{partner_name}"', "", "text is missing"),
        ('say = "Hello {partner_name}."', 'say = "Hello {points}."', "'points' is optional"),
        ("[88, 200, 1000, 200]", "[88, 200, 1200, 200]", "reaches outside the 1280×720 canvas"),
        ("[88, 200, 1000, 200]", "[88, 200, 1000]", "is no box"),
        (', "1:1" = [80, 300, 900, 200]', "", "no box for 1:1"),
        ('when = "points > 0"', 'when = "points >"', "missing before 'the end'"),
        ('when = "points > 0"', 'when = "score > 0"', "no field is called 'score'"),
        ("max_chars = 60", "max_chars = 2", "more than max_chars = 2"),
        ("seconds = 0.8", "", "seconds is missing"),
        ("seconds = 0.8", "seconds = 800", "give a number from 0.2 to 60"),
        ('background = "ink"', 'background = "images/no.png"', "no background 'images/no.png'"),
        ('transition = "wipe"', 'transition = "explode"', "use cut, fade, wipe"),
        ('by = "word"', 'by = "letter"', "use whole, line, word"),
        ('by = "word"', 'colour = "pinkish"', "use text, quiet"),
        ('by = "word"', 'wobble = 3', "unknown key 'wobble'"),
        ('by = "word"', "start = 0.9", "is not possible"),
        ("size = 90", 'size = { "16:9" = 20 }', "no size for 1:1"),
        ('value = "{points}"', 'value = "{partner_name}"', "'partner_name' is a text"),
        ('value = "{points}"', 'value = "points"', 'name one field: "{field}"'),
        ('name = "points"', 'name = "hello"', "two scenes are called 'hello'"),
        ("fps = 10", "fps = 1000", "give a number from 5 to 60"),
        ('formats = ["16:9", "1:1"]', 'formats = ["4:3"]', "is no list of formats"),
        ('formats = ["16:9", "1:1"]', 'formats = ["16:9", "1:1", "1:1"]', "names a format twice"),
        ('background = "ink"', 'background = "ink"\nlight = [nan, 55]', "is no place"),
        ('text = "{partner_name}"', 'text = " "', "give a text"),
        ('unit = "points"', 'unit = "points", value = nan', "value = nan is no number"),
        ('sample = "Ada"', 'shape = "badges", sample = [["A", "cat"]]', "no icon 'cat': there are star"),
        ('sample = "Ada"', 'shape = "stages", share = 7, sample = [["A", true]]', "share = 7 is no share"),
        ('when = "points > 0"', f'when = "{"not " * 20_000}points"', "too deeply nested"),
        ("fps = 10", "fps = = 10", "template.toml:3: file: not valid TOML"),
        ('sample = "Ada"', 'sample = 5', "is no text"),
        ('unit = "points"', 'unit = "stones"', "use money, points"),
        ('say = "Hello', 'say = "He\u202ello', "control character (U+202E); delete it"),
        ('title = "', 'title = "\u2066', "title: holds an invisible control character (U+2066)"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(write, old, new, expected):
    found = problems(write, old, new)
    assert any(expected in line for line in found), found


def test_a_style_lends_its_keys_and_a_mistake_in_it_is_named_where_it_stands(write):
    style = "[styles.big]\nsize = 90\nweight = 800\n\n[[scenes]]"
    text = TINY.replace("[[scenes]]", style, 1).replace(
        "size = 90\n  floor", 'style = "big"\n  floor'
    )
    options = load(write(text)).scenes[0].layers[0].options
    assert (options["size"], options["weight"], options["floor"]) == (90, 800, 30)
    (problem,) = check(write(text.replace("weight = 800", "weight = 8000")))
    assert problem.line == text.splitlines().index("weight = 800") + 1
    assert "no style 'big'" in str(check(write(text.replace("styles.big", "styles.small")))[0])


def test_a_problem_says_file_line_field_and_remedy(write):
    folder = write(TINY.replace('ink"', 'inky"'))
    (problem,) = check(folder)
    assert problem.line == TINY.splitlines().index('background = "ink"') + 1
    assert problem.field == "scenes[1].background"
    assert problem.remedy.startswith("use paper")


def test_all_mistakes_of_a_layer_are_named_in_one_run(write):
    found = problems(
        write, 'kind = "text"', 'kind = "txt"\n  wobble = 3\n  only = "16:9"\n  start = 99'
    )
    told = "\n".join([*found, *problems(write, "[88, 200, 1000, 200]", "[88, 200, 9000, 200]")])
    for mistake in ("no layer kind 'txt'", "unknown key 'wobble'", "'16:9' names other formats",
                    "99 is not possible", "reaches outside the 1280×720 canvas"):  # fmt: skip
        assert mistake in told, told


def test_a_lone_brace_hides_no_other_mistake_of_its_text(write):
    told = "\n".join(problems(write, 'text = "{partner_name}"', 'text = "{partner} {points"'))
    assert "a lone '{'" in told
    assert "no field is called 'partner'" in told


def test_a_picture_of_absurd_size_is_a_mistake(write):
    layer = '  kind = "image"\n  box = { "16:9" = [0,0,99999,9], "1:1" = [0,0,9,9] }\n'
    text = TINY.replace(
        "  [[scenes.layers]]\n", f"  [[scenes.layers]]\n{layer}\n  [[scenes.layers]]\n", 1
    )
    assert "the box for 16:9 is 99999×9, more than 4 canvases" in str(check(write(text))[0])


@pytest.mark.parametrize("wrong", ["scenes = [1]", "scenes = 5", 'styles = "big"', "fields = 3"])
def test_what_is_no_table_is_named(write, wrong):
    assert check(write(f'title = "Tiny"\n{wrong}\n'))


def test_a_picture_outside_the_folder_is_not_a_picture_of_the_template(write, tmp_path):
    layer = '  kind = "image"\n  file = "../../secret.png"\n  box = { "16:9" = [0,0,9,9], "1:1" = [0,0,9,9] }\n'
    (tmp_path / "secret.png").write_bytes(b"")
    folder = write(
        TINY.replace(
            "  [[scenes.layers]]\n", "  [[scenes.layers]]\n" + layer + "\n  [[scenes.layers]]\n", 1
        )
    )
    assert any("no file '../../secret.png'" in str(p) for p in check(folder))


def test_a_folder_without_a_file_is_named(tmp_path):
    assert "there is no such file" in str(check(tmp_path)[0])


def test_a_template_with_mistakes_cannot_be_loaded(write):
    with pytest.raises(TemplateError, match="no layer kind"):
        load(write(TINY.replace('kind = "text"', 'kind = "song"')))


def test_the_digest_changes_with_the_file_and_its_assets(write):
    folder = write(TINY)
    first = template_digest(folder)
    assert template_digest(folder) == first
    (folder / "images").mkdir()
    (folder / "images" / "a.png").write_bytes(b"1")
    second = template_digest(folder)
    (folder / "images" / "a.png").write_bytes(b"2")
    assert len({first, second, template_digest(folder)}) == 3


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,250.00", 1250), ("1.250,50 €", 1250.5), ("14th", 14), ("CHF 1'234.5", 1234.5), ("1,234,567", 1234567),
     ("12 480", 12480), ("-3", -3), ("0.5 %", 0.5)],
)  # fmt: skip
def test_a_sample_number_is_read_as_it_is_written(text, number):
    assert number_in(text) == number

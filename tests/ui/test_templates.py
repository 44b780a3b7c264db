"""Rules every template keeps: the strict CSP, alternatives for pictures, fragments that stand alone."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from jinja2 import Environment

from tests.ui.conftest import ROOT, TEMPLATES

PAGES = sorted(TEMPLATES.rglob("*.html"))
FRAGMENTS = [path for path in PAGES if path.name.startswith("_")]
CSS = (ROOT / "static/css/app.css").read_bytes()

FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an inline script": re.compile(r"<script\b(?![^>]*\ssrc=)[^>]*>", re.I),
    "a script with a body": re.compile(r"<script\b[^>]*>\s*[^<\s]", re.I),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "an hx-on attribute": re.compile(r"\shx-on[:\-=]", re.I),
    "a script in an address": re.compile(r"javascript:", re.I),
    "a picture without alt": re.compile(r"<img\b(?![^>]*\salt=)", re.I),
    "a filter in hx-trigger": re.compile(r"hx-trigger\s*=\s*\"[^\"]*\[", re.I),
    "evaluated hx-vals": re.compile(r"hx-vals\s*=\s*['\"]js:", re.I),
    "another house's address": re.compile(r"(src|href)\s*=\s*[\"'](https?:)?//", re.I),
}


def name_of(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def without_comments(source: str) -> str:
    return re.sub(r"\{#.*?#\}", "", source, flags=re.S)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_template_keeps_to_the_content_security_policy(path: Path) -> None:
    source = without_comments(path.read_text())
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(source)] == []


def fragment_problem(path: Path) -> str | None:
    """What is wrong with a fragment, or None."""
    markup = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", without_comments(path.read_text()), flags=re.S)
    nodes = [node for node in BeautifulSoup(markup, "html.parser").children if str(node).strip()]
    wanted = path.stem.removeprefix("_").replace("_", "-")
    if len(nodes) != 1 or not isinstance(nodes[0], Tag):
        return f"has {len(nodes)} roots instead of one"
    if nodes[0].get("id") != wanted:
        return f"has id {nodes[0].get('id')!r} instead of {wanted!r}"
    return None


def test_every_fragment_has_one_root_named_like_its_file() -> None:
    problems = {name_of(path): fragment_problem(path) for path in FRAGMENTS}
    assert {name: problem for name, problem in problems.items() if problem} == {}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{# why #}{% set x = 1 %}<p id='near-me'>{{ x }}</p>", None),
        ("<p id='near-me'></p><p></p>", "has 2 roots instead of one"),
        ("stray <p id='near-me'></p>", "has 2 roots instead of one"),
        ("<p id='near_me'></p>", "has id 'near_me' instead of 'near-me'"),
    ],
)
def test_a_wrong_fragment_is_found(tmp_path: Path, source: str, problem: str | None) -> None:
    path = tmp_path / "_near_me.html"
    path.write_text(source)
    assert fragment_problem(path) == problem


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_template_can_be_read_by_jinja(path: Path, house: Environment) -> None:
    house.parse(path.read_text())


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/icons.svg").read_text()))
    named = {
        name
        for path in PAGES
        for name in re.findall(r"\bicon\(\s*[\"']([\w-]+)[\"']", path.read_text())
    }
    assert named - drawn == set()


def test_every_static_file_that_is_named_is_there() -> None:
    named = {
        file
        for path in PAGES
        for file in re.findall(r"asset\(\s*[\"']([^\"']+)[\"']\s*\)", path.read_text())
        if not file.startswith("js/")  # scripts come with the features that they belong to
    }
    assert {file for file in named if not (ROOT / "static" / file).exists()} == set()


@pytest.mark.parametrize("code", [400, 403, 404, 413, 429, 500])
def test_an_error_page_needs_nobody_signed_in_and_says_what_to_do(
    code: int, house: Environment
) -> None:
    page = BeautifulSoup(house.get_template(f"errors/{code}.html").render(), "html.parser")
    assert page.h1
    assert page.h1.get_text(strip=True)
    assert page.select("main a[href]")
    assert page.title
    assert page.title.get_text(strip=True) == page.h1.get_text(strip=True)


def test_every_class_that_a_page_names_has_a_rule() -> None:
    """Who names a new one builds the stylesheet (`make css`)."""
    sheets = CSS.decode() + (ROOT / "static/css/screen.css").read_text()
    rules = {word.replace("\\", "") for word in re.findall(r"\.((?:[\w-]|\\.)+)", sheets)}
    unknown = set()
    for path in PAGES:
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", path.read_text(), flags=re.DOTALL)
        text = re.sub(r"[\w-]*\{\{.*?\}\}[\w-]*", " ", text, flags=re.DOTALL)
        for words in re.findall(r'\sclass="([^"]*)"', text):
            unknown |= {f"{name_of(path)}: {word}" for word in words.split() if word not in rules}
    assert unknown == set()


def test_the_stylesheet_stays_small() -> None:
    assert len(CSS) <= 120 * 1024
    assert len(gzip.compress(CSS, mtime=0)) <= 20 * 1024


def test_the_stylesheet_loads_nothing_from_elsewhere() -> None:
    addresses = re.findall(rb"url\(([^)]*)\)", CSS)
    assert addresses
    for address in addresses:
        file = address.decode().strip("\"'").removeprefix("../")
        assert (ROOT / "static" / file).exists(), f"app.css names {file}, which is not there"

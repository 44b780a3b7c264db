"""A Jinja environment with what base.html and the macros assume of the app, and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"


@pytest.fixture(scope="session")
def house() -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n"], autoescape=True
    )
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(
        asset=lambda path: f"/static/{path}",
        url_for=lambda endpoint, **values: f"/static/{values.get('filename', endpoint)}",
        csrf_token=lambda: "token",
        get_flashed_messages=lambda with_categories=False: [],
    )
    return env


@pytest.fixture
def draw(house: Environment) -> Callable[..., BeautifulSoup]:
    """draw("ui/form.html", "field(name='x', label='X')", …) → the parsed HTML of one macro call."""

    def call(template: str, expression: str, **context: Any) -> BeautifulSoup:
        source = f'{{% import "{template}" as ui %}}{{{{ ui.{expression} }}}}'
        return BeautifulSoup(house.from_string(source).render(**context), "html.parser")

    return call

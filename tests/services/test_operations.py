"""The operators' manual tells of everything there is to set and to run."""

import re

import pytest

from engage.cli import COMMANDS
from engage.config import HOUSE, Settings

MANUAL = HOUSE / "docs" / "operations.md"


@pytest.fixture(scope="module")
def manual() -> str:
    return MANUAL.read_text()


def test_every_setting_is_explained(manual: str) -> None:
    names = {
        str(field.validation_alias.choices[0])  # type: ignore[union-attr]
        if field.validation_alias
        else f"ENGAGE_{name.upper()}"
        for name, field in Settings.model_fields.items()
    }
    explained = set(re.findall(r"`([A-Z_]+)`", manual))
    assert names - explained == set()


def test_every_process_is_explained(manual: str) -> None:
    for name in ("up", "serve", "worker", "scheduler"):
        assert name in COMMANDS
        assert re.search(rf"`engage {name}\b", manual)


def test_every_target_of_make_is_explained(manual: str) -> None:
    makefile = (HOUSE / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert targets - set(re.findall(r"make ([a-z-]+)", manual)) <= {"help", "clean"}

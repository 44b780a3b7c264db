"""The house keeps what it knows in a directory that nobody else can read."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engage.config import ConfigurationError, Settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("inside", [[], ["engage.db", "notes.txt"]])
def test_a_home_that_is_ours_is_closed_to_others(tmp_path: Path, inside: list[str]):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    for name in inside:
        (home / name).touch()
    assert mode(Settings(home=home).home_dir) == 0o700
    assert mode(Settings(home=home).media_dir) == 0o700


def test_a_directory_with_other_things_is_left_as_it_is_and_refused_in_production(tmp_path: Path):
    tmp_path.chmod(0o755)
    (tmp_path / "letters").mkdir()
    assert Settings(home=tmp_path).home_dir == tmp_path
    with pytest.raises(ConfigurationError, match=r"mode 755\) and holds other things.*chmod 700"):
        _ = Settings(home=tmp_path, env="production").home_dir
    assert mode(tmp_path) == 0o755


def test_a_directory_of_somebody_else_is_refused_in_production(tmp_path: Path, monkeypatch):
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(ConfigurationError, match="belongs to somebody else"):
        _ = Settings(home=tmp_path, env="production").home_dir


def test_what_a_command_writes_is_its_owners_alone(tmp_path: Path):
    home = tmp_path / "home"
    code = "import sys; from engage.cli import main; main(['db', 'upgrade'])"
    environment = {**os.environ, "ENGAGE_HOME": str(home), "ENGAGE_ENV": "test"}
    environment.pop("DATABASE_URL", None)
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, umask=0o022)
    assert mode(home / "engage.db") == 0o600

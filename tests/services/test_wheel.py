"""The wheel as an operator installs it: no checkout around, and the same pages."""

import os
import re
import site
import socket
import subprocess
import sys
import sysconfig
import urllib.request
from pathlib import Path

import pytest

from engage.config import HOUSE
from tests.waiting import PATIENCE

pytestmark = pytest.mark.worker
FOLDERS = ("templates", "static", "video_templates")
SOURCES_OF_THE_STYLESHEET = ("static/css/src/", "static/css/build.py", "static/css/package")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the built wheel, which sees the locked libraries."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, HOUSE],
        "the wheel builds",
    )
    (wheel,) = folder.glob("engage-*.whl")
    venv = folder / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", venv], "an environment is made")
    python = venv / "bin" / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index", wheel]
    run([sys.executable, "-m", "pip", "--python", python, *install], "the wheel installs")
    packages = Path(sysconfig.get_path("purelib", vars={"base": venv, "platbase": venv}))
    # Found after the environment's own, so `engage` is the wheel's; a folder added this way does
    # not have its own .pth files read, so the checkout stays out.
    (packages / "locked.pth").write_text("\n".join(site.getsitepackages()))
    return venv / "bin"


def run(words: list[object], what: str) -> str:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, f"{what}: {done.stdout}\n{done.stderr}"
    return done.stdout


def kept_files() -> list[str]:
    words = ["git", "-C", str(HOUSE), "ls-files", *FOLDERS]
    listed = subprocess.run(words, capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:  # an unpacked archive: everything that is there
        names = [str(p.relative_to(HOUSE)) for f in FOLDERS for p in (HOUSE / f).rglob("*")]
    return [
        name
        for name in names
        if (HOUSE / name).is_file() and not name.startswith(SOURCES_OF_THE_STYLESHEET)
    ]


def test_templates_styles_and_films_travel_inside(installed: Path) -> None:
    house = Path(
        run(
            [installed / "python", "-c", "from engage.config import HOUSE; print(HOUSE)"], ""
        ).strip()
    )
    assert house.is_relative_to(installed.parent)
    missing = [name for name in kept_files() if not (house / name).is_file()]
    assert missing == []


def test_it_serves_pages_and_their_styles(installed: Path, tmp_path: Path) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    house = subprocess.Popen(
        [installed / "engage", "up"],
        cwd=tmp_path,
        env={
            **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")},
            "ENGAGE_HOME": str(tmp_path / "home"),
            "ENGAGE_PORT": str(port),
            "ENGAGE_ENV": "test",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert house.stdout is not None
        assert "engage is ready" in house.stdout.readline()
        address = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{address}/sign-in", timeout=30) as answer:
            page = answer.read().decode()
        style = re.search(r'href="(/static/[^"]+\.css[^"]*)"', page)
        assert style is not None, page
        with urllib.request.urlopen(address + style[1], timeout=30) as answer:
            assert answer.read() == (HOUSE / "static/css/app.css").read_bytes()
    finally:
        house.terminate()
        assert house.wait(30 * PATIENCE) == 0

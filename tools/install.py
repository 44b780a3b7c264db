"""Makes `.venv` and installs a lock file into it: `python3 tools/install.py requirements.lock`.

Only the standard library of any Python 3.7+ is needed to run it; the environment gets the first of
$PYTHON, python3.13, python3.12, python3.11 and python3 that is 3.11 or newer and complete. It does
nothing when the environment already holds what the lock says.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

HOUSE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(HOUSE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3")
PIP = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]

PROBE = """
import sys
print(".".join(map(str, sys.version_info[:2])))
sys.exit(3) if sys.version_info < (3, 11) else None
try:
    import ensurepip, venv
except ImportError:
    sys.exit(4)
"""
NO_PYTHON = """\
setup: engage needs Python 3.11 or newer, and none was found (looked for {looked}).
  Debian 12, Ubuntu 24.04:  apt-get install python3 python3-venv
  macOS:                    brew install python@3.12
  elsewhere:                make setup PYTHON=/path/to/python3.12
"""
NO_VENV = """\
setup: {python} (Python {version}) lacks the venv module.
  Debian, Ubuntu:  apt-get install python{version}-venv
"""


def say(text):
    sys.stderr.write(f"setup: {text}\n")
    sys.stderr.flush()


def find_python():
    """The interpreter to use; ends the program with what to do if there is none."""
    chosen = os.environ.get("PYTHON")
    incomplete = None
    for name in [chosen] if chosen else CANDIDATES:
        path = shutil.which(name)
        if path is None:
            continue
        probe = subprocess.run(
            [path, "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        version = probe.stdout.strip()
        if probe.returncode == 0:
            return path
        if probe.returncode == 4:
            incomplete = incomplete or NO_VENV.format(python=path, version=version)
    sys.exit(incomplete or NO_PYTHON.format(looked=chosen or ", ".join(CANDIDATES)))


def make_venv():
    """A working `.venv`; one that is broken (moved, or its Python is gone) is made anew."""
    test = f"import sys, pip; sys.exit(sys.prefix != {VENV!r} or sys.version_info < (3, 11))"
    if os.path.exists(PYTHON):
        if subprocess.run([PYTHON, "-c", test], stderr=subprocess.DEVNULL).returncode == 0:
            return
        say(".venv is of no use here any more: making it anew")
    python = find_python()
    say(f"making .venv with {python}")
    subprocess.run([python, "-m", "venv", "--clear", VENV], check=True)


def wanted(lock):
    """What the environment must hold, as one line: changes when the lock or the project does."""
    digest = hashlib.sha256()
    for name in (lock, "pyproject.toml"):
        with open(os.path.join(HOUSE, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest() + " " + VENV


def install(lock):
    """Install the lock with its hashes checked, counting aloud, and then the project itself."""
    with open(os.path.join(HOUSE, lock)) as file:
        total = len(re.findall(r"(?m)^[A-Za-z0-9]", file.read()))
    say(f"installing {total} packages from {lock}")
    # Compiling everything at once takes longer than compiling what is used when it is used.
    command = [*PIP, "--no-compile", "--require-hashes", "--no-deps", "-r", lock]
    process = subprocess.Popen(
        command, cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines, seen, shown = [], 0, 0.0
    for line in process.stdout:
        lines.append(line)
        found = re.match(r"\s*(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line)
        seen += found is not None
        if found and (sys.stderr.isatty() or time.monotonic() - shown > 5):
            shown = time.monotonic()
            end = "\r" if sys.stderr.isatty() else "\n"
            text = f"setup: {seen} of {total}  {found.group(1)}"
            sys.stderr.write(text.ljust(60) + end)
        elif line.startswith("Installing collected"):
            say(f"all {total} are here, unpacking them".ljust(53))
    if process.wait() != 0:
        sys.exit("".join(lines[-25:]) + f"setup: pip could not install {lock}")
    command = [*PIP, "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-e", "."]
    subprocess.run(command, cwd=HOUSE, check=True)


def main(lock):
    os.chdir(HOUSE)
    begin = time.monotonic()
    stamp = os.path.join(VENV, "installed-" + lock)
    if os.path.exists(stamp) and os.path.exists(PYTHON):
        with open(stamp) as file:
            if file.read() == wanted(lock):
                return
    make_venv()
    install(lock)
    with open(stamp, "w") as file:
        file.write(wanted(lock))
    say(f"done in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1])

"""The house keeps its floors: nobody reaches up, nobody reaches round, no name says nothing."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "engage"
FILES = sorted(path for path in HOUSE.rglob("*.py") if "versions" not in path.parts)
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}

#: Floor 0 by name; what else of a feature decides without touching anything is listed by path.
PURE = {"clock", "texts", "money", "periods", "definitions", "conditions", "formats", "voice"}
DECISIONS = {
    "engage.videos.triggers",
    *(f"engage.leaderboards.{name}" for name in ("moments", "divisions", "windows")),
}
#: What floor 0 may use beside the standard library.
PURE_MAY_USE = {"babel", "flask_babel"}
STUDIO_MAY_USE = {
    "PIL",
    "numpy",
    "moviepy",
    "imageio_ffmpeg",
    "qrcode",
    "babel",
    "proglog",
    "av",
    "hibari",
}
#: Imports inside functions, each with its reason.
DEFERRED = {
    # The whole house takes a second to load: what only supervises or prints does without.
    "engage": {"engage.app"},
    # Alembic takes half a second, and is needed by the first command on a new house alone.
    "engage.terminal": {"engage.migrations"},
    # A third of a second, at every start, for what few ask for.
    "engage.leaderboards.document": {"openpyxl", "openpyxl.cell", "openpyxl.cell.cell"},
    # What draws takes a sixth of a second: pages that show a picture made before do without.
    "engage.videos.stills": {"engage.studio.reel"},
    "engage.share.routes": {"engage.share.card"},
    # An extra, and a second to load: only where films are read aloud.
    "engage.studio.narration": {"hibari"},
    # MoviePy takes a second to load: only the worker that renders a film waits for it.
    # An extra, and only where films are kept in a bucket.
    "engage.videos.shelves": {"engage.videos.bucket"},
    "engage.videos.rendering": {
        *("engage.studio.film", "engage.studio.mp4", "engage.studio.narration"),
    },
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> int:
    """0 decisions, 1 tables, 2 queries and changes, 3 the edge."""
    parts = module.split(".")
    if len(parts) > 1 and (parts[1] in PURE or parts[1] == "studio"):
        return 0
    last = parts[-1]
    if last in ("rules", "language") or module in DECISIONS:
        return 0
    if last in ("models", "db", "config", "connections", "postgres"):
        return 1
    if last in EDGE or (len(parts) > 1 and parts[1] in EDGE_PACKAGES):
        return 3
    return 2


EDGE = {
    "engage", "app", "routes", "jobs", "cli", "queue", "schedule", "asgi", "terminal", "rebuild",
    "delivery", "receivers", "console", "shared",
}  # fmt: skip
EDGE_PACKAGES = {"web", "console", "demo", "services", "live", "api", "home"}


def imports(path: Path) -> list[tuple[str, bool]]:
    """(module, inside a function) of every import of the house or beyond."""
    tree = ast.parse(path.read_text())
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    found: list[tuple[str, bool]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in inner) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            known = [full for full in inside if full in MODULES]
            found += [(full, id(node) in inner) for full in known or [node.module]]
    return found


MODULES = {name_of(path) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nobody_reaches_up(path: Path) -> None:
    module = name_of(path)
    for imported, _ in imports(path):
        if imported.split(".")[0] == "engage" and imported != "engage":
            assert floor_of(imported) <= floor_of(module), f"{module} reaches up to {imported}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_decisions_use_the_standard_library_alone(path: Path) -> None:
    module = name_of(path)
    if floor_of(module) != 0:
        return
    allowed = STUDIO_MAY_USE if ".studio" in module else PURE_MAY_USE
    for imported, _ in imports(path):
        top = imported.split(".")[0]
        assert top in {"engage"} | allowed or top in sys.stdlib_module_names, (
            f"{module} is on the ground floor and imports {imported}"
        )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_an_import_inside_a_function_has_a_reason(path: Path) -> None:
    module = name_of(path)
    late = {imported for imported, inside in imports(path) if inside}
    assert late <= DEFERRED.get(module, set()), f"{module} imports late: {late}"


def test_nobody_reaches_round() -> None:
    graph = {
        name_of(path): {
            imported
            for imported, inside in imports(path)
            if imported in MODULES and imported != "engage" and not inside
        }
        for path in FILES
        if name_of(path) != "engage"
    }
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail[trail.index(module) :], module))
        if module not in done:
            for imported in sorted(graph.get(module, ())):
                walk(imported, (*trail, module))
            done.add(module)

    for module in sorted(graph):
        walk(module, ())


def test_every_module_is_named_by_its_subject() -> None:
    for path in FILES:
        assert path.stem not in NAMES_THAT_SAY_NOTHING, f"{path.name}: which subject is it?"

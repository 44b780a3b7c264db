"""Fresh databases to measure in."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.postgres import running


def fresh(
    sizes: Sequence[int], on_postgresql: bool, **settings: str
) -> Iterator[tuple[int, str | None]]:
    """Each size with the address of a database for it, on a PostgreSQL of its own with these
    ``settings``; with None where it is to be SQLite."""
    with ExitStack() as stack:
        server = None
        if on_postgresql:
            made = stack.enter_context(tempfile.TemporaryDirectory(prefix="engage-pg-"))
            server = stack.enter_context(running(Path(made), **settings))
        for size in sizes:
            yield size, stack.enter_context(server.fresh()) if server else None

"""Static files under addresses that change with their content, so that browsers may keep them."""

import hashlib
import logging
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, request, url_for
from werkzeug.wrappers import Response

log = logging.getLogger(__name__)

_FOREVER = "public, max-age=31536000, immutable"
# Named by the stylesheet without a version; a font that changes gets a new name.
_A_MONTH = "public, max-age=2592000"


def init_app(app: Flask) -> None:
    app.jinja_env.globals["asset"] = asset
    app.after_request(_keep)


def asset(path: str) -> str:
    """The address of a file under static/, with the hash of its content: ``css/app.css``."""
    # A page names its icons again and again.
    known: dict[str, str] = request.environ.setdefault("engage.assets", {})
    if path not in known:
        known[path] = url_for("static", filename=path, v=version(path))
    return known[path]


def version(path: str) -> str | None:
    """Short hash of a static file. None (and a line in the log) when there is no such file: a
    page is of use without one of its files, and a test finds the template that names it."""
    file = Path(current_app.static_folder or "") / path
    try:
        return _hash(file, file.stat().st_mtime_ns)
    except OSError as error:
        log.error("static file %s cannot be read: %s", path, error.strerror)
        return None


@lru_cache(maxsize=512)
def _hash(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _keep(response: Response) -> Response:
    if request.endpoint != "static" or response.status_code not in (200, 206, 304):
        return response
    path = (request.view_args or {})["filename"]
    # Only the version that is served may be kept for ever: an old page asks for the old hash.
    if "v" in request.args and request.args["v"] == version(path):
        response.headers["Cache-Control"] = _FOREVER
    elif path.startswith("fonts/"):
        response.headers["Cache-Control"] = _A_MONTH
    return response

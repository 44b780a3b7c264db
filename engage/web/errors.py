"""What went wrong, as a page of the house, as JSON, or as a line for htmx."""

from flask import Flask, Response, current_app, make_response, render_template
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from htmx_flask import make_response as htmx_answer
from htmx_flask import request
from jinja2 import Template
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import (
    Conflict,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    SecurityError,
    ServiceUnavailable,
)

from engage.db import is_conflict
from engage.ledger.rules import Overdrawn
from engage.web.access import wants_json


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(Overdrawn, _overdrawn)
    app.register_error_handler(DBAPIError, _busy)


def _answer(error: HTTPException) -> Response | HTTPException:
    if error.response is not None:
        return error  # somebody made the whole answer already
    if isinstance(error, SecurityError):
        # Not one of our hosts: nothing of ours is rendered, and no address of ours is named.
        return Response("This host is not served here.\n", status=400, mimetype="text/plain")
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    if wants_json() or request.path.startswith("/api/"):
        answer = make_response({"error": _for_programs(error)})
    elif request.htmx:
        answer = make_response(_said(error) or error.name)
        answer.mimetype = "text/plain"
    else:
        page: list[str | Template] = [f"errors/{status}.html", "errors/error.html"]
        answer = make_response(render_template(page, said=_said(error), status=status))
    answer.status_code = status
    answer.headers.extend(headers)
    return answer


def _said(error: HTTPException) -> str | None:
    """What the house found to say; None where it is Werkzeug's own sentence, or the limiter's rule."""
    is_ours = error.code != 429 and error.description != type(error).description
    return error.description if is_ours else None


def _for_programs(error: HTTPException) -> str:
    """What is wrong and what to do, where nobody found words for it: Werkzeug's own are about
    browsers, and the limiter's are its rule."""
    if error.code == 429:
        return f"too many requests: {error.description} are answered, wait before the next"
    if said := _said(error):
        return said
    if isinstance(error, NotFound):
        return f"there is nothing at {request.path}: /api/v1/openapi.json lists what there is"
    if isinstance(error, MethodNotAllowed):
        taken = ", ".join(sorted(error.valid_methods or ()))
        return f"{request.method} does nothing at {request.path}: send {taken}"
    return error.name.lower()


def _overdrawn(error: Overdrawn) -> Response | HTTPException:
    """Nothing was changed: a budget, or what a partner has, is less than was asked of it."""
    return _answer(Conflict(_("Nothing was changed: %(why)s.", why=str(error))))


def _busy(error: DBAPIError) -> Response | HTTPException:
    """Others wrote all the while and nothing was changed; anything else is a fault of ours."""
    if not is_conflict(error):
        raise error
    said = _("Too much is going on at once, and nothing was changed. Try again in a moment.")
    return _answer(ServiceUnavailable(said, retry_after=2))


def _form_expired(error: CSRFError) -> Response | HTTPException:
    """A form without the session's token: mostly a page from before a sign-in or -out."""
    current_app.logger.info("refused a form: %s", error.description)
    if current_app.config["SESSION_COOKIE_SECURE"] and not request.is_secure:
        current_app.logger.warning(
            "a form came over plain http, where browsers keep no session in production: serve "
            "engage over https (behind a proxy set ENGAGE_BEHIND_PROXY=1)"
        )
    if request.htmx:
        answer: Response = htmx_answer("", 400, refresh=True)
        return answer
    error.description = _("This form had expired. Go back, reload the page and send it again.")
    return _answer(error)

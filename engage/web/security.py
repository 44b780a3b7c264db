"""What every answer carries and every request is held to: headers, cookies, CSRF, hosts, sizes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, abort, current_app, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from engage.accounts.rules import SESSION_LIFETIME
from engage.config import Settings
from engage.web import access

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

csrf = CSRFProtect()

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Links that set a password are secrets: no other site may learn an address of this one.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Pages are one person's; who wants an answer kept says so (see `conditional`).
    "Cache-Control": "private, no-store",
}
_WATCHED = ("/healthz", "/metrics")
#: For two years.
_ALSO_SECURE = _HEADERS | {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


def init_app(app: Flask, settings: Settings) -> None:
    """Set cookies and limits, then the hooks. Comes after `access`, so that policies go first."""
    _configure(app, settings)
    csrf.init_app(app)
    app.before_request(_refuse_nul)
    app.before_request(_refuse_forgeries)
    app.after_request(_add_headers)
    if settings.hosts:
        watched = _watched_by_any_name(app.wsgi_app, settings.hosts[0].lstrip("."))
        app.wsgi_app = watched  # type: ignore[assignment, method-assign]
    if settings.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]


def _watched_by_any_name(inside: "WSGIApplication", name: str) -> "WSGIApplication":
    """What watches over a house asks for it by the number of its machine; no answer to it holds a link."""

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] in _WATCHED:
            environ["HTTP_HOST"] = name
        return inside(environ, start)

    return answer


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        # __Host-: no subdomain and no plain connection can plant this cookie.
        SESSION_COOKIE_NAME="__Host-engage" if settings.production else "engage",
        SESSION_COOKIE_SECURE=settings.production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        # The cookie is moved on once a day (access), not with every polled fragment.
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
        TRUSTED_HOSTS=settings.hosts or None,
        # A form lives as long as its session: a page left open over lunch can still be sent.
        WTF_CSRF_TIME_LIMIT=None,
        # Who must send a token is decided here by policy, see _refuse_forgeries.
        WTF_CSRF_CHECK_DEFAULT=False,
        PREFERRED_URL_SCHEME="https" if settings.production else "http",
    )


def _refuse_nul() -> None:
    """U+0000 is in no text that people write, and PostgreSQL keeps none: an address with one leads
    nowhere.

    A form is read only where the house's own pages send it: an API client's body is its own.
    """
    policy = request.endpoint and access.policy_of(current_app, request.endpoint)
    keyed = bool(policy and policy.kind == "key")
    astray = "\0" in request.path or _holds_nul(request.args)
    if astray or (not keyed and _holds_nul(request.form)):
        said = _("There is a character in it that no text holds (U+0000): take it out.")
        abort(404 if astray and not keyed else 400, said)


def _holds_nul(sent: MultiDict[str, str]) -> bool:
    return any("\0" in text for pair in sent.items(multi=True) for text in pair)


def _refuse_forgeries() -> None:
    """Every change needs the session's token, except where a key in a header is what opens."""
    if request.endpoint is None or not current_app.config["WTF_CSRF_ENABLED"]:
        return
    policy = access.policy_of(current_app, request.endpoint)
    if policy is None or policy.kind != "key":
        csrf.protect()


def _add_headers(response: Response) -> Response:
    said = {name.lower() for name, _value in response.headers}
    also = _ALSO_SECURE if request.is_secure and _is_secure() else _HEADERS
    response.headers.extend({k: v for k, v in also.items() if k.lower() not in said})
    return response


def _is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def conditional(response: Response, version: str) -> Response:
    """Let the browser keep ``response`` but ask each time: 304 while ``version`` stands.

    ``version`` must change with everything the body depends on (board version, language, ...).
    """
    response.set_etag(version)
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)

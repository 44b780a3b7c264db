"""Who may see a view: each one declares its policy, and one hook before every request enforces it.

What a person may not see does not exist for them (404). A view without a policy is a mistake of
ours and answers 500 to everybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, make_response, redirect, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user
from htmx_flask import make_response as htmx_answer
from htmx_flask import request
from werkzeug.wrappers import Response as AnyResponse

from engage import clock
from engage.accounts import keys, service
from engage.accounts.models import User
from engage.db import transaction
from engage.web import throttle

View = TypeVar("View", bound=Callable[..., Any])
_ATTRIBUTE = "access_policy"


@dataclass(frozen=True)
class Policy:
    """``public``: anybody. ``person``: whoever is signed in. ``roles``: a seat with one of the
    roles. ``key``: an API client whose key has the scope."""

    kind: Literal["public", "person", "roles", "key"]
    roles: frozenset[str] = frozenset()
    scope: str = ""


def _declare(policy: Policy) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        setattr(view, _ATTRIBUTE, policy)
        return view

    return decorate


#: Anybody may see this view.
public = _declare(Policy("public"))
#: Whoever is signed in may see this view, even without a seat in any programme.
signed_in = _declare(Policy("person"))


def allow(*roles: Literal["partner", "manager", "admin"]) -> Callable[[View], View]:
    """Who sits in the programme with one of these roles may see this view.

    An administrator sits as a manager in every programme, so ``manager`` lets them in, too.
    """
    if not roles or not set(roles) <= {"partner", "manager", "admin"}:
        raise ValueError(f"allow() takes some of partner, manager, admin, not {roles}")
    return _declare(Policy("roles", frozenset(roles)))


def keyed(scope: str) -> Callable[[View], View]:
    """API clients whose bearer key has ``scope``; cookies open nothing here, so CSRF cannot."""
    return _declare(Policy("key", scope=scope))


def policy_of(app: Flask, endpoint: str) -> Policy | None:
    """The declared policy of an endpoint; None where it was forgotten."""
    if endpoint == "static":
        return Policy("public")
    policy: Policy | None = getattr(app.view_functions[endpoint], _ATTRIBUTE, None)
    return policy


# --- who is here ----------------------------------------------------------------------------------

login_manager = LoginManager()
# Phones change their address all day; the stamp in the session is what ends a stolen one.
login_manager.session_protection = None


class Visitor(UserMixin):  # type: ignore[misc]  # Flask-Login carries no types
    """What Flask-Login knows of a signed-in person."""

    def __init__(self, user: User, session_id: str) -> None:
        self.user = user
        self._session_id = session_id

    def get_id(self) -> str:
        return self._session_id


def _load(session_id: str) -> Visitor | None:
    person = service.signed_in(session_id)
    if person is None:
        return None
    g.user, g.seats, g.mark = person.user, person.seats, person.mark
    g.seat = person.seat(session.get("programme"), session.get("partner"))
    return Visitor(person.user, session_id)


login_manager.user_loader(_load)


def remember(user: User) -> None:
    """Make this browser's session the user's. What it held before is gone (session fixation)."""
    chosen = {name: session[name] for name in ("programme", "partner") if name in session}
    same_person = session.get("_user_id", "").split(".")[0] == str(user.id)
    session.clear()
    session.update(chosen if same_person else {})
    session.permanent = True
    login_user(Visitor(user, service.session_id(user)))
    throttle.know_browser(user.email)


def choose_seat(seat: service.Seat) -> None:
    """From the next request on, this browser acts from ``seat``."""
    session["programme"] = seat.programme.id
    session["partner"] = seat.partner.id if seat.partner else None


def session_choice(app: Flask, cookie: str) -> tuple[str, int | None, int | None] | None:
    """What a session cookie's value says, for servers beside Flask: (session id, programme id,
    partner id), ready for `service.seat_for_session`; None when it is forged, expired or nobody's.
    """
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    lifetime = int(app.permanent_session_lifetime.total_seconds())
    okay, data = serializer.loads_unsafe(cookie, max_age=lifetime)
    if not okay or "_user_id" not in data:
        return None
    return data["_user_id"], data.get("programme"), data.get("partner")


# --- enforcing ------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    login_manager.init_app(app)
    app.before_request(_enforce)
    app.after_request(_keep_session_alive)


def _forget_broken_addresses() -> None:
    """A header that should hold an address and holds none (``http://[``) counts as absent."""
    for name in ("HTTP_REFERER", "HTTP_ORIGIN", "HTTP_HX_CURRENT_URL"):
        try:
            urlsplit(request.environ.get(name, ""))
        except ValueError:
            del request.environ[name]


def _enforce() -> AnyResponse | None:
    g.now = clock.now()
    _forget_broken_addresses()
    g.user, g.seat, g.seats, g.api_key = None, None, (), None
    g.pop("_login_user", None)  # an outer app context (a test, a shell) may hold the last one
    if request.endpoint is None:  # the address leads nowhere; who asks still decides on the frame
        _ = current_user.is_authenticated
        return None
    policy = policy_of(current_app, request.endpoint)
    if policy is None:
        raise RuntimeError(
            f"view {request.endpoint!r} declares no access policy: put @public, @signed_in, "
            "@allow(…) or @keyed(…) of engage.web on it"
        )
    if request.endpoint == "static":
        return None
    if policy.kind == "key":
        return _enforce_key(policy.scope)
    here = current_user.is_authenticated
    if policy.kind == "public":
        return None
    if not here:
        return _ask_to_sign_in()
    if policy.kind == "roles":
        return _enforce_roles(policy.roles)
    return None


def _enforce_roles(roles: frozenset[str]) -> AnyResponse | None:
    if g.seat is None and not (g.user.is_admin and "admin" in roles):
        # Signed in, but in no programme: their account page says what to do about it.
        return redirect(url_for("accounts.account"))
    held = g.seat.roles if g.seat else {"admin"}
    if held.isdisjoint(roles):
        abort(404)
    return None


def _enforce_key(scope: str) -> Response | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    key = keys.living(token.strip()) if kind.lower() == "bearer" else None
    if key is None:
        return _problem(401, "send a valid key: Authorization: Bearer KEY", 'Bearer realm="engage"')
    g.api_key = key
    if scope not in key.scopes.split():
        wanted = f'Bearer error="insufficient_scope", scope="{scope}"'
        return _problem(403, f"this key lacks the scope {scope}", wanted)
    return None


def _problem(status: int, message: str, authenticate: str) -> Response:
    answer = make_response({"error": message}, status)
    answer.headers["WWW-Authenticate"] = authenticate
    return answer


def _ask_to_sign_in() -> AnyResponse:
    """A page leads to the sign-in page and back; htmx leaves the page; JSON is told."""
    if wants_json():
        return _problem(401, "sign in first", 'Session realm="engage"')
    address = url_for("accounts.sign_in", next=_way_back())
    if request.htmx:
        answer: Response = htmx_answer("", 401, redirect=address)
        return answer
    return redirect(address)


def wants_json() -> bool:
    """Whether the client would rather be answered in JSON than with a page."""
    return request.accept_mimetypes.accept_json and not request.accept_mimetypes.accept_html


def _way_back() -> str | None:
    """Where to go after signing in: the page the person looks at, never a fragment or a form."""
    if request.htmx:
        page = request.htmx.current_url or ""
    elif request.method in ("GET", "HEAD"):
        page = request.full_path.rstrip("?")
    else:
        page = request.referrer or ""
    parts = urlsplit(page)
    if parts.netloc and parts.netloc != request.host:
        return None
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if safe_path(path) and path != "/" else None


def safe_path(target: str | None) -> bool:
    """Whether a redirect to ``target`` stays in this house: a path here, not another site's address."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return False
    return target.isprintable() and "\\" not in target and not urlsplit(target).netloc


def _keep_session_alive(response: AnyResponse) -> AnyResponse:
    """Once a day: move the session's end on, and note when the person or the key was last here.

    The note is written after the answer has left, so that no page waits for the database's writer.
    """
    app, now = current_app._get_current_object(), g.now  # type: ignore[attr-defined]
    key: Any | None = g.get("api_key")
    if key is not None and keys.is_use_due(key, now):
        response.call_on_close(lambda: _note(app, lambda: keys.used(key.id, now)))
    user: User | None = g.get("user")
    today = now.date().isoformat()
    if user is not None and "_user_id" in session and session.get("day") != today:
        session["day"] = today
        response.call_on_close(lambda: _note(app, lambda: service.saw(user.id, now)))
    return response


def _note(app: Flask, work: Callable[[], None]) -> None:
    with app.app_context():
        transaction(work)

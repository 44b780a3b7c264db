"""The front door and a person's own account."""

import logging
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from engage import clock, membership
from engage.accounts import passwords, service
from engage.accounts.models import User
from engage.accounts.passwords import WeakPassword, WrongPassword
from engage.accounts.rules import MIN_LENGTH, THEMES, Weakness, same_email
from engage.db import transaction
from engage.partners.choices import MOST_PSEUDONYM, BadChoice
from engage.web import allow, public, safe_path, signed_in
from engage.web.access import choose_seat, remember
from engage.web.here import committed, mine
from engage.web.locales import offered_locales, timezone_options
from engage.web.throttle import SignInThrottle, known_browser

log = logging.getLogger(__name__)
blueprint = Blueprint("accounts", __name__)

Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]
_NAME_LENGTH = 200


# --- in and out -----------------------------------------------------------------------------------


@blueprint.get("/sign-in")
@public
def sign_in() -> Answer:
    if g.user is not None:
        return redirect(_next())
    return render_template("accounts/sign_in.html", next=request.args.get("next"))


@blueprint.post("/sign-in")
@public
def sign_in_submit() -> Answer:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    throttle = _throttle(email)
    wait = throttle.minutes_to_wait()
    if wait:
        log.warning("too many sign-in attempts from %s", request.remote_addr)
        text = ngettext(
            "Too many attempts. Please try again in a minute.",
            "Too many attempts. Please try again in %(num)s minutes.",
            wait,
        )
        return _closed(email, text), 429, {"Retry-After": str(wait * 60)}
    user = passwords.authenticate(email, password)
    if user is None:
        log.info("a sign-in from %s was refused", request.remote_addr)
        return _closed(email, _("That e-mail address and password do not go together.")), 422
    throttle.forget()
    if passwords.needs_rehash(user):
        user_id = user.id
        transaction(lambda: passwords.rehash(user_id, password))
    remember(user)
    return redirect(_next())


def _throttle(email: str) -> SignInThrottle:
    account = same_email(email)[:254]
    return SignInThrottle(account, request.remote_addr or "", known_browser(account))


def _closed(email: str, error: str) -> str:
    return render_template(
        "accounts/sign_in.html", email=email, error=error, next=request.values.get("next")
    )


def _next() -> str:
    """Where the person wanted to go; the start page when that is not in this house."""
    wanted = request.values.get("next")
    return wanted if wanted and safe_path(wanted) else "/"


@blueprint.post("/sign-out")
@public
def sign_out() -> Answer:
    """End this browser's session, for whoever copied its cookie, too."""
    if g.user is not None:
        ended, now = session["_user_id"], g.now
        transaction(lambda: service.sign_out(ended, now))
    session.clear()
    return redirect(url_for("accounts.sign_in"))


@blueprint.get("/set-password/<token>")
@public
def set_password(token: str) -> Answer:
    """The page behind a link; opening it uses nothing up, since mail scanners open links, too."""
    user = _user_of(token)
    if user is None:
        return render_template("accounts/link_gone.html"), 410
    return render_template("accounts/set_password.html", email=user.email, least=MIN_LENGTH)


@blueprint.post("/set-password/<token>")
@public
def set_password_submit(token: str) -> Answer:
    password = request.form.get("password", "")

    def work() -> User | None:
        user = _user_of(token)
        return passwords.set_password(user.id, password) if user else None

    try:
        user = transaction(work)
    except WeakPassword as refusal:
        owner = _user_of(token)
        page = render_template(
            "accounts/set_password.html",
            email=owner.email if owner else "",
            least=MIN_LENGTH,
            error=_weakness(refusal.why),
        )
        return page, 422
    if user is None:
        return render_template("accounts/link_gone.html"), 410
    remember(user)
    return redirect("/")


def _user_of(token: str) -> User | None:
    return passwords.user_of_link(token, current_app.config["SECRET_KEY"], g.now)


def _weakness(why: Weakness) -> str:
    texts: dict[Weakness, str] = {
        Weakness.SHORT: _(
            "Use at least %(least)s characters: a few unrelated words make a good password.",
            least=MIN_LENGTH,
        ),
        Weakness.LONG: _("This is too long to be kept: use fewer characters."),
        Weakness.COMMON: _(
            "This is among the first passwords that are guessed. Choose a few unrelated words."
        ),
        Weakness.PERSONAL: _(
            "This is made of your name or e-mail address. Choose a few unrelated words."
        ),
    }
    return texts[why]


# --- the account ----------------------------------------------------------------------------------


@blueprint.get("/account")
@signed_in
def account() -> Answer:
    return _account_page({})


@blueprint.post("/account")
@signed_in
def account_submit() -> Answer:
    name = " ".join(request.form.get("name", "").split())
    locale, timezone = request.form.get("locale") or None, request.form.get("timezone") or None
    errors = _profile_errors(name, locale, timezone)
    if errors:
        return _account_page(errors, {"name": name, "locale": locale, "timezone": timezone}), 422
    user_id = g.user.id
    transaction(
        lambda: service.change_profile(user_id, name=name, locale=locale, timezone=timezone)
    )
    flash(_("Saved."), "success")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/visibility")
@allow("partner")
def visibility() -> Answer:
    """How others see the partner on boards; everybody sees it so from the answer on."""
    seen, pseudonym = request.form.get("visibility", ""), request.form.get("pseudonym")
    try:
        committed(lambda _here: membership.show(*mine(), seen, pseudonym, now=g.now))
    except BadChoice as refusal:
        chosen = {"visibility": seen, "pseudonym": pseudonym}
        return _account_page({refusal.field: str(refusal)}, seen=chosen), 422
    flash(_("Saved. Boards, answers and films show it from now on."), "success")
    return redirect(url_for("accounts.account"))


def _profile_errors(name: str, locale: str | None, timezone: str | None) -> dict[str, str]:
    errors = {}
    if not name:
        errors["name"] = _("Say how you want to be called.")
    elif len(name) > _NAME_LENGTH or not name.isprintable():
        errors["name"] = _("Use at most %(most)s letters.", most=_NAME_LENGTH)
    if locale and locale not in map(str, offered_locales()):
        errors["locale"] = _("Choose a language from the list.")
    if timezone and not clock.timezone(timezone):
        errors["timezone"] = _("Choose a time zone from the list.")
    return errors


@blueprint.post("/account/theme")
@signed_in
def theme() -> Answer:
    theme = request.form.get("theme")
    user_id = g.user.id
    transaction(lambda: service.change_theme(user_id, theme if theme in THEMES else None))
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/password")
@signed_in
def password() -> Answer:
    old, new = request.form.get("old", ""), request.form.get("new", "")
    throttle = _throttle(g.user.email)
    if throttle.minutes_to_wait():
        abort(429)
    user_id = g.user.id
    try:
        user = transaction(lambda: passwords.change_password(user_id, old, new))
    except WrongPassword:
        return _account_page({"old": _("This is not your current password.")}), 422
    except WeakPassword as refusal:
        return _account_page({"new": _weakness(refusal.why)}), 422
    throttle.forget()
    remember(user)
    flash(_("Password changed. Every other device is signed out."), "success")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> Answer:
    user_id = g.user.id
    transaction(lambda: service.sign_out_everywhere(user_id))
    session.clear()
    flash(_("You are signed out on every device."), "success")
    return redirect(url_for("accounts.sign_in"))


@blueprint.post("/account/programme")
@signed_in
def programme() -> Answer:
    """Act from another of one's seats; ``seat`` is its key."""
    wanted = request.form.get("seat")
    seat = next((seat for seat in g.seats if seat.key == wanted), None)
    if seat is None:
        abort(404)
    choose_seat(seat)
    return redirect("/")


def _account_page(
    errors: dict[str, str], wanted: dict[str, Any] | None = None, seen: dict[str, Any] | None = None
) -> str:
    user, partner = g.user, g.seat and g.seat.partner
    return render_template(
        "accounts/account.html",
        shown=wanted or {"name": user.name, "locale": user.locale, "timezone": user.timezone},
        seen=seen
        or (partner and {"visibility": partner.visibility, "pseudonym": partner.pseudonym}),
        most_pseudonym=MOST_PSEUDONYM,
        errors=errors,
        locales=[(str(locale), locale.display_name) for locale in offered_locales()],
        timezones=timezone_options(g.now.date()),
        least=MIN_LENGTH,
    )

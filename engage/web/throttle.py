"""How often something may be tried: counted in Redis, so over all processes.

When Redis does not answer, the counting goes on in this process's memory: limits become coarser,
and no page fails because of them.
"""

import hashlib
import logging
import math
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, Response, abort, after_this_request, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from engage.bodies import network
from engage.config import Settings

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., Any])
_in_memory = MovingWindowRateLimiter(MemoryStorage())


def per_person() -> str:
    """What a view counts by that is for people who are signed in."""
    return f"person:{g.user.id}"


# An office shares one address, so that limit is wide; the narrow one is per account *and* address.
_PER_ADDRESS = parse("300 per 15 minutes")
_PER_ACCOUNT = parse("100 per hour")
_PER_ACCOUNT_AND_ADDRESS = parse("10 per 15 minutes")
# Whoever guesses from many addresses uses up an account's hundred, and would lock its owner out. So
# a browser in which the owner signed in before has tries of its own, which others cannot use up.
_PER_BROWSER = parse("10 per 15 minutes")
_KNOWN_FOR = timedelta(days=400)


def init_app(app: Flask, settings: Settings) -> None:
    in_tests = settings.env == "test" and not settings.redis
    where = "memory://" if in_tests else settings.redis_url.replace("unix://", "redis+unix://", 1)
    options = {} if in_tests else {"wrap_exceptions": True, "socket_timeout": 1}
    counted = storage_from_string(where, **options)
    app.extensions["engage.limits"] = MovingWindowRateLimiter(counted)


def _counter() -> RateLimiter:
    found: RateLimiter = current_app.extensions["engage.limits"]
    return found


def within(most: RateLimitItem, *key: str) -> bool:
    """Count one of what may be done so often; whether it may."""
    try:
        return _counter().hit(most, *key)
    except StorageError as error:
        log.warning("%s: counted in this process alone: %s", key[0], error)
        return _in_memory.hit(most, *key)


def at_most(said: str, whose: Callable[[], str | None]) -> Callable[[View], View]:
    """For views: so often ("60 per minute") somebody may ask there; where it is nobody's nothing is
    counted. Flask-Limiter would look at every request of the house for it."""
    most = parse(said)

    def decorate(view: View) -> View:
        @wraps(view)
        def held(*args: Any, **kwargs: Any) -> Any:
            who = whose()
            if who is not None and not within(most, who, str(request.endpoint)):
                abort(429, str(most))
            return view(*args, **kwargs)

        return held  # type: ignore[return-value]

    return decorate


def know_browser(account: str) -> None:
    """Somebody signed in to ``account`` (its e-mail) in this browser, which is told so for good."""
    name = _cookie(account)
    value = _signer().dumps([name, secrets.token_urlsafe(12)])

    @after_this_request
    def _tell(response: Response) -> Response:
        response.set_cookie(
            name,
            value,
            max_age=_KNOWN_FOR,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return response


def known_browser(account: str) -> str | None:
    """The mark of a browser in which ``account`` was signed in to before; None of any other."""
    name = _cookie(account)
    try:
        said = _signer().loads(request.cookies.get(name, ""))
    except BadSignature:
        return None
    return said[1] if said[0] == name else None


def _cookie(account: str) -> str:
    """One for each account, as a shop's people share a browser; its name does not tell whose."""
    digest = hashlib.sha256(account.encode()).hexdigest()
    return f"{current_app.config['SESSION_COOKIE_NAME']}-{digest[:16]}"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="known browser")


class SignInThrottle:
    """One attempt to sign in to ``account`` (an e-mail, existing or not) from ``address``; ``browser``
    is what `known_browser` says."""

    def __init__(self, account: str, address: str, browser: str | None = None) -> None:
        address = network(address)
        self._pairs: tuple[tuple[RateLimitItem, tuple[str, ...]], ...] = (
            (_PER_ADDRESS, ("sign-in", "address", address)),
            # Before the account's: what is refused here does not use that up.
            (_PER_ACCOUNT_AND_ADDRESS, ("sign-in", "both", account, address)),
            (_PER_ACCOUNT, ("sign-in", "account", account)),
        )
        if browser:
            self._pairs = ((_PER_BROWSER, ("sign-in", "browser", account, browser)),)

    def minutes_to_wait(self) -> int:
        """Count this attempt; 0 when it may go on, else in how many minutes to try again."""
        try:
            return self._count(_counter())
        except StorageError as error:
            log.warning("sign-in attempts are counted in this process alone: %s", error)
            return self._count(_in_memory)

    def _count(self, counter: RateLimiter) -> int:
        for item, key in self._pairs:
            if not counter.hit(item, *key):
                until = counter.get_window_stats(item, *key).reset_time
                return max(1, math.ceil((until - time.time()) / 60))
        return 0

    def forget(self) -> None:
        """It was the right person: their own attempts no longer count against them."""
        own = self._pairs[-2:]
        for item, key in own:
            _in_memory.clear(item, *key)
        try:
            for item, key in own:
                _counter().clear(item, *key)
        except StorageError as error:
            log.warning("the attempts before a sign-in still count: %s", error)

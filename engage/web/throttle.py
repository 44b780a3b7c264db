"""How often something may be tried: counted in Redis, so over all processes.

When Redis does not answer, the counting goes on in this process's memory: limits become coarser,
and no page fails because of them.
"""

import logging
import math
import time

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from engage.config import Settings

log = logging.getLogger(__name__)

#: For views: ``@limiter.limit("60 per minute")``.
limiter = Limiter(get_remote_address)
_in_memory = MovingWindowRateLimiter(MemoryStorage())

# An office shares one address, so that limit is wide; the narrow one is per account *and* address,
# so that nobody can lock another person out from afar before the middle one is reached.
_PER_ADDRESS = parse("300 per 15 minutes")
_PER_ACCOUNT = parse("100 per hour")
_PER_ACCOUNT_AND_ADDRESS = parse("10 per 15 minutes")


def init_app(app: Flask, settings: Settings) -> None:
    in_tests = settings.env == "test" and not settings.redis
    app.config.update(
        RATELIMIT_STORAGE_URI="memory://" if in_tests else _storage(settings.redis_url),
        RATELIMIT_STORAGE_OPTIONS={}
        if in_tests
        else {"wrap_exceptions": True, "socket_timeout": 1},
        RATELIMIT_STRATEGY="moving-window",
        RATELIMIT_KEY_PREFIX="engage",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_SWALLOW_ERRORS=True,
    )
    limiter.init_app(app)


def _storage(redis_url: str) -> str:
    return redis_url.replace("unix://", "redis+unix://", 1)


class SignInThrottle:
    """One attempt to sign in to ``account`` (an e-mail, existing or not) from ``address``."""

    def __init__(self, account: str, address: str) -> None:
        self._pairs: tuple[tuple[RateLimitItem, tuple[str, ...]], ...] = (
            (_PER_ADDRESS, ("sign-in", "address", address)),
            (_PER_ACCOUNT, ("sign-in", "account", account)),
            (_PER_ACCOUNT_AND_ADDRESS, ("sign-in", "both", account, address)),
        )

    def minutes_to_wait(self) -> int:
        """Count this attempt; 0 when it may go on, else in how many minutes to try again."""
        try:
            return self._count(limiter.limiter)
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
        own = self._pairs[1:]
        for item, key in own:
            _in_memory.clear(item, *key)
        try:
            for item, key in own:
                limiter.limiter.clear(item, *key)
        except StorageError as error:
            log.warning("the attempts before a sign-in still count: %s", error)

"""For those who watch over the house: is it well, and how much does it do."""

import hmac
import logging
import time
from ipaddress import ip_address

import redis
from flask import Blueprint, Flask, Response, abort, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from engage import config
from engage.config import Settings
from engage.db import db
from engage.web.access import public

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)

_PROXY_SAYS = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")

REGISTRY = CollectorRegistry()
_requests = Counter(
    "engage_requests", "Answered requests", ["endpoint", "method", "status"], registry=REGISTRY
)
_seconds = Histogram("engage_request_seconds", "Time to answer", ["endpoint"], registry=REGISTRY)


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.before_request(_start)
    app.after_request(_count)


def _start() -> None:
    g.started = time.perf_counter()


def _count(response: AnyResponse) -> AnyResponse:
    passed = time.perf_counter() - g.started if "started" in g else None
    count(request.endpoint or "nowhere", request.method, response.status_code, passed)
    return response


def count(endpoint: str, method: str, status: int, seconds: float | None) -> None:
    """Note an answer, and how long it took where that is known."""
    _requests.labels(endpoint, method, status).inc()
    if seconds is not None:
        _seconds.labels(endpoint).observe(seconds)


@blueprint.get("/healthz")
@public
def healthz() -> tuple[dict[str, str], int]:
    """200 when the database and Redis answer, else 503; the details are in the log alone."""
    parts = {"database": _database_answers(), "redis": _redis_answers(config.settings())}
    well = all(parts.values())
    answer = {name: "ok" if good else "down" for name, good in parts.items()}
    return {"status": "ok" if well else "down", **answer}, 200 if well else 503


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus figures, for whoever has the token; without one set, for this machine alone."""
    token = config.settings().metrics_token
    if token:
        allowed = hmac.compare_digest(
            request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()
        )
    else:
        # A proxy on this machine speaks from the loopback for the whole world.
        proxied = any(name in request.headers for name in _PROXY_SAYS)
        allowed = not proxied and _is_loopback(request.remote_addr)
    if not allowed:
        abort(404)
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _is_loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:  # a server on a Unix socket names no address
        return False


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        log.error("the database does not answer: %s", error)
        return False
    return True


def _redis_answers(settings: Settings) -> bool:
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=1) as connection:
            return bool(connection.ping())
    except redis.RedisError as error:
        log.error("Redis does not answer: %s", error)
        return False

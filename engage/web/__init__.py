"""What stands before and around every view: who may see it, how safely, in whose formats.

`init_app` is called once by `create_app`. Views take from here `public`, `signed_in`, `allow`,
`keyed`, and read `flask.g`: ``g.seat`` (who acts; None when nobody is signed in), ``g.user``,
``g.seats`` (all seats of the person), ``g.api_key`` (in @keyed views) and ``g.now``. They are
read-only snapshots: changes go through a service, by id.
"""

from flask import Flask
from htmx_flask import Htmx

from engage.accounts.service import Seat
from engage.web import (
    access,
    again,
    assets,
    errors,
    filters,
    health,
    locales,
    numbers,
    security,
    shell,
    throttle,
)
from engage.web.access import allow, keyed, public, safe_path, session_choice, signed_in
from engage.web.assets import asset
from engage.web.throttle import at_most, per_person

__all__ = [
    "Seat",
    "allow",
    "asset",
    "at_most",
    "init_app",
    "keyed",
    "per_person",
    "public",
    "safe_path",
    "session_choice",
    "signed_in",
]


def init_app(app: Flask) -> None:
    """Prepare ``app``; needs ``app.extensions["engage.settings"]``. The order is that of the hooks."""
    settings = app.extensions["engage.settings"]
    numbers.init_app(app)
    Htmx(app)
    health.init_app(app)
    access.init_app(app)
    security.init_app(app, settings)
    throttle.init_app(app, settings)
    locales.init_app(app)
    filters.init_app(app)
    assets.init_app(app)
    again.init_app(app)
    shell.init_app(app)
    errors.init_app(app)

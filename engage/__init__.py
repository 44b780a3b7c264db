"""engage: a partner-incentive programme in which engagement and pay run on the same data."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from engage.config import Settings


#: Objects that are made before Python looks for garbage among them, and how much rarer it looks among
#: older ones. With its own 700 a fifth of an import went into looking at rows that are all in use.
_GARBAGE = (50_000, 20, 50)


@contextmanager
def loading() -> Iterator[None]:
    """Loading leaves no garbage; looking for some meanwhile would cost a tenth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.set_threshold(*_GARBAGE)


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The web application; its blueprints are listed in ``engage.app``.

    :raises engage.config.ConfigurationError: production without a secret key.
    """
    # The whole house takes a second to load: supervisors, and commands that only print, need none.
    with loading():
        from engage.app import make
    return make(settings)

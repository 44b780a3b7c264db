"""The web process: a listening socket, and `engage.asgi` served on it."""

import contextlib
import http.client
import socket

from engage import asgi
from engage.config import ConfigurationError, Settings
from engage.services import logs


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; ConfigurationError naming the port and the remedy if it is taken.

    The supervisor makes it and the web process inherits it: callers wait in the queue while the
    web process restarts, instead of being refused.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise ConfigurationError(f"ENGAGE_HOST={host} is no address: {error.strerror}") from error
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"port {port} of {host} cannot be used: {error.strerror}. Stop what uses it, or "
            f"choose another: ENGAGE_PORT={port + 1} engage …"
        ) from error
    return listening


def healthy(listening: socket.socket, name: str | None = None) -> bool:
    """Whether the web process behind the socket answers `/healthz` with 200 just now.

    `name` is the host to ask for, where the house answers to certain names only.
    """
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104
        host = "::1" if ":" in host else "127.0.0.1"
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=1)) as connection:
        try:
            connection.request("GET", "/healthz", headers={"Host": name} if name else {})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


def serve(fd: str | None = None) -> None:
    """Serve until told to stop, on the inherited socket `fd` or on a new one of the settings."""
    settings = Settings()
    logs.configure(settings)
    inherited = None if fd is None else socket.socket(fileno=int(fd))
    asgi.serve(settings, inherited or listen(settings.host, settings.port))

"""Settings, read once from the environment. Every field is documented in docs/operations.md."""

import hashlib
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from flask import current_app
from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_PACKAGE = Path(__file__).resolve().parent
# In a checkout templates/ stands beside the package; in the wheel it travels inside.
HOUSE = _PACKAGE.parent if (_PACKAGE.parent / "templates").is_dir() else _PACKAGE / "_house"


class ConfigurationError(RuntimeError):
    """The environment does not allow a safe start; the message says what to set."""


class Settings(BaseSettings):
    """What an operator can set. Names in the environment are ``ENGAGE_<FIELD>`` unless noted."""

    model_config = SettingsConfigDict(env_prefix="ENGAGE_", extra="ignore")

    home: Path = Path("var")
    env: Literal["development", "production", "test"] = "development"
    port: int = 8000
    host: str = "127.0.0.1"
    database: str | None = Field(default=None, validation_alias=AliasChoices("DATABASE_URL"))
    redis: str | None = Field(default=None, validation_alias=AliasChoices("REDIS_URL"))
    secret: str | None = Field(default=None, validation_alias=AliasChoices("ENGAGE_SECRET_KEY"))
    public_url: str | None = None
    trusted_hosts: Annotated[list[str], NoDecode] = []
    behind_proxy: bool = False
    metrics_token: str | None = None
    max_upload_mb: int = 64
    door_mb: int = 64
    #: Whether a web process keeps to one processor (`engage.asgi.keep_to_one_processor`).
    one_processor: bool = True
    video_workers: int = 1
    #: Where films are kept: a folder, or ``s3://bucket/prefix``; with everything else if not given.
    shelf: str = ""
    film_days: int = Field(default=400, ge=1)
    #: Who reads films aloud, see `engage.studio.narration.engine`; nobody if not given.
    narration: str = ""

    @field_validator("trusted_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """``a.example, b.example`` as an operator writes it."""
        if not isinstance(value, str):
            return value
        return [name for part in value.split(",") if (name := part.strip(" []\"'"))]

    @property
    def production(self) -> bool:
        return self.env == "production"

    @cached_property
    def home_dir(self) -> Path:
        """``home``, absolute and existing, readable by its owner alone.

        :raises ConfigurationError: others can read it, and it is not ours to close.
        """
        path = self.home.expanduser().resolve()
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        _close_to_others(path, strict=self.production)
        return path

    @property
    def database_url(self) -> str:
        """SQLAlchemy address: ``DATABASE_URL`` (its driver completed) or SQLite in the home."""
        if not self.database:
            return f"sqlite:///{self.home_dir / 'engage.db'}"
        scheme, _, rest = self.database.partition("://")
        if scheme in ("postgres", "postgresql"):
            return f"postgresql+psycopg://{rest}"
        return self.database

    @property
    def redis_url(self) -> str:
        """``REDIS_URL``, or the socket of the embedded Valkey of this home."""
        return self.redis or f"unix://{valkey_socket(self.home_dir)}"

    @property
    def address(self) -> str:
        """Where people reach this house: ``public_url``, in production else the first of ``trusted_hosts``
        (no other name is answered to), or the port on this machine."""
        if self.public_url:
            return self.public_url.rstrip("/")
        if self.production and self.trusted_hosts:
            return f"https://{self.trusted_hosts[0].lstrip('.')}"
        host = self.host if self.host not in ("0.0.0.0", "::", "") else "localhost"  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def hosts(self) -> list[str]:
        """The names this house answers to; empty means any.

        In production ``trusted_hosts``, else the name in ``public_url``, else those of this machine
        alone, and never any: links to set a password and redirects would lead wherever a forged Host
        header says.

        :raises ConfigurationError: ``public_url`` has no host.
        """
        if self.trusted_hosts or not self.production:
            return self.trusted_hosts
        if not self.public_url:
            return list(_THIS_MACHINE)
        return [_host_of(self.public_url)]

    @property
    def media_dir(self) -> Path:
        path = self.home_dir / "media"
        path.mkdir(exist_ok=True, mode=0o700)
        return path

    @cached_property
    def secret_key(self) -> str:
        """The key that signs sessions and links. Production must set it; elsewhere one is kept."""
        if self.secret:
            if self.production and len(self.secret) < 32:
                raise ConfigurationError("ENGAGE_SECRET_KEY is shorter than 32 characters")
            return self.secret
        if self.production:
            raise ConfigurationError(
                "ENGAGE_SECRET_KEY is not set: production signs nothing with a default. Set it to "
                "the output of: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        return _kept_secret(self.home_dir / "secret-key")


def settings() -> Settings:
    """Those of the application at work."""
    found: Settings = current_app.extensions["engage.settings"]
    return found


def _host_of(address: str) -> str:
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    if not host:
        raise ConfigurationError(
            f"ENGAGE_PUBLIC_URL={address} names no host: write https://rewards.example.com"
        )
    return f"[{host}]" if ":" in host else host


_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")

#: What makes an existing directory a home.
_OURS = ("engage.db", "secret-key", "media", "valkey", "uploads", "up.lock", "video_templates")


def _close_to_others(home: Path, *, strict: bool) -> None:
    """Take from others what they may do in ``home``.

    A directory that is somebody else's, or holds other things, is left as it is: the files made in
    it are closed by the umask. With ``strict`` (production) it is refused.
    """
    found = home.stat()
    if not found.st_mode & 0o077:
        return
    mine = found.st_uid == os.geteuid()
    if mine and (any((home / name).exists() for name in _OURS) or not any(home.iterdir())):
        home.chmod(0o700)
        return
    if not strict:
        return
    why = "holds other things" if mine else "belongs to somebody else"
    raise ConfigurationError(
        f"ENGAGE_HOME: {home} is open to others (mode {found.st_mode & 0o7777:o}) and {why}: "
        f"name a directory that engage has for itself, or close this one (chmod 700)"
    )


def valkey_socket(home: Path) -> Path:
    """Where the embedded Valkey of ``home`` (absolute) listens.

    In the home itself, unless its path is too long for a socket (104 bytes on macOS).
    """
    inside = home / "valkey" / "v.sock"
    if len(os.fsencode(inside)) <= 90:
        return inside
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(f"/tmp/engage-{os.getuid()}-{name}") / "v.sock"  # noqa: S108


def _kept_secret(path: Path) -> str:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret

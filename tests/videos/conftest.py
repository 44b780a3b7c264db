"""A template of a few pictures, and films ordered from it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engage import periods
from engage.config import Settings
from engage.db import db, transaction
from engage.programmes.models import Programme
from engage.videos import catalogue, service
from engage.videos.models import Video
from engage.videos.service import Placed

from ..conftest import NOW, Cast

TEMPLATES = Path(__file__).parent / "templates"
Order = Callable[..., Placed]


@pytest.fixture
def tiny(settings: Settings) -> Path:
    """The tiny template, in the home of this test; its folder."""
    target = settings.home_dir / "video_templates" / "tiny"
    shutil.copytree(TEMPLATES / "tiny", target)
    return target


@pytest.fixture
def order(cast: Cast, tiny: Path) -> Order:
    """Order films of the tiny template and commit: ``order(alice.partner.id, …)``."""

    def place(*partner_ids: int, period: str = "2013-Q2", template: str = "tiny") -> Placed:
        programme_id = cast.programme.id
        film = catalogue.load(template)
        placed = transaction(
            lambda: service.order(
                db.session.get_one(Programme, programme_id),
                film,
                partner_ids,
                period=periods.parse(period),
                reason="test",
                ordered_by=None,
                address="https://house.example",
                now=NOW,
            )
        )
        db.session.expire_all()
        return placed

    return place


def films() -> list[Video]:
    db.session.rollback()
    return db.session.query(Video).order_by(Video.id).all()


def film() -> Video:
    """The only film there is."""
    (found,) = films()
    return found

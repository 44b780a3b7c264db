"""How often a client may call."""

import pytest
from flask import Flask
from limits import RateLimitItem, parse

from engage.accounts import keys
from tests.browsing import browser
from tests.conftest import NOW, Cast

from .conftest import caller


def test_a_key_has_one_allowance_however_the_client_writes_its_header(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = caller(app, "resellers", "read")
    limits = app.extensions["engage.limits"]
    hit = limits.hit

    def noted(item: RateLimitItem, *key: str, **options: int) -> bool:
        return hit(parse("2 per minute"), *key, **options)

    monkeypatch.setattr(limits, "hit", noted)
    _, token = keys.add(cast.programme, "cli", ["read"], NOW)
    client, codes = browser(app), []
    for kind in ("Bearer ", "bearer ", "BEARER   "):
        headers = {"Authorization": kind + token}
        codes.append(client.get("/api/v1/missions", headers=headers).status_code)
    assert codes == [200, 200, 429]
    assert other("GET", "/missions").status_code == 200

"""Numbers in addresses that no database can hold lead nowhere, and break nothing."""

import pytest

from tests.browsing import browser

TOO_MUCH = ["9" * 5000, str(2**63), "9" * 19]


@pytest.mark.parametrize("number", TOO_MUCH)
@pytest.mark.parametrize("path", ["/console/import/{}", "/console/videos/{}"])
def test_a_row_that_cannot_be_is_not_found(app, cast, path, number):
    assert browser(app, cast.mia.user).get(path.format(number)).status_code == 404


def test_a_line_that_cannot_be_is_not_found(app, cast):
    alice = browser(app, cast.alice.user)
    for number in TOO_MUCH:
        assert alice.get(f"/earnings/{number}").status_code == 404
        assert alice.get(f"/earnings?before={number}", follow_redirects=True).status_code == 404


@pytest.mark.parametrize("number", [*TOO_MUCH, "-1", "0", "x", ""])
def test_a_page_that_cannot_be_is_the_first(app, cast, number):
    mia = browser(app, cast.mia.user)
    assert "Alice Bikes" in mia.get(f"/console/partners/?page={number}").text
    assert mia.get(f"/console/videos/?before={number}").status_code == 200
    assert mia.get("/console/partners/", query_string={"page": 10**9}).status_code == 200

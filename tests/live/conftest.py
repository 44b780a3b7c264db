from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import executable
from tests.live.pages import Pages
from tests.waiting import until


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = executable()
    with sync_playwright() as playwright:
        arguments = ["--disable-gpu", "--disable-background-networking", "--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def pages(redis_url: str) -> Iterator[Pages]:
    pages = Pages(redis_url)
    until(lambda: pages.is_listening, what="the hub hears the bus")
    yield pages
    pages.close()

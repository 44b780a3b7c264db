"""What a reader finds on a page."""

from bs4 import BeautifulSoup, Tag

from tests.browsing import Browser


def page(client: Browser, address: str = "/") -> Tag:
    """The page at an address, which must be there."""
    response = client.get(address)
    assert response.status_code == 200, address
    return BeautifulSoup(response.text, "html.parser")


def text(tag: Tag | None) -> str:
    """What a part of a page says, in one line; the part must be there."""
    assert tag
    return " ".join(tag.get_text(" ").replace("\N{WORD JOINER}", "").split())

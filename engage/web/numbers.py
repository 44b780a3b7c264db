"""Numbers that come from outside, held to what a database keeps (64 bits, signed)."""

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, ValidationError

MOST = 2**63 - 1
#: So that ``page * size`` stays a number a database can count with, too.
_LAST_PAGE = 10**9


class IdConverter(IntegerConverter):
    """``<id:batch_id>`` in a rule: the number of a row. Any other leads nowhere (404)."""

    # More digits than this are not even read: reading very many is slow, or refused by Python.
    regex = r"[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        found = number(value)
        if found is None:
            raise ValidationError
        return found


def number(text: str | None) -> int | None:
    """The row number (0 and up) that ``text`` says in plain digits; None when it says none."""
    if text is None or len(text) > 19 or not text.isascii() or not text.isdecimal():
        return None
    found = int(text)
    return found if found <= MOST else None


def query_number(name: str) -> int | None:
    """A number in the address's query; None when it is absent or none."""
    return number(request.args.get(name))


def page_before() -> int | None:
    """Where a page of a list begins: before the row ``?before=``; the newest without. 404: it is none."""
    if "before" not in request.args:
        return None
    found = query_number("before")
    return abort(404) if found is None else found


def form_number(name: str) -> int | None:
    """A number in the form that was sent; None when it is absent or none."""
    return number(request.form.get(name))


def page_number() -> int:
    """Which page of a list is asked for by ``?page=``; the first when that is no page."""
    page = query_number("page") or 1
    return page if page <= _LAST_PAGE else 1


def init_app(app: Flask) -> None:
    """Before the blueprints are registered: their rules name the converter."""
    app.url_map.converters["id"] = IdConverter

"""What a request says wrongly, in plain words: the field, what is wrong with it, and the remedy."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engage.api.shapes import Issue

#: By pydantic's kind of mistake; ``{…}`` is what it tells beside it.
_WORDS = {
    "bool_parsing": "is neither true nor false: write one of them",
    "extra_forbidden": "is unknown: leave it out{known}",
    "greater_than_equal": "is too small: write {ge} or more",
    "less_than_equal": "is too large: write {le} or less",
    "list_type": "is no list: write its items between [ and ]",
    "literal_error": "is unknown: write {expected}",
    "missing": "is missing: it must be there",
    "model_type": "is no object: write its fields between {{ and }}{known}",
    "string_too_long": "is longer than {max_length} characters: shorten it",
    "string_too_short": "is empty: write a text",
    "string_type": "is no text: write it between quotes",
    "string_unicode": "holds half of a character: write whole ones",
    "too_long": "has more than {max_length} items: send the others by themselves",
    "too_short": "is empty: send at least one item",
    "value_error": "{error}",
}


def issues(error: ValidationError, shape: type[BaseModel]) -> Iterator[Issue]:
    """What ``shape`` did not find, field by field; ``item`` is the whole of it."""
    for found in error.errors(include_url=False):
        place = ".".join(str(part) for part in found["loc"]) or "item"
        yield Issue(field=place, problem=_problem(found, shape))


def _problem(found: ErrorDetails, shape: type[BaseModel]) -> str:
    told: dict[str, Any] = {**found.get("ctx", {})}
    told["expected"] = str(told.get("expected")).replace("'", "")
    # Of what stands further inside the description knows the fields.
    inside = len(found["loc"]) > (found["type"] == "extra_forbidden")
    told["known"] = "" if inside else f"; known are {', '.join(shape.model_fields)}"
    return _WORDS[found["type"]].format_map(told)

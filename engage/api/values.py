"""Values that go over the wire: how each is read, as a file's cells are, and what is said of those that are none."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints

from engage import definitions
from engage.activity import cells
from engage.money import scaled
from engage.web.numbers import number


def _clean(text: str) -> str:
    """As a file's cells are read: the same id is the same fact whichever way it comes."""
    found = cells.clean(text)
    if not found:
        raise ValueError("is blank: write a text")
    return found


def _exact(value: Any) -> int:
    """Ten-thousandths of a JSON number, or of a text that `engage.money` calls plain."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError('is no number: write digits, such as "1234.56"')
    return scaled(value)


def _day(value: Any) -> date | None:
    """A day is a text: a number would be taken for seconds since 1970."""
    if not isinstance(value, str) or len(value) > 30:
        raise ValueError("is no day: write it like 2013-03-31")
    try:
        return definitions.day({"day": value}, "day")
    except definitions.DefinitionError as error:
        raise ValueError(error.problem) from None


def _whole(value: Any) -> int:
    found = number(value)
    if found is None:
        raise ValueError("is no whole number: write digits, such as 100")
    return found


def if_any(reader: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda text: reader(text) if text else text)


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]*$"}),
    AfterValidator(_clean),
]
#: What is read from a decimal is in ten-thousandths.
Exact = Annotated[int, PlainValidator(_exact, json_schema_input_type=Decimal)]
Day = Annotated[date, BeforeValidator(_day)]
Whole = Annotated[int, BeforeValidator(_whole)]
Kind = Literal[*definitions.FACT_KINDS]  # type: ignore[valid-type]

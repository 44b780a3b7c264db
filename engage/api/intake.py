"""From a request's body to reports: each item read by itself, so that one mistake blocks one item."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from engage.activity.dates import Reading, read_instant
from engage.activity.problems import Unreadable, shown
from engage.activity.rules import Report
from engage.api.said import issues
from engage.api.shapes import MOST_AT_ONCE, Answer, FactIn, Issue, PartnerIn
from engage.partners.service import Profile

Made = TypeVar("Made")
Shape = TypeVar("Shape", bound=BaseModel)


class BadBody(ValueError):
    """The body as a whole cannot be taken; the message says what to send."""


@dataclass
class Intake(Generic[Made]):
    """Items that can be tried, each with its place in the request, and one answer per item."""

    made: list[Made] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def fill(self, words: list[str]) -> None:
        """Write what the flow answered for each of ``made``."""
        for place, word in zip(self.places, words, strict=True):
            self.answers[place].status = word  # type: ignore[assignment]

    def object_to(self, index: int, name: str, problem: str) -> None:
        """The flow refused item ``index`` of ``made``."""
        self.answers[self.places[index]].problems.append(Issue(field=name, problem=problem))

    def keep(self, index: int) -> None:
        """Item ``index`` of ``made`` waits in the queue."""
        self.answers[self.places[index]].held = True

    @property
    def status(self) -> int:
        """200 when everything was taken, 207 when something was, 422 when nothing was."""
        refused = sum(answer.status == "problem" for answer in self.answers)
        if not refused:
            return 200
        return 422 if refused == len(self.answers) else 207


def items(body: bytes) -> list[Any]:
    """The item or items of a JSON body; numbers stay exact.

    :raises BadBody: not JSON, a key twice in one object, an empty list, or more than 1,000 items.
    """
    if not body.strip():
        raise BadBody("the body is empty: send an object, or a list of them")
    try:
        raw = json.loads(
            body,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_no_such_number,
            object_pairs_hook=_each_once,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, character {error.colno}"
        raise BadBody(f"the body is no JSON ({place}): send an object, or a list of them") from None
    except RecursionError:
        raise BadBody("the body is nested too deep: send an object, or a list of them") from None
    except UnicodeDecodeError:
        raise BadBody("the body is no text in UTF-8: send JSON in that encoding") from None
    found = raw if isinstance(raw, list) else [raw]
    if not found:
        raise BadBody("the list is empty: send at least one item")
    if len(found) > MOST_AT_ONCE:
        raise BadBody(f"{len(found)} items at once: send at most {MOST_AT_ONCE}")
    return found


def _no_such_number(name: str) -> None:
    raise BadBody(f"the body is no JSON: {name} is no number, write digits")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; JSON's reader would take the last of two values and tell nobody."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        whose = f" of {shown(found['external_id'])}" if "external_id" in found else ""
        raise BadBody(f"the body says {shown(twice)}{whose} twice: send each field once")
    return found


def reports(body: bytes, timezone: str) -> Intake[Report]:
    """Facts of a body; ``timezone`` is the programme's."""
    zone = ZoneInfo(timezone)
    reading = Reading("", zone, zone)

    def make(fact: FactIn) -> Report:
        occurred_at, day = read_instant(fact.occurred_at, reading)
        return Report(
            fact.external_id,
            fact.partner,
            fact.kind,
            occurred_at,
            day,
            fact.amount,
            fact.currency,
            fact.quantity,
            fact.product,
            fact.category,
            fact.customer,
        )

    return _intake(body, FactIn, make)


def profiles(body: bytes) -> Intake[Profile]:
    """Partners of a body."""

    return _intake(body, PartnerIn, lambda partner: Profile(**partner.model_dump()))


def _intake(body: bytes, shape: type[Shape], make: Callable[[Shape], Made]) -> Intake[Made]:
    intake: Intake[Made] = Intake()
    for place, raw in enumerate(items(body)):
        name = raw.get("external_id") if isinstance(raw, dict) else None
        answer = Answer(
            external_id=name if isinstance(name, str) else None, status="problem", held=False
        )
        intake.answers.append(answer)
        try:
            intake.made.append(make(shape.model_validate(raw)))
            intake.places.append(place)
        except ValidationError as error:
            answer.problems += issues(error, shape)
        except Unreadable as error:
            answer.problems.append(Issue(field="occurred_at", problem=str(error)))
    return intake

"""What every address of ``/api/v1`` has in common: its description, its limits, and how it answers."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response, abort, g, jsonify, make_response, request
from pydantic import ValidationError
from spectree import Response as Documented
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData

from engage.activity.problems import shown
from engage.api import shapes
from engage.api.said import issues
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from engage.web import keyed, throttle

View = TypeVar("View", bound=Callable[..., Any])
Query = TypeVar("Query", bound=shapes.Shape)
One = TypeVar("One")

spec = SpecTree(
    "flask",
    title="engage",
    version="v1",
    description="Facts in; standings, statements and missions out.",
    mode="strict",
    security_schemes=[
        SecurityScheme(name="key", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))
    ],
    security={"key": []},
)
REFUSALS = {"HTTP_401": shapes.Error, "HTTP_403": shapes.Error, "HTTP_429": shapes.Error}


def at_most(said: str) -> Callable[[View], View]:
    """So often ("60 per minute") a key may ask at an address.

    Not by what the header says: a client could say it another way each time.
    """
    return throttle.at_most(said, lambda: f"api:{g.api_key.id}")


limited = at_most("1200 per minute")


def described(**said: Any) -> Callable[[View], View]:
    """What the description says of a view. It reads and answers by itself, so nothing of spectree's is in
    its way."""

    def decorate(view: View) -> View:
        @wraps(spec.validate(skip_validation=True, **said)(view))
        def plain(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        return plain  # type: ignore[return-value]

    return decorate


def tells(
    blueprint: Blueprint,
    address: str,
    answer: type[shapes.Shape],
    tag: str,
    query: type[shapes.Shape] | None = None,
) -> Callable[[View], View]:
    """A view that tells an ``answer`` to keys that may read, and how it is described.

    What its query says can be wrong (400), what its address names can be missing (404).
    """
    refusals = REFUSALS | ({"HTTP_400": shapes.Error} if query else {})
    refusals |= {"HTTP_404": shapes.Error} if "<" in address else {}
    said = described(query=query, resp=Documented(HTTP_200=answer, **refusals), tags=[tag])
    return lambda view: blueprint.get(address)(keyed("read")(limited(said(view))))


def the_programme() -> Programme:
    return programmes.by_id(g.api_key.programme_id)


def the_partner(programme: Programme, external_id: str) -> Partner:
    """A partner of the key's programme; no other programme's exists."""
    found = partners.by_external_id(programme.id, external_id)
    if found is None:
        abort(404, f"there is no partner {shown(external_id)} in programme {programme.slug}")
    return found


def query_of(shape: type[Query]) -> Query:
    try:
        return shape.model_validate(request.args.to_dict())
    except ValidationError as error:
        first = next(issues(error, shape))
        abort(400, f"{first.field} {first.problem}")


def paged(found: Sequence[One], limit: int) -> tuple[Sequence[One], One | None]:
    """A page of what was found (readers give one more than asked), and its last where more follow."""
    page = found[:limit]
    return page, page[-1] if len(found) > limit else None


def answered(shape: shapes.Shape) -> Response:
    return jsonify(shape.model_dump(mode="json"))


def refused(status: int, message: str) -> Response:
    return make_response(jsonify({"error": message}), status)

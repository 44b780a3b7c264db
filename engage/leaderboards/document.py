"""A ranking as other programs ask for it and read it: the command's and the API's one document."""

from datetime import datetime
from typing import Any

from engage import clock, periods
from engage.leaderboards.ranking import SCOPES, Ranking, Scope, as_of, natural_score
from engage.leaderboards.tally import Published
from engage.periods import Period
from engage.programmes.models import Programme


class UnknownScope(ValueError):
    """The text is no scope."""


def period_of(
    programme: Programme, published: Published, name: str | None, now: datetime
) -> Period:
    """The named period, of any kind; without a name the board's running one.

    :raises periods.UnknownPeriod: the text names none.
    """
    if name:
        return periods.parse(name)
    return periods.containing(clock.local_day(now, programme.timezone), published.rule.period)


def scope_of(text: str | None) -> Scope | None:
    """``region=Northwest`` as a scope.

    :raises UnknownScope: another form, or an attribute that is no scope.
    """
    if not text:
        return None
    name, sign, value = text.partition("=")
    if not sign or not value or name not in SCOPES:
        raise UnknownScope(
            f"{text!r} is no scope: write one of {', '.join(SCOPES)}, as region=West"
        )
    return name, value


def document(published: Published, period: Period, found: Ranking) -> dict[str, Any]:
    """The JSON of ``engage standings --json`` and of the API; scores are decimal strings."""
    return {
        "board": published.model.slug,
        "period": period.name,
        "as_of": as_of(published).isoformat(),
        "ranked": found.ranked,
        "rows": [
            {
                "rank": row.rank,
                "partner": row.external_id,
                "name": row.name,
                "score": natural_score(published, row.score),
            }
            for row in found.rows
        ],
    }

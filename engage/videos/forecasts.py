"""What films that are to be ordered will take, by hand or by a trigger: time, disk and what there is of it."""

from collections.abc import Sequence

from engage import config
from engage.videos import films, rules, shelves


def expected(
    template: str, new: int, existing: int = 0, refusals: Sequence[str] = ()
) -> rules.Forecast:
    """What ``new`` films of a template would take, by what the last ones took, after those that wait."""
    settings = config.settings()
    return rules.forecast(
        new,
        existing,
        refusals,
        films.pace(template),
        workers=settings.video_workers,
        waiting=films.unfinished(),
        free=shelves.of(settings).free(),
    )

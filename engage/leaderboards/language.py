"""A board as it is written: the mapping of the programme file (or the form's), read and written back."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from engage import conditions, money
from engage import definitions as read
from engage.incentives.language import baseline_text, parse_baseline
from engage.leaderboards import divisions, moments, windows
from engage.leaderboards.divisions import League
from engage.leaderboards.moments import Span
from engage.leaderboards.rules import (
    COLUMNS,
    COLUMNS_TOLD,
    DIRECTIONS,
    FACT_MEASURES,
    GROWTHS,
    MEMBERS,
    PERCENT,
    SCORES,
    SEERS,
    TIES,
    Board,
)

_OF_FACTS = ("on", "where")
_OF_GROUPS = ("score", "floor", "best")
KEYS = (
    "slug", "name", "measure", *_OF_FACTS, "baseline", "newcomers", "growth", "target",
    "own_targets", *windows.KEYS, "by", *_OF_GROUPS, "audience", "seen_by", "tie", "direction",
    "minimum", "decimals", "columns", "freeze", "final_after", "league",
)  # fmt: skip
_MOST_MEMBERS = 1_000


def parse(raw: Mapping[str, Any], currency: str) -> Board:
    """A board from its mapping in the programme file.

    :raises DefinitionError: naming the key and what to write.
    """
    take = read.Every()
    take(read.known_keys, raw, KEYS)
    measure = take(read.choice, raw, "measure", (*FACT_MEASURES, "points", currency))
    of_facts = measure in FACT_MEASURES
    by = take(read.choice, raw, "by", MEMBERS, "partner")
    score = take(read.choice, raw, "score", SCORES, "sum")
    told_in_percent = raw.get("growth") == PERCENT or "target" in raw or raw.get("own_targets")
    unit = PERCENT if told_in_percent else measure
    _without_meaning(take, raw, measure, by, score)
    size = _sizes(measure)
    baseline = take(parse_baseline, raw, size) if measure else None
    if baseline and not baseline.newcomers and unit == PERCENT:
        take.note("newcomers", "is zero, of which there are no percents: write what counts instead")
    return take.settled(
        Board(
            slug=take(read.slug, raw),
            name=take(read.text, raw, "name"),
            measure=measure,
            on=take(read.choice, raw, "on", read.FACT_KINDS) if of_facts else None,
            windows=take(windows.parse, raw),
            by=by,
            tie=take(read.choice, raw, "tie", TIES, "competition"),
            direction=take(read.choice, raw, "direction", DIRECTIONS, "highest"),
            minimum=take(_above_zero, "minimum", size, raw, unit) if measure else None,
            where=take(conditions.where, raw, "where", conditions.FACT_CONDITIONS)
            if of_facts
            else (),
            baseline=baseline,
            growth=take(read.choice, raw, "growth", GROWTHS, "difference")
            if "baseline" in raw
            else None,
            target=take(_above_zero, "target", size, raw, measure) if measure else None,
            own_targets=take(read.flag, raw, "own_targets"),
            score=score,
            floor=take(read.whole, raw, "floor", 1, _MOST_MEMBERS) if "floor" in raw else 1,
            best=take(read.whole, raw, "best", 1, _MOST_MEMBERS) if score == "best" else 0,
            audience=take(conditions.audience, raw),
            seen_by=take(read.choice, raw, "seen_by", SEERS, "audience"),
            decimals=take(_decimals, raw, unit),
            columns=take(_columns, raw),
            freeze=take(moments.span, raw, "freeze") if "freeze" in raw else None,
            final_after=take(_final_after, raw),
            league=take(_league, raw) if "league" in raw else None,
        )
    )


def _sizes(measure: str) -> Callable[..., int]:
    """Reads a size in what is measured, or in what it is told."""

    def size(table: Mapping[str, Any], key: str, of: str = measure) -> int:
        whole = of in (*FACT_MEASURES, PERCENT)
        return read.scaled(table, key) if whole else read.minor(table, key, of)

    return size


def _league(raw: Mapping[str, Any]) -> League:
    if not isinstance(raw["league"], Mapping):
        raise read.DefinitionError("league", "write league = { size = 10, moves = 2 }")
    try:
        return divisions.parse(raw["league"])
    except read.DefinitionError as error:
        raise error.under("league") from None


def _final_after(raw: Mapping[str, Any]) -> Span | None:
    if "final_after" not in raw:
        return moments.FINAL_AFTER
    return None if raw["final_after"] == "never" else moments.span(raw, "final_after")


def _digits(unit: str | None) -> int:
    return money.minor_digits(unit) if unit and unit not in (*FACT_MEASURES, PERCENT) else 4


def _without_meaning(
    take: read.Every, raw: Mapping[str, Any], measure: str, by: str, score: str
) -> None:
    """Keys that say nothing beside the others are a mistake somebody should hear of."""
    said = {
        f"with measure {measure!r}": _OF_FACTS if measure and measure not in FACT_MEASURES else (),
        "where partners are ranked": _OF_GROUPS if by == "partner" else (),
        f"with score {score!r}": [
            key for key, needs in (("floor", "average"), ("best", "best")) if score != needs
        ]
        if by != "partner"
        else (),
        "without a baseline": ("growth",) if "baseline" not in raw else (),
        "beside a baseline": ("target", "own_targets") if "baseline" in raw else (),
        "without an audience": ("seen_by",) if not raw.get("audience") else (),
        "where the window moves on": (
            ("freeze", "final_after") if raw.get("period") == windows.ROLLING else ()
        ),
        "where no period follows another": (
            ("league",) if raw.get("period") in ("all", windows.ROLLING, windows.MISSION) else ()
        ),
        f"where a {by} is ranked": ("columns", "league") if by and by != "partner" else (),
    }
    for why, keys in said.items():
        for key in keys:
            if key in raw:
                take.note(key, f"has no meaning {why}; remove it")


def _above_zero(key: str, size: Any, raw: Mapping[str, Any], unit: str) -> int | None:
    if key not in raw:
        return None
    value: int = size(raw, key, unit)
    if value <= 0:
        raise read.DefinitionError(key, "is not above zero: write one, or leave it out")
    return value


def _decimals(raw: Mapping[str, Any], unit: str | None) -> int | None:
    if "decimals" not in raw:
        return None
    digits = 2 if unit == "amount" else _digits(unit)
    found = read.whole(raw, "decimals", 0, digits)
    if 0 < found < digits and unit not in (*FACT_MEASURES[1:], PERCENT):
        raise read.DefinitionError("decimals", f"money has none or {digits}: write 0 or {digits}")
    return found


def _columns(raw: Mapping[str, Any]) -> tuple[str, ...]:
    value = raw.get("columns", list(COLUMNS_TOLD))
    if not isinstance(value, list) or not all(column in COLUMNS for column in value):
        known = ", ".join(COLUMNS)
        raise read.DefinitionError("columns", f"write a list of some of {known}, or [] for none")
    return tuple(dict.fromkeys(value))


def to_json(board: Board) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal board."""

    def size(value: int, unit: str = board.measure) -> str:
        digits = _digits(unit)
        return money.plain(value) if digits == 4 else money.natural(value, digits)

    final_after = str(board.final_after) if board.final_after else "never"
    return read.written(
        slug=board.slug,
        name=board.name,
        measure=board.measure,
        on=board.on,
        where=conditions.where_json(board.where),
        baseline=board.baseline and baseline_text(board.baseline),
        newcomers=board.baseline and size(board.baseline.newcomers),
        growth=board.growth,
        target=board.target and size(board.target),
        own_targets=board.own_targets or None,
        **windows.to_json(board.windows),
        by=board.by,
        tie=board.tie,
        score=board.score if board.score != "sum" else None,
        floor=board.floor if board.score == "average" else None,
        best=board.best if board.score == "best" else None,
        audience=conditions.where_json(board.audience),
        seen_by=board.seen_by if board.audience else None,
        direction=board.direction if board.direction != "highest" else None,
        minimum=board.minimum and size(board.minimum, board.unit),
        decimals=board.decimals,
        columns=list(board.columns) if board.columns != COLUMNS_TOLD else None,
        freeze=board.freeze and str(board.freeze),
        final_after=final_after if board.final_after != moments.FINAL_AFTER else None,
        league=board.league and asdict(board.league),
    )

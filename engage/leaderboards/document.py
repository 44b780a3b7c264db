"""A ranking as other programs ask for it and read it: the command's and the API's one document."""

import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from engage import clock, sheets
from engage.activity.problems import shown
from engage.leaderboards import late, pictures, service
from engage.leaderboards.moments import Stage
from engage.leaderboards.narrowing import narrowed
from engage.leaderboards.published import Published
from engage.leaderboards.ranking import Ranking, Scope, as_of, last_alone, natural_score
from engage.leaderboards.view import member_of
from engage.partners.models import Partner
from engage.periods import Period, UnknownPeriod
from engage.programmes.models import Programme


class UnknownBoard(ValueError):
    """The programme has no board of that name; the message lists those it has."""


def board_of(programme: Programme, slug: str) -> Published:
    """The programme's board of that name, for readers who may look at all of them.

    :raises UnknownBoard: there is none.
    """
    published = service.board(programme, slug)
    if published is None:
        known = ", ".join(board.model.slug for board in service.boards(programme)) or "none"
        raise UnknownBoard(f"there is no board {shown(slug)}; there are: {known}")
    return published


def period_of(
    programme: Programme, published: Published, name: str | None, now: datetime
) -> Period:
    """The named period, of any kind; without a name, or as ``current``, the board's running one.

    :raises UnknownPeriod: the text names none.
    """
    if name == "":
        raise UnknownPeriod(
            "the period is empty: write one, as 2013-Q1 or current, or leave it out"
        )
    today = clock.local_day(now, programme.timezone)
    return published.rule.windows.called(name or "", today)


def scope_of(
    programme: Programme, published: Published, period: Period, text: str | None
) -> Scope | None:
    """``region=Northwest`` as a scope of the board in that period.

    :raises NoSuchView: it has none of that name.
    """
    if text is None:
        return None
    return narrowed(programme, published, period, text)


def _headings(published: Published) -> tuple[str, ...]:
    return ("rank", "partner", "name", *published.rule.columns, "score", "stage")


def _ranks(published: Published, found: Ranking, viewer: Partner | None) -> list[int | None]:
    """The rank of every row; None of the last one (`last_alone`), where another partner reads it."""
    last = last_alone(found, published.rule.tie) if viewer else None
    if viewer and last == member_of(published, viewer):
        last = None
    return [None if row.member_id == last else row.rank for row in found.rows]


def _told(
    published: Published, found: Ranking, viewer: Partner | None
) -> Iterator[tuple[int | None, list[str], str]]:
    for rank, row in zip(_ranks(published, found, viewer), found.rows, strict=True):
        who = [row.external_id or "", row.name, *(told or "" for _, told in row.columns)]
        yield rank, who, natural_score(published, row.score)


def to_csv(
    published: Published, found: Ranking, stage: Stage, viewer: Partner | None = None
) -> bytes:
    """The ranking as CSV; each line says whether it is final."""
    told = _told(published, found, viewer)
    rows = ((rank, *who, Decimal(score), stage.name) for rank, who, score in told)
    return sheets.to_csv(_headings(published), rows).encode()


def to_xlsx(
    published: Published, found: Ranking, stage: Stage, viewer: Partner | None = None
) -> bytes:
    """The same as a workbook; what begins like a formula is text."""
    # A third of a second to load, at every start, for what few ask for.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet(published.model.slug[:31])
    sheet.append(_headings(published))
    for rank, who, score in _told(published, found, viewer):
        cells = [WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)) for text in who]
        for cell in cells:
            cell.data_type = "s"
        sheet.append((rank, *cells, Decimal(score), stage.name))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def document(
    programme: Programme,
    published: Published,
    period: Period,
    found: Ranking,
    now: datetime,
    viewer: Partner | None = None,
) -> dict[str, Any]:
    """The JSON of ``engage standings --json`` and of the API; scores are decimal strings.

    A ``viewer`` is a partner who reads it: the ids of others, and who is last, are a manager's.
    """
    stage = pictures.stage(programme, published, period, now)
    seen = pictures.as_seen(programme, published, period)
    is_final = stage.name == "final"
    return {
        "board": published.model.slug,
        "period": period.name,
        "unit": published.rule.unit,
        "stage": stage.name,
        "stage_at": stage.at.isoformat() if stage.at else None,
        "as_of": as_of(seen).isoformat(),
        "ranked": found.ranked,
        "rows": [
            {
                "rank": rank,
                "partner": row.external_id,
                "name": row.name,
                "score": natural_score(seen, row.score),
            }
            for rank, row in zip(_ranks(published, found, viewer), found.rows, strict=True)
        ],
        "after_close": late.raw(programme, seen, period, viewer) if is_final else None,
    }

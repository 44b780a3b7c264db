"""A chain of hashes over the ledger: one link per posting, so that whoever changes a line is found.

A link holds the hash of its lines and of the link before it. It is written in the transaction of its
lines, which moves the programme's accounts in any case, so it makes nobody wait longer. ``marks`` has
four bytes of every line: they prove nothing, but they tell which line of a link was touched.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, or_, select

from engage.db import db
from engage.ledger.models import Link, Transfer
from engage.prepared import Prepared, Question
from engage.rows import insert_rows

#: What is sealed of a line, in this order for good: the links that stand depend on it.
COLUMNS = (
    "id",
    "programme_id",
    "partner_id",
    "debit_id",
    "credit_id",
    "unit",
    "amount",
    "kind",
    "fact_id",
    "rule_version_id",
    "stage_id",
    "payout_id",
    "redemption_id",
    "dispute_id",
    "reason",
    "period",
    "total_before",
    "total_after",
    "key",
    "occurred_at",
    "posted_at",
    "day",
    "terms",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_links: Any = Link.__table__.c
_LAST = Prepared(
    select(_links.number, _links.hash)
    .where(_links.programme_id == bindparam("programme_id"))
    .order_by(_links.number.desc())
    .limit(1)
)


def newest(programme_id: int) -> Question:
    """The last link of a programme, if there is any, for `add`."""
    return _LAST, {"programme_id": programme_id}


#: What the first link of a programme follows.
BEGINNING = "0" * 64


class Seal(NamedTuple):
    """The hash over some lines in the order of their ids, how many they are, and their marks."""

    lines: str
    size: int
    marks: bytes


def seal(lines: Iterable[Sequence[Any]]) -> Seal:
    """The seal of lines given as their values of ``COLUMNS``, sorted by id.

    A line's canonical form is ``ascii()`` of its values, instants as microseconds since 1970 in UTC
    and the day as its ordinal; terms by their names, and nothing where there are none.
    """
    whole = hashlib.sha256()
    marks = []
    instant = cache(lambda at: (at - _EPOCH) // _MICROSECOND)
    for *plain, occurred_at, posted_at, day, terms in lines:
        said = tuple(sorted(terms.items())) if terms else ()
        canonical = ascii(
            (*plain, instant(occurred_at), instant(posted_at), day.toordinal(), *said)
        ).encode()
        whole.update(canonical)
        marks.append(zlib.crc32(canonical))
    return Seal(whole.hexdigest(), len(marks), struct.pack(f">{len(marks)}I", *marks))


def link_hash(previous: str, programme_id: int, number: int, sealed: Seal) -> str:
    """What a link says of itself and of everything before it."""
    said = ascii((previous, programme_id, number, *sealed))
    return hashlib.sha256(said.encode()).hexdigest()


def add(
    link_id: int,
    programme_id: int,
    rows: Sequence[tuple[Any, ...]],
    now: datetime,
    last: Any = None,
) -> None:
    """Write the link of transfers that are about to go in, as values of ``COLUMNS``, behind the
    ``last`` one, if there is any."""
    number, previous = (last.number + 1, last.hash) if last else (1, BEGINNING)
    sealed = seal(rows)
    row = {
        "id": link_id,
        "programme_id": programme_id,
        "number": number,
        "previous": previous,
        "size": sealed.size,
        "marks": sealed.marks,
        "hash": link_hash(previous, programme_id, number, sealed),
        "posted_at": now,
    }
    insert_rows(Link.__table__, [row])


class Verdict(NamedTuple):
    """What was checked; ``head`` is the last link's hash, worth keeping where the database is not.

    ``problem`` says in a sentence what is wrong first, and ``transfer`` which line it is.
    """

    ok: bool
    transfers: int
    links: int
    head: str
    problem: str | None
    transfer: int | None


class Broken(Exception):
    """The first thing that is wrong, and the line if there is one to name."""

    def __init__(self, problem: str, transfer: int | None = None) -> None:
        super().__init__(problem)
        self.transfer = transfer


def count(programme_id: int) -> int:
    """How many lines there are to verify."""
    here = Transfer.programme_id == programme_id
    return db.session.scalar(select(func.count()).select_from(Transfer).where(here)) or 0


def verify(programme_id: int, progress: Callable[[int], None], known: str | None = None) -> Verdict:
    """Check every line and link of a programme; ``known`` is a head that must be in the chain."""
    links = checked = 0
    head, passed = BEGINNING, known in (None, BEGINNING)
    try:
        batches = _batches(programme_id)
        batch = next(batches, None)
        for link in db.session.execute(
            select(Link.__table__).where(Link.programme_id == programme_id).order_by(Link.number)
        ):
            lines: list[tuple[Any, ...]] = []
            if batch and batch[0] == link.number:
                lines, batch = batch[1], next(batches, None)
            _check(link, links + 1, head, lines)
            links, checked, head = link.number, checked + len(lines), link.hash
            passed = passed or head == known
            progress(checked)
        _no_strays(programme_id)
        if not passed:
            raise Broken(f"the chain does not hold the link {known} any more")
    except Broken as broken:
        return Verdict(False, checked, links, head, str(broken), broken.transfer)
    return Verdict(True, checked, links, head, None, None)


def _batches(programme_id: int) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    """The lines of each link that has any, by its number."""
    columns = (getattr(Transfer, name) for name in COLUMNS)
    rows = db.session.execute(
        select(Link.number, *columns)
        .join(Link, Link.id == Transfer.link_id)
        .where(Link.programme_id == programme_id)
        .order_by(Link.number, Transfer.id)
        .execution_options(yield_per=5_000)
    )
    for number, lines in groupby(rows, key=itemgetter(0)):
        yield number, [tuple(line[1:]) for line in lines]


def _check(link: Any, number: int, previous: str, lines: list[tuple[Any, ...]]) -> None:
    found = seal(lines)
    if link.number != number or link.previous != previous:
        raise Broken(f"link {number} was taken out of the chain: the next one follows another")
    if link.marks != found.marks:
        raise _touched(link, found.marks, lines)
    if link.hash != link_hash(previous, link.programme_id, number, found):
        raise Broken(f"link {number} does not hold for its {len(lines)} lines")


def _touched(link: Any, marks: bytes, lines: list[tuple[Any, ...]]) -> Broken:
    """Which line of a link is not what was sealed."""
    sealed = struct.unpack(f">{len(link.marks) // 4}I", link.marks)
    stand = struct.unpack(f">{len(marks) // 4}I", marks)
    at = next(
        (i for i, pair in enumerate(zip(sealed, stand, strict=False)) if pair[0] != pair[1]),
        min(len(sealed), len(stand)),
    )
    if len(stand) > len(sealed):
        return Broken(f"transfer {lines[at][0]} was put in after the posting", lines[at][0])
    if len(stand) == len(sealed):
        return Broken(f"transfer {lines[at][0]} was changed after the posting", lines[at][0])
    before = f"after transfer {lines[at - 1][0]}" if at else "at its beginning"
    gone = lines[at - 1][0] + 1 if at else None
    return Broken(f"link {link.number} lacks a transfer {before}: it was deleted", gone)


def _no_strays(programme_id: int) -> None:
    stray = db.session.scalar(
        select(Transfer.id)
        .outerjoin(Link, Link.id == Transfer.link_id)
        .where(
            Transfer.programme_id == programme_id,
            or_(Link.id.is_(None), Link.programme_id != programme_id),
        )
        .order_by(Transfer.id)
        .limit(1)
    )
    if stray is not None:
        raise Broken(f"transfer {stray} belongs to no link of this programme", stray)

"""What becomes of a film: its name, its tries, and what a batch of them will take."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

#: A film that ends its worker this often is poison: it is not tried again by itself.
ATTEMPTS = 3
#: A render that has not been heard of for so long is taken for dead.
SILENCE = timedelta(seconds=30)
#: How long one try may take (a film of half a minute takes a few seconds).
TIME_LIMIT = timedelta(minutes=5)
#: A film that waits so long while the queue is empty has been forgotten by the queue.
FORGOTTEN = timedelta(seconds=10)
#: Moments whose films tell of a period.
PERIODIC = ("status", "recap")

UNFINISHED = ("queued", "rendering")
#: How films end that nobody can watch; what asks for the same film again has them made after all.
WITHOUT_A_FILE = ("failed", "cancelled", "withdrawn")
#: Bytes of a disk that films leave to everything else: the database grows, too.
LEFT_FREE = 256 << 20


def key(
    partner: str,
    template_digest: str,
    snapshot: Mapping[str, Any],
    locale: str,
    form: str,
) -> str:
    """What a film is known by: the same for the same partner, template with its colours, facts,
    language and format."""
    words = json.dumps(snapshot, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    parts = (partner, template_digest, words, locale, form)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


#: Rankings of what is the partner's own.
_OWN = {"top_products"}


def for_outsiders(snapshot: Mapping[str, Any], somebody: str) -> dict[str, Any]:
    """What a film may tell people from outside: of others neither name nor amount.

    They stand as ``somebody`` in its rankings of partners; what is missing to the next one would tell theirs.
    """
    told = {name: None if name == "gap_up" else value for name, value in snapshot.items()}
    for name, value in told.items():
        if name not in _OWN and isinstance(value, Mapping) and value.get("shape") == "ranking":
            rows = [
                row if row.get("me") else row | {"name": somebody, "score": ""}
                for row in value["rows"]
            ]
            told[name] = {**value, "rows": rows}
    return told


def needs_period(moment: str) -> bool:
    return moment in PERIODIC


def urgent(reason: str, films: int) -> bool:
    """Whether a batch goes before others: somebody waits for it, or something just happened."""
    return films == 1 or reason != "manager"


def after_a_failed_try(attempts: int, *, lasting: bool) -> str:
    """Where a film goes whose render failed; ``lasting``: another try would fail like this one."""
    return "failed" if lasting or attempts >= ATTEMPTS else "queued"


class Known(NamedTuple):
    """A partner as previews look at them: what they sold in a period and in the one before."""

    partner_id: int
    joined: date | None
    sold: int
    before: int


#: Who fell to less than this percentage of the period before dipped.
DIPPED = 80


def contrasting(partners: Iterable[Known]) -> dict[str, int]:
    """Three partners whose films differ most, by why: the ``champion`` sold most, the ``dipped`` fell
    furthest of what they sold before, the ``newcomer`` joined last, if they can with a sale. Nobody is
    two of them, and who is not there is left out; equals are told apart by their id."""
    left = sorted(partners)
    found: dict[str, int] = {}

    def take(why: str, wanted: Iterable[tuple[Any, int]]) -> None:
        best = max(wanted, key=lambda pair: (pair[0], -pair[1]), default=None)
        if best is not None:
            found[why] = best[1]
            left[:] = [one for one in left if one.partner_id != best[1]]

    take("champion", ((one.sold, one.partner_id) for one in left if one.sold > 0))
    fallen = [one for one in left if one.before > 0 and one.sold * 100 < one.before * DIPPED]
    take("dipped", ((one.before - max(one.sold, 0), one.partner_id) for one in fallen))
    take("newcomer", (((one.sold > 0, one.joined), one.partner_id) for one in left if one.joined))
    return {why: found[why] for why in ("newcomer", "champion", "dipped") if why in found}


class Count(NamedTuple):
    """The films of a batch by state; ``refused`` partners lack what the film would tell, ``ahead`` are
    those whose film is still to be ordered."""

    queued: int = 0
    rendering: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    refused: int = 0
    withdrawn: int = 0
    ahead: int = 0

    @property
    def total(self) -> int:
        return sum(self)

    @property
    def unfinished(self) -> bool:
        return bool(self.queued or self.rendering or self.withdrawn or self.ahead)


class Forecast(NamedTuple):
    """What an order would bring.

    ``minutes`` and ``size`` (bytes) are None while nothing is known; ``room`` is how many bytes there
    are for it beside the films that wait already, None where no disk of this machine is meant.
    """

    partners: int
    new: int
    existing: int
    refusals: tuple[tuple[str, int], ...]
    minutes: float | None
    size: int | None
    room: int | None = None

    @property
    def took(self) -> timedelta:
        return timedelta(minutes=self.minutes or 0)

    @property
    def fits(self) -> bool:
        return self.room is None or (self.room > 0 and (self.size or 0) <= self.room)

    @property
    def fitting(self) -> int:
        """How many of the new films there is room for."""
        if self.fits:
            return self.new
        return max(0, self.room or 0) * self.new // self.size if self.size else 0

    @property
    def refused(self) -> int:
        return sum(count for _, count in self.refusals)


class Pace(NamedTuple):
    """What the last films took: seconds of rendering and bytes, each the mean."""

    seconds: float
    size: float


def forecast(
    new: int,
    existing: int,
    refusals: Sequence[str],
    pace: Pace | None,
    *,
    workers: int,
    waiting: int,
    free: int | None = None,
) -> Forecast:
    """Count refusals by reason and estimate; films that wait already go first.

    ``free`` is what the disk that films are kept on has left, in bytes.
    """
    reasons: dict[str, int] = {}
    for reason in refusals:
        reasons[reason] = reasons.get(reason, 0) + 1
    minutes = size = None
    if pace is not None:
        minutes = (new + waiting if new else 0) * pace.seconds / max(1, workers) / 60
        size = round(new * pace.size)
    room = None if free is None else free - LEFT_FREE - round(waiting * (pace.size if pace else 0))
    most_first = tuple(sorted(reasons.items(), key=lambda pair: -pair[1]))
    partners = new + existing + len(refusals)
    return Forecast(partners, new, existing, most_first, minutes, size, room)


# --- watching ---------------------------------------------------------------------------------

TENTHS = 10
#: All tenths of a film, as bits.
WHOLE = (1 << TENTHS) - 1
#: What somebody does so long after a film is told as done after it.
AFTERWARDS = timedelta(days=7)


def tenths(said: str) -> int | None:
    """The bits of the tenths that a player says were played; None where it says nonsense."""
    number = int(said) if said.isascii() and said.isdecimal() and len(said) <= 4 else 0
    return number if 0 < number <= WHOLE else None


class Watched(NamedTuple):
    """Which tenths of a film were played (bits, 0: never begun), and what its partner did after it."""

    tenths: int
    did: frozenset[str]


class Watching(NamedTuple):
    """How films, of a template or a moment, were watched.

    ``seen`` counts who played each tenth, ``did`` and ``did_unwatched`` who did what afterwards of
    those who began the film and of those who never did.
    """

    films: int
    begun: int
    whole: int
    seen: tuple[int, ...]
    did: Mapping[str, int]
    did_unwatched: Mapping[str, int]

    @property
    def unwatched(self) -> int:
        return self.films - self.begun


def watched(films: Sequence[Watched]) -> Watching:
    """Count the films of one template."""
    begun = [film for film in films if film.tenths]
    return Watching(
        len(films),
        len(begun),
        sum(film.tenths == WHOLE for film in begun),
        tuple(sum(film.tenths >> n & 1 for film in begun) for n in range(TENTHS)),
        Counter(what for film in begun for what in film.did),
        Counter(what for film in films if not film.tenths for what in film.did),
    )


def together(parts: Iterable[Watching]) -> Watching:
    """The films of several templates as if they were of one."""
    all_of = list(parts)
    return Watching(
        sum(of.films for of in all_of),
        sum(of.begun for of in all_of),
        sum(of.whole for of in all_of),
        tuple(sum(of.seen[n] for of in all_of) for n in range(TENTHS)),
        sum((Counter(of.did) for of in all_of), Counter()),
        sum((Counter(of.did_unwatched) for of in all_of), Counter()),
    )

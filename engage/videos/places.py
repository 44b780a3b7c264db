"""Where a partner stands among others, in a film's values: only what the board itself shows."""

from engage.formats import ordinal
from engage.leaderboards import ranking as ranks
from engage.studio.typeface import drawable_words, printable
from engage.studio.values import Number, Ranking, Row
from engage.videos import highlights
from engage.videos.naming import Named
from engage.videos.snapshot import Told

NEIGHBOURS = 5
#: A share of the board or of its newcomers is told where so many are ranked, up to so many percent.
OF_ALL, OF_NEWCOMERS = (20, 10), (10, 25)


def among(told: Told) -> tuple[ranks.Row, int] | None:
    """The partner's row, and among how many it is; None where a film does not tell it.

    Who is alone on a board has no place to be told of, who is below the middle is not shown how far
    unless they climbed, and nothing is no place. Who is off the board stands among those on it."""
    row = told.row
    ranked = told.teller.standings.ranking.among(row) if row else 0
    if row is None or ranked < 2 or not _counts(told, row):
        return None
    climbed = places_up(told) is not None
    told_of = highlights.is_worth_telling(row.rank, ranked, climbed=climbed)
    return (row, ranked) if told_of else None


def _counts(told: Told, row: ranks.Row) -> bool:
    """Whether a score is one to be seen with: not nothing and not less, where more is better."""
    board = told.teller.standings.board
    return row.score > 0 or (board is not None and board.rule.direction == "lowest")


def board_name(told: Told) -> str | None:
    board = told.teller.standings.board
    return board and board.model.name


def rank(told: Told) -> Number | None:
    found = among(told)
    return found and Number(found[0].rank, told.voice.number(found[0].rank))


def place(told: Told) -> Number | None:
    """The rank as an ordinal."""
    found = among(told)
    return found and Number(found[0].rank, ordinal(found[0].rank, told.voice.locale))


def provisional(told: Told) -> Number | None:
    """1 while late results may still move the places of a period that is over."""
    return Number(1, "1") if told.teller.standings.is_provisional else None


def ranked_of(told: Told) -> Number | None:
    found = among(told)
    return found and Number(found[1], told.voice.number(found[1]))


def neighbours(told: Told) -> Ranking | None:
    rows = tuple(
        Row(row.rank, _name(told, row), told.score(row.score), row.member_id == told.partner.id)
        for row in _near(told)
    )
    return Ranking(rows) if rows else None


def named(told: Told) -> tuple[Named, ...]:
    """The others among the neighbours."""
    last = told.teller.standings.period.last
    others = (row for row in _near(told) if row.member_id != told.partner.id)
    return tuple(Named(row.member_id, row.name, last) for row in others)


def _near(told: Told) -> list[ranks.Row]:
    """The lines around the partner's; of whom the board tells no rank, or nothing good, none."""
    row = told.row
    if row is None or not row.listed or among(told) is None:
        return []
    stands = told.teller.standings
    found, board = stands.ranking, stands.board
    at = stands.order[row.member_id]
    start = max(0, min(at - NEIGHBOURS // 2, len(found.rows) - NEIGHBOURS))
    near = found._replace(rows=found.rows[start : start + NEIGHBOURS])
    last = board and ranks.last_alone(near, board.rule.tie)
    told_of = [each for each in near.rows if each.member_id != last and _counts(told, each)]
    return told_of if len(told_of) > 1 else []


def _name(told: Told, row: ranks.Row) -> str:
    """A neighbour as the board shows it; one whose name cannot be drawn here is no empty box."""
    if row.member_id == told.partner.id:
        return told.name
    return printable(row.name, drawable_words(row.name), told.voice.gettext("A partner"))


def places_up(told: Told) -> Number | None:
    """How many places higher than in the period before; None where it is not higher."""
    before = told.teller.standings.ranks_before.get(told.partner.id)
    if before is None or told.row is None or before <= told.row.rank:
        return None
    return Number(before - told.row.rank, told.voice.number(before - told.row.rank))


def place_before(told: Told) -> Number | None:
    """The place of the period before, where it was a lower one."""
    before = told.teller.standings.ranks_before.get(told.partner.id)
    if before is None or places_up(told) is None or among(told) is None:
        return None
    return Number(before, ordinal(before, told.voice.locale))


def gap_up(told: Told) -> Number | None:
    """What is missing to be level with the next one above."""
    above = _above(told)
    if above is None or told.row is None:
        return None
    gap = told.teller.standings.ranking.rows[above].score - told.row.score
    return Number(gap, told.score(gap))


def place_above(told: Told) -> Number | None:
    above = _above(told)
    if above is None:
        return None
    rank = told.teller.standings.ranking.rows[above].rank
    return Number(rank, ordinal(rank, told.voice.locale))


def _above(told: Told) -> int | None:
    """Where in the standings the next higher score is."""
    if told.row is None or not told.row.listed or among(told) is None:
        return None
    stands, mine = told.teller.standings, told.row.score
    rows, at = stands.ranking.rows, stands.order[told.row.member_id]
    return next((k for k in range(at - 1, -1, -1) if rows[k].score > mine), None)


def top_percent(told: Told) -> Number | None:
    row, ranked = among(told) or (None, 0)
    return _percent(told, row and row.rank, ranked, *OF_ALL)


def newcomer_percent(told: Told) -> Number | None:
    """ "Top 8 % of newcomers": of those who joined in the period or shortly before it."""
    newcomers, (least, most) = told.teller.standings.newcomers, OF_NEWCOMERS
    mine, row = told.partner.id, told.row
    seen = row is not None and mine in newcomers and _counts(told, row)
    place = newcomers.index(mine) + 1 if seen else None
    return _percent(told, place, len(newcomers), least, most)


def _percent(told: Told, place: int | None, of: int, least: int, most: int) -> Number | None:
    percent = highlights.top_percent(place, of, least=least, most=most) if place else None
    return told.percent(percent)


def newcomer(told: Told) -> Number | None:
    """Days in the programme, the first one counted, of who joined in the period or shortly before it."""
    joined, teller = told.partner.joined_on, told.teller
    if joined is None or not teller.standings.is_newcomer(joined):
        return None
    days = (teller.last_day - joined).days + 1
    return Number(days, told.voice.number(days)) if days > 0 else None

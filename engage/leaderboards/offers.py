"""What a board of totals does not tell the middle of the field: their division, and growth over themselves."""

from datetime import datetime

from flask import url_for as url

from engage import clock, formats
from engage.leaderboards import leagues, pictures, ranking, sentences, service
from engage.leaderboards.published import Published
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.voice import Voice

#: Whoever stands higher than this has the board of totals.
TOP = 10


def offers(
    programme: Programme, partner: Partner, rank: int | None, now: datetime, voice: Voice
) -> list[dict[str, str]]:
    """Where else a partner stands whose ``rank`` by totals is not among the first ten.

    Its division, and boards that measure it by itself: ``said``, with an address.
    """
    if rank is not None and rank <= TOP:
        return []
    found: list[tuple[str | None, str]] = []
    shown = service.shown_to(programme, partner, now)
    frozen = [board.rule for board in shown if pictures.is_frozen(board)]
    earning = service.earning(programme, now) if frozen else {}
    for board in shown:
        rule, slug = board.rule, board.model.slug
        # Nobody is led to what tells how a frozen board stands, least of all to itself.
        if rule.by != "partner" or any(rule.tells_of(other, earning) for other in frozen):
            continue
        period = rule.windows.running(clock.local_day(now, programme.timezone))
        if rule.league and (draw := leagues.draw_of(board, period)):
            number = leagues.placed(draw, partner.id).division
            name = voice.gettext("Division %(number)s", number=number)
            scope = (leagues.LEAGUE, str(number))
            said = _place(programme, board, period, partner, scope, name, voice)
            found.append((said, url("leaderboards.board", board=slug, scope=leagues.LEAGUE)))
        if rule.baseline is not None or rule.is_attainment:
            said = _place(programme, board, period, partner, None, board.model.name, voice)
            found.append((said, url("leaderboards.board", board=slug)))
    return [{"said": said, "href": href} for said, href in found if said]


def _place(
    programme: Programme,
    board: Published,
    period: Period,
    partner: Partner,
    scope: ranking.Scope | None,
    where: str,
    voice: Voice,
) -> str | None:
    found = ranking.around(programme, board, period, partner.id, scope=scope, reach=0)
    mine = next((row for row in found.rows if row.member_id == partner.id), None)
    if mine is None:
        return None
    return voice.gettext(
        "%(where)s: %(rank)s of %(ranked)s",
        where=where,
        rank=formats.ordinal(mine.rank, voice.locale),
        ranked=sentences.members(board.rule, found.among(mine), voice),
    )

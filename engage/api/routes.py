"""``/api/v1``: the same facts, standings and statements, for other systems.

A key belongs to one programme and sees nothing of any other. Facts that come here and facts of a
file share one namespace of external ids: the CRM may send what a file brought, it stays one fact.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, make_response, request
from spectree import Response as Documented

from engage import flow, membership, periods
from engage.api import intake, service, shapes
from engage.api.intake import BadBody, Intake
from engage.api.protocol import (
    REFUSALS,
    answered,
    described,
    limited,
    paged,
    query_of,
    refused,
    spec,
    tells,
    the_partner,
    the_programme,
)
from engage.conditions import where_json
from engage.db import transaction
from engage.earnings.document import document as statement
from engage.imports.service import SOURCE
from engage.leaderboards import document, ranking
from engage.leaderboards.narrowing import NoSuchView
from engage.ledger.rules import Overdrawn
from engage.missions import rules as mission_rules
from engage.missions import service as missions
from engage.money import natural
from engage.outbox.delivery import deliver
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes import changelog
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web import keyed, public

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
_TAKEN = {f"HTTP_{code}": shapes.Answers for code in (200, 207, 422)}
_WRITES = Documented(
    **_TAKEN, HTTP_400=shapes.Error, HTTP_409=shapes.Error, HTTP_413=shapes.Error, **REFUSALS
)


@blueprint.post("/facts")
@keyed("facts:write")
@limited
@described(json=shapes.FactsIn, resp=_WRITES, tags=["facts"])
def post_facts() -> Response:
    """Take facts in.

    One fact or a list. Each is answered `new`, `unchanged`, `corrected`, or with its problems; a
    problem blocks its own fact alone. With `held` the fact is kept until what it misses arrives.
    """
    came_by = f"API: {g.api_key.name}"
    return _take(
        intake.reports,
        lambda programme, made, now: flow.record(
            programme, made, source=SOURCE, hold=came_by, now=now
        ),
        # Where a budget cannot carry them all: a savepoint for each attempt.
        lambda programme, made, now: flow.accept(
            programme, made, source=SOURCE, came_by=came_by, now=now
        ),
        foreseen=lambda made: flow.foreseen(g.api_key.programme_id, made, SOURCE),
    )


@blueprint.post("/partners")
@keyed("partners:write")
@limited
@described(json=shapes.PartnersIn, resp=_WRITES, tags=["partners"])
def post_partners() -> Response:
    """Take partners in, or bring them up to date."""
    return _take(
        lambda body, _timezone: intake.profiles(body),
        lambda programme, made, now: membership.enrol(programme, made, now=now),
    )


_Carry = Callable[[Programme, list[Any], datetime], flow.Outcome | partners.Admission]


def _take(
    read: Callable[[bytes, str], Intake[Any]],
    carry: _Carry,
    carry_some: _Carry | None = None,
    foreseen: Callable[[list[Any]], AbstractContextManager[Any]] = nullcontext,
) -> Response:
    """Read a body, carry it through the flow in one transaction, and answer per item.

    ``carry_some`` is tried, from the beginning, where ``carry`` would overdraw a budget; what is
    ``foreseen`` of what was read is asked with the first question.
    """
    body, key, now = request.get_data(), request.headers.get("Idempotency-Key"), g.now
    if key is not None and not 0 < len(key) <= 200:
        return refused(400, "Idempotency-Key has 1 to 200 characters")
    digest = service.request_hash(request.path, body)

    def work(carry: _Carry) -> tuple[int, Any]:
        programme_id, timezone = g.api_key.programme_id, g.api_key.timezone
        if key and (before := service.remembered(programme_id, key, digest, now)):
            return before
        found = read(body, timezone)
        with foreseen(found.made):
            programme = the_programme()
            if programme.timezone != timezone:  # which it may be until there are facts
                found = read(body, programme.timezone)
            if found.made:
                outcome = carry(programme, found.made, now)
                found.fill(outcome.answers)
                for problem in getattr(outcome, "problems", ()):
                    found.object_to(problem.position, problem.column, problem.problem)
                for position in getattr(outcome, "held", ()):
                    found.keep(position)
        answer = shapes.Answers(results=found.answers).model_dump(mode="json")
        if key:
            service.remember(programme_id, key, digest, found.status, answer, now)
        return found.status, answer

    try:
        try:
            status, answer = transaction(lambda: work(carry))
        except Overdrawn:
            if carry_some is None:
                raise
            status, answer = transaction(partial(work, carry_some))
    except BadBody as error:
        return refused(400, str(error))
    except service.KeyReused:
        return refused(409, "this Idempotency-Key came before with another request: use a new one")
    deliver()
    return make_response(jsonify(answer), status)


@tells(blueprint, "/partners", shapes.PartnerPage, "partners", shapes.PageQuery)
def get_partners() -> Response:
    """Partners by external id, a page at a time."""
    query = query_of(shapes.PageQuery)
    rows = service.partner_page(g.api_key.programme_id, query.after, query.limit)
    page, last = paged(rows, query.limit)
    following = last.external_id if last else None
    return answered(shapes.PartnerPage(partners=list(map(_partner_out, page)), next=following))


def _partner_out(row: Partner) -> shapes.PartnerOut:
    target = None if row.target is None else natural(row.target, 4)
    return shapes.PartnerOut.from_row(row, target=target)


@tells(blueprint, "/partners/<path:partner>/statement", shapes.Statement, "partners")
def get_statement(partner: str) -> Response:
    """A partner's ledger, each line with its reason."""
    programme = the_programme()
    return jsonify(statement(programme, the_partner(programme, partner)))


@tells(blueprint, "/standings/<board>", shapes.Standings, "standings", shapes.StandingsQuery)
def get_standings(board: str) -> Response:
    """A ranking, from its top."""
    query = query_of(shapes.StandingsQuery)
    programme = the_programme()
    try:
        published = document.board_of(programme, board)
        period = document.period_of(programme, published, query.period, g.now)
        scope = document.scope_of(programme, published, period, query.scope)
    except document.UnknownBoard as error:
        abort(404, str(error))
    except (periods.UnknownPeriod, NoSuchView) as error:
        return refused(400, str(error))
    found = ranking.ranking(programme, published, period, scope=scope, limit=query.top)
    return jsonify(document.document(programme, published, period, found, g.now))


@tells(blueprint, "/missions", shapes.Missions, "missions")
def get_missions() -> Response:
    """Missions that are published, those ending first in front."""
    programme = the_programme()
    who = partners.attributes(programme.id)
    return answered(
        shapes.Missions(
            missions=[
                shapes.MissionOut.from_row(
                    mission.model,
                    audience=where_json(mission.audience),
                    addressed=len(missions.addressed(mission.audience, who, g.now)),
                    stages=[_stage_out(stage) for stage in mission.stages],
                )
                for mission in missions.missions(programme)
            ]
        )
    )


def _stage_out(stage: mission_rules.Stage) -> shapes.StageOut:
    raw = mission_rules.stage_json(stage)
    return shapes.StageOut.from_row(stage, target=raw["target"], reward=raw.get("reward", {}))


@tells(blueprint, "/rules/changes", shapes.RuleChanges, "rules")
def get_rule_changes() -> Response:
    """What changed about rules, tiers, missions and boards, from when and why; newest first."""
    programme = the_programme()
    return answered(
        shapes.RuleChanges(
            changes=[
                shapes.RuleChange.from_row(
                    entry,
                    rule=entry.slug if entry.of == "rule" else None,
                    version=entry.number,
                    change=entry.kind,
                )
                for entry in changelog.entries(programme, Voice(timezone=programme.timezone))
            ]
        )
    )


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """The description of all of this (OpenAPI 3)."""
    return jsonify(spec.spec)

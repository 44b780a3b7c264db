"""Every route × everybody: who may see it does, for everybody else it does not exist.

A new route needs a policy (`@public`, `@signed_in`, `@allow(…)`, `@keyed(…)` of engage.web), and,
if its address names an object, an entry in EXAMPLES that says which object and who may see it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, current_app
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from engage import clock
from engage.accounts import keys, passwords
from engage.db import db
from engage.ledger import service as ledger
from engage.web.access import Policy, policy_of
from tests.browsing import browser
from tests.conftest import Cast
from tests.console import examples as imports
from tests.disputes import examples as questions
from tests.payouts import examples as payouts
from tests.rewards import examples as spending
from tests.screens import examples as walls
from tests.videos import examples

EVERYBODY = ("nobody", "alice", "bob", "charlie", "mia", "otto", "ada")
ROLES = {
    "nobody": set(),
    "alice": {"partner"},
    "bob": {"partner"},
    "charlie": {"partner"},
    "mia": {"manager"},
    "otto": {"manager"},  # of another programme
    "ada": {"manager", "admin"},
}


@dataclass(frozen=True)
class Example:
    """The values of an address's parameters, and who may see the object that they name.

    Choose an object of alice, or of her programme; the policy's roles are checked besides.
    """

    values: Callable[[Cast], dict[str, Any]]
    seen_by: tuple[str, ...]


ALICE_ALONE = ("alice",)
MANAGERS = ("mia", "ada")
ALICE_AND_MANAGERS = ("alice", "mia", "ada")
THE_PROGRAMME = ("alice", "bob", "charlie", "mia", "ada")


def _link(cast: Cast) -> dict[str, Any]:
    secret = current_app.config["SECRET_KEY"]
    return {"token": passwords.password_link(cast.alice.user, secret, clock.now())}


def _ledger_line(cast: Cast) -> dict[str, Any]:
    assert cast.alice.partner
    return {"number": ledger.lines(cast.alice.partner.id)[0].transfer.id}


def _fact(cast: Cast) -> dict[str, Any]:
    assert cast.alice.partner
    lines = ledger.lines(cast.alice.partner.id)
    return {"number": next(line.fact.id for line in lines if line.fact)}


def _screen(cast: Cast) -> dict[str, Any]:
    return {"token": walls.a_screen()[1]}


def _shared(cast: Cast) -> dict[str, Any]:
    page = browser(current_app._get_current_object(), cast.alice.user).get(  # type: ignore[attr-defined]
        "/leaderboards/sales/share?period=2013-Q2"
    )
    return {"token": re.search(r"/shared/([^\"<.]+\.[^\"<]+)</code>", page.text)[1]}  # type: ignore[index]


EXAMPLES: dict[str, Example] = {
    **{
        f"console_drafts.{view}": Example(imports.rule_draft, MANAGERS)
        for view in (
            *("draft", "save", "form", "preview", "drop"),
            *("review", "replay", "replay_state", "publish"),
        )
    },
    **{
        f"console_import.{view}": Example(imports.draft, ("mia",))
        for view in ("file", "state", "check", "take", "again", "mended", "discard", "errors")
    },
    "console_held.retry": Example(imports.held_fact, MANAGERS),
    "console_held.dismiss": Example(imports.held_fact, MANAGERS),
    # Both programmes of the cast have this mission.
    **{
        f"console_missions.{view}": Example(
            lambda cast: {"slug": "spring-sprint"}, ("mia", "otto", "ada")
        )
        for view in ("mission", "edit", "change", "end")
    },
    **{
        f"console_boards.{view}": Example(lambda cast: {"slug": "sales"}, ("mia", "otto", "ada"))
        for view in ("edit", "change", "archive", "first")
    },
    "console_facts.index": Example(lambda cast: {"external_id": "A1"}, MANAGERS),
    "console_facts.statement": Example(lambda cast: {"external_id": "A1"}, MANAGERS),
    "console_facts.fact": Example(_fact, MANAGERS),
    "console_facts.line": Example(_ledger_line, MANAGERS),
    "console_partners.partner": Example(lambda cast: {"external_id": "A1"}, MANAGERS),
    "console_partners.change_log_ins": Example(lambda cast: {"external_id": "A1"}, MANAGERS),
    "console_videos.ask_cancel": Example(examples.batch, MANAGERS),
    "console_videos.batch": Example(examples.batch, MANAGERS),
    "console_videos.batch_films": Example(examples.batch, MANAGERS),
    "console_videos.cancel": Example(examples.batch, MANAGERS),
    "console_videos.pause": Example(examples.batch, MANAGERS),
    "console_videos.retry": Example(examples.batch, MANAGERS),
    **{
        f"console_triggers.{view}": Example(lambda cast: {"slug": "recap"}, ("mia", "otto", "ada"))
        for view in ("switch", "edit", "change")
    },
    **{
        f"{view}": Example(lambda cast: {"slug": "recap"}, ("mia", "otto", "ada"))
        for view in (
            "console_videos.still",
            *(f"console_films.{page}" for page in ("edit", "save", "form", "drop", "preview")),
            *(f"console_films.{page}" for page in ("review", "publish", "history", "back")),
        )
    },
    "console_films.still": Example(lambda cast: {"slug": "onboarding", "partner": "A1"}, MANAGERS),
    "console_films.logo": Example(examples.logo, MANAGERS),
    **{
        f"console_payouts.{view}": Example(payouts.run, MANAGERS)
        for view in ("run", "ask_approve", "approve", "ask_pay", "pay", "download")
    },
    **{
        f"console_payouts.{view}": Example(payouts.payment, MANAGERS)
        for view in ("payment", "decide")
    },
    "console_disputes.dispute": Example(questions.asked, MANAGERS),
    "console_disputes.answer": Example(questions.asked, MANAGERS),
    "console_disputes.second": Example(questions.asked, MANAGERS),
    **{
        f"console_rewards.{view}": Example(spending.reward, MANAGERS)
        for view in ("edit", "change", "restock", "retire", "limit")
    },
    "console_rewards.fulfil": Example(spending.redemption, MANAGERS),
    "console_rewards.cancel": Example(spending.redemption, MANAGERS),
    **{
        f"console_screens.{view}": Example(walls.screen, MANAGERS)
        for view in ("edit", "change", "move", "revoke")
    },
    "screens.screen": Example(_screen, EVERYBODY),
    "screens.slide": Example(lambda cast: {**_screen(cast), "key": "board-sales"}, EVERYBODY),
    "screens.celebration": Example(lambda cast: {**_screen(cast), "reference": "x"}, EVERYBODY),
    "rewards.redeem": Example(spending.reward, ("alice", "bob", "charlie")),
    "rewards.cancel": Example(spending.redemption, ALICE_ALONE),
    "disputes.ask": Example(_ledger_line, ALICE_ALONE),
    "disputes.withdraw": Example(questions.asked, ALICE_ALONE),
    "earnings.line": Example(_ledger_line, ALICE_ALONE),
    "insight.fact_page": Example(_fact, ALICE_ALONE),
    # Both programmes of the cast have these boards and missions; the mission is for the Northwest.
    **{
        f"console_moments.{view}": Example(lambda cast: {"board": "sales"}, ("mia", "otto", "ada"))
        for view in ("moments", "change")
    },
    "leaderboards.board": Example(lambda cast: {"board": "sales"}, EVERYBODY),
    "leaderboards.export": Example(lambda cast: {"board": "sales", "kind": "csv"}, EVERYBODY),
    "leaderboards.search": Example(lambda cast: {"board": "sales"}, EVERYBODY),
    "leaderboards.found": Example(lambda cast: {"board": "sales"}, EVERYBODY),
    # Only a partner has a place to share; who has the address of one sees it.
    "share.mine": Example(lambda cast: {"board": "sales"}, EVERYBODY),
    "share.shared": Example(_shared, EVERYBODY),
    "share.picture": Example(_shared, EVERYBODY),
    "shared_films.make": Example(examples.film, ALICE_ALONE),
    "shared_films.end": Example(examples.link, ALICE_ALONE),
    "shared_films.watch": Example(examples.shared, EVERYBODY),
    "shared_films.part": Example(examples.shared_part, EVERYBODY),
    "leaderboards.me": Example(lambda cast: {"board": "sales"}, EVERYBODY),
    "leaderboards.rows": Example(lambda cast: {"board": "sales"}, EVERYBODY),
    "missions.mission": Example(
        lambda cast: {"slug": "spring-sprint"}, ("alice", "bob", "mia", "otto", "ada")
    ),
    "missions.now": Example(lambda cast: {"slug": "spring-sprint"}, ("alice", "bob")),
    "static": Example(lambda cast: {"filename": "mark.svg"}, EVERYBODY),
    "accounts.set_password": Example(_link, EVERYBODY),
    "accounts.set_password_submit": Example(_link, EVERYBODY),
    "api.get_statement": Example(lambda cast: {"partner": "A1"}, ()),
    "api.get_standings": Example(lambda cast: {"board": "sales"}, ()),
    "api_prospects.get_ahead": Example(lambda cast: {"partner": "A1"}, ()),
    "api_payouts.get_payments": Example(payouts.run, ()),
    "api_payouts.get_partner_payouts": Example(lambda cast: {"partner": "A1"}, ()),
    "api_payouts.get_partner_redemptions": Example(lambda cast: {"partner": "A1"}, ()),
    "payouts.run": Example(payouts.run, ALICE_ALONE),
    "api_questions.get_facts": Example(lambda cast: {"partner": "A1"}, ()),
    "api_questions.get_why": Example(lambda cast: {"partner": "A1"}, ()),
    "videos.captions": Example(examples.film, ALICE_AND_MANAGERS),
    "videos.film": Example(examples.film, ALICE_AND_MANAGERS),
    "videos.player": Example(examples.film, ALICE_AND_MANAGERS),
    "videos.poster": Example(examples.film, ALICE_AND_MANAGERS),
    "videos.anew": Example(examples.film, ALICE_ALONE),
    "videos.watched": Example(examples.film, ALICE_ALONE),
    "videos.watch": Example(examples.film, ALICE_AND_MANAGERS),
}


# --- the rules ------------------------------------------------------------------------------------


def test_every_route_declares_who_may_see_it(app: Flask):
    forgotten = sorted({rule.endpoint for rule in _rules(app) if not _policy(app, rule)})
    assert not forgotten, (
        f"{', '.join(forgotten)}: put @public, @signed_in, @allow(…) or @keyed(…) of engage.web "
        "on the view"
    )


def test_every_address_of_an_object_has_an_example(app: Flask):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    missing = [
        f'"{rule.endpoint}": Example(lambda cast: {dict.fromkeys(sorted(rule.arguments), ...)}, …)'
        for rule in _rules(app)
        if rule.arguments and rule.endpoint not in EXAMPLES
    ]
    assert not missing, "add to EXAMPLES of tests/test_access.py:\n" + "\n".join(missing)
    assert not EXAMPLES.keys() - endpoints, "EXAMPLES names routes that are no more: take them out"


def test_the_console_is_closed_to_partners(app: Flask):
    for rule in _rules(app):
        if rule.rule.startswith("/console"):
            policy = _policy(app, rule)
            assert policy.kind == "roles", rule.rule
            assert policy.roles <= {"manager", "admin"}, rule.rule


def test_whoever_may_not_see_a_route_does_not_find_it(app: Flask, cast: Cast):
    found = [
        f"{method} {address} as {name}: {problem}"
        for rule, method, address in _addresses(app, cast)
        for name in EVERYBODY
        if not _may(app, rule, name)
        and (problem := _is_open(_policy(app, rule), name, _ask(app, cast, name, method, address)))
    ]
    assert not found, "\n".join(found)


def test_whoever_may_see_a_route_finds_it(app: Flask, cast: Cast):
    # Forms come last, and empty ones are sent: what they change nobody looks at afterwards.
    found = [
        f"{method} {address} as {name}: {response.status_code}"
        for rule, method, address in sorted(_addresses(app, cast), key=lambda item: item[1])
        for name in EVERYBODY
        if _may(app, rule, name)
        and _is_closed(method, response := _ask(app, cast, name, method, address))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("granted", [[], ["read"], ["facts:write"], ["partners:write"]])
def test_a_key_opens_its_scopes_alone(app: Flask, cast: Cast, granted: list[str]):
    headers = {}
    if granted:
        _key, token = keys.add(cast.programme, "key", granted, clock.now())
        db.session.commit()
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    found = []
    for rule, method, address in _addresses(app, cast):
        policy = _policy(app, rule)
        if policy.kind != "key":
            continue
        status = browser(app).open(address, method=method, headers=headers).status_code
        right = status not in (401, 403) if policy.scope in granted else status in (401, 403)
        if not right:
            found.append(f"{method} {address} with {granted}: {status}")
    assert not found, "\n".join(found)


# --- walking --------------------------------------------------------------------------------------


def _rules(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint in app.view_functions)


def _policy(app: Flask, rule: Rule) -> Policy | None:
    return policy_of(app, rule.endpoint)


def _addresses(app: Flask, cast: Cast) -> list[tuple[Rule, str, str]]:
    """Every address with every method it answers: (rule, method, address)."""
    adapter = app.url_map.bind("localhost")
    return [
        (rule, method, adapter.build(rule.endpoint, _values(rule, cast), method))
        for rule in _rules(app)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _values(rule: Rule, cast: Cast) -> dict[str, Any]:
    return EXAMPLES[rule.endpoint].values(cast) if rule.arguments else {}


def _may(app: Flask, rule: Rule, name: str) -> bool:
    policy = _policy(app, rule)
    if policy.kind == "key":
        return False
    if policy.kind == "person" and name == "nobody":
        return False
    if policy.kind == "roles" and policy.roles.isdisjoint(ROLES[name]):
        return False
    return name in EXAMPLES[rule.endpoint].seen_by if rule.arguments else True


def _ask(app: Flask, cast: Cast, name: str, method: str, address: str) -> TestResponse:
    db.session.commit()
    user = None if name == "nobody" else getattr(cast, name).user
    return browser(app, user).open(address, method=method)


def _is_open(policy: Policy, name: str, response: TestResponse) -> str | None:
    """What is wrong when somebody asks who may not see it; None when all is well."""
    status = response.status_code
    if policy.kind == "key":
        return None if status == 401 else f"{status} instead of 401"
    if name == "nobody" and policy.kind != "public":
        led = (response.location or "").split("?")[0] == "/sign-in"
        return None if status == 302 and led else f"{status} instead of a way to /sign-in"
    return None if status == 404 else f"{status} instead of 404"


def _is_closed(method: str, response: TestResponse) -> bool:
    """Whether somebody who may see it does not. An empty form may be refused, but not denied."""
    status = response.status_code
    if (response.location or "").split("?")[0] == "/sign-in" and method == "GET":
        return True
    if response.request.path == "/healthz":
        return status not in (200, 503)  # no Redis runs in these tests
    if method == "GET":
        return status >= 400
    return status in (401, 403, 405) or status >= 500

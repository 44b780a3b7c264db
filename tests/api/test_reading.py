"""What comes out: the same numbers as the pages, in the words of CONTRACT."""

from engage.leaderboards.models import Board
from tests.api.conftest import Call
from tests.conftest import Cast


def test_standings_are_those_of_the_board(crm: Call, cast: Cast) -> None:
    found = crm("GET", "/standings/sales?period=2013-Q2&top=2").json
    assert found["ranked"] == 3
    assert [(row["rank"], row["partner"], row["score"]) for row in found["rows"]] == [
        (1, "A1", "6000.0000"),
        (2, "C1", "5000.0000"),
    ]


def test_standings_can_be_narrowed_to_a_region(crm: Call, cast: Cast) -> None:
    found = crm("GET", "/standings/sales?period=2013&scope=region%3DNorthwest").json
    assert [row["partner"] for row in found["rows"]] == ["A1", "B1"]


def test_an_unknown_board_period_or_scope_says_so(crm: Call, cast: Cast) -> None:
    assert crm("GET", "/standings/sales?period=someday").status_code == 400
    for scope in ("shoe%3D44", "region%3DNorthwset", "league%3D2", ""):
        assert crm("GET", f"/standings/sales?scope={scope}").status_code == 400, scope
    assert crm("GET", "/standings/sales?top=0").status_code == 400


def test_a_statement_tells_each_line_with_its_reason(crm: Call, cast: Cast) -> None:
    found = crm("GET", "/partners/A1/statement").json
    assert found["balances"] == {"USD": "10.00", "points": "6000"}
    line = found["lines"][0]
    assert (line["fact"], line["rule"], line["version"], line["unit"], line["amount"]) == (
        "a-1",
        "bike-points",
        1,
        "points",
        "2500",
    )
    assert line["because"]


def test_partners_come_in_pages(crm: Call, cast: Cast) -> None:
    first = crm("GET", "/partners?limit=2").json
    assert [partner["external_id"] for partner in first["partners"]] == ["A1", "B1"]
    second = crm("GET", f"/partners?limit=2&after={first['next']}").json
    assert ([partner["external_id"] for partner in second["partners"]], second["next"]) == (
        ["C1"],
        None,
    )


def test_partners_can_be_sent(crm: Call, cast: Cast) -> None:
    sent = [{"external_id": "N1", "name": "New & Co"}, {"external_id": "A1", "name": "Alice Bikes"}]
    answer = crm("POST", "/partners", sent).json
    assert [result["status"] for result in answer["results"]] == ["new", "unchanged"]
    bad = crm("POST", "/partners", {"external_id": "N2", "name": "X", "timezone": "Mars/Base"})
    assert bad.json["results"][0]["problems"][0]["field"] == "timezone"


def test_missions_say_what_must_be_done(crm: Call, cast: Cast) -> None:
    mission = crm("GET", "/missions").json["missions"][0]
    assert (mission["slug"], mission["addressed"]) == ("spring-sprint", 2)
    assert [stage["reward"] for stage in mission["stages"]] == [
        {"points": "500"},
        {"USD": "100.00"},
    ]


def test_the_description_names_every_address(crm: Call, cast: Cast) -> None:
    paths = crm("GET", "/openapi.json").json["paths"]
    assert {
        "/api/v1/facts",
        "/api/v1/partners",
        "/api/v1/standings/{board}",
        "/api/v1/missions",
    } <= set(paths)


def test_as_of_is_when_the_board_last_changed(crm: Call, cast: Cast) -> None:
    board = Board.query.filter_by(slug="sales", programme_id=cast.programme.id).one()  # type: ignore[attr-defined]
    assert crm("GET", "/standings/sales").json["as_of"] == board.changed_at.isoformat()


def test_what_changed_about_the_rules_is_told(crm: Call, cast: Cast) -> None:
    found = crm("GET", "/rules/changes").json["changes"]
    assert {
        (change["of"], change["slug"], change["version"], change["change"]) for change in found
    } == {
        ("rule", "bike-points", 1, "new"),
        ("rule", "growth-bonus", 1, "new"),
        ("mission", "spring-sprint", 1, "new"),
        ("board", "sales", 1, "new"),
        ("board", "regions", 1, "new"),
    }
    assert all(change["before"] is None and change["after"] for change in found)


def test_when_a_partner_left_and_what_it_is_to_reach_are_sent_or_named_as_wrong(
    crm: Call, cast: Cast
) -> None:
    sent = {"external_id": "B1", "name": "Bob's Wheels", "left_on": "2013-04-01", "target": "8000"}
    answer = crm("POST", "/partners", sent).json
    assert [result["status"] for result in answer["results"]] == ["corrected"]
    assert next(
        (partner["left_on"], partner["target"])
        for partner in crm("GET", "/partners").json["partners"]
        if partner["external_id"] == "B1"
    ) == ("2013-04-01", "8000.0000")
    ranked = crm("GET", "/standings/sales?period=2013-Q2").json["rows"]
    assert "B1" not in {row["partner"] for row in ranked}, "who left has no place any more"
    wrong = [
        sent | {"left_on": "2999-01-01"},
        sent | {"joined_on": "2013-04-02"},
        sent | {"target": "0"},
        sent | {"target": "much"},
        sent | {"left_on": "soon"},
    ]
    for mistake, field in zip(
        wrong, ("left_on", "left_on", "target", "target", "left_on"), strict=True
    ):
        answer = crm("POST", "/partners", mistake)
        assert f'"{field}"' in answer.text, (answer.status_code, answer.text)
        assert "corrected" not in answer.text

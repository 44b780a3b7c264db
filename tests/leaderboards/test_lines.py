"""A line of a ranking that is drawn from what was drawn before reads as if it were drawn whole."""

from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from engage.leaderboards import lines

_NAMES = st.sampled_from(
    ["Alpha Bikes", "Ω <b>& Söhne</b>", "日本 自転車", "x" * 60, "'\"", "{{ rank }}"]
)
ROWS = st.fixed_dictionaries(
    {
        "key": st.integers(1, 3),
        "rank": st.integers(1, 10**6),
        "place": st.sampled_from(["1st", "2nd", "12."]),
        "name": _NAMES,
        "detail": st.none() | _NAMES,
        "score": st.sampled_from(["$1,240", "0", "–3.5", "1 <"]),
        "me": st.booleans(),
    },
    optional={
        "you": st.just("You"),
        "share": st.sampled_from([0.0, 0.001, 0.4271, 1.0]),
        "quiet": st.just(True),
        "move": st.none() | st.integers(-3, 3),
        "since": st.tuples(st.none() | st.integers(-3, 3), _NAMES),
        "href": st.just("/a?b=1&c=2"),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=4))
def test_whatever_moves_a_line_reads_as_the_template_draws_it(
    app: Flask, rows: list[dict[str, Any]]
):
    with app.test_request_context():
        whole = app.jinja_env.get_template("ui/board.html").module.rank_row  # type: ignore[attr-defined]
        assert lines.drawn(rows, "board", "en") == [str(whole(row, "board")) for row in rows]


def test_nothing_in_a_hole_is_read_as_a_hole():
    drawn = lines.pieces(Markup("<p>{}, {}</p>").format(lines.hole("rank"), lines.hole("score")))
    assert lines.filled(drawn, {"rank": "score", "score": "\1rank\1"}) == "<p>score, \1rank\1</p>"

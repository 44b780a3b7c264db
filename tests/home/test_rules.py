"""What is next: one goal out of all, by the stated order."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engage.home.rules import Goal, NextEdge, NextStage, NextTier, PlaceAbove, choose, is_winnable
from engage.money import SCALE


def stage(
    done: int, target: int, slug: str = "sprint", days: int = 10, left: int = 10
) -> NextStage:
    """A stage in counted deals."""
    return NextStage(slug, done * SCALE, target * SCALE, days, left, SCALE, 1)


def band(done: int, target: int, days: int = 10, left: int = 10) -> NextEdge:
    return NextEdge("bonus", done, target, days, left, 0)


def place(done: int, target: int) -> PlaceAbove:
    return PlaceAbove("sales", done, target, 10, 10, 0, "Great Bikes")


def test_the_nearest_goal_relative_to_its_target_comes_first():
    near, far = stage(10, 12), stage(1, 3, "other")
    assert choose([far, near]) == near
    assert choose([band(90, 100), far]) == band(90, 100)


def test_a_tier_that_is_nearer_comes_first_and_is_no_goal_for_who_has_not_begun():
    gold = NextTier("Gold", 950, 1000, 10, 10, 0)
    assert choose([stage(2, 3), band(90, 100), place(999, 1000), gold]) == gold
    assert choose([stage(2, 3), replace(gold, done=500)]) == stage(2, 3)
    assert choose([stage(0, 3), replace(gold, done=0)]) == stage(0, 3)


def test_what_pays_comes_before_what_only_ranks():
    assert choose([place(999, 1000), stage(1, 3)]) == stage(1, 3)


def test_what_can_no_longer_be_won_comes_last():
    lost = band(10, 1000, days=80, left=2)
    assert not is_winnable(lost)
    assert choose([lost, place(900, 1000)]) == place(900, 1000)
    assert choose([lost]) == lost


def test_a_deal_a_day_is_anybodys_to_do():
    slow = stage(1, 3, days=41, left=7)
    assert is_winnable(slow)
    assert not is_winnable(replace(slow, days_left=1))


def test_who_has_done_nothing_yet_can_still_win_anything():
    assert is_winnable(stage(0, 100, days=80, left=1))


def test_a_better_rate_is_no_goal_for_who_has_not_begun():
    assert choose([band(0, 100_000)]) is None
    assert choose([band(1, 100_000)]) == band(1, 100_000)


def test_nothing_is_ahead_of_who_reached_everything():
    assert choose([]) is None
    assert choose([stage(3, 3), place(10, 10)]) is None


def test_a_goal_whose_time_is_over_is_not_shown():
    assert choose([replace(stage(1, 3), days_left=0)]) is None


goals = st.builds(
    stage,
    st.integers(0, 50),
    st.integers(1, 50),
    st.sampled_from(["a", "b", "c"]),
    st.integers(1, 90),
    st.integers(0, 90),
) | st.builds(
    band, st.integers(-5, 500), st.integers(1, 500), st.integers(1, 90), st.integers(0, 9)
)


@given(st.lists(goals, max_size=6), st.randoms())
def test_the_choice_is_open_and_does_not_depend_on_the_order(found: list[Goal], random):
    chosen = choose(found)
    shuffled = found[:]
    random.shuffle(shuffled)
    again = choose(shuffled)
    if chosen is None:
        assert again is None
        return
    assert chosen.needed > 0
    assert chosen.days_left
    assert again is not None
    assert (again.slug, again.missing) == (chosen.slug, chosen.missing)
    open_ones = [goal for goal in found if choose([goal])]
    if any(map(is_winnable, open_ones)):
        assert is_winnable(chosen)

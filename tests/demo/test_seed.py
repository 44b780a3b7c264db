"""The first start: a house that is full or empty, never half; who is let in; what the stream adds."""

import random
import stat
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from engage import proof
from engage.accounts import passwords
from engage.accounts.models import User
from engage.activity.models import Fact
from engage.cli import main
from engage.config import ConfigurationError, Settings
from engage.db import db, transaction
from engage.demo import logins, programme, seed, stream
from engage.disputes import service as disputes
from engage.home import service as home
from engage.leaderboards import language, publishing
from engage.leaderboards import service as leaderboards
from engage.leaderboards.models import StandingDay
from engage.ledger import service as ledger
from engage.outbox.models import Message
from engage.payouts import service as payouts
from engage.payouts import sums
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from engage.videos.models import Video

NOW = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)


@pytest.fixture
def house(app: Flask, settings: Settings) -> Programme:
    """A demo of fifty partners."""
    seed.seed(settings, 50, NOW)
    return programmes.by_slug(programme.SLUG)


def test_a_seeded_house_is_what_its_facts_say(house: Programme) -> None:
    found = seed.seeded()
    check = proof.check(house)
    assert found is not None
    assert found.partners == 50
    assert check.ok
    assert check.facts == found.facts > 1000


def test_who_signs_in_first_has_something_to_see(house: Programme, settings: Settings) -> None:
    here = home.here(house, seed.lead(house), NOW)
    assert here.near.rows
    assert here.board is not None
    assert here.board.model.slug == "sales"
    mission = here.mission("open-doors")
    assert mission.window.state == "running"
    assert mission.reached == 1
    assert {view.window.state for view in here.missions} >= {"running", "over"}
    assert ledger.balances(seed.lead(house).id)["points"] > 0
    seed.let_in(settings, NOW)
    assert db.session.scalar(select(func.count()).select_from(StandingDay)), "since yesterday"


def test_films_of_several_moments_and_languages_are_ordered_and_no_more(house: Programme) -> None:
    films = db.session.scalars(select(Video)).all()
    lead = seed.lead(house).id
    mine = {film.template for film in films if film.partner_id == lead}
    assert mine == {"launch", "learning", "status", "recap"}
    others = [film for film in films if film.partner_id != lead]
    assert {film.template for film in others} == {"recap"}
    assert {film.locale for film in others} <= set(seed.ABROAD)
    assert others
    joined = db.session.scalars(select(Message).where(Message.topic == "joined")).all()
    assert [len(message.payload["partners"]) for message in joined] == [1]


def test_an_interrupted_seed_leaves_nothing(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> list[int]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(seed, "_order_films", interrupted)
        with pytest.raises(KeyboardInterrupt):
            seed.seed(settings, 50, NOW)
    assert seed.seeded() is None
    seed.seed(settings, 50, NOW)
    assert seed.seeded() is not None


def test_a_house_with_another_programme_is_left_alone(cast: object) -> None:
    with pytest.raises(ConfigurationError, match="ENGAGE_HOME"):
        seed.seeded()


def test_each_role_has_a_log_in_that_stays(house: Programme, settings: Settings) -> None:
    people = seed.let_in(settings, NOW)
    assert [login.role for login in people] == ["partner", "manager", "manager", "admin"]
    assert seed.let_in(settings, NOW) == people
    for login in people:
        assert passwords.authenticate(login.email, login.password), login.role
    file = settings.home_dir / logins.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_house_with_a_board_of_all_time_starts_again(
    house: Programme, settings: Settings
) -> None:
    raw = {"slug": "ever", "name": "Ever", "measure": "points", "period": "all"}
    transaction(lambda: publishing.publish(house, language.parse(raw, "USD"), None, NOW))
    assert seed.let_in(settings, NOW)


def test_a_password_changed_since_is_not_printed_as_if_it_worked(
    house: Programme, settings: Settings
) -> None:
    first = seed.let_in(settings, NOW)
    user_id = db.session.scalars(select(User.id).filter_by(email=first[0].email)).one()
    transaction(lambda: passwords.set_password(user_id, "a quite different phrase"))
    again = seed.let_in(settings, NOW)
    assert [
        login.password == before.password for login, before in zip(again, first, strict=True)
    ] == [
        False,
        True,
        True,
        True,
    ]


def test_lost_log_ins_are_made_anew(house: Programme, settings: Settings) -> None:
    before = seed.let_in(settings, NOW)
    (settings.home_dir / logins.FILE).unlink()
    after = seed.let_in(settings, NOW)
    assert {login.password for login in before}.isdisjoint(login.password for login in after)
    assert passwords.authenticate(after[0].email, after[0].password)
    assert db.session.scalar(select(func.count()).select_from(User)) == 4


def test_production_is_no_place_for_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGAGE_ENV", "production")
    monkeypatch.setenv("ENGAGE_SECRET_KEY", "k" * 40)
    answer = CliRunner().invoke(main, ["demo"])
    assert answer.exit_code == 1
    assert "production" in answer.output


def the_stream(house: Programme) -> stream.Stream:
    return stream.Stream(stream.sellers(house.id, NOW), seed.LEAD, random.Random(1))


def test_a_live_fact_moves_the_board(house: Programme) -> None:
    board = leaderboards.boards(house)[0].model
    version = board.version
    facts = db.session.scalar(select(func.count()).select_from(Fact)) or 0
    live = the_stream(house)
    for second in range(12):
        now = NOW + timedelta(seconds=second)
        stream.happen(live.next(now, "America/New_York"), now)
    db.session.expire_all()
    assert db.session.scalar(select(func.count()).select_from(Fact)) == facts + 12
    assert leaderboards.boards(house)[0].model.version > version
    assert proof.check(programmes.by_slug(programme.SLUG)).ok


def test_who_sells_much_is_on_often_and_who_watches_now_and_then(house: Programme) -> None:
    live = the_stream(house)
    turns = [live.next(NOW, "America/New_York").partner for _ in range(3000)]
    star = max(live.sellers, key=lambda seller: seller.weight).external_id
    quiet = min(live.sellers, key=lambda seller: seller.weight).external_id
    assert turns.count(star) > 5 * turns.count(quiet)
    assert 60 < turns.count(seed.LEAD) < 400


def test_it_is_lively_at_first_and_a_day_of_it_is_no_more_than_a_busy_day(house: Programme) -> None:
    live = the_stream(house)
    live.daily = 137  # that of a thousand partners
    pauses = [live.pause() for _ in range(30)]
    assert sum(pauses) < 150
    while sum(pauses) < stream.DAY:
        pauses.append(live.pause())
    assert 137 < len(pauses) < 4 * 137
    assert max(pauses) <= stream.DAY / 137
    assert 2 < stream.daily(house.id, NOW) < 20, "fifty partners of fifty facts a year"


def test_there_is_something_overdue_and_something_for_two_managers(
    house: Programme, settings: Settings
) -> None:
    seed.let_in(settings, NOW)
    here = programmes.by_slug(programme.SLUG)
    assert disputes.waiting(here.id, NOW).overdue == 1
    newest, *older = payouts.runs(here.id)
    assert not newest.cleared_at
    assert all(run.cleared_at for run in older if payouts.payments(run))
    before = sums.counts(here.id)
    seed.let_in(settings, NOW)
    assert sums.counts(here.id) == before


def test_some_have_a_streak(house: Programme) -> None:
    live = the_stream(house)
    for _ in range(500):
        live.next(NOW, "America/New_York")
        if live.streak:
            break
    assert len({seller.external_id for seller in live.streak}) == 1

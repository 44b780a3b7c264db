"""Films that make themselves: after what, for whom, once, and never for the past."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from engage import clock
from engage.activity.rules import Report
from engage.db import db, transaction
from engage.missions import publishing as mission_publishing
from engage.missions import service as missions
from engage.outbox.models import Message
from engage.partners import service as partners
from engage.programmes import service as programmes
from engage.videos import (
    filling,
    films,
    happenings,
    jobs,
    rules,
    shelf,
    switches,
    triggers,
)
from engage.videos.models import Video, VideoBatch, VideoOrder
from engage.videos.triggers import DEFAULTS, Trigger

from ..browsing import browser
from ..conftest import NOW, Cast, record, sale
from .conftest import films as rows
from .test_trigger_rules import trigger

DAY = timedelta(days=1)


def switch(one: Trigger, since: datetime = NOW, *, on: bool = True) -> None:
    here, switched = programmes.by_slug("resellers"), replace(one, enabled=on)
    transaction(lambda: switches.keep(here, switched, None, since))


def answer(now: datetime) -> list[tuple[str, int]]:
    """Look at ``now``, twice, as retries do; (template, partner) of all films and refusals."""
    for _ in range(2):
        jobs.answer(programmes.by_slug("resellers").id, None, now)
    made = db.session.query(VideoBatch.template, VideoOrder.partner_id).filter(
        VideoOrder.batch_id == VideoBatch.id, VideoBatch.trigger.is_not(None)
    )
    return sorted(map(tuple, made))


def ids(cast: Cast) -> list[int]:
    return [p.partner.id for p in (cast.alice, cast.bob, cast.charlie) if p.partner]


@pytest.fixture(autouse=True)
def _no_welcome(cast: Cast) -> None:
    switch(DEFAULTS[0], on=False)


# --- what happens ---------------------------------------------------------------------------------


def _training(external_id: str, day: date) -> Report:
    return sale(external_id, "A1", "0", day)._replace(
        kind="training_completed", amount=0, currency=None, product="Bikes 101"
    )


def test_whoever_finishes_a_training_gets_one_film_a_day_and_none_of_before(cast: Cast) -> None:
    record(programmes.by_slug("resellers"), _training("t-1", date(2013, 4, 9)))
    switch(trigger("learnt"), NOW - DAY)
    two = (_training(f"t-{n}", date(2013, 4, 10)) for n in (2, 3))
    record(programmes.by_slug("resellers"), *two)
    assert answer(NOW - DAY / 2) == []
    alice, *_ = ids(cast)
    assert answer(NOW) == [("learning", alice)]
    record(programmes.by_slug("resellers"), _training("t-4", date(2013, 4, 11)))
    assert answer(NOW + DAY) == [("learning", alice)] * 2


def test_a_period_that_closes_is_told_to_everybody_of_the_audience_in_each_format(
    cast: Cast,
) -> None:
    alice, bob, _charlie = ids(cast)
    whom = triggers.conditions.audience({"audience": {"region": ["Northwest"]}})
    switch(trigger("recap", formats=("16:9", "9:16"), audience=whom))
    assert answer(datetime(2013, 7, 3, tzinfo=UTC)) == []
    when = datetime(2013, 7, 4, 12, tzinfo=UTC)
    assert answer(when) == sorted([("recap", alice), ("recap", bob)] * 2)
    assert {(b.period, b.occasion, b.whole) for b in db.session.query(VideoBatch)} == {
        ("2013-Q2", "2013-Q2", True)
    }
    late = datetime(2013, 10, 20, tzinfo=UTC)
    assert len(answer(late)) == 4, "a film that comes weeks late is not made"


def test_who_lacks_what_a_film_tells_is_held_with_the_reason(tiny: Path) -> None:
    file = tiny / "template.toml"
    file.write_text(file.read_text().replace('"ordinal", optional = true', '"ordinal"'))
    switch(trigger("recap", template="tiny"), NOW + 100 * DAY)
    answer(datetime(2013, 10, 4, 12, tzinfo=UTC))
    said = [order.refusal or "" for order in db.session.query(VideoOrder)]
    assert len(said) == 3
    assert {*said} == {"no place on the board can be told of this partner in this period"}
    assert rows() == []


def test_whose_data_come_later_gets_the_film_that_was_held_and_only_one(
    cast: Cast, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tiny / "template.toml"
    sales = '[fields]\nsales = { sample = "$9", unit = "money" }'
    file.write_text(file.read_text().replace("[fields]", sales))
    switch(trigger("recap", template="tiny", days_after=0), NOW + 100 * DAY)
    october = datetime(2013, 10, 1, 12, tzinfo=UTC)
    record(programmes.by_slug("resellers"), sale("a-4", "A1", "10", date(2013, 8, 20)), now=october)
    answer(october)
    alice, bob, charlie = ids(cast)
    held_back = db.session.query(VideoOrder).filter(VideoOrder.refusal.is_not(None))
    assert {order.partner_id for order in held_back} == {bob, charlie}
    assert [video.partner_id for video in rows()] == [alice]

    record(programmes.by_slug("resellers"), sale("b-4", "B1", "10", date(2013, 8, 21)), now=october)
    for hour in (1, 2):
        jobs.answer_held(october + hour * DAY / 24)
    assert [video.partner_id for video in rows()] == [alice, bob]
    assert {order.partner_id for order in held_back} == {charlie}

    record(programmes.by_slug("resellers"), sale("c-4", "C1", "10", date(2013, 8, 22)), now=october)
    switch(trigger("recap", template="tiny"), october, on=False)
    jobs.answer_held(october + DAY)
    assert len(rows()) == 2, "it was switched off"
    switch(trigger("recap", template="tiny"), october + 2 * DAY)
    jobs.answer_held(october + 8 * DAY)
    assert len(rows()) == 2, "a film that comes weeks late is not made"
    jobs.answer_held(october + 3 * DAY)
    assert len(rows()) == 3
    woken: list[Any] = []
    monkeypatch.setattr(jobs.queue, "enqueue", lambda *words, **_: woken.append(words))
    jobs.look_again(october + 4 * DAY)
    assert woken == [], "nobody is held any more"


def test_what_the_disk_has_no_room_for_waits_until_there_is_some_and_the_manager_reads_so(
    cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = [rules.LEFT_FREE + 2_500_000]
    monkeypatch.setattr(films, "pace", lambda _template: rules.Pace(30, 1_000_000))
    monkeypatch.setattr(shelf.Folder, "free", lambda _folder: room[0])
    switch(trigger("recap"))
    when = datetime(2013, 7, 4, 12, tzinfo=UTC)
    answer(when)
    assert len(rows()) == 2, "as many as there is room for"
    monkeypatch.setattr(clock, "now", lambda: when)
    mia = browser(app, cast.mia.user)
    assert "1 film waits for room on the disk" in mia.get("/console/videos/triggers/").text
    assert "1 film that makes itself waits for room" in mia.get("/console/videos/").text
    room[0] += 1_000_000
    assert len(answer(when + DAY)) == 3
    assert db.session.query(VideoBatch).filter_by(whole=True).count() == 2
    assert "for room on the disk" not in mia.get("/console/videos/triggers/").text


def test_a_mission_is_told_of_when_it_is_published_and_when_half_of_it_is_over(cast: Cast) -> None:
    switch(trigger("launch-mission", template="status"))
    switch(trigger("half-time"))
    here = programmes.by_slug("resellers")
    [old] = missions.missions(here)
    fresh = old.model

    def publish() -> None:
        again = programmes.by_slug("resellers")
        changed = type(fresh)(**{
            **{name: getattr(fresh, name) for name in type(fresh).__dataclass_fields__},
            "slug": "may", "starts": date(2013, 5, 1), "ends": date(2013, 5, 10),
        })  # fmt: skip
        mission_publishing.publish(again, changed, NOW + DAY)

    transaction(publish)
    meant = missions.addressed(old.audience, partners.attributes(here.id))
    assert answer(NOW + 2 * DAY) == [("status", one) for one in sorted(meant)]
    answer(datetime(2013, 5, 6, 3, 59, tzinfo=UTC))
    batches = db.session.query(VideoBatch).filter_by(occasion="may", template="status")
    assert batches.count() == 0
    answer(datetime(2013, 5, 6, 4, tzinfo=UTC))
    assert batches.count() == 1
    orders = db.session.query(VideoOrder).filter_by(batch_id=batches.one().id)
    assert sorted(order.partner_id for order in orders) == sorted(meant)


def test_who_reaches_a_tier_comes_before_all_others(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(trigger("climbed"))
    here = programmes.by_slug("resellers")

    def tiers() -> None:
        ours = programmes.by_slug("resellers")
        silver = {
            "name": "Silver",
            "measure": "amount",
            "on": "sale",
            "threshold": "20000",
            "period": "quarter",
        }
        ours.tiers = [{"from": None, "tiers": [silver], "published": None, "why": None, "by": None}]

    transaction(tiers)
    monkeypatch.setattr(clock, "now", lambda: NOW + DAY)
    record(here, sale("a-77", "A1", "90000", date(2013, 4, 11)))
    alice, *_ = ids(cast)
    assert answer(NOW + 2 * DAY) == [("status", alice)]
    assert db.session.query(VideoBatch).one().urgent


def test_a_group_that_moves_here_is_not_welcomed_and_a_few_who_join_are_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(DEFAULTS[0], NOW - DAY)
    monkeypatch.setattr(happenings, "JOINING", 2)
    assert answer(NOW) == []
    monkeypatch.setattr(happenings, "JOINING", 3)
    welcomed = [("onboarding", one) for one in sorted(ids(cast))]
    assert answer(NOW) == welcomed
    assert answer(NOW + DAY) == welcomed


def test_switching_off_and_on_again_answers_nothing_that_happened_between(cast: Cast) -> None:
    learnt = trigger("learnt")
    switch(learnt, NOW - 2 * DAY)
    switch(learnt, NOW - DAY, on=False)
    record(programmes.by_slug("resellers"), _training("t-1", date(2013, 4, 10)))
    switch(learnt, NOW)
    assert answer(NOW + DAY) == []
    record(programmes.by_slug("resellers"), _training("t-2", date(2013, 4, 11)))
    assert answer(NOW + DAY) == [("learning", ids(cast)[0])]


def test_a_file_brings_its_triggers_and_takes_back_what_it_is_silent_of(cast: Cast) -> None:
    switch(replace(trigger("recap"), slug="mine"))
    switch(trigger("learnt"), NOW - DAY)
    here = programmes.by_slug("resellers")
    quiet = replace(programmes.export(here), triggers=(trigger("recap", enabled=True),))

    def publish() -> list[str]:
        return programmes.publish(quiet, NOW, by=cast.mia.user.id).changes

    assert transaction(publish) == [
        "trigger welcome: changed",
        "trigger learnt: changed",
        "trigger recap: changed",
        "trigger mine: removed",
    ]
    since = {one.trigger.slug: one.since for one in switches.of_programme(here)}
    assert since["welcome"] == NOW, "who joined while it was off is not welcomed now"
    assert {slug for slug, at in since.items() if at} == {"welcome", "recap"}
    assert programmes.export(programmes.by_slug("resellers")) == quiet
    assert transaction(publish) == []


def test_a_large_occasion_is_one_batch_and_goes_on_where_it_was_cut_short(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(trigger("recap"))
    monkeypatch.setattr(jobs, "STRIDE", 2)
    real, left = filling.answer, [1]

    def cut(*args: Any, **words: Any) -> Any:
        if left.pop() < 0:
            raise KeyboardInterrupt
        left.append(-1)
        return real(*args, **words)

    monkeypatch.setattr(filling, "answer", cut)
    when = datetime(2013, 7, 4, 12, tzinfo=UTC)
    with pytest.raises(KeyboardInterrupt):
        jobs.answer(programmes.by_slug("resellers").id, None, when)
    assert len(rows()) == 2
    monkeypatch.setattr(filling, "answer", real)
    assert len(answer(when)) == 3
    assert len(rows()) == 3


def test_the_schedule_wakes_a_worker_only_where_somebody_waits(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[Any] = []
    monkeypatch.setattr(jobs.queue, "enqueue", lambda *words, **_: woken.append(words))
    jobs.look(NOW)
    assert woken == []
    switch(trigger("recap"))
    jobs.look(datetime(2013, 7, 4, 12, tzinfo=UTC))
    assert woken == [("default", "engage.videos.jobs.answer", cast.programme.id)]


def test_joining_itself_orders_the_welcome(cast: Cast) -> None:
    """The cast joined when it was enrolled; the message waits in the outbox."""
    switch(DEFAULTS[0], NOW - DAY)
    joined = db.session.query(Message).filter_by(topic="joined").first()
    assert joined
    jobs.joined(joined.programme_id, joined.payload, NOW)
    assert sorted(db.session.scalars(db.select(Video.partner_id))) == sorted(ids(cast))

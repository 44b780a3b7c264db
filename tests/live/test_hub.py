import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from engage.live import hub as hub_module
from engage.live.hub import PER_USER, Hub
from engage.live.rules import Change, Viewer
from engage.live.stream import Stream
from tests.live.events import Wire, in_loop, until

ANNA = Viewer(who="user 1", programme_id=1, partner_id=7, role="partner")
BEN = Viewer(who="user 2", programme_id=1, partner_id=8, role="partner")
MAYA = Viewer(who="user 3", programme_id=1, partner_id=None, role="manager")
OTHER = Viewer(who="user 4", programme_id=2, partner_id=9, role="partner")


def board(version: int, name: str = "sales", programme_id: int = 1) -> Change:
    data = {"board": name, "version": version}
    return Change(programme_id, "everyone", "board", data, version)


def own_news(partner_id: int) -> Change:
    return Change(1, partner_id, "partner", {"partner": partner_id})


@asynccontextmanager
async def open_hub() -> AsyncIterator[Hub]:
    hub = Hub()
    pump = asyncio.create_task(hub.pump())
    yield hub
    assert not pump.done()
    pump.cancel()


def opened(viewer: Viewer) -> tuple[Stream, Wire]:
    stream, wire = Stream(viewer, "session", 0.0), Wire()
    wire.take(stream)
    return stream, wire


def join(hub: Hub, viewer: Viewer, missed: list[bytes] | None = None) -> Wire:
    stream, wire = opened(viewer)
    hub.join(stream, missed)
    return wire


@in_loop
async def test_a_change_reaches_every_stream_of_its_programme():
    async with open_hub() as hub:
        anna, maya, other = join(hub, ANNA), join(hub, MAYA), join(hub, OTHER)
        hub.offer(board(1))
        hub.offer(board(1, programme_id=2))
        await until(lambda: other.shown == ["hello", "sales 1"])
        await until(lambda: anna.shown == maya.shown == ["hello", "sales 1"])


@in_loop
async def test_own_news_reach_the_streams_of_that_partner_alone():
    async with open_hub() as hub:
        phone, desk, ben, maya = (join(hub, viewer) for viewer in (ANNA, ANNA, BEN, MAYA))
        hub.offer(own_news(7))
        hub.offer(board(1))
        await until(lambda: phone.shown == desk.shown == ["hello", "partner", "sales 1"])
        await until(lambda: ben.shown == maya.shown == ["hello", "sales 1"])


@in_loop
async def test_the_boards_of_one_fact_leave_in_one_write():
    async with open_hub() as hub:
        anna = join(hub, ANNA)
        for name in ("sales", "growth", "deals", "points"):
            hub.offer(board(1, name))
        await until(lambda: len(anna.shown) == 5)
        assert anna.writes == 2


@in_loop
async def test_a_burst_arrives_as_its_first_and_its_newest():
    async with open_hub() as hub:
        anna = join(hub, ANNA)
        for version in range(1, 51):
            hub.offer(board(version))
        await until(lambda: anna.shown == ["hello", "sales 1", "sales 50"])


@in_loop
async def test_a_slow_reader_holds_nobody_up_and_gets_the_newest_when_it_reads_again():
    async with open_hub() as hub:
        (stream, slow), quick = opened(BEN), join(hub, ANNA)
        hub.join(stream)
        stream.pause_writing()
        for name, version in (("sales", 1), ("growth", 1), ("sales", 2)):
            hub.offer(board(version, name))
        hub.offer(own_news(8))
        await until(lambda: quick.shown == ["hello", "sales 1", "growth 1", "sales 2"])
        assert slow.shown == ["hello"]
        stream.resume_writing()
        await until(lambda: slow.shown == ["hello", "growth 1", "partner", "sales 2"])
        hub.offer(board(3))
        await until(lambda: slow.shown[-1] == quick.shown[-1] == "sales 3")


@in_loop
async def test_a_slow_reader_never_misses_the_news_between_two_marks():
    """Own news carry no mark, so what was delivered is known by what follows them."""
    async with open_hub() as hub:
        anna = join(hub, ANNA)
        hub.offer(board(1))
        hub.offer(own_news(7))
        await until(lambda: len(anna.shown) == 3)
        names = anna.shown
        assert names.index("partner") < names.index("sales 1")


@in_loop
async def test_who_takes_nothing_for_a_minute_is_let_go(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_module, "PATIENCE", 0.0)
    async with open_hub() as hub:
        stream, wire = opened(BEN)
        hub.join(stream)
        stream.pause_writing()
        hub.offer(board(1))
        await until(lambda: not wire.is_open)
        assert not hub.streams


@in_loop
async def test_a_stream_that_breaks_does_not_break_the_others():
    async with open_hub() as hub:
        broken, anna = join(hub, BEN), join(hub, ANNA)

        def fail(data: Any) -> None:
            raise RuntimeError("the connection has gone")

        broken.write = fail  # type: ignore[method-assign]
        hub.offer(board(1))
        await until(lambda: anna.shown == ["hello", "sales 1"])
        await until(lambda: len(hub.streams) == 1)


@in_loop
async def test_a_reconnecting_browser_gets_exactly_what_it_missed():
    async with open_hub() as hub:
        first = join(hub, ANNA)
        hub.offer(board(1))
        await until(lambda: len(first.shown) == 2)
        mark = first.last_mark
        hub.offer(own_news(7))
        hub.offer(own_news(8))
        hub.offer(board(4, "growth"))
        await until(lambda: len(first.shown) == 4)
        again = join(hub, ANNA, hub.after(mark, ANNA))
        assert again.shown == ["partner", "growth 4", "hello"]
        up_to_date = join(hub, ANNA, hub.after(first.last_mark, ANNA))
        assert up_to_date.shown == ["hello"]


@in_loop
@pytest.mark.parametrize("mark", ["", "other.1", "garbage", "0.0", "x.-1", "ä.²"])
async def test_a_mark_of_another_process_makes_the_page_look_anew(mark: str):
    async with open_hub() as hub:
        assert join(hub, ANNA, hub.after(mark, ANNA)).shown == ["reset", "hello"]


@in_loop
async def test_a_page_older_than_this_process_looks_anew_and_a_young_one_need_not():
    async with open_hub() as hub:
        assert join(hub, ANNA, hub.since(60, ANNA)).shown == ["reset", "hello"]
        hub.offer(board(1))
        await until(lambda: hub.since(0.001, ANNA) == [])
        assert join(hub, ANNA, hub.since(0.001, ANNA)).shown == ["hello"]


@in_loop
async def test_a_gap_on_the_bus_makes_every_page_look_anew():
    async with open_hub() as hub:
        anna = join(hub, ANNA)
        mark = anna.last_mark
        hub.reset()
        await until(lambda: anna.shown == ["hello", "reset"])
        assert join(hub, ANNA, hub.after(mark, ANNA)).shown == ["reset", "hello"]
        assert join(hub, ANNA, hub.after(anna.last_mark, ANNA)).shown == ["hello"]


@in_loop
async def test_what_happened_before_anybody_listened_is_no_gap_for_who_comes_later():
    async with open_hub() as hub:
        hub.reset()
        hub.offer(board(1))
        await until(lambda: join(hub, MAYA).last_mark.endswith(".2"))
        anna = join(hub, ANNA)
        assert hub.after(anna.last_mark, ANNA) == []


@in_loop
async def test_a_quiet_stream_shows_signs_of_life():
    async with open_hub() as hub:
        anna = join(hub, ANNA)
        hub.beat()
        await until(lambda: anna.shown == ["hello", "beat"])


@in_loop
async def test_one_user_cannot_take_all_streams():
    async with open_hub() as hub:
        streams = []
        for _ in range(PER_USER):
            assert hub.has_room(ANNA)
            streams.append(opened(ANNA)[0])
            hub.join(streams[-1])
        assert not hub.has_room(ANNA)
        assert hub.has_room(BEN)
        hub.leave(streams[0])
        assert hub.has_room(ANNA)


@in_loop
async def test_who_has_left_hears_nothing_and_leaves_nothing_behind():
    async with open_hub() as hub:
        stream, reader = opened(ANNA)
        hub.join(stream)
        hub.leave(stream)
        hub.leave(stream)
        anna = join(hub, ANNA)
        hub.offer(board(1))
        await until(lambda: "sales 1" in anna.shown)
        assert reader.shown == ["hello"]
        assert len(hub.streams) == 1


@in_loop
async def test_a_stream_ended_from_here_says_goodbye_and_is_finished():
    async with open_hub() as hub:
        stream, reader = opened(ANNA)
        hub.join(stream)
        hub.end(stream, b"event: goodbye\ndata: {}\n\n")
        assert reader.shown == ["hello", "goodbye"]
        assert reader.finished
        assert not hub.streams

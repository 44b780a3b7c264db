"""Dates and times in every common notation become the instant that was meant."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.activity.dates import Reading, decide_order, read_instant
from engage.activity.problems import Undecided, Unreadable

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu",
         "America/Sao_Paulo", "Pacific/Apia", "America/St_Johns", "America/Havana"]  # fmt: skip


def reading(zone: str = "America/New_York", order: str = "DMY", written_in: str = "") -> Reading:
    return Reading(order, ZoneInfo(written_in or zone), ZoneInfo(zone))


def local(text: str, **how: str) -> str:
    """The instant as a clock in New York shows it."""
    instant, _ = read_instant(text, reading(**how))
    assert instant.tzinfo is UTC
    return f"{instant.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2013-12-25", "DMY", "2013-12-25 00:00:00"),
        ("2013/12/25", "DMY", "2013-12-25 00:00:00"),
        ("20131225", "DMY", "2013-12-25 00:00:00"),
        ("25.12.2013", "MDY", "2013-12-25 00:00:00"),
        ("5.1.2013", "MDY", "2013-01-05 00:00:00"),
        ("03/04/2013", "DMY", "2013-04-03 00:00:00"),
        ("03/04/2013", "MDY", "2013-03-04 00:00:00"),
        ("3-4-2013", "MDY", "2013-03-04 00:00:00"),
        ("2013-12-25 14:30", "DMY", "2013-12-25 14:30:00"),
        ("2013-12-25 14:30:05", "DMY", "2013-12-25 14:30:05"),
        ("2013-12-25T14:30:05.123456789", "DMY", "2013-12-25 14:30:05"),
        ("12/25/2013 2:30 PM", "MDY", "2013-12-25 14:30:00"),
        ("12/25/2013, 12:05 a.m.", "MDY", "2013-12-25 00:05:00"),
        ("2013-12-25T14:30:00Z", "DMY", "2013-12-25 09:30:00"),
        ("2013-12-25 14:30:00 UTC", "DMY", "2013-12-25 09:30:00"),
        ("2013-12-25T14:30:00+01:00", "DMY", "2013-12-25 08:30:00"),
        ("2013-12-25T14:30:00 -0800", "DMY", "2013-12-25 17:30:00"),
        ("2013-12-25T14:30+05", "DMY", "2013-12-25 04:30:00"),
    ],
)
def test_a_date_is_read_as_it_was_meant(text, order, expected):
    assert local(text, order=order) == expected


@given(st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)), st.sampled_from(ZONES))
def test_an_instant_with_its_offset_survives_any_zone(moment, zone):
    instant = moment.replace(tzinfo=UTC)
    for written in (instant.isoformat(), instant.astimezone(ZoneInfo("Asia/Tokyo")).isoformat()):
        if "+09:00" in written or "+00:00" in written:  # Tokyo's offset once had seconds
            found, day = read_instant(written, reading(zone))
            assert found == instant
            assert day == instant.astimezone(ZoneInfo(zone)).date()


def turns(zone: str) -> list[datetime]:
    """The local days of 2005 to 2013 on which clocks are changed."""
    noons = [datetime(2005, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(9 * 365)]
    shown = [noon.astimezone(ZoneInfo(zone)) for noon in noons]
    pairs = itertools.pairwise(shown)
    return [datetime(a.year, a.month, a.day) for a, b in pairs if a.utcoffset() != b.utcoffset()]


TURNS = [(zone, day) for zone in ZONES for day in turns(zone)]
ANY = st.tuples(
    st.sampled_from(ZONES), st.datetimes(datetime(1970, 1, 2), datetime(2037, 12, 30))
) | st.builds(
    lambda turn, minutes: (turn[0], turn[1] + timedelta(minutes=minutes)),
    st.sampled_from(TURNS),
    st.integers(0, 48 * 60),
)


@given(ANY)
def test_a_local_time_is_the_first_instant_at_which_clocks_show_it_or_is_refused(given_):
    zone, moment = given_[0], given_[1].replace(microsecond=0)
    tz, found = ZoneInfo(zone), reading(zone)
    near = [moment.replace(tzinfo=UTC) + timedelta(days=days) for days in (-2, 2)]
    offsets = {at.astimezone(tz).utcoffset() for at in near}
    could = [moment.replace(tzinfo=UTC) - offset for offset in offsets]
    shows = [at for at in could if at.astimezone(tz).replace(tzinfo=None) == moment]
    if not shows and moment.time() != time():
        with pytest.raises(Unreadable, match="put forward"):
            read_instant(moment.isoformat(sep=" "), found)
        return
    instant, day = read_instant(moment.isoformat(sep=" "), found)
    if not shows:  # a day that begins at one o'clock, but for the one that Samoa skipped
        assert (instant - timedelta(seconds=1)).astimezone(tz).date() < day
        assert day >= moment.date()
        return
    assert (instant, day) == (min(shows), moment.date())
    assert found.twice == ([moment] if len(shows) > 1 else [])


@given(st.dates(date(1970, 1, 2), date(2037, 12, 30)), st.sampled_from(ZONES))
def test_a_date_alone_is_the_first_instant_of_its_day(day, zone):
    tz = ZoneInfo(zone)
    instant, found = read_instant(day.isoformat(), reading(zone))
    if zone == "Pacific/Apia" and day == date(2011, 12, 30):  # a day that Samoa skipped
        assert found == date(2011, 12, 31)
        return
    assert found == day == instant.astimezone(tz).date()
    assert (instant - timedelta(seconds=1)).astimezone(tz).date() < day


def test_clocks_going_back_and_forward_in_new_york():
    assert read_instant("2013-11-03 01:30", reading())[0] == datetime(
        2013, 11, 3, 5, 30, tzinfo=UTC
    )
    with pytest.raises(Unreadable, match="put forward: write what they showed, 2013-03-10T03:30"):
        local("2013-03-10 02:30")
    assert local("2013-03-10T02:30-05:00") == "2013-03-10 03:30:00"


def test_a_date_alone_is_the_programmes_day_wherever_the_file_was_written():
    _, day = read_instant("2013-02-01", reading("America/New_York", written_in="Asia/Tokyo"))
    assert day == date(2013, 2, 1)
    instant, day = read_instant("2013-02-01 08:00", reading(written_in="Asia/Tokyo"))
    assert instant == datetime(2013, 1, 31, 23, 0, tzinfo=UTC)
    assert day == date(2013, 1, 31)


def test_typed_cells_are_read_like_texts():
    assert read_instant(date(2013, 12, 25), reading()) == read_instant("2013-12-25", reading())
    moment = datetime(2013, 12, 25, 14, 30)
    assert read_instant(moment, reading()) == read_instant("2013-12-25 14:30", reading())


@given(st.lists(st.dates(date(1900, 1, 1), date(2199, 12, 31)), min_size=1), st.booleans())
def test_a_slashed_column_is_never_read_wrongly_it_is_right_or_refused(days, day_first):
    style = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    texts = [day.strftime(style) for day in days]
    try:
        order = decide_order(texts)
    except Undecided:
        assert all(day.day <= 12 for day in days)
        return
    assert [read_instant(text, reading("UTC", order))[1] for text in texts] == days


def test_a_column_of_unknown_order_is_refused_with_the_way_to_decide():
    with pytest.raises(Undecided, match=r'\[format\] dates = "DMY"'):
        decide_order(["03/04/2013", "05/05/2013"])


def test_one_plain_value_decides_the_column_and_two_orders_refuse_it():
    assert decide_order(["03/04/2013", "25/12/2013"]) == "DMY"
    assert decide_order(["03/04/2013 10:00", "12/25/2013 11:00 PM"]) == "MDY"
    assert decide_order(["05/05/2013", "2013-03-04", "03.04.2013"]) == "DMY"
    with pytest.raises(Undecided) as refusal:
        decide_order(["25/12/2013", "12/25/2013"])
    assert "25/12/2013" in str(refusal.value)
    assert "12/25/2013" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("25/12/13", "year has two digits"),
        ("yesterday", "not a date: write it like 2013-12-25"),
        ("41633", "not a date"),
        ("2013-02-30", "a day that does not exist"),
        ("31/04/2013", "does not exist .day first."),
        ("2013-13-01", "does not exist"),
        ("2013-12-25 25:00", "a time that does not exist"),
        ("2013-12-25 13:00 PM", "a time that does not exist"),
        ("2013-12-25T10:00+99:00", "offset"),
        ("0001-01-01", "outside the years 1900 to 2199"),
        ("9999-12-31", "outside the years"),
        ("2013-12-25x", "not a date"),
        ("2013/12-25", "not a date"),
        ("2013-W07", "not a date"),
        ("", "not a date"),
    ],
)
def test_what_is_no_date_is_refused_with_a_remedy(text, said):
    with pytest.raises(Unreadable, match=said):
        read_instant(text, reading())

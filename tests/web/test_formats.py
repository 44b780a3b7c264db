from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage import formats
from engage.voice import Voice

NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
NOW = datetime(2026, 3, 14, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit", "locale", "text"),
    [
        (123456789, "USD", "en", "$1,234,567.89"),
        (123456789, "EUR", "de", f"1.234.567,89{NBSP}€"),
        (123456789, "EUR", "es", f"1.234.567,89{NBSP}€"),
        (123456789, "EUR", "fr", f"1{NARROW}234{NARROW}567,89{NBSP}€"),
        (-40050, "EUR", "en", "-€400.50"),
        (1500, "JPY", "en", "¥1,500"),
        (1234567, "KWD", "en", f"KWD{NBSP}1,234.567"),
        (1234567, "KWD", "de", f"1.234,567{NBSP}KWD"),
        (1250, "points", "de", "1.250"),
    ],
)
def test_money_has_the_digits_of_its_currency(value, unit, locale, text):
    assert formats.money(value, unit, locale) == text


def test_a_whole_amount_in_a_sentence_has_no_zero_cents():
    assert formats.money(40000, "USD", "en", whole=True) == "$400"
    assert formats.money(40050, "USD", "en", whole=True) == "$400.50"


def test_an_amount_of_ten_thousandths_loses_nothing_and_pads_nothing():
    assert formats.decimal4(12345678, "en") == "1,234.5678"
    assert formats.decimal4(12345000, "de") == "1.234,5"
    assert formats.decimal4(30000, "fr") == "3"
    assert formats.decimal4(12345000, "en", 2) == "1,234.50"


@given(st.integers(-(10**15), 10**15))
def test_an_amount_can_be_read_back(value):
    text = formats.decimal4(value, "en")
    assert Decimal(text.replace(",", "")) == Decimal(value) / 10_000


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_goal_is_not_reached_before_it_is_reached(part, whole):
    text = formats.percent(part, whole, "en")
    assert (int(text.rstrip("%").replace(",", "")) >= 100) == (part >= whole)


def test_percents_are_written_as_the_reader_writes_them():
    assert formats.percent(999, 1000, "en") == "99%"
    assert formats.percent(1, 2, "de") == f"50{NBSP}%"
    assert formats.percent(3, 0, "en") == "0%"


@pytest.mark.parametrize(
    ("locale", "texts"),
    [
        ("en", ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "1,001st"]),
        ("de", ["1.", "2.", "3.", "4.", "11.", "12.", "13.", "21.", "102.", "1.001."]),
        ("es", ["1.º", "2.º", "3.º", "4.º", "11.º", "12.º", "13.º", "21.º", "102.º", "1.001.º"]),
        ("fr", ["1er", "2e", "3e", "4e", "11e", "12e", "13e", "21e", "102e", f"1{NARROW}001e"]),
    ],
)
def test_ranks_are_ordinals_of_the_language(locale, texts):
    ranks = [1, 2, 3, 4, 11, 12, 13, 21, 102, 1001]
    assert [formats.ordinal(rank, locale) for rank in ranks] == texts


def test_a_language_without_a_rule_of_its_own_writes_a_full_stop():
    assert formats.ordinal(14, "cs") == "14."


def test_an_instant_is_shown_on_the_viewers_clock():
    assert formats.moment(NOW, "en_GB", "Europe/Berlin") == "14 Mar 2026, 14:05"
    assert formats.moment(NOW, "de", "Asia/Tokyo") == "14.03.2026, 22:05"
    assert formats.clock_time(NOW, "fr", "America/New_York") == "09:05"


def test_an_instant_falls_on_the_viewers_day_and_a_day_is_nobodys_to_move():
    late = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)
    assert formats.day(late, "de", "Asia/Tokyo") == "15.03.2026"
    assert formats.day(date(2026, 3, 14), "de", "Asia/Tokyo") == "14.03.2026"


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=400)))
def test_never_more_is_said_to_be_left_than_there_is(left):
    count, unit = formats.remaining(NOW + left, NOW)
    length = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
    assert count * length[unit] <= left < (count + 1) * length[unit]


def test_what_is_over_has_nothing_left():
    assert formats.remaining(NOW - timedelta(days=2), NOW) == (0, "minute")


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "3 hours ago"),
        ("de", "vor 3 Stunden"),
        ("es", "hace 3 horas"),
        ("fr", "il y a 3 heures"),
    ],
)
def test_the_last_week_is_told_by_its_distance(locale, text):
    assert formats.ago(NOW - timedelta(hours=3, minutes=59), NOW, locale) == text


def test_what_is_older_or_yet_to_come_has_no_distance():
    assert formats.ago(NOW - timedelta(days=7), NOW, "en") is None
    assert formats.ago(NOW + timedelta(minutes=5), NOW, "en") is None


def test_after_in_stands_the_distance_alone():
    assert formats.distance(NOW + timedelta(days=36, hours=3), NOW, "en") == "36 days"
    assert formats.distance(NOW + timedelta(hours=1), NOW, "de") == "1 Stunde"
    assert formats.distance(NOW, NOW, "en") == ""


def test_machines_read_utc():
    assert formats.utc(NOW) == "2026-03-14T13:05:00Z"


@given(
    st.decimals(-(10**9), 10**9, places=4),
    st.sampled_from(["en", "de", "fr", "sv", "de_CH", "en_IN", "pt_BR", "pl", "ar", "fa", "hi"]),
)
def test_a_number_is_read_as_its_reader_writes_it(value: Decimal, locale: str):
    voice = Voice(locale)
    assert voice.read(voice.number(abs(value))) == abs(value)
    assert voice.read(voice.typed(abs(value))) == abs(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x",
        "1e3",
        "1_000",
        "\u0661\u0662",
        "0x1",
        "NaN",
        "1.2.3",
        "1,5",
        "12,50",
        "1 2",
        "9" * 5_000,
    ],
)
def test_what_is_no_number_to_a_reader_is_none(text: str):
    assert Voice("en").read(text) is None


def test_blanks_group_in_every_language_and_a_sign_is_a_sign():
    assert Voice("en").read("1 250.5") == Voice("de").read("1 250,5") == Decimal("1250.5")
    assert Voice("en").read("−5") == Voice("en").read("-5") == -Voice("en").read("+5")

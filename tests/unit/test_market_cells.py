"""Dates and numbers as files write them."""

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.market.sources.dates import iso_sessions, session_of
from engine.market.sources.numbers import Commas, meaning_of_commas, number_of, plain_numbers


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-21",
        "20260121",
        "2026-01-21 00:00:00",
        "2026-01-21T00:00",
        "20260121 00:00",
        "2026-01-21 00:00:00-05:00",
        "2026-01-21 00:00:00-0500",
        "2026-01-21 05:00:00+00:00",
        "2026-01-21T14:30:00Z",
    ],
)
def test_every_accepted_way_to_write_one_session(text):
    assert session_of(text) == dt.date(2026, 1, 21)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("03/04/2020", "ambiguous: day and month"),
        ("3.4.2020", "ambiguous: day and month"),
        ("03-04-20", "ambiguous: day and month"),
        ("1/2/2020 16:00:00", "ambiguous: day and month"),
        ("43833", "spreadsheet's serial number"),
        ("43833.0", "spreadsheet's serial number"),
        ("2020-13-01", "is not a date"),
        ("20200230", "is not a date"),
        ("01022020", "is not a date"),
        ("1020-01-02", "is not a date"),
        ("2020-0102", "is not a date"),
        ("2020-01-02 25:00", "is not a date with a time"),
        ("2020-01-02 09:30:00", "a time of day, 09:30:00"),
        ("Jan 2, 2020", "is not a date"),
        ("15779232", "is not a date"),
        ("２０２０-01-02", "is not a date"),
        ("2026-01-21T00:00:00Z", "the time zone moves the date"),
        ("2026-01-21 00:00:00+01:00", "is 2026-01-20 18:00 in New York"),
        ("2026-01-21 23:30:00-08:00", "is 2026-01-22 02:30 in New York"),
    ],
)
def test_a_date_that_could_be_another_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        session_of(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("45.53125", 45.53125), ("7", 7.0), (".5", 0.5), ("1e-3", 0.001), ("-2", -2)],
)
def test_plain_numbers(text, value):
    assert number_of(text) == value


@pytest.mark.parametrize("text", ["inf", "1_000", "0x10", "$45", "45 53", "1.2.3", "٤٥", "45%"])
def test_what_python_or_a_spreadsheet_might_read_is_no_number_here(text):
    with pytest.raises(ValueError, match="is not a number"):
        number_of(text)


@pytest.mark.parametrize("text", ["", "null", "NaN", "N/A", "-"])
def test_a_missing_number_is_called_empty(text):
    with pytest.raises(ValueError, match=r"^is empty$"):
        number_of(text)


@pytest.mark.parametrize(
    ("cells", "meaning"),
    [
        (["45.53", "7"], Commas.NONE),
        (["1,234", "45,53"], Commas.DECIMAL),
        (["1.234,5"], Commas.DECIMAL),
        (["0,203"], Commas.DECIMAL),
        (["1,234", "1,234.5"], Commas.THOUSANDS),
        (["1,234,567"], Commas.THOUSANDS),
        (["1,234", "56"], Commas.UNSETTLED),
        (["1,234.5", "45,53"], Commas.UNSETTLED),
    ],
)
def test_the_file_itself_settles_what_a_comma_means(cells, meaning):
    assert meaning_of_commas(cells) is meaning


@pytest.mark.parametrize(
    ("text", "commas", "value"),
    [
        ("1.234,5", Commas.DECIMAL, 1234.5),
        ("1,234", Commas.DECIMAL, 1.234),
        ("12", Commas.DECIMAL, 12.0),
        ("1,234", Commas.THOUSANDS, 1234.0),
        ("1,234.5", Commas.THOUSANDS, 1234.5),
        ("45.5", Commas.THOUSANDS, 45.5),
    ],
)
def test_numbers_with_commas_whose_meaning_is_settled(text, commas, value):
    assert number_of(text, commas) == value


@pytest.mark.parametrize("commas", [Commas.UNSETTLED, Commas.NONE])
def test_an_unsettled_comma_is_refused(commas):
    with pytest.raises(ValueError, match='"1,234" is ambiguous'):
        number_of("1,234", commas)


def test_a_decimal_point_among_decimal_commas_is_refused():
    with pytest.raises(ValueError, match="decimal point in a file with decimal commas"):
        number_of("46.125", Commas.DECIMAL)


def test_a_decimal_comma_among_thousands_is_refused():
    with pytest.raises(ValueError, match="ambiguous"):
        number_of("45,5", Commas.THOUSANDS)


@pytest.mark.parametrize(
    ("seconds", "session"),
    [
        ("1577975400", "2020-01-02"),  # 09:30 in New York, winter time
        ("1593610200", "2020-07-01"),  # 09:30 in New York, summer time
        ("1577923200", "2020-01-02"),  # midnight in Greenwich: a date, not the evening before
        ("959347800", "2000-05-26"),
    ],
)
def test_seconds_since_1970_are_the_session_in_new_york(seconds, session):
    assert str(session_of(seconds)) == session


# whole columns at once


def each(parse, cells):
    """Return what each cell writes; None if one of them is refused."""
    try:
        return [parse(cell) for cell in cells]
    except ValueError:
        return None


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"[+-]?\d{0,3}\.?\d{0,3}(e-?\d)?", fullmatch=True),
    st.sampled_from(["", "1,5", "nan", "inf", "1_0", "0x1", "１", "1\n2", " 1", "1 ", "1e", "."]),
)


@given(st.lists(NUMBERS, min_size=1, max_size=4))
@example(["1.25", "-.5", "+3.", "7e-2"])
@example(["1", "2\n3"])
def test_a_column_of_plain_numbers_is_what_each_of_them_is(cells):
    found, expected = plain_numbers(cells), each(number_of, cells)
    if found is None:
        assert expected is None or any("," in cell for cell in cells)
    else:
        assert list(map(repr, found)) == list(map(repr, expected))


@pytest.mark.parametrize("cells", [["1.5", "2"], ["-0.0", "1e3", "0001"]])
def test_plain_numbers_take_the_short_way(cells):
    assert plain_numbers(cells) == [float(cell) for cell in cells]


DATES = st.one_of(
    st.dates(dt.date(1780, 1, 1), dt.date(2220, 1, 1)).map(str),
    st.from_regex(r"20\d\d-?[01]\d-?[0-3]\d", fullmatch=True),
    st.sampled_from(["", "2020", "2020-01", "2020-02-30", "20200102", "2020-01-02\n2020-01-03"]),
    st.sampled_from(["2020-01-02 00:00", "NaT", "today", "２０２０-01-02", " 2020-01-02"]),
)


@given(st.lists(DATES, min_size=1, max_size=4))
@example(["2020-02-29", "1800-01-01"])
@example(["2020-02-30", "2020-01-02"])
@example(["2020-01-02", "2020-01-02\n2020-01-03"])
def test_a_column_of_dates_is_what_each_of_them_is(cells):
    found, expected = iso_sessions(cells), each(session_of, cells)
    if found is not None:
        assert found.tolist() == expected


def test_plain_dates_take_the_short_way():
    assert str(iso_sessions(["2020-02-29", "1999-12-31"]).dtype) == "datetime64[D]"
    for refused in (["2020-02-30"], ["1020-01-02"], ["2200-01-01"], ["2020-01-02", ""], []):
        assert iso_sessions(refused) is None

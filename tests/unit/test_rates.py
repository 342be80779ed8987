"""Rates from a file: the value in force at each session, and every file that is refused."""

import hashlib

import numpy as np
import pytest

from engine.errors import DataError
from engine.market.rates import LONGEST_GAP, read_rates, yearly_rates

SESSIONS = np.array(["2020-01-02", "2020-01-03", "2020-01-06", "2020-02-14"], "datetime64[D]")


@pytest.fixture
def rates(tmp_path):
    def of(text, sessions=SESSIONS):
        path = tmp_path / "rates.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return yearly_rates(path, sessions)

    return of


def refusal(rates, text, sessions=SESSIONS):
    with pytest.raises(DataError) as caught:
        rates(text, sessions)
    assert caught.value.exit_code == 4
    return str(caught.value).split("rates.csv", 1)[1]


def test_the_last_value_on_or_before_each_session_as_a_fraction(rates):
    found = rates("Date,Value\n2020-01-01,1.5\n2020-01-03,2\n2020-01-07,-0.25\n2020-02-15,9\n")
    assert found.tolist() == [0.015, 0.02, 0.02, -0.0025]


def test_a_value_stands_for_so_many_days_and_no_more(rates):
    first = SESSIONS[-1] - np.timedelta64(LONGEST_GAP, "D")
    only = SESSIONS[-1:]
    assert rates(f"Date,Value\n{first},1\n", only).tolist() == [0.01]
    both = SESSIONS[-1] + np.arange(2).astype("timedelta64[D]")
    assert "none for 2020-02-15" in refusal(rates, f"Date,Value\n{first},1\n", both)
    before = first - np.timedelta64(1, "D")
    words = refusal(rates, f"Date,Value\n{before},1\n2020-03-01,2\n", only)
    assert words == (
        f":2: {before}: the next rate comes more than 62 days later, or never; "
        "there is none for 2020-02-14"
    )


def test_a_gap_names_the_line_before_it_and_the_first_session_in_it(rates):
    days = np.array(["2020-01-02", "2020-03-20", "2020-03-23", "2020-04-02"], "datetime64[D]")
    words = refusal(rates, "Date,Value\n2020-01-01,1\n2020-01-02,1\n2020-04-01,2\n", days)
    assert words.startswith(":3: 2020-01-02: the next rate comes more than 62 days later, or never")
    assert words.endswith("none for 2020-03-20")


def test_rates_that_start_after_the_first_session(rates):
    words = refusal(rates, "Date,Value\n2020-01-03,1\n2020-02-01,1\n")
    assert words == ": rates start on 2020-01-03, after the first session 2020-01-02"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ": the file is empty"),
        ("Date,Value\n", ": there are no rates up to 2020-02-14"),
        ("Date,Value\n2020-03-01,1\n", ": there are no rates up to 2020-02-14"),
        ("Date,Rate\n2020-01-01,1\n", ":1: a file of rates has the columns Date,Value"),
        ("2020-01-01,1\n", ":1: a file of rates has the columns Date,Value"),
        ("\nDate,Value,More\n2020-01-01,1,1\n", ":2: a file of rates has the columns Date,Value"),
        ("Date,Value\n2020-01-01,.\n", ":2: 2020-01-01,. is not Date,Value"),
        ("Date,Value\n2020-01-01,\n", ":2: 2020-01-01, is not Date,Value"),
        ("Date,Value\n2020-01-01\n", ":2: 2020-01-01 is not Date,Value"),
        ("Date,Value\n2020-01-01,1,2\n", ":2: 2020-01-01,1,2 is not Date,Value"),
        ("Date,Value\n01/02/2020,1\n", ":2: 01/02/2020,1 is not Date,Value"),
        ("Date,Value\n2020-01-01,nan\n", ":2: 2020-01-01: nan is no rate in percent a year"),
        ("Date,Value\n2020-01-01,inf\n", ":2: 2020-01-01: inf is no rate in percent a year"),
        ("Date,Value\n2020-01-01,-100\n", ":2: 2020-01-01: -100 is no rate in percent a year"),
        ("Date,Value\n2020-01-01,1000\n", ":2: 2020-01-01: 1000 is no rate in percent a year"),
        ("Date,Value\n2020-01-01,1\n\n2020-01-01,1\n", ":4: 2020-01-01: does not follow 2020"),
        ("Date,Value\n2020-01-02,1\n2020-01-01,1\n", ":3: 2020-01-01: does not follow 2020-01-02"),
        (b"Date,Value\n\xff\n", ":2: not UTF-8 text; save it as CSV in UTF-8"),
        (b"Date,Value\n\x00\n", ": not a text file; a CSV in UTF-8 is needed"),
        ('Date,Value\n"2020', ":2: not well-formed CSV"),
    ],
)  # fmt: skip
def test_files_that_are_refused(rates, text, words):
    assert refusal(rates, text).startswith(words)


def test_every_bad_row_is_named(rates):
    found = refusal(rates, "Date,Value\n2020-01-01,x\n2020-01-02,1\n2020-01-03,y\n").splitlines()
    assert [found[0], found[1].split("rates.csv")[1]] == [
        ":2: 2020-01-01,x is not Date,Value",
        ":4: 2020-01-03,y is not Date,Value",
    ]


def test_values_after_the_last_session_are_not_looked_at(rates):
    good = "Date,Value\n2020-01-01,1\n2020-02-01,2\n"
    after = "2020-03-01,9999\n2020-02-20,nan\n2020-02-20,3\n"
    assert rates(good + after).tolist() == rates(good).tolist() == [0.01, 0.01, 0.01, 0.02]


def test_a_byte_order_mark_spaces_and_windows_line_ends(rates):
    found = rates(b"\xef\xbb\xbf date , VALUE\r\n 2020-01-01 , 3.0\r\n", SESSIONS[:3])
    assert found.tolist() == [0.03, 0.03, 0.03]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        yearly_rates(tmp_path / "none.csv", SESSIONS)


def test_where_rates_came_from_is_told_up_to_the_last_session(tmp_path):
    path = tmp_path / "DFF.csv"
    late = SESSIONS[-1] + np.timedelta64(3, "D")
    path.write_text(f"Date,Value\n{SESSIONS[0]},1.5\n{SESSIONS[2]},2.5\n{late},9\n")
    values, source = read_rates(path, SESSIONS)
    np.testing.assert_array_equal(values[:3], [0.015, 0.015, 0.025])
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (source.symbol, source.source, source.rows) == ("DFF", "file", 2)
    assert (source.first_session, source.last_session) == (str(SESSIONS[0]), str(SESSIONS[2]))

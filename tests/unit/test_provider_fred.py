"""FRED as a server behaves and misbehaves: data, or one clear error and an untouched library."""

import datetime as dt
import time

import numpy as np
import pytest
from library_market import contents, evening, fetching, wanted
from provider_server import (
    CHALLENGE,
    UNTOLD,
    answer,
    dripping,
    dripping_heading,
    hanging_up,
    serving,
    silent,
)

from engine.errors import DataError, ProviderError
from engine.market.library import Library
from engine.market.providers.delivery import Request
from engine.market.providers.fred import VARIABLE, fetch_fred
from engine.market.providers.http import get, retry_after

CSV = b"observation_date,DFF\n2020-06-24,0.08\n2020-06-25,.\n2020-06-26,0.08\n2020-06-30,0.07\n"
GOOD = answer(CSV)


def request(symbol="DFF", **changes):
    fields = {"start": None, "end": None, "now": evening("2020-07-01"), "timeout": 5.0}
    return Request(symbol, **{**fields, **changes})


@pytest.fixture
def fred(monkeypatch):
    """Serve answers in place of FRED for the rest of a test."""
    opened = []

    def serve(*answers):
        serving_ = serving(*answers)
        script, address = serving_.__enter__()
        opened.append(serving_)
        monkeypatch.setenv(VARIABLE, f"{address}/graph/fredgraph.csv")
        return script

    yield serve
    for one in opened:
        one.__exit__(None, None, None)


def test_a_series_is_its_dates_and_values_without_what_is_missing(fred):
    script = fred(GOOD)
    delivery = fetch_fred(request("dff", start=dt.date(2020, 6, 1), end=dt.date(2020, 7, 1)))
    assert delivery.kind == "values"
    assert delivery.table.dates.astype(str).tolist() == ["2020-06-24", "2020-06-26", "2020-06-30"]
    assert delivery.table["value"].tolist() == [0.08, 0.08, 0.07]
    asked = {"id": "DFF", "cosd": "2020-06-01", "coed": "2020-07-01"}
    assert script.asked == [("/graph/fredgraph.csv", asked)]


def test_the_older_heading_and_blank_values_are_understood(fred):
    fred(answer(b"DATE,VIXCLS\r\n2020-06-24,33.84\r\n2020-06-25,\r\n"))
    delivery = fetch_fred(request("VIXCLS"))
    assert delivery.table["value"].tolist() == [33.84]


def test_values_of_days_that_are_not_over_are_left_out(fred):
    fred(GOOD)
    noon = dt.datetime(2020, 6, 30, 16, tzinfo=dt.UTC)
    assert str(fetch_fred(request(now=noon)).table.dates[-1]) == "2020-06-26"


BAD = {
    "empty": (answer(b""), "the answer is empty", True),
    "challenge": (answer(CHALLENGE), "a web page, not prices", False),
    "not found": (answer(b"<html>", 404), "FRED: DFF: status 404, Not Found", False),
    "server error": (answer(b"oops", 500), "status 500, Internal Server Error", True),
    "rate limit": (answer(b"", 429), "status 429, too many requests", True),
    "half a body": (answer(CSV[:40], length=len(CSV)), "broke off after 40 of 82 bytes", True),
    "half a row": (answer(CSV[:-8]), "line 5 of DFF is 2020-06-, not a date and a value", True),
    "half a number": (answer(CSV[:-2], length=UNTOLD), "ends inside of a line", True),
    "slow drip": (dripping(CSV, 0.05), "no whole answer within 0.3 s", True),
    "slow heading": (dripping_heading(0.05), "no whole answer within 0.3 s", True),
    "silence": (silent(1.0), "no whole answer within 0.3 s", True),
    "hang-up": (hanging_up, "no connection: ", True),
    "another series": (
        answer(b"observation_date,GDP\n2020-01-01,5\n"),
        "not a date and DFF",
        False,
    ),
    "no values": (answer(b"observation_date,DFF\n"), "has no values in the span", False),
    "only missing": (answer(b"observation_date,DFF\n2020-01-01,.\n"), "has no values", False),
    "words": (answer(b"observation_date,DFF\n2020-01-01,high\n"), "2020-01-01,high", True),
    "infinity": (answer(b"observation_date,DFF\n2020-01-01,inf\n"), "2020-01-01,inf", True),
    "unsorted": (answer(b"DATE,DFF\n2020-01-02,1\n2020-01-01,1\n"), "do not ascend", False),
    "binary": (answer(b"\x00\x01\x02"), "not a text file", False),
}
SLOW = ("slow drip", "slow heading", "silence")


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_data_is_an_error_that_says_why(fred, case):
    bad, message, transient = BAD[case]
    fred(bad)
    with pytest.raises(ProviderError, match="FRED: ") as caught:
        fetch_fred(request(timeout=0.3 if case in SLOW else 5.0))
    assert message in str(caught.value)
    assert caught.value.transient is transient


@pytest.mark.parametrize("case", BAD)
def test_a_bad_day_of_the_provider_leaves_the_library_as_it_was(fred, tmp_path, case):
    fred(GOOD)
    fetching(tmp_path, "2020-07-01").fetch(wanted("DFF", source="fred"))
    before = contents(tmp_path)
    fred(BAD[case][0])
    timeout = 0.3 if case in SLOW else 5.0
    with pytest.raises(DataError):
        fetching(tmp_path, "2020-07-01", attempts=2, timeout=timeout).update()
    assert contents(tmp_path) == before


def test_a_bad_moment_passes(fred, tmp_path):
    limited = answer(b"", 429, headers=[("Retry-After", "7")])
    script = fred(limited, answer(b"", 503), answer(CSV[:40], length=len(CSV)), GOOD)
    slept = []
    (kept,) = fetching(tmp_path, "2020-07-01", slept=slept).fetch(wanted("DFF", source="fred"))
    assert (kept.status, kept.entry.rows) == ("new", 3)
    assert len(script.asked) == 4
    assert slept[0] == 7.0


def test_a_request_to_come_back_tomorrow_is_not_waited_for(fred, tmp_path):
    script = fred(answer(b"", 429, headers=[("Retry-After", "86400")]))
    with pytest.raises(ProviderError, match="status 429"):
        fetching(tmp_path, "2020-07-01").fetch(wanted("DFF", source="fred"))
    assert len(script.asked) == 1


def test_without_a_network_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:9/graph")  # nobody listens there
    with pytest.raises(ProviderError, match=r"^FRED: DFF: no connection: Connection refused$"):
        fetching(tmp_path, "2020-07-01").fetch(wanted("DFF", source="fred"))
    assert contents(tmp_path) == {}


def test_an_update_compares_and_adds(fred, tmp_path):
    fred(GOOD)
    fetching(tmp_path, "2020-06-26").fetch(wanted("DFF", source="fred"))
    script = fred(GOOD)
    (kept,) = fetching(tmp_path, "2020-07-01").update()
    assert (kept.status, kept.added) == ("updated", 1)
    assert script.asked[0][1]["cosd"] == "2020-06-24"
    fred(answer(CSV.replace(b"26,0.08", b"26,0.09")))
    with pytest.raises(DataError, match=r"2020-06-26 Value 0.08 → 0.09"):
        fetching(tmp_path, "2020-07-01").update()
    assert Library(tmp_path).read("DFF")[0].table["value"].tolist() == [0.08, 0.08, 0.07]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("file:///etc/passwd", "is no http or https address"),
        ("http://[::1", "is no address: Invalid IPv6 URL"),
        ("http://a b/", "no connection: "),
        ("http://", "no connection: no host given"),
    ],
)
def test_other_addresses_than_the_webs_are_refused(address, message):
    with pytest.raises(ProviderError, match=f"^FRED: .*{message}"):
        get(address, "FRED", 1.0)


def test_a_name_that_is_looked_up_for_ever_has_an_end(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(3))
    with pytest.raises(ProviderError, match=r"no whole answer within 0.2 s"):
        get("http://fred.example/", "FRED", 0.2)


def test_answers_without_end_are_cut(monkeypatch):
    monkeypatch.setattr("engine.market.providers.http.MAX_BYTES", 100)
    refused = pytest.raises(ProviderError, match="the answer is larger than")
    with serving(answer(b"x" * 1000)) as (_, address), refused:
        get(address, "FRED", 5.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Wed, 01 Jul 2020 00:02:00 GMT", 120.0),
        ("Tue, 30 Jun 2020 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("Wed, 01 Jul 2020 00:02:00 +9999", None),
    ],
)
def test_what_retry_after_asks_for(text, seconds):
    assert retry_after(text, dt.datetime(2020, 7, 1, tzinfo=dt.UTC)) == seconds


def test_dates_of_the_table_are_days(fred):
    fred(GOOD)
    assert fetch_fred(request()).table.dates.dtype == np.dtype("datetime64[D]")

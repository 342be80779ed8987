"""Yahoo through yfinance itself, answered by a server on this machine."""

import datetime as dt
import json

import numpy as np
import pytest
from library_market import (
    changed,
    contents,
    evening,
    fetching,
    held,
    wanted,
    whole_table,
    without,
)
from provider_server import CHALLENGE, answer, chart, dripping, hanging_up, serving, silent

from engine.errors import DataError, ProviderError
from engine.market.library import Library
from engine.market.library.table import Table
from engine.market.providers.delivery import Request
from engine.market.providers.yahoo import fetch_yahoo
from engine.market.sources.library import quotes_of

yfinance = pytest.importorskip("yfinance")

IWM = whole_table(1)
SPLIT = 300


def split_table():
    """Return bars of an asset that is split 2:1 in session 300."""
    halved = np.where(np.arange(len(IWM)) >= SPLIT, 2.0, 1.0)
    columns = {n: IWM[n] / halved for n in ("open", "high", "low", "close", "dividend")}
    ratios = np.where(np.arange(len(IWM)) == SPLIT, 2.0, 1.0)
    volume = np.round(IWM["volume"]) * 2
    return Table(IWM.dates, {**columns, "split": ratios, "volume": volume})


def request(symbol="IWM", **changes):
    fields = {"start": None, "end": None, "now": evening("2020-12-31"), "timeout": 5.0}
    return Request(symbol, **{**fields, **changes})


@pytest.fixture
def yahoo(monkeypatch, tmp_path_factory):
    """Serve answers in place of Yahoo; yfinance needs no cookie and keeps nothing."""
    opened = []
    yfinance.cache.set_cache_location(str(tmp_path_factory.mktemp("yfinance")))
    monkeypatch.setattr(
        yfinance.data.YfData, "_get_cookie_and_crumb", lambda *_, **__: (None, "basic")
    )
    # the zone of the exchange is asked for with a request of its own
    monkeypatch.setattr(yfinance.Ticker, "_get_ticker_tz", lambda *_, **__: "America/New_York")

    def serve(*answers):
        context = serving(*answers)
        script, address = context.__enter__()
        opened.append(context)
        monkeypatch.setattr("yfinance.scrapers.history._BASE_URL_", address)
        return script

    yield serve
    for one in opened:
        one.__exit__(None, None, None)


def good(table=IWM, **how):
    return answer(chart(table, **how))


def test_bars_dividends_and_volume_are_as_traded(yahoo):
    script = yahoo(good())
    delivery = fetch_yahoo(request())
    assert delivery.kind == "prices"
    assert delivery.notes == ()
    assert delivery.versions == {"yfinance": yfinance.__version__}
    for name, values in IWM.columns.items():
        np.testing.assert_allclose(delivery.table[name], values, rtol=1e-12, err_msg=name)
    np.testing.assert_array_equal(delivery.table.dates, IWM.dates)
    path, query = script.asked[0]
    assert path == "/v8/finance/chart/IWM"
    assert query["interval"] == "1d"
    assert "div" in query["events"]
    assert "split" in query["events"]


def test_a_split_is_undone_so_that_the_past_is_what_it_was(yahoo):
    table = split_table()
    yahoo(good(table))
    delivery = fetch_yahoo(request())
    for name, values in table.columns.items():
        np.testing.assert_allclose(delivery.table[name], values, rtol=1e-12, err_msg=name)
    assert delivery.notes == ()


def test_a_new_split_is_no_restatement(yahoo, tmp_path):
    """Yahoo halves its whole past on that day; the library's past stays as it was."""
    table = split_table()
    before = table.until(table.dates[SPLIT - 1])
    day = str(before.dates[-1])
    yahoo(good(before))
    fetching(tmp_path, day).fetch(wanted("IWM"))
    stored = Library(tmp_path).read("IWM")[0].table
    np.testing.assert_allclose(stored["close"], before["close"], rtol=1e-12)
    yahoo(good(table.rows(table.dates >= table.dates[SPLIT - 20])))
    (kept,) = fetching(tmp_path, "2020-12-31").update()
    assert (kept.status, kept.changes) == ("updated", ())
    whole = Library(tmp_path).read("IWM")[0]
    quotes = quotes_of(whole, "IWM")
    smooth = np.where(np.arange(len(table)) < SPLIT, 2.0, 1.0)
    np.testing.assert_allclose(quotes.close, table["close"] / smooth, rtol=1e-12)
    as_of = quotes_of(whole, "IWM", end=before.dates[-1].item())
    np.testing.assert_allclose(as_of.close, before["close"], rtol=1e-12)


def test_the_computed_total_return_is_yahoos(yahoo):
    """The split and the dividends before and after it, against Yahoo's own column."""
    table = split_table()
    yahoo(good(table))
    delivery = fetch_yahoo(request())
    given = json.loads(chart(table))["chart"]["result"][0]["indicators"]
    quotes = quotes_of(held(table=delivery.table), "IWM")
    np.testing.assert_allclose(quotes.adjusted_close, given["adjclose"][0]["adjclose"], rtol=1e-12)
    np.testing.assert_allclose(quotes.close, given["quote"][0]["close"], rtol=1e-12)


def test_an_end_in_the_past_still_knows_of_later_splits(yahoo):
    """Yahoo has divided the rows before the end by a split after it."""
    table = split_table()
    yahoo(good(table))
    end = table.dates[SPLIT - 10].item()
    delivery = fetch_yahoo(request(end=end))
    kept = table.until(np.datetime64(end))
    np.testing.assert_allclose(delivery.table["close"], kept["close"], rtol=1e-12)


def test_the_bar_of_a_session_under_way_is_left_out(yahoo):
    yahoo(good())
    noon = dt.datetime(2020, 12, 31, 17, tzinfo=dt.UTC)
    delivery = fetch_yahoo(request(now=noon))
    assert str(delivery.table.dates[-1]) == "2020-12-30"
    assert delivery.remarks == ("the bar of 2020-12-31 was not final yet and is left out",)
    assert delivery.notes == ()  # it is not of the rows that are kept


def test_a_start_is_asked_for(yahoo):
    script = yahoo(good(IWM.rows(IWM.dates >= np.datetime64("2020-06-01"))))
    fetch_yahoo(request(start=dt.date(2020, 6, 1)))
    assert int(script.asked[0][1]["period1"]) == 1_590_984_000  # midnight in New York


def test_a_start_in_the_future_asks_nobody(yahoo):
    script = yahoo(good())
    with pytest.raises(ProviderError, match="there are no bars from 2021-01-04 on"):
        fetch_yahoo(request(start=dt.date(2021, 1, 4)))
    assert script.asked == []


def test_an_index_has_no_dividends_and_no_volume(yahoo):
    columns = {**IWM.columns, "dividend": np.zeros(len(IWM)), "volume": np.zeros(len(IWM))}
    yahoo(good(Table(IWM.dates, columns), symbol="^RUT", kind="INDEX"))
    delivery = fetch_yahoo(request("^RUT"))
    assert not delivery.table["dividend"].any()
    assert not delivery.table["volume"].any()


def distributing(gains, adjusted_for):
    """Return an answer with a dividend of 1 and a capital gain in session 50."""
    dividend = np.zeros(len(IWM))
    dividend[50] = 1.0
    table = Table(IWM.dates, {**IWM.columns, "dividend": dividend})
    stamp = str(int(IWM.dates[50].astype("datetime64[s]").astype(int)) + 52_200)
    events = {
        "dividends": {stamp: {"amount": 1.0, "date": int(stamp)}},
        "capitalGains": {stamp: {"amount": gains, "date": int(stamp)}},
    }
    adjusted = np.where(
        np.arange(len(IWM)) < 50, IWM["close"] * (1 - adjusted_for / IWM["close"][49]), IWM["close"]
    )
    quote = {n: IWM[n].tolist() for n in ("open", "high", "low", "close", "volume")}
    return answer(
        chart(
            table,
            events=events,
            indicators={"quote": [quote], "adjclose": [{"adjclose": adjusted.tolist()}]},
        )
    )


@pytest.mark.parametrize(
    ("adjusted_for", "paid", "notes"), [(1.5, 1.5, 0), (1.0, 1.0, 0), (1.2, 1.0, 1)]
)
def test_capital_gains_are_counted_as_yahoos_adjusted_close_does(yahoo, adjusted_for, paid, notes):
    """Yahoo's dividends contain them in some funds and not in others."""
    yahoo(distributing(0.5, adjusted_for))
    delivery = fetch_yahoo(request())
    assert delivery.table["dividend"][50] == pytest.approx(paid)
    assert len(delivery.notes) == notes
    if notes:
        assert "differ from Yahoo's adjusted close by up to 0." in delivery.notes[0]


def test_a_few_dividends_that_are_missing_are_told(yahoo):
    """Yahoo's two tellings contradict each other: neither is taken for granted."""
    told = json.loads(chart(IWM))["chart"]["result"][0]["events"]
    dividends = dict(list(told["dividends"].items())[1:])
    yahoo(answer(chart(IWM, events={**told, "dividends": dividends})))
    (note,) = fetch_yahoo(request()).notes
    assert "differ from Yahoo's adjusted close by up to 0." in note


# bad days

EMPTY = answer(b'{"chart": {"result": [], "error": null}}')
DELISTED = answer(
    b'{"chart": {"result": null, "error": {"code": "Not Found", "description":'
    b' "No data found, symbol may be delisted"}}}',
    404,
)
NO_ROWS = answer(chart(IWM.rows(IWM.dates < IWM.dates[0])))
BAD = {
    "empty": (answer(b""), "the answer is not data", True),
    "no result": (EMPTY, "IWM: possibly delisted; no price data found", False),
    "no dividends": (answer(chart(IWM, events={})), "half an answer: dividends are in the", True),
    "no volume": (answer(chart(IWM).replace(b'"volume"', b'"turnover"')), "IWM: ", False),
    "no rows": (NO_ROWS, "Yahoo: IWM: ", True),
    "delisted": (DELISTED, "No data found, symbol may be delisted", False),
    "challenge": (answer(CHALLENGE), "the answer is not data, perhaps a web page", True),
    "server error": (answer(b"<html>oops", 500), "status 500, the answer is not data", True),
    "maintenance": (answer(b"Will be right back..."), "YAHOO! FINANCE IS CURRENTLY DOWN", True),
    "rate limit": (answer(b"Too Many Requests", 429), "too many requests", True),
    "half a body": (answer(chart(IWM)[:5000], length=99_999), "the answer broke off", True),
    "half a text": (answer(chart(IWM)[:5000]), "the answer is not data", True),
    "slow drip": (dripping(chart(IWM), 0.05), "no whole answer within 0.3 s", True),
    "silence": (silent(3.0), "no whole answer within 0.3 s", True),
    "hang-up": (hanging_up, "no connection: ", True),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_data_is_an_error_that_says_why(yahoo, tmp_path, case):
    bad, message, transient = BAD[case]
    yahoo(bad)
    with pytest.raises(ProviderError, match="Yahoo: ") as caught:
        fetch_yahoo(request(timeout=0.3 if case in ("silence", "slow drip") else 5.0))
    assert message in str(caught.value)
    assert caught.value.transient is transient


@pytest.mark.parametrize("case", ["challenge", "delisted", "rate limit", "half a body"])
def test_a_bad_day_of_yahoo_leaves_a_pair_as_it_was(yahoo, tmp_path, case):
    yahoo(good())
    fetching(tmp_path, "2020-06-30").fetch(wanted("IWM", "SPY"))
    before = contents(tmp_path)
    later = good(IWM.rows(IWM.dates >= np.datetime64("2020-06-03")))
    yahoo(later, BAD[case][0])
    with pytest.raises(DataError):
        fetching(tmp_path, "2020-12-31", attempts=2).update()
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (without(IWM, 100), "no row for this session"),
        (changed(IWM, "close", 100, -1.0), "must be positive"),
        (changed(IWM, "high", 100, 1.0), "is below Low"),
        (IWM.rows(IWM.dates < np.datetime64("2020-01-01")), "half an answer"),
    ],
)
def test_bars_that_cannot_be_are_kept_out(yahoo, tmp_path, table, message):
    yahoo(good(table))
    with pytest.raises(DataError, match=message):
        fetching(tmp_path, "2020-12-31").fetch(wanted("IWM"))
    assert contents(tmp_path) == {}


def test_without_yfinance_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "yfinance", None)
    with pytest.raises(ProviderError, match=r"Yahoo needs yfinance: pip install yfinance"):
        fetch_yahoo(request())

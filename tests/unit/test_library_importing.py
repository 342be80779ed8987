"""Importing files: recognised, judged by the gate, laid into the library all or none."""

import io
import zipfile

import numpy as np
import pytest
from library_market import contents, evening, held
from market_files import YAHOO, arrays, text_of, write

from engine.errors import DataError, UsageError
from engine.market.importing import Importing, symbol_of
from engine.market.library import Library
from engine.market.library.entry import (
    AS_GIVEN,
    AS_TRADED,
    FROM_ADJUSTED_CLOSE,
    FROM_DIVIDENDS,
    NO_ADJUSTMENT,
)
from engine.market.sources.library import quotes_of

PLAIN = ("Date", "Open", "High", "Low", "Close", "Volume")


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "lib")


def importing(library, *paths, **options):
    return Importing(library=library, now=evening("2020-02-14"), **options).run(paths)


def read(library, symbol):
    held_ = library.read(symbol)[0]
    return held_, quotes_of(held_, symbol)


def test_a_yahoo_file_keeps_its_adjusted_close(library, tmp_path):
    (kept,) = importing(library, write(tmp_path, "SPY"))
    assert kept.status == "new"
    assert kept.entry.request["recognised_as"] == "Yahoo CSV"
    stored, quotes = read(library, "SPY")
    assert (stored.entry.prices, stored.entry.adjustment) == (AS_GIVEN, FROM_ADJUSTED_CLOSE)
    given = arrays()
    for name, column in zip(
        YAHOO, ("sessions", "open", "high", "low", "close", "adjusted_close", "volume"), strict=True
    ):
        np.testing.assert_array_equal(getattr(quotes, column), given[name])
    assert (quotes.source, quotes.adjustment) == ("file", FROM_ADJUSTED_CLOSE)


def test_plain_prices_have_no_total_return(library, tmp_path):
    importing(library, write(tmp_path, "SPY", names=PLAIN))
    stored, quotes = read(library, "SPY")
    assert stored.entry.adjustment == NO_ADJUSTMENT
    assert quotes.adjusted_close is None
    assert "no adjusted close: only price_basis: price is possible" in quotes.notes


def test_prices_without_volume(library, tmp_path):
    importing(library, write(tmp_path, "RUT", names=PLAIN[:-1]))
    assert read(library, "RUT")[1].volume is None


# recognising


def stooq(columns, symbol):
    head = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>"
    rows = [head]
    for i, date in enumerate(columns["Date"]):
        prices = ",".join(str(columns[name][i]) for name in PLAIN[1:])
        rows.append(f"{symbol},D,{str(date).replace('-', '')},000000,{prices},0")
    return "\n".join(rows)


def tradingview(columns, clock):
    seconds = columns["Date"].astype("datetime64[s]").astype(int) + clock
    rows = ["time,open,high,low,close,Volume"]
    for i, second in enumerate(seconds):
        rows.append(f"{second}," + ",".join(str(columns[name][i]) for name in PLAIN[1:]))
    return "\n".join(rows)


def downloaded(columns, tickers=("SPY",)):
    """Return what pandas writes of a table that ``yfinance.download`` gave."""
    names = ["Adj Close", "Close", "High", "Low", "Open", "Volume"]
    wide = [(name, ticker) for name in names for ticker in tickers]
    rows = [",".join(["Price", *(name for name, _ in wide)])]
    rows += [",".join(["Ticker", *(ticker for _, ticker in wide)]), "Date" + "," * len(wide)]
    for i, date in enumerate(columns["Date"]):
        rows.append(",".join([str(date), *(str(columns[name][i]) for name, _ in wide)]))
    return "\n".join(rows)


def test_a_download_of_several_symbols_is_no_file_of_one(library, tmp_path):
    path = tmp_path / "SPY.csv"
    path.write_text(downloaded(arrays(), ("IWM", "SPY")))
    with pytest.raises(DataError, match='two columns for one thing: "Adj Close" and "Adj Close"'):
        importing(library, path)
    path.write_text("\n".join(downloaded(arrays()).splitlines()[:3]))
    with pytest.raises(DataError, match="a header and no rows"):
        importing(library, path)


@pytest.mark.parametrize(
    ("name", "text", "symbol", "layout"),
    [
        ("spy.us.txt", stooq(arrays(), "SPY.US"), "SPY", "Stooq CSV"),
        ("spy_us_d.csv", text_of(arrays(), PLAIN), "SPY", "OHLCV CSV"),
        ("AMEX_SPY, 1D.csv", tradingview(arrays(), 52_200), "SPY", "TradingView CSV"),
        ("AMEX_SPY, 1D_1a2b3.csv", tradingview(arrays(), 0), "SPY", "TradingView CSV"),
        ("SPY.csv", downloaded(arrays()), "SPY", "Yahoo CSV"),
        ("^gspc.csv", text_of(arrays(), PLAIN), "^GSPC", "OHLCV CSV"),
        ("BRK.B.csv", text_of(arrays()), "BRK.B", "Yahoo CSV"),
    ],
)
def test_what_a_file_is_and_whose(library, tmp_path, name, text, symbol, layout):
    path = tmp_path / name
    path.write_text(text)
    (kept,) = importing(library, path)
    assert (kept.entry.symbol, kept.entry.request["recognised_as"]) == (symbol, layout)
    quotes = read(library, symbol)[1]
    np.testing.assert_array_equal(quotes.sessions, arrays()["Date"])
    np.testing.assert_array_equal(quotes.close, arrays()["Close"])


def test_a_name_that_says_no_symbol(library, tmp_path):
    path = write(tmp_path, "my prices")
    with pytest.raises(UsageError, match='"MY PRICES" is no symbol'):
        importing(library, path)
    (kept,) = importing(library, path, symbol="spy")
    assert kept.entry.symbol == "SPY"


def test_only_stooqs_names_are_shortened(tmp_path):
    assert symbol_of(tmp_path / "abc_d.csv", "Yahoo CSV") == "ABC_D"
    assert symbol_of(tmp_path / "abc_d.csv", "Stooq CSV") == "ABC"
    assert symbol_of(tmp_path / "X_SPY, 1D.csv", "OHLCV CSV") == "X_SPY, 1D"


def test_columns_of_any_name(library, tmp_path):
    path = tmp_path / "SPY.csv"
    text = text_of(arrays(), PLAIN).replace("Date,Open,High,Low,Close,Volume", "Tag,A,B,C,D,E")
    path.write_text(text)
    named = {"Date": "Tag", "open": "A", "HIGH": "B", "low": "C", "Close": "D"}
    importing(library, path, columns=named)
    quotes = read(library, "SPY")[1]
    np.testing.assert_array_equal(quotes.low, arrays()["Low"])
    assert quotes.volume is None
    assert quotes.notes[0] == "columns ignored: E"


def test_one_column_can_stand_for_all_prices(library, tmp_path):
    path = tmp_path / "RUT.csv"
    path.write_text(text_of(arrays(), ("Date", "Close")))
    named = dict.fromkeys(("open", "high", "low", "close"), "Close")
    importing(library, path, columns={"date": "Date", **named})
    quotes = read(library, "RUT")[1]
    np.testing.assert_array_equal(quotes.open, quotes.close)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"Date": "Date"}, "no column Open, High, Low, Close"),
        ({"Dat": "Date"}, '"Dat" is no column prices have .allowed date, open'),
        ({"Date": "Clos"}, 'no column "Clos" .found Date, Open.*did you mean "Close"'),
    ],
)
def test_columns_that_are_not_there(library, tmp_path, columns, message):
    with pytest.raises(DataError, match=message):
        importing(library, write(tmp_path, "SPY"), columns=columns)


# events


def write_events(tmp_path, text, name="events.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_dividends_make_the_total_return(library, tmp_path):
    """By hand: 1 − D / previous close, for every session before the ex-date."""
    given = arrays()
    dates = given["Date"].astype(str)
    paid = write_events(tmp_path, f"Date,Dividend\n{dates[20]},1.5\n{dates[10]},0.5\n")
    importing(library, write(tmp_path, "SPY", names=PLAIN), dividends={"SPY": paid})
    stored, quotes = read(library, "SPY")
    assert stored.entry.adjustment == FROM_DIVIDENDS
    close = given["Close"]
    first, second = 1 - 0.5 / close[9], 1 - 1.5 / close[19]
    expected = [*(close[:10] * first * second), *(close[10:20] * second), *close[20:]]
    np.testing.assert_allclose(quotes.adjusted_close, expected, rtol=1e-15)
    assert "no adjusted close: only price_basis: price is possible" not in quotes.notes


def test_an_adjusted_close_that_contradicts_the_dividends_is_told(library, tmp_path):
    paid = write_events(tmp_path, f"Date,Dividend\n{arrays()['Date'][10]},0.01\n")
    (kept,) = importing(library, write(tmp_path, "SPY"), dividends={"": paid})
    assert any("the file's adjusted close differs from its dividends" in w for w in kept.warnings)


def test_splits_of_prices_as_traded(library, tmp_path):
    given = arrays()
    doubled = {
        n: np.where(np.arange(30) < 15, 2 * given[n], given[n])
        for n in ("Open", "High", "Low", "Close")
    }
    path = write(tmp_path, "SPY", {**given, **doubled}, names=PLAIN)
    with pytest.raises(DataError, match="looks like an unadjusted split"):
        importing(library, path)
    splits = write_events(tmp_path, f"Date,Split\n{given['Date'][15]},2:1\n")
    importing(library, path, splits={"SPY": splits})
    stored, quotes = read(library, "SPY")
    assert stored.entry.prices == AS_TRADED
    np.testing.assert_array_equal(stored.table["close"], doubled["Close"])
    np.testing.assert_allclose(quotes.close, given["Close"], rtol=1e-15)
    np.testing.assert_allclose(
        quotes.volume, np.where(np.arange(30) < 15, 2, 1) * given["Volume"], rtol=1e-15
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Date,Dividend\n2020-01-04,1\n", "events.csv:2: 2020-01-04: the prices have no such"),
        ("Date,Dividend\n2020-01-06,-1\n", "events.csv:2: -1 is not positive"),
        ("Date,Dividend\n2020-01-06\n", "events.csv:2: "),
        ("Date,Dividend\n01/06/2020,1\n", "events.csv:2: .*ambiguous"),
        ("Day,Dividend\n2020-01-06,1\n", "no columns Date and Dividend .found Day, Dividend"),
        ("Date,Dividend\n2020-01-06,1000\n", "as large as the price before it"),
        ("<html></html>", "a web page"),
    ],
)
def test_dividends_that_cannot_be(library, tmp_path, text, message):
    paid = write_events(tmp_path, text)
    with pytest.raises(DataError, match=message):
        importing(library, write(tmp_path, "SPY"), dividends={"SPY": paid})
    assert contents(library.folder) == {} if library.folder.exists() else True


def test_events_outside_of_the_prices_touch_none(library, tmp_path):
    first, last = arrays()["Date"][[0, -1]]
    text = f"Date,Amount\n1999-01-04,9\n{first},9\n2030-01-02,9\n{last},1\n"
    paid = write_events(tmp_path, text)
    importing(library, write(tmp_path, "SPY", names=PLAIN), dividends={"SPY": paid})
    table = library.read("SPY")[0].table
    assert table["dividend"].tolist() == [0.0] * 29 + [1.0]


# LEAN


def lean(columns, doubled_before):
    rows = []
    for i, date in enumerate(columns["Date"]):
        scale = 2 if i < doubled_before else 1
        prices = [round(scale * columns[n][i] * 10_000) for n in ("Open", "High", "Low", "Close")]
        cells = [f"{str(date).replace('-', '')} 00:00", *map(str, prices), "1000"]
        rows.append(",".join(cells))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("spy.csv", "\n".join(rows))
    return buffer.getvalue()


def lean_folder(tmp_path):
    """Return a zip with its factor file where LEAN keeps them: split in row 15, dividend in 20."""
    given = arrays()
    folder = tmp_path / "usa"
    (folder / "daily").mkdir(parents=True)
    (folder / "factor_files").mkdir()
    path = folder / "daily" / "spy.zip"
    path.write_bytes(lean(given, 15))
    day = [str(date).replace("-", "") for date in given["Date"]]
    text = f"19980102,0.99,0.5,1\n{day[14]},0.99,0.5,1\n{day[19]},0.99,1,1\n20501231,1,1,0\n"
    (folder / "factor_files" / "spy.csv").write_text(text)
    return path


def test_a_lean_zip_with_its_factor_file(library, tmp_path):
    given = arrays()
    (kept,) = importing(library, lean_folder(tmp_path))
    stored, quotes = read(library, "SPY")
    assert (stored.entry.prices, stored.entry.adjustment) == (AS_TRADED, FROM_DIVIDENDS)
    np.testing.assert_allclose(quotes.close, given["Close"], rtol=1e-12)
    before = np.arange(30) < 20
    np.testing.assert_allclose(
        quotes.adjusted_close, given["Close"] * np.where(before, 0.99, 1.0), rtol=1e-12
    )
    assert np.flatnonzero(stored.table["split"] != 1).tolist() == [15]
    assert np.flatnonzero(stored.table["dividend"]).tolist() == [20]
    assert stored.table["dividend"][20] == pytest.approx(0.01 * given["Close"][19])
    assert "SPY: factor file spy.csv" in kept.warnings


def test_a_lean_zip_without_its_factor_file_is_not_adjusted(library, tmp_path):
    path = lean_folder(tmp_path)
    (path.parent.parent / "factor_files" / "spy.csv").unlink()
    with pytest.raises(DataError, match="looks like an unadjusted split"):
        importing(library, path)
    path.write_bytes(lean(arrays(), 0))  # without a split nothing is wrong, as far as one can see
    (kept,) = importing(library, path)
    assert any("there is no factor file: --factors FILE" in w for w in kept.warnings)


@pytest.mark.parametrize("row", ["20200102,1", "20200102,x,1,1", "20200102,0,1,1", "soon,1,1,1"])
def test_a_factor_file_that_is_none(library, tmp_path, row):
    factors = write_events(tmp_path, f"{row}\n")
    with pytest.raises(DataError, match=r"events.csv:1: .*LEAN's rows are date, two factors"):
        importing(library, lean_folder(tmp_path), factors={"SPY": factors})


# LEAN's published factors of IWM by last session before an ex-date: price factor, close
PUBLISHED = (
    ("2000-06-20", 0.7892598, 105.25, 0.03),
    ("2000-09-19", 0.7897099, 104.5, 0.178),
    ("2000-12-12", 0.7923946, 95.69, 0.218),
)


def test_dividends_are_those_behind_published_factors():
    """LEAN's factors of 2000 give the dividends that Yahoo lists, in shares after the split."""
    nexts = (*(row[1] for row in PUBLISHED[1:]), 0.7960085)
    for (_, factor, close, dividend), later in zip(PUBLISHED, nexts, strict=True):
        assert close / 2 * (1 - factor / later) == pytest.approx(dividend, abs=1e-3)


# together


def test_files_are_imported_together_or_not_at_all(library, tmp_path):
    good = write(tmp_path, "SPY")
    bad = write(tmp_path, "IWM", {**arrays(seed=3), "High": np.full(30, 1.0)})
    with pytest.raises(DataError, match=r"IWM: .*High 1.0 is below Low"):
        importing(library, good, bad)
    assert library.symbols() == ()


def test_options_that_fit_no_file(library, tmp_path):
    path = write(tmp_path, "SPY")
    with pytest.raises(UsageError, match="no file of prices for IWM"):
        importing(library, path, dividends={"IWM": path})
    with pytest.raises(UsageError, match="two files for SPY"):
        importing(library, path, path)
    parquet = tmp_path / "SPY.parquet"
    parquet.write_bytes(b"PAR1")
    with pytest.raises(UsageError, match="--columns is for CSV files"):
        importing(library, parquet, columns={"date": "x"})


def test_importing_a_newer_file(library, tmp_path):
    old = {name: values[:20] for name, values in arrays().items()}
    importing(library, write(tmp_path, "SPY", old))
    newer = arrays()
    # every later dividend scales the whole adjusted close: that is no restatement
    newer["Adj Close"] = newer["Adj Close"] * 0.9
    (kept,) = importing(library, write(tmp_path, "SPY", newer))
    assert (kept.status, kept.added) == ("updated", 10)
    newer["Close"] = newer["Close"] + (np.arange(30) == 5) * 0.01
    with pytest.raises(DataError, match=r"2020-01-09 Close \S+ → "):
        importing(library, write(tmp_path, "SPY", newer))


def test_a_file_that_lacks_stored_rows_is_a_restatement(library, tmp_path):
    importing(library, write(tmp_path, "SPY"))
    shorter = {name: values[5:] for name, values in arrays().items()}
    path = write(tmp_path, "SPY", shorter)
    with pytest.raises(DataError, match="SPY: stored numbers that are told differently now: 5"):
        importing(library, path)
    (kept,) = importing(library, path, accept_restatement=True)
    assert (kept.status, kept.entry.rows) == ("restated", 25)


def test_what_a_provider_gave_is_not_overwritten_by_a_file(library, tmp_path):
    library.store([held("SPY")], {})
    with pytest.raises(DataError, match="SPY is in the library from yahoo; remove it first"):
        importing(library, write(tmp_path, "SPY"))

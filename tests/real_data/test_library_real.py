"""The library on real daily data: dividends, splits and rates through every way in."""

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pytest
from library_market import evening, fetching, wanted
from provider_server import answer, serving

from engine.market.calendar import sessions_between
from engine.market.context import fed_funds_rates
from engine.market.importing import Importing
from engine.market.library import Library
from engine.market.library.entry import AS_TRADED, FROM_DIVIDENDS
from engine.market.load import check_file, load_panel
from engine.market.providers.fred import VARIABLE
from engine.market.sources import read_file
from engine.market.sources.library import quotes_of
from engine.study.models import FileData, LibraryData

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")
REAL = Path(FOLDER or ".")
PRICES = sorted(
    path for path in REAL.glob("*.csv") if path.read_text("utf-8").startswith("Date,Open")
)
PAIR = ("IWM", "SPY")
NOW = evening("2026-08-21")


def importing(folder, *paths, **options):
    return Importing(library=Library(folder), now=NOW, **options).run(paths)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A library of IWM and SPY, with their dividends given separately."""
    folder = tmp_path_factory.mktemp("pair")
    dividends = {symbol: REAL / f"dividends_{symbol}.csv" for symbol in PAIR}
    importing(folder, *(REAL / f"{symbol}.csv" for symbol in PAIR), dividends=dividends)
    return folder


@pytest.mark.parametrize("symbol", PAIR)
def test_dividends_reproduce_the_adjusted_closes(pair, symbol):
    """To 1e-6 relative over the whole span; in fact to the last decimal the files have."""
    held = Library(pair).read(symbol)[0]
    assert held.entry.adjustment == FROM_DIVIDENDS
    quotes = quotes_of(held, symbol)
    given = read_file(REAL / f"{symbol}.csv").adjusted_close
    assert "adjusted_close" not in held.table.columns
    assert np.max(np.abs(quotes.adjusted_close / given - 1)) < 1e-7


@pytest.mark.parametrize("symbol", PAIR)
def test_the_sessions_are_the_exchanges(pair, symbol):
    dates = Library(pair).read(symbol)[0].table.dates
    np.testing.assert_array_equal(dates, sessions_between(dates[0], dates[-1]))


@pytest.mark.parametrize("path", PRICES, ids=lambda path: path.stem)
def test_every_file_is_imported(tmp_path, path):
    (kept,) = importing(tmp_path, path)
    assert kept.entry.rows == len(read_file(path))
    assert kept.entry.request["recognised_as"] == "Yahoo CSV"
    synthetic = any("opens look synthetic" in warning for warning in kept.warnings)
    assert synthetic == (path.stem in ("IXIC", "VIX"))


def test_synthetic_opens_are_dated():
    _, found = check_file(REAL / "IXIC.csv")
    (told,) = (f.fault for f in found if f.code == "synthetic-opens")
    assert told.key == "1971-02-08"
    assert told.message.startswith("to 1985-03-19 3,455 opens equal the close before")


def test_a_study_sees_the_same_market_in_the_library_as_in_the_files(pair):
    span = {"start": dt.date(2000, 5, 26), "end": dt.date(2026, 8, 21)}
    files = load_panel(FileData(source="csv", directory=REAL, **span))
    library = load_panel(LibraryData(source="library", directory=pair, **span))
    np.testing.assert_array_equal(files.sessions, library.sessions)
    streaks = []
    for panel in (files, library):
        lead = np.diff(np.log(panel.satellite.close)) - np.diff(np.log(panel.core.close))
        streaks.append(np.sign(lead))
    one, other = (panel.satellite.close for panel in (files, library))
    np.testing.assert_allclose(one, other, rtol=1e-7)
    np.testing.assert_array_equal(*streaks)


# IWM as it was traded: split 2:1 on 2005-06-09


def as_traded(tmp_path):
    lines = (REAL / "IWM.csv").read_text("utf-8").splitlines()
    rows = ["Date,Open,High,Low,Close,Volume"]
    for line in lines[1:]:
        date, *prices, _, volume = line.split(",")
        scale = 2 if date < "2005-06-09" else 1
        cells = [repr(scale * float(price)) for price in prices]
        rows.append(",".join([date, *cells, repr(float(volume) / scale)]))
    path = tmp_path / "IWM.csv"
    path.write_text("\n".join(rows), "utf-8")
    paid = ["Date,Dividend"]
    for line in (REAL / "dividends_IWM.csv").read_text("utf-8").splitlines()[1:]:
        date, amount = line.split(",")
        paid.append(f"{date},{float(amount) * (2 if date < '2005-06-09' else 1)!r}")
    (tmp_path / "paid.csv").write_text("\n".join(paid), "utf-8")
    (tmp_path / "splits.csv").write_text("Date,Split\n2005-06-09,2:1\n", "utf-8")
    return path


def test_prices_as_traded_with_splits_and_dividends_give_the_same(tmp_path, pair):
    path = as_traded(tmp_path)
    extra = {
        "dividends": {"IWM": tmp_path / "paid.csv"},
        "splits": {"IWM": tmp_path / "splits.csv"},
    }
    (kept,) = importing(tmp_path / "lib", path, **extra)
    assert kept.entry.prices == AS_TRADED
    one, other = (
        quotes_of(Library(folder).read("IWM")[0], "IWM") for folder in (pair, tmp_path / "lib")
    )
    for name in ("open", "high", "low", "close", "adjusted_close", "volume"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-14)


def test_as_of_a_day_before_the_split_prices_are_those_of_that_day(tmp_path):
    path = as_traded(tmp_path)
    importing(tmp_path / "lib", path, splits={"IWM": tmp_path / "splits.csv"})
    held = Library(tmp_path / "lib").read("IWM")[0]
    quotes = quotes_of(held, "IWM", end=dt.date(2005, 6, 8))
    # the close of that day in LEAN's factor file; the two differ by last trade and closing print
    assert quotes.close[-1] == pytest.approx(123.33, rel=2e-3)


# rates


def test_fed_funds_of_fred_are_known_no_earlier_than_published(tmp_path, monkeypatch):
    """The monthly mean FRED dates on the 1st is used once its month is over."""
    daily, monthly = (
        (REAL / f"{name}.csv").read_text("utf-8").replace("Date,Value", f"observation_date,{name}")
        for name in ("DFF", "FEDFUNDS")
    )
    with serving(answer(daily.encode()), answer(monthly.encode())) as (_, address):
        monkeypatch.setenv(VARIABLE, address)
        fetching(tmp_path, "2026-08-21").fetch(wanted("DFF", "FEDFUNDS", source="fred"))
    sessions = sessions_between(np.datetime64("2000-01-03"), np.datetime64("2026-08-20"))
    section = {"source": "library", "directory": tmp_path}
    day = fed_funds_rates(LibraryData(**section, fed_funds="DFF"), sessions).values
    month = fed_funds_rates(LibraryData(**section, fed_funds="FEDFUNDS"), sessions).values
    values = dict(line.split(",") for line in daily.splitlines()[1:])
    assert [float(values[str(s)]) for s in sessions] == pytest.approx((day * 100).tolist())
    means = {line[:7]: float(line.split(",")[1]) for line in monthly.splitlines()[1:]}
    previous = sessions.astype("datetime64[M]") - np.timedelta64(1, "M")
    current = sessions.astype("datetime64[M]")
    nexts = (sessions + np.timedelta64(1, "D")).astype("datetime64[M]")
    over = nexts != current  # the last day of a month: its mean is of days up to this one
    expected = [
        means[str(c if o and str(c) in means else p)]
        for c, p, o in zip(current, previous, over, strict=True)
    ]
    np.testing.assert_allclose(month * 100, expected)

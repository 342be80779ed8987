"""From a data section to a panel; calendar and price basis."""

import dataclasses
import datetime as dt
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from market_files import arrays, quotes, write

from engine.errors import DataError
from engine.market import calendar
from engine.market.adjust import adjusted_bars
from engine.market.load import load_panel, load_quotes
from engine.market.panel import PricePanel
from engine.market.sources.files import shortest_name
from engine.study.models import FileData, SimulatedData

ROOT = Path(__file__).parents[2]
DATES = arrays()["Date"].astype(str).tolist()


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "SPY", arrays(30))
    write(tmp_path, "IWM", arrays(25, seed=1, first=DATES[2]))
    return tmp_path


def section(folder, **changes):
    return FileData(source="csv", directory=folder, **changes)


def day(row):
    return dt.date.fromisoformat(DATES[row])


# --- panel --------------------------------------------------------------------------------------


def test_a_panel_holds_the_common_span(folder):
    panel = load_panel(section(folder))
    assert isinstance(panel, PricePanel)
    assert panel.sessions.astype(str).tolist() == DATES[2:27]
    assert panel.symbols == ("SPY", "IWM")
    assert (panel.start_index, panel.price_basis, panel.simulated) == (0, "total_return", False)
    assert panel.warnings == ()
    np.testing.assert_array_equal(panel.core.close, arrays(30)["Adj Close"][2:27])
    np.testing.assert_array_equal(panel.satellite.close, arrays(25, seed=1)["Adj Close"])
    np.testing.assert_array_equal(panel.satellite.volume, arrays(25, seed=1)["Volume"])


def test_provenance_says_what_the_file_was(folder):
    core, satellite = load_panel(section(folder)).provenance
    assert (core.symbol, core.origin) == ("SPY", str(shortest_name(folder) / "SPY.csv"))
    assert (core.first_session, core.last_session, core.rows) == (DATES[0], DATES[29], 30)
    assert core.recognised_as == "Yahoo CSV"
    assert len(core.sha256) == 64
    assert core.sha256 != satellite.sha256


def test_files_are_named_as_a_user_would_name_them(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert load_panel(section(folder)).provenance[0].origin == f"{folder.name}/SPY.csv"
    monkeypatch.chdir("/")
    assert load_panel(section(folder)).provenance[0].origin == str(folder / "SPY.csv")[1:]


def test_end_is_the_last_session_used(folder):
    assert str(load_panel(section(folder, end=day(20))).sessions[-1]) == DATES[20]
    saturday = dt.date(2020, 1, 25)
    assert str(load_panel(section(folder, end=saturday)).sessions[-1]) == "2020-01-24"


def test_rows_before_start_are_kept_as_warm_up(folder):
    panel = load_panel(section(folder, start=day(10)))
    assert (panel.start_index, len(panel)) == (8, 25)
    assert str(panel.traded_sessions[0]) == DATES[10]
    assert panel.warnings == ()


def test_a_start_without_a_session_means_the_next_one(folder):
    panel = load_panel(section(folder, start=dt.date(2020, 1, 18)))
    assert str(panel.traded_sessions[0]) == "2020-01-21"  # the Monday was a holiday


def test_a_start_before_the_first_common_session_is_a_warning(folder):
    panel = load_panel(section(folder, start=day(1)))
    assert panel.start_index == 0
    assert panel.warnings == (
        f"start {DATES[1]} is before the first common session, {DATES[2]}: "
        "the backtest starts there, without warm-up",
    )
    assert load_panel(section(folder, start=day(2))).warnings == ()


@pytest.mark.parametrize(("row", "left"), [(26, 1), (27, 0)])
def test_a_start_that_leaves_too_little_is_an_error(folder, row, left):
    with pytest.raises(DataError) as caught:
        load_panel(section(folder, start=day(row)))
    assert str(caught.value) == (
        f"start {DATES[row]} leaves {left} of the common sessions {DATES[2]} to {DATES[26]}; "
        "a backtest needs at least 2"
    )


def test_two_sessions_are_enough(folder):
    assert len(load_panel(section(folder, start=day(25))).traded_sessions) == 2


def test_warnings_of_the_gate_are_kept(folder):
    columns = arrays(25, seed=1, first=DATES[2])
    columns["Volume"][[3, 4]] = 0
    write(folder, "IWM", columns)
    assert load_panel(section(folder)).warnings == (
        f"IWM.csv: no volume (2): line 5, {DATES[5]} Volume is 0; line 6, {DATES[6]} Volume is 0",
    )


def test_errors_of_both_files_are_raised_together(folder):
    for symbol, n, first in (("SPY", 30, DATES[0]), ("IWM", 25, DATES[2])):
        columns = arrays(n, first=first)
        columns["Close"][5] = 0.0
        write(folder, symbol, columns)
    with pytest.raises(DataError) as caught:
        load_panel(section(folder))
    assert str(caught.value).splitlines() == [
        f"{shortest_name(folder) / 'IWM.csv'}:7: {DATES[7]}: Close is 0; it must be positive",
        f"{shortest_name(folder) / 'SPY.csv'}:7: {DATES[5]}: Close is 0; it must be positive",
    ]


def test_total_return_needs_an_adjusted_close(folder):
    write(folder, "IWM", names=("Date", "Open", "High", "Low", "Close", "Volume"))
    with pytest.raises(DataError, match=r"IWM.csv: no adjusted close.*set price_basis: price"):
        load_panel(section(folder))
    panel = load_panel(section(folder, price_basis="price"))
    np.testing.assert_array_equal(panel.satellite.close, arrays(30)["Close"])


def test_quotes_at_hand_replace_files(folder):
    core, satellite = load_quotes(section(folder))
    nowhere = section(folder / "nowhere")
    panel = load_panel(nowhere, core_quotes=core, satellite_quotes=satellite)
    assert panel.content_hash == load_panel(section(folder)).content_hash


def test_quotes_are_not_changed_and_the_panel_cannot_be(folder):
    core, satellite = load_quotes(section(folder))
    before = core.close.copy(), core.open.copy(), satellite.lines.copy()
    panel = load_panel(section(folder), core_quotes=core, satellite_quotes=satellite)
    for array, copy in zip((core.close, core.open, satellite.lines), before, strict=True):
        np.testing.assert_array_equal(array, copy)
    for array in (panel.sessions, panel.core.open, panel.satellite.volume):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_the_panel_does_not_change_with_the_quotes(folder):
    core, satellite = load_quotes(section(folder, price_basis="price"))
    panel = load_panel(
        section(folder, price_basis="price"), core_quotes=core, satellite_quotes=satellite
    )
    before = panel.core.close[5]
    core.close[:] = 1.0
    assert panel.core.close[5] == before


def test_the_content_hash_depends_on_every_price_and_the_basis(folder):
    core, _ = load_quotes(section(folder))
    hashes = {load_panel(section(folder)).content_hash}
    for field in ("open", "high", "low", "close", "adjusted_close", "volume"):
        values = getattr(core, field).copy()
        values[7] *= 1 + 1e-9 if field != "volume" else 2
        changed = dataclasses.replace(core, **{field: values})
        hashes.add(load_panel(section(folder), core_quotes=changed).content_hash)
    hashes.add(load_panel(section(folder, price_basis="price")).content_hash)
    assert len(hashes) == 8
    assert load_panel(section(folder)).content_hash in hashes


def test_the_simulated_market_is_stamped():
    panel = load_panel(SimulatedData(source="simulated"))
    assert panel.simulated
    assert panel.symbols == ("LARGE", "SMALL")
    assert panel.describe()["simulated"] is True
    assert "market, seed 1" in panel.provenance[0].origin


# --- price basis --------------------------------------------------------------------------------


def test_price_basis_takes_prices_as_they_are():
    raw = quotes()
    bars = adjusted_bars(raw, "price")
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(bars, name), getattr(raw, name))


def test_total_return_scales_by_adjusted_over_close():
    raw = quotes()
    bars = adjusted_bars(raw, "total_return")
    np.testing.assert_array_equal(bars.close, raw.adjusted_close)
    for name in ("open", "high", "low"):
        expected = getattr(raw, name) * raw.adjusted_close / raw.close
        np.testing.assert_allclose(getattr(bars, name), expected, rtol=1e-15)
    np.testing.assert_array_equal(bars.volume, raw.volume)


def test_total_return_keeps_the_order_of_prices_to_the_last_bit():
    rng = np.random.default_rng(5)
    close = np.round(rng.uniform(1, 500, 30), 2)
    adjusted = np.round(close * rng.uniform(0.1, 1, 30), 6)
    raw = quotes(open=close, high=close, low=close, close=close, adjusted_close=adjusted)
    bars = adjusted_bars(raw, "total_return")
    for name in ("open", "high", "low"):
        np.testing.assert_array_equal(getattr(bars, name), bars.close)


def test_unknown_volume_is_nan():
    assert np.isnan(adjusted_bars(quotes(volume=None), "price").volume).all()


def test_total_return_of_quotes_without_adjusted_close():
    with pytest.raises(DataError, match=r"SPY.csv: no adjusted close.*price_basis: price"):
        adjusted_bars(quotes(adjusted_close=None), "total_return")


# --- calendar -----------------------------------------------------------------------------------


def between(first, last):
    return calendar.sessions_between(np.datetime64(first), np.datetime64(last))


def test_sessions_include_both_ends():
    assert between("2026-01-16", "2026-01-20").astype(str).tolist() == ["2026-01-16", "2026-01-20"]
    assert between("2026-01-17", "2026-01-19").tolist() == []
    assert between("2026-01-20", "2026-01-16").tolist() == []


@pytest.mark.parametrize(
    ("year", "sessions"), [(1971, 253), (1993, 253), (2001, 248), (2008, 253), (2025, 250)]
)
def test_sessions_a_year(year, sessions):
    """2001 lost four sessions in September; 2025 one in January."""
    assert len(between(f"{year}-01-01", f"{year}-12-31")) == sessions


def test_is_session():
    dates = np.array(
        ["2001-09-10", "2001-09-11", "2012-10-29", "2026-01-19", "2026-01-20"], dtype="M8[D]"
    )
    assert calendar.is_session(dates).tolist() == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [
        ("1959-12-31", "1970-01-02", "1959-12-31"),
        ("2026-01-02", "2050-01-01", "2050-01-01"),
    ],
)
def test_beyond_the_calendar_is_an_error(first, last, named):
    with pytest.raises(DataError) as caught:
        between(first, last)
    assert str(caught.value) == (
        f"{named} is outside of the XNYS calendar: it covers 1960-01-01 to 2049-12-31; "
        "set calendar: none to do without it"
    )


def test_sessions_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        between("2026-01-02", "2026-01-30")[0] = np.datetime64("2026-01-01")


# --- manners ------------------------------------------------------------------------------------


def test_importing_the_market_imports_no_heavy_library():
    code = (
        "import sys, engine.market.load as _; "
        "print([m for m in ('pandas', 'pyarrow', 'exchange_calendars') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"

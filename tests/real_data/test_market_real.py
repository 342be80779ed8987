"""The gate and the panel on real daily data, where a folder of it is given."""

import datetime as dt
import os
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from engine.market.calendar import sessions_between
from engine.market.load import check_file, load_panel
from engine.market.pair import check_pair
from engine.market.quality import summarise
from engine.market.sources import read_file
from engine.study.models import FileData

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")

SYMBOLS = sorted(
    path.stem
    for path in (Path(FOLDER).glob("*.csv") if FOLDER else ())
    if path.read_text("utf-8").startswith("Date,Open")
)


def section(**changes):
    return FileData(source="csv", directory=Path(FOLDER), **changes)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_every_file_passes_on_its_own(symbol):
    quotes, found = check_file(Path(FOLDER) / f"{symbol}.csv")
    assert [str(finding) for finding in found if finding.severity == "error"] == []
    assert quotes.recognised_as == "Yahoo CSV"
    assert quotes.notes == ()


def test_pairs_of_files_pass():
    """Each file with a calm one, a wild one, and the two of the main study."""
    quotes = {symbol: read_file(Path(FOLDER) / f"{symbol}.csv") for symbol in SYMBOLS}
    calm_and_wild = {"SHY", "VIX", "SPY", "IWM"}
    pairs = [p for p in combinations(SYMBOLS, 2) if calm_and_wild & set(p)]
    assert len(pairs) > 50
    for one, other in pairs:
        found = check_pair(quotes[one], quotes[other])
        assert [str(f) for f in found if f.severity == "error"] == [], (one, other)


def test_the_main_pair_has_no_warning():
    panel = load_panel(section())
    assert panel.warnings == ()
    assert len(panel) == 6598
    assert (str(panel.sessions[0]), str(panel.sessions[-1])) == ("2000-05-26", "2026-08-21")
    assert [source.rows for source in panel.provenance] == [8448, 6598]


def test_the_span_of_the_main_study():
    panel = load_panel(section(start=dt.date(2000, 5, 26), end=dt.date(2026, 1, 22)))
    assert (len(panel), panel.start_index) == (6452, 0)
    assert panel.warnings == ()


def test_the_calendar_is_the_funds_own():
    for symbol in ("SPY", "IWM", "IXIC"):
        sessions = read_file(Path(FOLDER) / f"{symbol}.csv").sessions
        np.testing.assert_array_equal(sessions, sessions_between(sessions[0], sessions[-1]))


@pytest.mark.parametrize("basis", ["total_return", "price"])
def test_the_run_of_january_2026(basis):
    panel = load_panel(section(price_basis=basis, end=dt.date(2026, 1, 22)))
    core, satellite = (bars.close[1:] / bars.close[:-1] for bars in (panel.core, panel.satellite))
    assert (satellite > core)[-14:].all()
    assert not (satellite > core)[-15]


def test_warnings_name_what_is_remarkable():
    _, found = check_file(Path(FOLDER) / "HBAN.csv")
    (sentence,) = summarise(found)
    assert sentence.startswith("HBAN.csv: return beyond ±25 % (13): line 874, 2008-06-20 ")


def test_a_real_split_taken_out_again_is_found(tmp_path):
    """IWM was split 2:1 on 2005-06-09; before that date the unadjusted prices were double."""
    lines = (Path(FOLDER) / "IWM.csv").read_text().splitlines()
    unadjusted = [lines[0]]
    for line in lines[1:]:
        date, *prices, adjusted, volume = line.split(",")
        scale = 2 if date < "2005-06-09" else 1
        cells = [repr(scale * float(price)) for price in prices]
        unadjusted.append(",".join([date, *cells, adjusted, volume]))
    path = tmp_path / "IWM.csv"
    path.write_text("\n".join(unadjusted))
    found = check_pair(read_file(Path(FOLDER) / "SPY.csv"), read_file(path))
    errors = [finding for finding in found if finding.severity == "error"]
    assert [(f.code, f.fault.key) for f in errors] == [("split", "2005-06-09")]

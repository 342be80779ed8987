"""The gate on two assets together."""

import datetime as dt

import numpy as np
import pytest
from market_files import arrays, codes, keep, quotes, sessions, write

from engine.errors import DataError
from engine.market.load import check_data, check_file, load_panel
from engine.market.pair import check_pair, check_splits, common_rows
from engine.study.models import FileData

DATES = arrays()["Date"].astype(str).tolist()


def pair(n=30, **satellite_changes):
    satellite = arrays(n, seed=1)
    return quotes("SPY", arrays(n)), quotes("IWM", satellite, **satellite_changes)


def without(of, *rows):
    return keep(of, [i for i in range(len(of)) if i not in rows])


def test_a_clean_pair_has_no_findings():
    assert check_pair(*pair()) == ()


# --- span ---------------------------------------------------------------------------------------


def test_fewer_than_two_common_sessions():
    core = quotes("SPY", arrays(30))
    satellite = quotes("IWM", arrays(30, first=DATES[29]))
    (finding,) = check_pair(core, satellite)
    assert (finding.severity, finding.code) == ("error", "overlap")
    assert str(finding.fault) == (
        f"SPY.csv, IWM.csv: fewer than 2 common sessions: SPY has {DATES[0]} to {DATES[29]}, "
        f"IWM has {DATES[29]} to {satellite.sessions[-1]}"
    )


def test_two_common_sessions_are_enough():
    core, satellite = quotes("SPY", arrays(30)), quotes("IWM", arrays(30, 1, first=DATES[28]))
    assert codes(check_pair(core, satellite), "error") == []


def test_an_end_before_everything():
    (finding,) = check_pair(*pair(), end=np.datetime64("2019-01-02"))
    assert finding.code == "overlap"
    assert finding.fault.message.endswith("and end is 2019-01-02")


def test_quotes_without_rows():
    core, satellite = pair()
    (finding,) = check_pair(core, keep(satellite, []))
    assert finding.fault.message.endswith("IWM has none")


def test_rows_that_are_not_used_are_not_judged():
    core = quotes("SPY", arrays(40), close={1: -1.0, 38: np.nan}, volume={0: 0.0})
    satellite = quotes("IWM", arrays(30, seed=1, first=DATES[5]))
    assert check_pair(core, satellite, end=np.datetime64(DATES[25])) == ()
    kept, _ = common_rows(core, satellite, np.datetime64(DATES[25]))
    assert kept.lines[[0, -1]].tolist() == [7, 27]
    assert kept.sessions[[0, -1]].astype(str).tolist() == [DATES[5], DATES[25]]
    assert codes(check_pair(core, satellite), "error") == []  # IWM ends before row 38
    longer = quotes("IWM", arrays(45, seed=1, first=DATES[5]))
    assert codes(check_pair(core, longer), "error")[0][:2] == ("price", 40)


# --- missing sessions ---------------------------------------------------------------------------


@pytest.mark.parametrize("calendar", ["XNYS", "none"])
def test_a_session_missing_in_one_asset(calendar):
    core, satellite = pair()
    found = check_pair(core, without(satellite, 7), calendar=calendar)
    assert codes(found) == [("missing", 9, DATES[7])]
    assert found[0].severity == "error"
    assert str(found[0].fault) == (f"IWM.csv:9: {DATES[7]}: no row for this session; SPY has one")


def test_the_first_common_session_may_not_be_missing_either():
    core = quotes("SPY", arrays(30))
    satellite = quotes("IWM", arrays(20, seed=1, first=DATES[5]))
    found = check_pair(without(core, 5), satellite)
    assert codes(found) == [("missing", 7, DATES[5])]


def test_a_session_missing_in_both():
    core, satellite = pair()
    both = without(core, 7), without(satellite, 7)
    found = check_pair(*both)
    assert codes(found) == [("missing", 9, DATES[7])] * 2
    assert {f.fault.message for f in found} == {"no row for this session; XNYS was open"}
    assert {f.fault.origin for f in found} == {"SPY.csv", "IWM.csv"}
    assert check_pair(*both, calendar="none") == ()


def test_a_closed_date_in_one_asset_is_one_error_not_two():
    core, satellite = pair()
    dates = satellite.sessions[:8].copy()
    dates[7] = "2020-01-11"  # a Saturday
    found = check_pair(core, quotes("IWM", arrays(8, seed=1), sessions=dates))
    assert codes(found, "error") == [("closed", 9, "2020-01-11")]


def test_a_missing_session_has_no_line_where_rows_are_out_of_order():
    core, satellite = pair()
    found = check_pair(core, keep(satellite, [*range(7), 9, 8, *range(10, 30)]))
    assert codes(found) == [("unsorted", 10, DATES[8]), ("missing", 0, DATES[7])]


# --- splits -------------------------------------------------------------------------------------


def unadjust(of, ratio, row=15):
    """Return quotes whose earlier prices are as they were before a split of `ratio` new for old."""
    scale = np.where(np.arange(len(of)) < row, ratio, 1.0)
    prices = {name: getattr(of, name) * scale for name in ("open", "high", "low", "close")}
    return quotes(of.symbol, arrays(len(of), 1), **prices)


RATIOS = [1.5, *range(2, 21)]


@pytest.mark.parametrize("ratio", RATIOS + [1 / ratio for ratio in RATIOS])
def test_an_unadjusted_split_is_an_error(ratio):
    core, satellite = pair()
    found = check_pair(core, unadjust(satellite, ratio))
    assert codes(found, "error") == [("split", 17, DATES[15])]
    before, after = unadjust(satellite, ratio).close[14:16]
    message = next(f.fault.message for f in found if f.severity == "error")
    assert message.startswith(f"Close {before:.10g} → {after:.10g}, a ratio of ")


@pytest.mark.parametrize("which", ["core", "satellite"])
def test_a_split_in_either_asset(which):
    core, satellite = pair()
    split = (unadjust(core, 2), satellite) if which == "core" else (core, unadjust(satellite, 2))
    origin = "SPY.csv" if which == "core" else "IWM.csv"
    faults = [f.fault for f in check_pair(*split) if f.severity == "error"]
    assert [(fault.origin, fault.line) for fault in faults] == [(origin, 17)]


def test_the_same_jump_in_both_is_no_split():
    core, satellite = pair()
    found = check_pair(unadjust(core, 2), unadjust(satellite, 2))
    assert codes(found, "error") == []
    assert codes(found, "warning") == [("large-return", 17, DATES[15])] * 2


def test_a_split_on_a_wild_session_is_seen_by_its_open():
    core, satellite = pair()
    split = unadjust(satellite, 2)
    fallen = np.where(np.arange(30) >= 15, 0.9, 1.0)  # falls by 10 % after the open
    split = quotes(
        "IWM",
        arrays(30, 1),
        open=split.open * np.where(np.arange(30) > 15, 0.9, 1.0),
        high=split.high,
        low=split.low * 0.5,
        close=split.close * fallen,
    )
    assert ("split", 17, DATES[15]) in codes(check_splits(split, core))


def test_a_crash_within_a_session_is_no_split():
    """The close halves while the open is where the last close was."""
    core, satellite = pair()
    half = np.where(np.arange(30) >= 15, 0.5, 1.0)
    later = np.where(np.arange(30) > 15, 0.5, 1.0)
    crashed = quotes(
        "IWM",
        arrays(30, 1),
        open=satellite.open * later,
        high=satellite.high * later,
        low=satellite.low * half,
        close=satellite.close * half,
    )
    found = check_pair(core, crashed)
    assert codes(found) == [("large-return", 17, DATES[15])]


@pytest.mark.parametrize("ratio", [1.3, 1.7, 2.5])
def test_other_jumps_are_warnings_only(ratio):
    core, satellite = pair()
    found = check_pair(core, unadjust(satellite, ratio))
    assert codes(found, "error") == []


def test_a_habit_of_the_asset_is_no_split():
    rng = np.random.default_rng(3)
    wild = 100 * np.exp(np.cumsum(rng.normal(0, 0.06, 500)))
    wild[200:] *= 1.5 * wild[199] / wild[200]
    columns = arrays(500) | dict.fromkeys(("Open", "High", "Low", "Close", "Adj Close"), wild)
    assert check_splits(quotes("VIX", columns)) == ()
    wild[200:] *= 2
    assert codes(check_splits(quotes("VIX", columns))) == [
        ("split", 202, str(columns["Date"][200]))
    ]


def test_no_split_is_looked_for_where_rows_are_out_of_order():
    split = unadjust(pair()[1], 2)
    assert check_splits(keep(split, [*range(14), 15, 14, *range(16, 30)])) == ()


# --- last rows ----------------------------------------------------------------------------------


def test_a_last_row_far_before_the_other_assets():
    core, satellite = quotes("SPY", arrays(30)), quotes("IWM", arrays(20, seed=1))
    found = check_pair(core, satellite)
    assert codes(found) == [("old", 21, DATES[19])]
    assert found[0].severity == "warning"
    assert found[0].fault.message == f"last row, 14 days before SPY's, {DATES[29]}"


def test_ten_days_are_not_far():
    core, satellite = pair()
    last = core.sessions[-1]
    assert check_pair(core, satellite, end=last + np.timedelta64(10, "D")) == ()
    assert (
        codes(check_pair(core, satellite, end=last + np.timedelta64(11, "D")))
        == [("old", 31, DATES[29])] * 2
    )


def test_a_last_row_far_before_the_end_asked_for():
    found = check_pair(*pair(), end=np.datetime64("2021-01-04"))
    assert codes(found) == [("old", 31, DATES[29])] * 2
    days = (np.datetime64("2021-01-04") - np.datetime64(DATES[29])).astype(int)
    assert found[0].fault.message == f"last row, {days} days before end, 2021-01-04"


def test_an_end_before_both_last_rows_says_nothing_of_them():
    core, satellite = quotes("SPY", arrays(30)), quotes("IWM", arrays(20, seed=1))
    assert check_pair(core, satellite, end=np.datetime64(DATES[15])) == ()


# --- files --------------------------------------------------------------------------------------


def test_check_file_on_one_file(tmp_path):
    columns = {name: np.delete(column, 7) for name, column in arrays().items()}
    path = write(tmp_path, "SPY", columns)
    read, found = check_file(path)
    assert len(read) == 29
    assert codes(found) == [("missing", 9, DATES[7])]
    assert check_file(path, calendar="none")[1] == ()


def test_check_file_finds_a_split_without_another_asset(tmp_path):
    columns = arrays()
    for name in ("Open", "High", "Low", "Close"):
        columns[name][:15] = np.round(columns[name][:15] * 3, 2)
    _, found = check_file(write(tmp_path, "SPY", columns))
    assert codes(found, "error") == [("split", 17, DATES[15])]


def test_check_file_compares_with_a_given_date_only(tmp_path):
    path = write(tmp_path, "SPY")
    assert check_file(path)[1] == ()
    _, found = check_file(path, today=dt.date(2026, 1, 22))
    assert codes(found) == [("old", 31, DATES[29])]
    assert found[0].fault.message.endswith("days before today, 2026-01-22")


def test_check_file_does_not_ask_for_what_the_file_never_had(tmp_path):
    names = ("Date", "Open", "High", "Low", "Close")
    read, found = check_file(write(tmp_path, "SPY", names=names))
    assert found == ()
    assert read.notes == ("no adjusted close: only price_basis: price is possible", "no volume")


def test_check_data_returns_what_load_panel_raises(tmp_path):
    columns = arrays(seed=1)
    columns["Close"][4] = -1.0
    columns["Volume"][2] = 0.0
    write(tmp_path, "SPY")
    write(tmp_path, "IWM", columns)
    data = FileData(source="csv", directory=tmp_path)
    found = check_data(data)
    assert {finding.code for finding in found} == {"price", "volume"}
    with pytest.raises(DataError) as caught:
        load_panel(data)
    assert set(caught.value.faults) == {f.fault for f in found if f.severity == "error"}


def test_sessions_of_the_helper_are_the_real_ones():
    assert sessions(3).astype(str).tolist() == ["2020-01-02", "2020-01-03", "2020-01-06"]

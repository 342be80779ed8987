"""Anatomy of a streak, and the closes of other assets it needs."""

import datetime as dt
import math

import numpy as np
import pytest
from market_files import arrays, keep, quotes, write
from panels import panel_of

from engine.errors import DataError
from engine.evaluation.streak_study.anatomy import anatomy
from engine.evaluation.streak_study.table import streak_table
from engine.market.others import OtherCloses, closes_on, load_others
from engine.study.models import FileData

CORE = 100 * np.cumprod([1.0, 1.01, 1.02, 0.99, 1.01, 1.0, 0.99])
SATELLITE = CORE * np.cumprod([1.0, 0.99, 1.01, 1.01, 1.01, 0.99, 0.99])
PANEL = panel_of(CORE, SATELLITE)
(STREAK,) = streak_table(PANEL, "outperformance")  # sessions 2, 3, 4; the close before is 1


def other(symbol, closes, rows=None):
    rows = range(len(PANEL)) if rows is None else rows
    return OtherCloses(symbol, PANEL.sessions[list(rows)], np.array(closes, dtype=float))


def steady(symbol, move, rows=None):
    rows = list(range(len(PANEL)) if rows is None else rows)
    return other(symbol, [100 * (1 + move) ** row for row in rows], rows)


def test_returns_from_the_close_before_to_the_close_of_the_end():
    (mover,) = anatomy(PANEL, STREAK, [other("XLF", [1, 50, 7, 7, 60, 99, 99])])
    assert (mover.symbol, mover.rank, mover.problem) == ("XLF", 1, "")
    assert mover.streak_return == pytest.approx(0.2)
    assert mover.outperformance == pytest.approx(0.2 - (1.02 * 0.99 * 1.01 - 1))


def test_winners_first_and_equals_share_a_rank():
    given = [steady("A", 0.01), steady("B", 0.03), steady("C", 0.01), steady("D", -0.5)]
    found = anatomy(PANEL, STREAK, given)
    assert [(m.symbol, m.rank) for m in found] == [("B", 1), ("A", 2), ("C", 2), ("D", 4)]
    assert found[-1].outperformance < 0 < found[0].outperformance


def test_nothing_later_is_looked_at():
    calm, wild = steady("A", 0.01), other("A", [*(100 * 1.01 ** np.arange(5)), 1e-3, 1e6])
    assert anatomy(PANEL, STREAK, [calm]) == anatomy(PANEL, STREAK, [wild])
    assert anatomy(PANEL, STREAK, [calm]) == anatomy(
        PANEL, STREAK, [steady("A", 0.01, range(1, 5))]
    )


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ((2, 3, 4, 5), "starts on 2001-01-04, after 2001-01-03, the close before"),
        ((0, 1, 2, 3), "ends on 2001-01-05, before 2001-01-06, the end of the streak"),
        ((5, 6), "starts on 2001-01-07, after 2001-01-03, the close before"),
        ((0,), "ends on 2001-01-02, before 2001-01-06, the end of the streak"),
        ((0, 2, 3, 4), "no close on 2001-01-03"),
        ((0, 1, 2, 3, 5), "no close on 2001-01-06"),
        ((0, 5), "no close on 2001-01-03, 2001-01-04, 2001-01-05, 2001-01-06"),
    ],
)
def test_a_symbol_without_a_return_is_said_not_dropped(rows, problem):
    found = anatomy(PANEL, STREAK, [steady("KRE", 0.5, rows), steady("XLF", -0.01)])
    assert [(m.symbol, m.rank) for m in found] == [("XLF", 1), ("KRE", None)]
    assert found[1].problem == problem
    assert math.isnan(found[1].streak_return)
    assert math.isnan(found[1].outperformance)


def test_a_session_missing_on_the_way_is_said_and_does_not_matter():
    whole, holed = steady("KRE", 0.01), steady("KRE", 0.01, (0, 1, 3, 4, 5))
    ((full,), (partial,)) = (anatomy(PANEL, STREAK, [one]) for one in (whole, holed))
    assert partial.problem == "no close on 2001-01-04"
    assert partial.streak_return == full.streak_return
    assert partial.rank == 1


def test_no_others():
    assert anatomy(PANEL, STREAK, []) == ()


@pytest.mark.parametrize(
    ("sessions", "close", "message"),
    [
        (["2001-01-01"], [1.0, 2.0], "KRE: 2 closes, 1 sessions"),
        (["2001-01-02", "2001-01-02"], [1.0, 2.0], "KRE: the sessions must ascend strictly"),
        (["2001-01-01"], [0.0], "KRE: closes must be positive and finite"),
        (["2001-01-01"], [np.nan], "KRE: closes must be positive and finite"),
        (["2001-01-01"], [np.inf], "KRE: closes must be positive and finite"),
        ([], [], "KRE: there are no closes"),
    ],
)
def test_closes_that_cannot_be_are_refused(sessions, close, message):
    with pytest.raises(DataError, match=f"^{message}$"):
        OtherCloses("KRE", np.array(sessions, "datetime64[D]"), np.array(close))


def test_closes_are_a_read_only_copy():
    close = np.array([1.0, 2.0])
    kept = OtherCloses("KRE", PANEL.sessions[:2], close)
    close[0] = 9.0
    assert kept.close.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        kept.close[0] = 5.0


def section(folder, **changes):
    return FileData(source="csv", directory=folder, **changes)


@pytest.mark.parametrize(("basis", "column"), [("price", "Close"), ("total_return", "Adj Close")])
def test_others_are_loaded_on_the_basis_of_the_study(tmp_path, basis, column):
    write(tmp_path, "KRE", arrays(seed=7))
    (found,) = load_others(section(tmp_path, price_basis=basis), ["KRE"])
    assert (found.symbol, found.problem) == ("KRE", "")
    np.testing.assert_array_equal(found.close, arrays(seed=7)[column])
    np.testing.assert_array_equal(found.sessions, arrays()["Date"])


def test_rows_after_the_end_are_neither_used_nor_judged(tmp_path):
    columns = arrays()
    columns["Close"][25] = -1.0
    write(tmp_path, "KRE", columns)
    end = columns["Date"][20].item()
    (found,) = load_others(section(tmp_path, end=end), ["KRE"])
    assert (found.problem, found.sessions[-1].item()) == ("", end)
    (judged,) = load_others(section(tmp_path), ["KRE"])
    assert judged.problem.startswith("line 27, 2020-02-07 ")


def test_a_missing_or_untrusted_file_is_an_entry_with_a_reason(tmp_path):
    write(tmp_path, "KRE")
    write(tmp_path, "LATE", arrays(first="2025-01-02"))
    split = arrays()
    for name in ("Open", "High", "Low", "Close", "Adj Close"):
        split[name][:10] *= 2
    write(tmp_path, "SPLIT", split)
    (tmp_path / "EMPTY.csv").write_text("")
    data = section(tmp_path, end=dt.date(2020, 2, 10))
    good, *bad = load_others(data, ["KRE", "KRX", "SPLIT", "EMPTY", "LATE"])
    assert (good.problem, len(good.close)) == ("", 27)
    assert [one.symbol for one in bad] == ["KRX", "SPLIT", "EMPTY", "LATE"]
    assert all(len(one.close) == len(one.sessions) == 0 for one in bad)
    missing, doubled, empty, late = (one.problem for one in bad)
    assert missing == 'no file KRX.csv or KRX.zip in this folder; did you mean "KRE.csv"?'
    assert doubled.startswith("line 12, 2020-01-16 ")
    assert "looks like an unadjusted split" in doubled
    assert empty == "the file is empty"
    assert late == "LATE: there are no closes"
    assert str(tmp_path) not in "".join(one.problem for one in bad)


def test_several_faults_are_counted(tmp_path):
    columns = arrays()
    columns["Close"][[3, 4, 5]] = -1.0
    write(tmp_path, "KRE", columns)
    (found,) = load_others(section(tmp_path, price_basis="price"), ["KRE"])
    assert found.problem.startswith("line 5, 2020-01-07 ")
    assert "\n" not in found.problem
    assert found.problem.endswith(" more)")


def test_a_reason_to_have_no_closes_is_the_mover_s(tmp_path):
    (absent,) = load_others(section(tmp_path), ["KRE"])
    (mover,) = anatomy(PANEL, STREAK, [absent])
    assert (mover.rank, mover.problem) == (None, "no file KRE.csv or KRE.zip in this folder")


def test_closes_in_the_sessions_asked_for():
    vix = quotes("VIX")
    wanted = vix.sessions[[4, 7, 29]]
    np.testing.assert_array_equal(closes_on(vix, wanted), vix.close[[4, 7, 29]])


def test_before_the_first_row_there_is_nothing_to_miss():
    vix = quotes("VIX")
    wanted = np.concatenate([np.array(["1999-01-04"], "datetime64[D]"), vix.sessions[:2]])
    np.testing.assert_array_equal(closes_on(vix, wanted), [np.nan, *vix.close[:2]])
    np.testing.assert_array_equal(closes_on(vix, wanted[:1]), [np.nan])


def test_a_gap_is_one_clear_message():
    vix = quotes("VIX")
    holed = keep(vix, np.r_[0:5, 6:30])
    with pytest.raises(DataError) as caught:
        closes_on(holed, vix.sessions)
    assert str(caught.value) == "VIX.csv:7: 2020-01-09: no close for this session"


def test_a_file_that_ends_early_is_a_gap():
    vix = quotes("VIX")
    with pytest.raises(DataError) as caught:
        closes_on(keep(vix, np.r_[0:27]), vix.sessions)
    assert str(caught.value) == (
        "VIX.csv: 2020-02-11: no close for this session, nor for 2 later ones; "
        "the last row is 2020-02-10"
    )


def test_a_close_that_cannot_be_is_refused_where_it_is_used():
    broken = quotes("VIX", close={5: 0.0})
    with pytest.raises(DataError, match=r"^VIX\.csv:7: 2020-01-09: Close is 0; it must be"):
        closes_on(broken, broken.sessions)
    assert len(closes_on(broken, broken.sessions[6:])) == 24


@pytest.mark.parametrize(
    ("rows", "message"),
    [([0, 2, 1], "rows out of order or repeated"), ([0, 0], "rows out"), ([], "no rows")],
)
def test_rows_that_cannot_be_searched_are_refused(rows, message):
    broken = keep(quotes("VIX"), np.array(rows, dtype=int))
    with pytest.raises(DataError, match=message):
        closes_on(broken, quotes().sessions)

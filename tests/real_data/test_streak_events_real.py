"""The event study on real daily data of IWM and SPY, where a folder of it is given."""

import csv
import datetime as dt
import itertools
import os
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation.streak_study.events import HORIZONS, event_study, events_of
from engine.market.load import load_panel
from engine.signals.streaks import outperformance_streak
from engine.study.models import FileData

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")


def panel_as_of(end=dt.date(2026, 8, 21), basis="price"):
    return load_panel(
        FileData(
            source="csv",
            directory=Path(FOLDER),
            core="SPY",
            satellite="IWM",
            price_basis=basis,
            end=end,
        )
    )


def streak_of(panel):
    return outperformance_streak(panel.core.close, panel.satellite.close)


def rows_of(symbol):
    with (Path(FOLDER) / f"{symbol}.csv").open(encoding="utf-8") as lines:
        return {row["Date"]: row for row in csv.DictReader(lines)}


@pytest.mark.parametrize(
    ("k", "kind", "dates"),
    [
        (13, "reached", ["2008-06-06", "2026-01-21"]),
        (14, "reached", ["2026-01-22"]),
        (10, "reached", ["2003-06-02", "2008-06-03", "2026-01-15"]),
        (10, "ended", ["2003-06-03", "2008-06-09", "2026-01-23"]),
    ],
)
def test_the_sessions_of_the_longest_streaks(k, kind, dates):
    panel = panel_as_of()
    assert panel.sessions[events_of(streak_of(panel), k, kind)].astype(str).tolist() == dates


def test_every_streak_is_one_event_per_length():
    panel = panel_as_of()
    closes = (panel.satellite.close, panel.core.close)
    satellite, core = (close[1:] / close[:-1] - 1 for close in closes)
    runs = [(won, len(list(run))) for won, run in itertools.groupby(satellite > core)]
    for k, sign in itertools.product(range(1, 15), (1, -1)):
        at_least = sum(1 for won, length in runs if won == (sign > 0) and length >= k)
        assert len(events_of(streak_of(panel), sign * k, "reached")) == at_least


def test_what_followed_june_2008_is_in_the_files():
    panel = panel_as_of(dt.date(2009, 12, 31))
    rows = event_study(panel, streak_of(panel), (13,), (1, 21, 252))
    files = {"satellite": rows_of("IWM"), "core": rows_of("SPY")}
    dates = sorted(files["satellite"])
    event = dates.index("2008-06-06")
    for row in rows:
        if (row.side, row.kind) == ("winning", "reached") and row.series != "difference":
            file = files[row.series]
            bought = float(file[dates[event + 1]]["Open"])
            valued = float(file[dates[event + row.horizon]]["Close"])
            assert (row.n_events, row.verdict) == (1, "too few events")
            assert row.mean == row.median == pytest.approx(valued / bought - 1, rel=1e-12)


def test_on_the_evening_of_the_thirteenth_session_nothing_had_followed():
    panel = panel_as_of(dt.date(2026, 1, 21))
    for row in event_study(panel, streak_of(panel), (13,), (1, 252)):
        if (row.side, row.kind) == ("winning", "reached"):
            assert (row.n_events, row.n_unfinished) == (1, 1)
        if (row.side, row.kind) == ("winning", "ended"):
            assert (row.n_events, row.n_unfinished) == (1, 0)


@pytest.mark.parametrize("basis", ["price", "total_return"])
def test_no_streak_of_26_years_says_what_follows(basis):
    """After adjusting for all the cells there are, nothing is left of the smallest p-values."""
    panel = panel_as_of(basis=basis)
    rows = event_study(panel, streak_of(panel), (3, 5, 7, 10, 13), HORIZONS)
    tested = [row for row in rows if row.p_value == row.p_value]
    assert len(rows) == 420
    assert len(tested) > 200
    assert {row.verdict for row in tested} == {"indistinguishable"}
    assert {row.verdict for row in rows if row.k >= 10 and row.side == "winning"} == {
        "too few events"
    }
    p_values = np.array([row.p_value for row in tested])
    assert 0.0002 < p_values.min() < 0.01
    assert sum(row.low > 0 or row.high < 0 for row in tested) > sum(p_values < 0.05) / 2
    outside = [(row.low > 0 or row.high < 0) != (row.p_value < 0.05) for row in tested]
    assert np.mean(outside) < 0.15  # the two methods seldom disagree

"""Drawdowns, calendar returns and rolling figures against empyrical, pandas and literal loops."""

import csv
import os
from pathlib import Path

import empyrical
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.metrics import evaluate, evaluate_against
from engine.evaluation.tear_sheet.calendar_returns import calendar_returns
from engine.evaluation.tear_sheet.drawdowns import worst_drawdowns
from engine.evaluation.tear_sheet.rolling import rolling
from engine.market.calendar import sessions_between

REAL_DATA = os.environ.get("STREAKLAB_REAL_DATA")
MOVES = st.lists(st.sampled_from([-0.3, -0.05, -0.01, 0.0, 0.01, 0.05, 0.4]), min_size=1)


def walk(seed=5, n=1300):
    rng = np.random.default_rng(seed)
    sessions = sessions_between(np.datetime64("2003-11-19"), np.datetime64("2010-01-01"))[:n]
    moves = rng.normal(0.0003, 0.012, (2, n - 1))
    moves[1] += 0.6 * moves[0]
    equity = 100_000.0 * np.cumprod(np.insert(1.0 + moves, 0, 1.0, axis=1), axis=1)
    return sessions, equity, rng.uniform(0.0, 2e-4, n - 1)


def series(sessions, returns):
    return pd.Series(returns, pd.DatetimeIndex(sessions[1:]))


def spelled_out(wealth):
    """Return (depth, peak, trough, end or None) of every drawdown, by walking once."""
    found, peak, trough = [], 0, None
    for t in range(1, len(wealth)):
        if wealth[t] >= wealth[peak]:
            if trough is not None:
                found.append((wealth[trough] / wealth[peak] - 1.0, peak, trough, t))
            peak, trough = t, None
        elif trough is None or wealth[t] < wealth[trough]:
            trough = t
    if trough is not None:
        found.append((wealth[trough] / wealth[peak] - 1.0, peak, trough, None))
    return sorted(found, key=lambda drawdown: drawdown[0])


# drawdowns


@given(MOVES)
def test_drawdowns_are_those_found_by_walking(moves):
    wealth = np.cumprod([1.0, *(1.0 + np.array(moves))])
    sessions = np.datetime64("2020-01-01") + np.arange(len(wealth)).astype("m8[D]")
    expected = spelled_out(wealth)
    found = worst_drawdowns(wealth, sessions, count=len(wealth))
    assert len(found) == len(expected)
    for drawdown, (depth, peak, trough, end) in zip(found, expected, strict=True):
        last = len(wealth) - 1 if end is None else end
        assert drawdown.depth == pytest.approx(depth, rel=1e-12)
        assert (drawdown.peak, drawdown.trough) == (sessions[peak], sessions[trough])
        assert drawdown.recovery == (None if end is None else sessions[end])
        assert (drawdown.length, drawdown.fall) == (last - peak, trough - peak)


@given(MOVES)
def test_the_first_drawdown_is_the_maximum_drawdown_of_the_metrics(moves):
    wealth = np.cumprod([1.0, *(1.0 + np.array(moves))])
    n = len(wealth)
    sessions = np.datetime64("2020-01-01") + np.arange(n).astype("m8[D]")
    metrics = evaluate(
        wealth,
        sessions,
        cash_returns=np.zeros(n - 1),
        rotations=0,
        trade_returns=[],
        trade_lengths=[],
        exposure=np.zeros(n - 1),
        traded_weight=np.zeros(n),
    )
    worst = worst_drawdowns(wealth, sessions)
    if not worst:
        assert metrics["max_drawdown"] == 0.0
        return
    assert worst[0].depth == metrics["max_drawdown"]
    assert str(worst[0].peak) == metrics["max_drawdown_start"]
    assert str(worst[0].trough) == metrics["max_drawdown_trough"]
    end = worst[0].recovery
    assert (None if end is None else str(end)) == metrics["max_drawdown_end"]
    assert worst[0].length == metrics["max_drawdown_length"]


# calendar


def test_months_and_years_are_those_of_empyrical():
    sessions, (equity, _), _ = walk()
    found = calendar_returns(equity, sessions)
    returns = series(sessions, equity[1:] / equity[:-1] - 1.0)
    by_year = empyrical.aggregate_returns(returns, "yearly")
    assert found.years.tolist() == by_year.index.tolist() == list(range(2003, 2010))
    np.testing.assert_allclose(found.yearly, by_year, rtol=1e-10)
    by_month = empyrical.aggregate_returns(returns, "monthly")
    for i, year in enumerate(found.years.tolist()):
        for month in range(1, 13):
            expected = by_month.get((year, month), np.nan)
            np.testing.assert_allclose(found.monthly[i, month - 1], expected, rtol=1e-10)


def test_months_are_those_of_pandas_and_compound_to_the_total():
    sessions, (equity, _), _ = walk(seed=8)
    found = calendar_returns(equity, sessions)
    closes = pd.Series(equity, pd.DatetimeIndex(sessions)).resample("ME").last()
    expected = (closes / closes.shift(fill_value=equity[0]) - 1.0).to_numpy()
    defined = found.monthly[np.isfinite(found.monthly)]
    np.testing.assert_allclose(defined, expected, rtol=1e-12)
    assert np.prod(1.0 + defined) == pytest.approx(equity[-1] / equity[0], rel=1e-12)
    assert np.prod(1.0 + found.yearly) == pytest.approx(equity[-1] / equity[0], rel=1e-12)


def test_a_month_in_which_only_the_first_session_lies_has_no_return():
    sessions = np.array(["2019-12-31", "2020-01-02", "2020-01-03", "2021-03-01"], "M8[D]")
    found = calendar_returns(np.array([100.0, 110.0, 99.0, 198.0]), sessions)
    assert found.years.tolist() == [2019, 2020, 2021]
    assert np.isnan(found.yearly[0])
    assert np.isnan(found.monthly[0]).all()
    np.testing.assert_allclose(found.yearly[1:], [-0.01, 1.0])
    np.testing.assert_allclose(found.monthly[1, 0], -0.01)
    np.testing.assert_allclose(found.monthly[2, 2], 1.0)
    assert np.isfinite(found.monthly).sum() == 2


def test_after_ruin_months_are_undefined():
    sessions = np.array(["2020-01-31", "2020-02-28", "2020-03-31"], "M8[D]")
    found = calendar_returns(np.array([100.0, 0.0, 0.0]), sessions)
    np.testing.assert_array_equal(found.monthly[0, :3], [np.nan, -1.0, np.nan])


# rolling


@pytest.mark.parametrize("window", [2, 63, 252])
def test_rolling_figures_are_those_of_empyrical_and_pandas(window):
    sessions, equity, cash = walk()
    own, core = equity[:, 1:] / equity[:, :-1] - 1.0
    found = rolling(own, cash, core, window)
    for values in (found.sharpe, found.volatility, found.beta):
        assert np.isnan(values[: window - 1]).all()
        assert values.shape == own.shape
    excess, other = series(sessions, own - cash), series(sessions, core - cash)
    sharpe = empyrical.roll_sharpe_ratio(excess, window)
    np.testing.assert_allclose(found.sharpe[window - 1 :], sharpe, rtol=1e-8)
    deviation = series(sessions, own).rolling(window).std() * np.sqrt(252)
    np.testing.assert_allclose(found.volatility, deviation, rtol=1e-6)
    beta = excess.rolling(window).cov(other) / other.rolling(window).var()
    np.testing.assert_allclose(found.beta, beta, rtol=1e-5)


def test_a_window_as_long_as_the_history_gives_the_metrics():
    sessions, (equity, core), cash = walk(n=300)
    n = len(sessions)
    own, other = (e[1:] / e[:-1] - 1.0 for e in (equity, core))
    found = rolling(own, cash, other, n - 1)
    whole = evaluate(
        equity,
        sessions,
        cash_returns=cash,
        rotations=0,
        trade_returns=[],
        trade_lengths=[],
        exposure=np.zeros(n - 1),
        traded_weight=np.zeros(n),
    )
    assert found.sharpe[-1] == pytest.approx(whole["sharpe"], rel=1e-12)
    assert found.volatility[-1] == pytest.approx(whole["volatility"], rel=1e-12)
    against = evaluate_against(equity, core, cash)
    assert found.beta[-1] == pytest.approx(against["beta"], rel=1e-10)


def test_rolling_figures_without_movement_or_room_are_undefined():
    still = np.zeros(5)
    found = rolling(still, still, still, 3)
    assert np.isnan(found.sharpe).all()
    assert np.isnan(found.beta).all()
    assert found.volatility[2:].tolist() == [0.0, 0.0, 0.0]
    short = rolling(np.array([0.1]), np.zeros(1), None, 3)
    assert np.isnan(short.sharpe).all()
    assert short.beta is None


@pytest.mark.skipif(REAL_DATA is None, reason="STREAKLAB_REAL_DATA is not set")
def test_the_drawdowns_of_spy_are_those_everybody_knows():
    """The crises of 2000, 2007, 2020 and 2022 by their dates: dividends included."""
    rows = csv.DictReader((Path(REAL_DATA) / "SPY.csv").read_text("utf-8").splitlines())
    rows = [row for row in rows if "2000-01-01" <= row["Date"] < "2026-01-01"]
    sessions = np.array([row["Date"] for row in rows], "M8[D]")
    wealth = np.array([float(row["Adj Close"]) for row in rows])
    dates = {str(d.trough): d for d in worst_drawdowns(wealth, sessions, 4)}
    assert dates.keys() == {"2009-03-09", "2002-10-09", "2020-03-23", "2022-10-12"}
    assert dates["2009-03-09"].depth == pytest.approx(-0.5519, abs=2e-4)
    assert str(dates["2009-03-09"].peak) == "2007-10-09"
    assert dates["2020-03-23"].depth == pytest.approx(-0.3372, abs=2e-4)
    assert str(dates["2020-03-23"].peak) == "2020-02-19"

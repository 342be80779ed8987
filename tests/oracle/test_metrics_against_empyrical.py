"""Metrics equal empyrical-reloaded's, and SciPy's moments, to 1e-8."""

import csv
import math
import os
from pathlib import Path

import empyrical
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from engine.evaluation.metrics import evaluate, evaluate_against

REAL_DATA = os.environ.get("STREAKLAB_REAL_DATA")
SESSION_RETURNS = st.floats(-0.2, 0.2).map(lambda r: round(r, 6))
CASH_RATES = st.floats(-1e-4, 5e-4).map(lambda r: round(r, 6))


def measured(equity, cash_returns):
    n = len(equity)
    return evaluate(
        equity,
        np.datetime64("2000-01-01") + np.arange(n),
        cash_returns=cash_returns,
        rotations=0,
        trade_returns=[],
        trade_lengths=[],
        exposure=np.zeros(n - 1),
        traded_weight=np.zeros(n),
    )


def oracle(equity, cash):
    returns = equity[1:] / equity[:-1] - 1
    # empyrical divides by a downside deviation of nothing but rounding; here that is undefined
    has_downside = empyrical.downside_risk(returns, cash) > 1e-10
    return {
        "total_return": empyrical.cum_returns_final(returns),
        "cagr": empyrical.cagr(returns),
        "volatility": empyrical.annual_volatility(returns),
        "sharpe": empyrical.sharpe_ratio(returns, cash),
        "sortino": empyrical.sortino_ratio(returns, cash) if has_downside else math.nan,
        "max_drawdown": empyrical.max_drawdown(returns),
        "calmar": empyrical.calmar_ratio(returns),
        "var_95": empyrical.value_at_risk(returns),
        "es_95": empyrical.conditional_value_at_risk(returns),
        "skew": stats.skew(returns),
        "kurtosis": stats.kurtosis(returns),
    }


def oracle_against(equity, benchmark_equity, cash):
    returns, benchmark = (e[1:] / e[:-1] - 1 for e in (equity, benchmark_equity))
    daily_information_ratio = empyrical.excess_sharpe(returns, benchmark)
    return {
        "tracking_error": empyrical.annual_volatility(returns - benchmark),
        "information_ratio": daily_information_ratio * math.sqrt(252),
        "alpha": empyrical.alpha_aligned(returns, benchmark, cash),
        "beta": empyrical.beta_aligned(returns, benchmark, cash),
        "up_capture": empyrical.up_capture(returns, benchmark),
        "down_capture": empyrical.down_capture(returns, benchmark),
    }


def assert_agrees(values, expected):
    for key, value in expected.items():
        assert values[key] == pytest.approx(float(value), rel=1e-8, abs=1e-10, nan_ok=True), key


def equity_of(returns):
    return 1e5 * np.cumprod(np.concatenate([[1.0], 1.0 + np.asarray(returns)]))


@given(st.lists(SESSION_RETURNS, min_size=2, max_size=60), CASH_RATES)
@settings(max_examples=300, deadline=None)
def test_one_run(returns, cash_rate):
    assume(np.std(returns) > 1e-9)
    cash = np.full(len(returns), cash_rate)
    equity = equity_of(returns)
    assert_agrees(measured(equity, cash), oracle(equity, cash))


@given(
    st.lists(st.tuples(SESSION_RETURNS, SESSION_RETURNS), min_size=2, max_size=60),
    CASH_RATES,
)
@settings(max_examples=300, deadline=None)
def test_one_run_against_a_benchmark(pairs, cash_rate):
    returns, benchmark = np.array(pairs).T
    assume(np.std(returns - benchmark) > 1e-9)
    assume(np.std(benchmark) > 1e-9)
    cash = np.full(len(returns), cash_rate)
    equity, benchmark_equity = equity_of(returns), equity_of(benchmark)
    with np.errstate(over="ignore"):
        expected = oracle_against(equity, benchmark_equity, cash)
    residual = np.mean(returns - cash - expected["beta"] * (benchmark - cash))
    if not -1.0 < residual < 0.5:  # no growth factor, or one whose 252nd power is out of bounds
        del expected["alpha"]
    assert_agrees(evaluate_against(equity, benchmark_equity, cash), expected)


@pytest.fixture(scope="module")
def closes():
    if REAL_DATA is None:
        pytest.skip("STREAKLAB_REAL_DATA is not set: no real prices to test on")

    def adjusted(symbol):
        with Path(REAL_DATA, f"{symbol}.csv").open(encoding="utf-8", newline="") as file:
            return {row["Date"]: float(row["Adj Close"]) for row in csv.DictReader(file)}

    satellite, core = adjusted("IWM"), adjusted("SPY")
    dates = sorted(satellite.keys() & core.keys())
    return tuple(np.array([prices[date] for date in dates]) for prices in (satellite, core))


@pytest.mark.parametrize("cash_rate", [0.0, 0.02 / 252])
def test_the_real_pair(closes, cash_rate):
    satellite, core = closes
    assert len(satellite) > 6000
    cash = np.full(len(satellite) - 1, cash_rate)
    assert_agrees(measured(satellite, cash), oracle(satellite, cash))
    assert_agrees(measured(core, cash), oracle(core, cash))
    assert_agrees(evaluate_against(satellite, core, cash), oracle_against(satellite, core, cash))

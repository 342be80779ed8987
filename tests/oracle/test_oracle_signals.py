"""Signals against other people's code: TA-Lib for the RSI, pandas for windows, a loop for runs."""

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import walk

from engine.signals.momentum import distance_to_average, momentum, relative_momentum
from engine.signals.rsi import wilder_rsi
from engine.signals.streaks import absolute_streak, outperformance_streak
from engine.signals.volatility import realised_volatility

TALIB_ZERO = 1e-14  # TA-Lib may call movement below this none, and gives 0; ours gives 50 for none


@st.composite
def closes(draw, least=1, most=400):
    """Draw closes: walks with flat stretches, in cents or not, some without any movement."""
    n = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    close = walk(rng, n)
    still = rng.random(n) < draw(st.sampled_from([0.0, 0.3, 0.95, 1.0]))
    kept = np.maximum.accumulate(np.where(still, 0, np.arange(n)))
    close = close[kept]
    if draw(st.booleans()):
        close = np.round(close, 2)
    if draw(st.booleans()):
        close = np.sort(close)  # never falls: RSI 100
    return close * draw(st.sampled_from([1.0, 1000.0]))


def wilder_average(change, period):
    average = np.full(len(change) + 1, np.nan)
    if len(change) >= period:
        average[period] = change[:period].mean()
    for t in range(period, len(change)):
        average[t + 1] = average[t] + (change[t] - average[t]) / period
    return average


@settings(max_examples=300)
@given(closes(), st.integers(2, 60))
def test_rsi_is_talibs(close, period):
    ours = wilder_rsi(close, period)
    theirs = talib.RSI(close, period)
    movement = wilder_average(np.abs(np.diff(close)), period)
    if len(close) <= period:
        assert np.isnan(ours).all()
        return
    assert np.isnan(ours[:period]).all()
    moves = movement > 10 * TALIB_ZERO
    np.testing.assert_allclose(ours[moves], theirs[moves], rtol=0, atol=1e-8)
    np.testing.assert_array_equal(ours[movement == 0.0], 50.0)
    assert np.nanmin(ours) >= 0.0
    assert np.nanmax(ours) <= 100.0
    if (np.diff(close) >= 0.0).all():
        assert set(ours[period:]) <= {50.0, 100.0}


def test_rsi_after_a_long_flat_stretch_keeps_its_value():
    """Averages of rises and falls fade alike: standing still makes nothing oversold."""
    close = np.concatenate([[100.0, 103.0, 101.0], np.full(100, 101.0)])
    rsi = wilder_rsi(close, 2)
    np.testing.assert_allclose(rsi[2:], 60.0, rtol=1e-12)


STOCKCHARTS = """44.3389 44.0902 44.1497 43.6124 44.3278 44.8264 45.0955 45.4245 45.8433 46.0826
45.8931 46.0328 45.614 46.282 46.282 46.0028"""


def test_rsi_of_stockcharts_example():
    rsi = wilder_rsi(np.array(STOCKCHARTS.split(), dtype=float), 14)
    assert np.isnan(rsi[:14]).all()
    assert [round(value, 4) for value in rsi[14:]] == [70.5328, 66.3186]


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        ([5.0] * 5, [50.0] * 3),
        ([1.0, 2.0, 3.0, 3.0, 4.0], [100.0] * 3),
        ([4.0, 3.0, 2.0, 2.0, 1.0], [0.0] * 3),
    ],
    ids=["no movement", "no fall", "no rise"],
)
def test_rsi_at_its_ends(close, expected):
    assert wilder_rsi(np.array(close), 2)[2:].tolist() == expected


def run_lengths(difference):
    """Count runs the naive way."""
    counts, run = [], 0.0
    for value in difference:
        if np.isnan(value):
            counts.append(np.nan)
            run = 0.0
            continue
        sign = 0 if abs(value) <= 1e-12 else (1 if value > 0 else -1)
        run = run + sign if sign * run > 0 else sign
        counts.append(run)
    return counts


@settings(max_examples=300)
@given(closes(), closes())
def test_streaks_are_what_a_loop_counts(core, satellite):
    n = min(len(core), len(satellite))
    core, satellite = core[:n], satellite[:n]
    core_returns, satellite_returns = (
        [np.nan] + [c[t] / c[t - 1] - 1.0 for t in range(1, n)] for c in (core, satellite)
    )
    difference = [s - c for c, s in zip(core_returns, satellite_returns, strict=True)]
    np.testing.assert_array_equal(outperformance_streak(core, satellite), run_lengths(difference))
    np.testing.assert_array_equal(absolute_streak(satellite), run_lengths(satellite_returns))


@settings(max_examples=150)
@given(closes(most=150), st.integers(2, 160))
def test_windows_are_what_pandas_computes(close, window):
    series = pd.Series(close)
    returns = series.pct_change()
    expected = {
        momentum: series.pct_change(window),
        distance_to_average: series / series.rolling(window).mean() - 1.0,
        realised_volatility: returns.rolling(window).std() * np.sqrt(252),
    }
    for signal, values in expected.items():
        np.testing.assert_allclose(
            signal(close, window), values, rtol=1e-9, atol=1e-7, err_msg=signal.__name__
        )


@given(closes(least=80, most=80), closes(least=80, most=80), st.integers(1, 100))
def test_relative_momentum_is_the_difference_of_two(core, satellite, lookback):
    expected = pd.Series(satellite).pct_change(lookback) - pd.Series(core).pct_change(lookback)
    np.testing.assert_allclose(
        relative_momentum(core, satellite, lookback), expected, rtol=1e-12, atol=1e-14
    )

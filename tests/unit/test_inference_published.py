"""Figures from the papers, digit for digit, and the slips that would spoil them."""

import math

import numpy as np
import pandas as pd
import pytest

from engine.evaluation.inference.overfitting import backtest_overfitting, block_sums
from engine.evaluation.inference.resampling import block_length
from engine.evaluation.inference.sharpe import (
    Record,
    minimum_track_record,
    probabilistic_sharpe,
    standard_error_iid,
)
from engine.evaluation.inference.trials import (
    deflated_sharpe,
    expected_maximum,
    expected_maximum_sharpe,
    minimum_backtest_length,
)

# Bailey and López de Prado (2014), The Deflated Sharpe Ratio, section "A numerical example"
SESSIONS = 250
WINNER = Record(1250, 2.5 / math.sqrt(SESSIONS), skew=-3.0, kurtosis=10.0)
VARIANCE = 0.5 / SESSIONS


def digits(n):
    return {"abs": 0.5 * 10.0**-n}


def test_lo_2002_standard_error():
    """Lo (2002), table 1: a ratio of 1 from 60 returns."""
    assert standard_error_iid(1.0, 60) == pytest.approx(0.158, **digits(3))


@pytest.mark.parametrize(
    ("skew", "kurtosis", "probability"), [(0.0, 3.0, 0.982), (-2.448, 10.164, 0.913)]
)
def test_probabilistic_sharpe(skew, kurtosis, probability):
    """Bailey and López de Prado (2012), section 4: a hedge fund's 24 months, once as if normal."""
    record = Record(24, 0.458, skew, kurtosis)
    assert probabilistic_sharpe(record, 0.0) == pytest.approx(probability, **digits(3))


@pytest.mark.parametrize(
    ("sharpe", "benchmark", "per_year", "skew", "kurtosis", "years"),
    [(2.0, 1.0, 250, 0.0, 3.0, 2.7312), (3.0, 2.5, 12, -0.72, 5.78, 27.3529)],
)
def test_minimum_track_record(sharpe, benchmark, per_year, skew, kurtosis, years):
    """Bailey and López de Prado (2012), section 5: annual ratios, 95 % confidence."""
    root = math.sqrt(per_year)
    found = minimum_track_record(Record(1, sharpe / root, skew, kurtosis), benchmark / root)
    assert found / per_year == pytest.approx(years, **digits(4))


def test_deflated_sharpe():
    best_by_luck = expected_maximum_sharpe(100, VARIANCE)
    assert best_by_luck == pytest.approx(0.1132, **digits(4))
    assert deflated_sharpe(WINNER, 100, VARIANCE) == pytest.approx(0.9004, **digits(4))
    assert deflated_sharpe(WINNER, 46, VARIANCE) == pytest.approx(0.9505, **digits(4))


@pytest.mark.parametrize(
    ("record", "variance"),
    [
        (Record(1250, WINNER.sharpe, -3.0, 13.0), VARIANCE),  # 3 added once too often
        (WINNER, math.sqrt(VARIANCE)),  # a deviation for a variance
        (WINNER, VARIANCE**2),  # a variance for a deviation
        (WINNER, 0.5),  # annual variance
        (Record(1250, 2.5, -3.0, 10.0), VARIANCE),  # annual ratio
        (Record(5, WINNER.sharpe, -3.0, 10.0), VARIANCE),  # years for sessions
        (Record(1250, WINNER.sharpe, 3.0, 10.0), VARIANCE),  # the wrong sign
    ],
)
def test_figures_in_other_units_are_not_those_of_the_paper(record, variance):
    assert abs(deflated_sharpe(record, 100, variance) - 0.9004) > 0.001


def test_an_excess_kurtosis_is_often_noticed():
    with pytest.raises(ValueError, match="that of a normal distribution is 3 here, not 0"):
        Record(1250, WINNER.sharpe, -3.0, 10.0 - 3.0)
    with pytest.raises(ValueError, match="no distribution has skew 0 and kurtosis 0"):
        Record(1250, WINNER.sharpe, 0.0, 0.0)


def test_the_expected_maximum_is_close_to_the_exact_one():
    """Mean of the largest of N standard normal values, by integration."""
    from scipy import integrate, stats

    for trials in (10, 45, 100, 1000):
        exact, _ = integrate.quad(
            lambda x, n=trials: x * n * stats.norm.pdf(x) * stats.norm.cdf(x) ** (n - 1), -8, 12
        )
        assert expected_maximum(trials) == pytest.approx(exact, rel=0.025)


def test_minimum_backtest_length():
    """Bailey, Borwein, López de Prado and Zhu (2014): five years bear no more than 45 trials."""
    assert minimum_backtest_length(45, 1.0) == pytest.approx(5.0, **digits(1))
    assert minimum_backtest_length(45, 2.0) == pytest.approx(5.0 / 4.0, **digits(1))


@pytest.mark.parametrize(("blocks", "combinations"), [(8, 70), (16, 12_870)])
def test_number_of_combinations(blocks, combinations):
    """Bailey et al. (2017): S over S/2."""
    returns = np.random.default_rng(0).standard_normal((96, 3))
    found = backtest_overfitting(block_sums(returns, blocks))
    assert found.combinations == len(found.logits) == combinations


def test_overfitting_of_noise():
    """The literal procedure of Bailey et al. (2017) on noise anyone can draw again: 37 of 70."""
    returns = np.random.RandomState(42).standard_normal((240, 20)) * 0.01
    found = backtest_overfitting(block_sums(returns, 8))
    assert found.probability == pytest.approx(0.528571, **digits(6))


def test_overfitting_of_opposite_edges_is_certain():
    returns = np.random.RandomState(0).standard_normal((200, 2)) * 0.001
    returns[:100, 0] += 0.01
    returns[100:, 1] += 0.01
    assert backtest_overfitting(block_sums(returns, 2)).probability == 1.0


def test_a_real_edge_is_not_overfitted():
    returns = np.random.RandomState(0).standard_normal((1000, 100)) * 0.01
    returns[:, 17] += 0.01
    found = backtest_overfitting(block_sums(returns, 8))
    assert (found.probability, found.loss) == (0.0, 0.0)


def test_politis_white_on_the_example_of_arch():
    """From the tests of arch, which follow Patton's own program: an AR(1) of 10,000 values."""
    shocks = np.random.RandomState(0).standard_normal(10_100)
    series = shocks
    for i in range(1, len(shocks)):
        series[i] = 0.3 * series[i - 1] + shocks[i]
    assert block_length(series[100:]) == pytest.approx(13.635665, rel=1e-4)
    assert block_length(pd.Series(series[100:]).to_numpy() * 1e-4) == pytest.approx(
        13.635665, rel=1e-4
    )

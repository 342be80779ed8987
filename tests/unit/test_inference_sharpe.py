"""Sharpe ratios: standard errors against simulated markets, invariances, and edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.evaluation.inference.sharpe import (
    Record,
    minimum_track_record,
    probabilistic_sharpe,
    record_of,
    standard_error_autocorrelated,
    standard_error_iid,
    standard_error_non_normal,
)

SHARPES = st.floats(-0.5, 0.5)
MOMENTS = st.tuples(st.floats(-2.0, 2.0), st.floats(0.5, 30.0)).map(
    lambda given: (given[0], 1.0 + given[0] ** 2 + given[1])
)


def ratios(returns):
    return returns.mean(axis=1) / returns.std(axis=1, ddof=1)


def autoregressive(rng, shape, coefficient):
    values = rng.standard_normal(shape)
    values[:, 0] /= math.sqrt(1.0 - coefficient**2)
    for t in range(1, shape[1]):
        values[:, t] += coefficient * values[:, t - 1]
    return values


def test_record_of_returns():
    returns = np.random.default_rng(0).gamma(2.0, 0.01, 300)
    record = record_of(returns)
    assert record.returns == 300
    assert record.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))
    assert record.skew == pytest.approx(stats.skew(returns))
    assert record.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False))


@pytest.mark.parametrize("returns", [[], [0.01], [0.01] * 9, [0.0] * 9, [0.01, math.nan, 0.02]])
def test_what_has_no_ratio_has_no_error_and_no_probability(returns):
    returns = np.array(returns)
    record = record_of(returns)
    assert math.isnan(record.sharpe)
    assert math.isnan(probabilistic_sharpe(record))
    assert math.isnan(minimum_track_record(record))
    assert math.isnan(standard_error_autocorrelated(returns))


def test_two_returns_are_the_extreme_of_what_moments_can_be():
    assert record_of(np.array([0.01, -0.02])).kurtosis == pytest.approx(1.0)


def test_the_error_of_normal_returns():
    """20,000 records of 120 months: what Lo's formula says is how they spread."""
    returns = np.random.default_rng(1).normal(0.5, 1.0, (20_000, 120))
    assert ratios(returns).std() == pytest.approx(standard_error_iid(0.5, 120), rel=0.02)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_error_of_skewed_returns(sign):
    """Gamma-distributed: skew 2, kurtosis 9; a positive skew makes a ratio surer."""
    returns = sign * (np.random.default_rng(2).exponential(1.0, (20_000, 250)) - 1.0) + 0.4
    spread = ratios(returns).std()
    record = Record(250, 0.4, sign * 2.0, 9.0)
    assert spread == pytest.approx(standard_error_non_normal(record), rel=0.04)
    assert abs(spread / standard_error_iid(0.4, 250) - 1.0) > 0.12


@pytest.mark.parametrize("coefficient", [0.3, -0.3])
def test_the_error_of_autocorrelated_returns(coefficient):
    returns = autoregressive(np.random.default_rng(3), (2_000, 1_500), coefficient) + 0.1
    spread = ratios(returns).std()
    told = np.mean([standard_error_autocorrelated(row) for row in returns[:200]])
    assert spread == pytest.approx(told, rel=0.06)
    assert abs(spread / standard_error_iid(0.1, 1_500) - 1.0) > 0.2


def test_without_lags_the_robust_error_is_that_of_non_normal_returns():
    """The influence function's variance is Mertens' formula, to the last digit."""
    returns = np.random.default_rng(4).standard_t(6, 400) * 0.01 + 0.001
    sharpe = returns.mean() / returns.std()  # ddof 0 on both sides
    record = Record(400, sharpe, stats.skew(returns), stats.kurtosis(returns, fisher=False))
    exact = standard_error_non_normal(record)
    assert standard_error_autocorrelated(returns, lags=0) == pytest.approx(exact, rel=1e-3)


def test_newey_west_by_hand():
    """Against the estimator of statsmodels for the mean of the influence function."""
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    returns = autoregressive(np.random.default_rng(5), (1, 500), 0.4)[0]
    z = (returns - returns.mean()) / returns.std()
    ratio = returns.mean() / returns.std(ddof=1)
    influence = z - ratio / 2.0 * (z**2 - 1.0)
    variance = S_hac_simple(influence[:, None], nlags=7).item() / 500**2
    assert standard_error_autocorrelated(returns, lags=7) == pytest.approx(math.sqrt(variance))


@given(SHARPES, st.integers(2, 10_000))
def test_a_normal_distribution_has_los_error(sharpe, n):
    assert standard_error_non_normal(Record(n, sharpe)) == pytest.approx(
        standard_error_iid(sharpe, n)
    )


@given(SHARPES, MOMENTS, st.integers(2, 5_000))
def test_a_probability_of_its_own_ratio_is_one_half(sharpe, moments, n):
    record = Record(n, sharpe, *moments)
    assert probabilistic_sharpe(record, sharpe) == 0.5
    lower, upper = (probabilistic_sharpe(record, sharpe + d) for d in (0.01, -0.01))
    assert lower <= 0.5 <= upper
    assert lower + upper == pytest.approx(1.0)


@given(st.floats(0.02, 0.5), MOMENTS, st.floats(0.6, 0.99))
def test_a_record_of_the_minimum_length_is_just_sure_enough(sharpe, moments, confidence):
    needed = minimum_track_record(Record(2, sharpe, *moments), 0.01, confidence)
    reached = probabilistic_sharpe(Record(math.ceil(needed), sharpe, *moments), 0.01)
    assert reached >= confidence - 1e-12
    if needed > 3.0:
        short = Record(math.floor(needed) - 1, sharpe, *moments)
        assert probabilistic_sharpe(short, 0.01) < confidence


def test_no_record_is_long_enough_for_a_ratio_not_above_the_benchmark():
    assert math.isnan(minimum_track_record(Record(100, 0.1), 0.1))
    assert math.isnan(minimum_track_record(Record(100, -0.1)))


@given(st.integers(0, 99), st.sampled_from([1e-3, 7.0]))
def test_scale_does_not_matter(seed, scale):
    returns = np.random.default_rng(seed).standard_t(5, 80) * 0.01
    one, other = record_of(returns), record_of(returns * scale)
    assert probabilistic_sharpe(one) == pytest.approx(probabilistic_sharpe(other))
    assert standard_error_autocorrelated(returns) == pytest.approx(
        standard_error_autocorrelated(returns * scale)
    )


def test_one_in_twenty_records_without_edge_looks_95_percent_sure():
    returns = np.random.default_rng(6).standard_t(5, (4_000, 250))
    sure = np.mean([probabilistic_sharpe(record_of(row)) > 0.95 for row in returns])
    assert sure == pytest.approx(0.05, abs=0.012)

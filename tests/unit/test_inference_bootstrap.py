"""Bootstrap intervals: against scipy and arch, calibrated, and where there is nothing to say."""

import math

import numpy as np
import pytest
from scipy import stats

from engine.evaluation.inference.bootstrap import (
    bca_interval,
    bootstrapped,
    intervals,
    p_value,
    percentile_interval,
)
from engine.evaluation.inference.resampling import block_length


def skewed(seed, n):
    return np.random.default_rng(seed).exponential(1.0, n)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("statistic", [np.mean, np.std, lambda x: x.mean() / x.std()])
def test_intervals_are_those_of_scipy(statistic, level):
    """Fed with scipy's own resamples and jackknife."""
    values = skewed(1, 60)
    theirs = stats.bootstrap(
        (values,),
        lambda x, axis: np.apply_along_axis(statistic, axis, x),
        n_resamples=999,
        confidence_level=level,
        method="BCa",
        rng=1,
    )
    replicates = theirs.bootstrap_distribution
    jackknife = np.array([statistic(np.delete(values, i)) for i in range(60)])
    found = bca_interval(statistic(values), replicates, jackknife, level)
    assert found == pytest.approx(tuple(theirs.confidence_interval), rel=1e-9)
    tail = 50.0 * (1.0 - level)
    assert percentile_interval(replicates, level) == pytest.approx(
        tuple(np.percentile(replicates, [tail, 100.0 - tail]))
    )


def mean_of(values):
    return lambda sessions: values[sessions].mean(axis=1, keepdims=True)


def test_all_figures_come_from_the_same_histories():
    values = skewed(2, 80)
    both = bootstrapped(
        lambda s: np.stack([values[s].mean(axis=1), 2.0 * values[s].mean(axis=1)], axis=-1),
        80,
        length=4.0,
        seed=5,
    )
    assert both.replicates.shape == (2000, 2)
    np.testing.assert_allclose(both.replicates[:, 1], 2.0 * both.replicates[:, 0])
    np.testing.assert_allclose(both.estimate, [values.mean(), 2.0 * values.mean()])


@pytest.mark.parametrize(("n", "length"), [(50, 1.0), (57, 5.0), (100, 99.0), (1_000, 3.0)])
def test_the_jackknife_leaves_out_each_session_at_most_once(n, length):
    kept = bootstrapped(
        lambda s: np.array([np.bincount(row, minlength=n) for row in s], dtype=float),
        n,
        length=length,
        resamples=1,
        seed=0,
    ).jackknife
    left_out = 1.0 - kept
    assert set(np.unique(left_out)) == {0.0, 1.0}
    widths = left_out.sum(axis=1)
    assert len(set(widths)) == 1
    assert left_out.sum(axis=0).max() == 1.0
    assert 10 <= len(kept) <= 200
    assert n - left_out.sum() < widths[0]  # a rest shorter than a block stays in


def test_the_interval_of_a_skewed_figure_leans_to_where_it_may_be():
    found = bootstrapped(mean_of(skewed(3, 60)), 60, length=1.0, seed=1)
    (bca,), (plain,) = (intervals(found, (method,)) for method in ("BCa", "percentile"))
    assert (bca.method, plain.method) == ("BCa", "percentile")
    assert bca.low > plain.low
    assert bca.high > plain.high
    assert bca.low < bca.estimate < bca.high


def coverage(draw, truth, repetitions, length_of, level=0.9):
    """Return how often the interval of the mean holds the truth."""
    held = 0
    for seed in range(repetitions):
        values = draw(seed)
        found = bootstrapped(
            mean_of(values), len(values), length=length_of(values), resamples=300, seed=seed
        )
        (interval,) = intervals(found, ("BCa",), level)
        held += interval.low <= truth <= interval.high
    return held / repetitions


def autoregressive(seed, n=400):
    values = np.random.default_rng(seed).standard_normal(n + 50)
    for t in range(1, len(values)):
        values[t] += 0.5 * values[t - 1]
    return values[50:]


def test_intervals_of_independent_returns_hold_the_truth_as_often_as_they_say():
    assert coverage(lambda s: skewed(s, 120), 1.0, 400, block_length) == pytest.approx(
        0.9, abs=0.04
    )


def test_intervals_of_dependent_returns_need_the_blocks():
    assert coverage(autoregressive, 0.0, 300, block_length) == pytest.approx(0.87, abs=0.05)
    assert coverage(autoregressive, 0.0, 300, lambda _: 1.0) < 0.75


def test_p_values_are_uniform_without_an_edge():
    found = []
    for seed in range(400):
        values = np.random.default_rng(seed).standard_t(5, 150)
        drawn = bootstrapped(mean_of(values), 150, length=2.0, resamples=199, seed=seed)
        found.append(p_value(values.mean(), drawn.replicates[:, 0]))
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.03)


def test_p_values_by_hand():
    replicates = np.array([0.0, 1.0, 2.0, 3.0])
    assert p_value(1.0, replicates) == 3 / 5  # 2 and 3 exceed 1 by 1 or more
    assert p_value(4.0, replicates) == 1 / 5
    assert p_value(-9.0, replicates) == 1.0
    assert math.isnan(p_value(math.nan, replicates))
    assert math.isnan(p_value(1.0, np.append(replicates, math.nan)))


def test_a_figure_that_never_varies_has_an_interval_of_no_width():
    assert bca_interval(0.0, np.zeros(9), np.zeros(5)) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("estimate", "replicates", "jackknife"),
    [
        (math.nan, [1.0, 2.0], [1.0, 2.0]),
        (1.5, [1.0, math.nan], [1.0, 2.0]),
        (1.5, [1.0, 2.0], [1.0, math.inf]),
        (0.5, [1.0, 2.0], [1.0, 2.0]),  # all on one side
        (2.5, [1.0, 2.0], [1.0, 2.0]),
    ],
)
def test_undefined_intervals(estimate, replicates, jackknife):
    found = bca_interval(estimate, np.array(replicates), np.array(jackknife))
    assert all(map(math.isnan, found))


def test_nothing_is_resampled_without_a_block_length():
    found = bootstrapped(mean_of(skewed(1, 20)), 20, length=math.nan, seed=1)
    (interval,) = intervals(found, ("percentile",))
    assert interval.estimate == skewed(1, 20).mean()
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)

"""How a metric is spread: against NumPy on all values at once."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluation.grid_study.spread import (
    LIMIT,
    PERCENTILES,
    SpreadCount,
    ValueCounts,
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=64)


def spread_of(values, blocks=1, sign=1, references=None, limit=LIMIT):
    count = SpreadCount(sign, limit)
    for block in np.array_split(np.asarray(values, dtype=float), blocks):
        count.add(block)
    return count.found(references or {})


def counted(values, blocks=1, limit=LIMIT):
    counts = ValueCounts(limit)
    for block in np.array_split(np.asarray(values, dtype=float), blocks):
        counts.add(block)
    return counts


@settings(max_examples=150, deadline=None)
@given(st.lists(FLOATS, min_size=1, max_size=40), st.integers(1, 5))
def test_every_float_is_counted_exactly(values, blocks):
    found, counts = counted(values, blocks, limit=50).found()
    expected, times = np.unique(np.asarray(values) + 0.0, return_counts=True)
    assert found.tolist() == expected.tolist()
    assert counts.tolist() == times.tolist()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 5))
def test_percentiles_and_moments_are_numpy_s(values, blocks):
    found = spread_of([*values, np.nan, np.inf], blocks)
    assert (found.sets, found.undefined) == (len(values) + 2, 2)
    expected = np.percentile(values, PERCENTILES)
    assert list(found.percentiles) == list(PERCENTILES)
    assert list(found.percentiles.values()) == pytest.approx(expected, rel=1e-12, abs=1e-9)
    assert (found.lowest, found.highest) == (min(values), max(values))
    assert found.mean == pytest.approx(np.mean(values), rel=1e-12, abs=1e-9)
    if len(values) > 1:
        assert found.deviation == pytest.approx(np.std(values, ddof=1), rel=1e-9, abs=1e-6)
    assert found.relative_error == 0.0


def test_moments_do_not_drown_in_a_large_mean():
    values = 1e9 + np.random.default_rng(1).normal(size=5_000)
    assert spread_of(values, 7).deviation == pytest.approx(np.std(values, ddof=1), rel=1e-7)


DRAWS = {
    "ratios": lambda rng, n: rng.normal(0.4, 0.2, n),
    "wealth": lambda rng, n: 540_000 + 100 * rng.random(n),
    "tails": lambda rng, n: rng.standard_cauchy(n),
    "scales": lambda rng, n: rng.choice([-1, 1], n) * 10.0 ** rng.uniform(-3, 3, n),
}


@pytest.mark.parametrize("name", DRAWS)
def test_beyond_the_limit_the_error_is_as_stated(name):
    """Every value, not only the percentiles, and in whatever order they come."""
    rng = np.random.default_rng(3)
    values = DRAWS[name](rng, 40_000)
    counts = counted(values, 9, limit=1_000)
    found, times = counts.found()
    assert len(found) <= 1_000
    assert times.sum() == 40_000
    assert 0.0 < counts.relative_error < 0.5
    exact = np.sort(values)
    error = np.abs(np.repeat(found, times) - exact) / np.abs(exact)
    assert error.max() <= counts.relative_error
    assert error.max() > counts.relative_error / 4  # it is no idle promise
    again, times_again = counted(values[::-1], 4, limit=1_000).found()
    assert found.tolist() == again.tolist()
    assert times.tolist() == times_again.tolist()


def test_values_in_a_narrow_range_are_told_apart_finely():
    """Final wealth between 540,000 and 540,100: the error follows the range."""
    values = 540_000 + 100 * np.random.default_rng(4).random(100_000)
    found = spread_of(values, 5, limit=10_000)
    assert found.relative_error * 540_000 < 0.02
    expected = np.percentile(values, PERCENTILES)
    assert list(found.percentiles.values()) == pytest.approx(expected, abs=0.02)


def test_the_worst_case_is_a_thousandth():
    """Were all 2^64 patterns of bits met, 43 bits would go."""
    bits = 64 - int(math.log2(LIMIT))
    assert 2.0 ** (bits - 53) < 0.001


def test_few_values_stay_exact_however_often_they_come():
    values = np.tile([0.1, 0.2, 0.3], 5_000)
    found = spread_of(values, 20, limit=1_000)
    assert found.relative_error == 0.0
    assert found.median == 0.2


@pytest.mark.parametrize(("sign", "expected"), [(1, 0.4), (-1, 0.4)])
def test_the_share_that_beats_a_reference(sign, expected):
    """Two of five are better; the one that differs by rounding is not."""
    values = np.array([1.0, 2.0, 3.0 + sign * 1e-12, 4.0, 5.0])
    found = spread_of(values, sign=sign, references={"core": 3.0, "own": math.nan})
    assert found.better_than["core"] == expected
    assert math.isnan(found.better_than["own"])


def test_the_better_ones_are_the_lower_ones_of_some_metrics():
    found = spread_of([1.0, 2.0, 3.0, 4.0], sign=-1, references={"core": 1.5})
    assert found.better_than == {"core": 0.25}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=200))
def test_the_histogram_counts_every_set_once(values):
    found = spread_of(values)
    assert found.counts.sum() + found.below + found.beyond == len(values)
    assert len(found.edges) == len(found.counts) + 1
    expected, _ = np.histogram(values, found.edges)
    assert found.counts.tolist() == expected.tolist()
    assert found.edges[0] >= min(values)
    assert found.edges[-1] <= max(values)


def test_a_stray_does_not_squeeze_the_histogram():
    values = np.append(np.random.default_rng(5).normal(size=10_000), [1e6, -1e6])
    found = spread_of(values)
    assert (found.below, found.beyond) >= (1, 1)
    assert (found.counts > 0).sum() >= 40
    assert found.counts.max() < 1_000


def test_equal_values_are_one_bin():
    found = spread_of([0.5, 0.5, 0.5])
    assert found.counts.tolist() == [3]
    assert found.edges.tolist() == [0.5, 0.5]
    assert found.deviation == 0.0

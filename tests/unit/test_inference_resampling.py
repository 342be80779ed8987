"""Resampled histories and block lengths: against arch, and against what defines them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.inference.resampling import (
    FEWEST_RETURNS,
    block_length,
    common_block_length,
    resample_weights,
    resampled_sessions,
)


def series_of(seed, n, memory):
    shocks = np.random.default_rng(seed).standard_t(5, n)
    for t in range(1, n):
        shocks[t] += memory * shocks[t - 1]
    return shocks


@pytest.mark.parametrize("memory", [-0.7, 0.0, 0.4, 0.9, 0.99])
@pytest.mark.parametrize("n", [FEWEST_RETURNS, 51, 130, 400, 2_000])
def test_block_lengths_are_those_of_arch(n, memory):
    from arch.bootstrap import optimal_block_length

    for seed in range(4):
        series = series_of(seed, n, memory)
        known = optimal_block_length(series)["stationary"].iloc[0]
        assert block_length(series) == pytest.approx(max(known, 1.0), rel=1e-9)
        squares = series**2
        known = optimal_block_length(squares)["stationary"].iloc[0]
        assert block_length(squares) == pytest.approx(max(known, 1.0), rel=1e-9)


@given(st.integers(0, 500), st.sampled_from([1e-4, 0.3, 1e5]))
def test_scale_and_direction_of_time_do_not_matter(seed, scale):
    series = series_of(seed, 150, 0.5)
    assert block_length(series * scale + 1.0) == pytest.approx(block_length(series), rel=1e-6)
    assert block_length(series[::-1]) == pytest.approx(block_length(series), rel=1e-6)


@pytest.mark.parametrize(
    "series", [np.zeros(0), np.arange(49.0), np.full(200, 0.01), np.full(200, np.nan)]
)
def test_where_there_is_nothing_to_choose_from(series):
    assert math.isnan(block_length(series))


def test_a_series_that_moves_once_has_a_length():
    series = np.zeros(200)
    series[50] = 1.0
    assert 1.0 <= block_length(series) <= 43.0


def test_the_common_length_is_the_longest():
    series = [series_of(seed, 500, memory) for seed, memory in ((0, 0.0), (1, 0.8), (2, 0.3))]
    assert common_block_length(series) == block_length(series[1]) > 5.0
    assert common_block_length([series[1], np.zeros(500)]) == block_length(series[1])
    assert math.isnan(common_block_length([np.zeros(500)]))
    assert math.isnan(common_block_length([series[0], np.append(series[1][1:], math.nan)]))


def draws(n=40, length=5.0, resamples=400, seed=3):
    return np.concatenate(list(resampled_sessions(n, length, resamples, seed)))


def test_sessions_follow_each_other_round_the_end():
    drawn = draws()
    assert drawn.shape == (400, 40)
    assert (drawn.min(), drawn.max()) == (0, 39)
    continued = drawn[:, 1:] == (drawn[:, :-1] + 1) % 40
    # a new block starts at the next session by chance in one of 40
    assert continued.mean() == pytest.approx(1.0 - (1.0 / 5.0) * (39.0 / 40.0), abs=0.01)
    assert ((drawn[:, 1:] == 0) & (drawn[:, :-1] == 39)).any()


def test_every_session_has_equal_chances_everywhere():
    drawn = draws(n=10, length=3.0, resamples=20_000)
    for place in (0, 1, 9):
        shares = np.bincount(drawn[:, place], minlength=10) / len(drawn)
        np.testing.assert_allclose(shares, 0.1, atol=0.01)


def test_blocks_are_as_long_as_those_of_arch():
    """Both draw geometric lengths: same mean and same spread of a resampled mean."""
    from arch.bootstrap import StationaryBootstrap

    values = series_of(1, 300, 0.6)
    theirs = StationaryBootstrap(8, values, seed=1).apply(np.mean, 4_000)[:, 0]
    ours = values[draws(300, 8.0, 4_000)].mean(axis=1)
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.015)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.05)


def test_blocks_of_one_session_are_the_ordinary_bootstrap():
    drawn = draws(n=50, length=1.0, resamples=2_000)
    assert (drawn[:, 1:] == drawn[:, :-1] + 1).mean() == pytest.approx(49 / 2500, abs=0.003)


@given(
    st.integers(1, 60), st.floats(1.0, 1e6), st.integers(0, 120), st.integers(0, 2**32), st.data()
)
def test_the_first_histories_do_not_depend_on_how_many_follow(n, length, resamples, seed, data):
    fewer = data.draw(st.integers(0, resamples))
    long, short = ([*resampled_sessions(n, length, k, seed)] for k in (resamples, fewer))
    assert sum(map(len, long)) == resamples
    if fewer:
        assert np.concatenate(long)[:fewer].tolist() == np.concatenate(short).tolist()


def test_seeds_draw_apart():
    assert (draws(seed=1) != draws(seed=2)).mean() > 0.9


def test_histories_do_not_repeat_the_numbers_a_market_of_the_same_seed_is_drawn_with():
    market = np.random.default_rng(3).random((400, 40))[:50] < 1.0 / 5.0
    new_blocks = np.diff(draws(resamples=50), axis=1, prepend=-9) % 40 != 1
    assert (market[:, 1:] == new_blocks[:, 1:]).mean() < 0.8


def test_weights_count_the_sessions_of_the_same_histories():
    weights = resample_weights(40, 5.0, 70, 3)
    values = np.random.default_rng(0).standard_normal(40)
    np.testing.assert_allclose(weights @ values, values[draws(resamples=70)].mean(axis=1))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)


@pytest.mark.parametrize(("n", "length"), [(0, 1.0), (5, 0.5), (5, math.nan)])
def test_impossible_histories_are_refused(n, length):
    with pytest.raises(ValueError, match="cannot draw histories"):
        next(resampled_sessions(n, length, 1, 0))

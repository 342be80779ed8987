"""How many runs a coin makes: against every sequence there is, and against closed forms."""

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluation.streak_study.chance import expected_runs, probability_of_run
from engine.evaluation.streak_study.coin_band import coin_band, run_count_distribution
from engine.evaluation.streak_study.rarity import rarity


def enumerated(n, p, k):
    """Return the distribution by looking at all 2ⁿ sequences."""
    found = np.zeros((n + 1) // (k + 1) + 1)
    for flags in product((True, False), repeat=n):
        runs = sum(won and len([*run]) >= k for won, run in groupby(flags))
        found[runs] += p ** sum(flags) * (1 - p) ** (n - sum(flags))
    return found


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_it_is_what_all_sequences_together_give(n, p):
    for k in range(1, n + 3):
        np.testing.assert_allclose(
            run_count_distribution(n, p, k), enumerated(n, p, k), atol=1e-14, rtol=0
        )


@settings(max_examples=25)
@given(st.integers(1, 700), st.floats(0.0, 1.0), st.integers(1, 12))
def test_mean_and_probability_of_any_are_the_closed_forms(n, p, k):
    found = run_count_distribution(n, p, k)
    assert found.min() > -1e-12
    assert found.sum() == pytest.approx(1.0, abs=1e-11)
    assert found @ np.arange(len(found)) == pytest.approx(expected_runs(n, p, k), abs=1e-9)
    assert 1.0 - found[0] == pytest.approx(probability_of_run(n, p, k), abs=1e-11)


def test_the_band_holds_95_of_100_histories_and_not_more_than_need_be():
    for k in (1, 3, 6, 10):
        found, (low, high) = run_count_distribution(2000, 0.52, k), coin_band(2000, 0.52, k)
        assert found[low : high + 1].sum() >= 0.95
        assert found[:low].sum() < 0.025
        assert found[high + 1 :].sum() <= 0.025 < found[high:].sum()


def test_the_band_holds_what_a_coin_really_throws():
    wins = np.random.default_rng(1).random((400, 500)) < 0.5
    starts = wins[:, :-3] & wins[:, 1:-2] & wins[:, 2:-1]
    begun = ~np.hstack([np.zeros((400, 1), dtype=bool), wins[:, :-4]])
    counts = (starts & begun).sum(axis=1) + (wins[:, -3:].all(axis=1) & ~wins[:, -4])
    low, high = coin_band(500, 0.5, 3)
    share = ((counts >= low) & (counts <= high)).mean()
    assert 0.93 < share < 0.99


@pytest.mark.parametrize(("p", "k"), [(1.1, 2), (-0.1, 2), (float("nan"), 2), (0.5, 0)])
def test_nonsense_is_refused(p, k):
    with pytest.raises(ValueError, match=r"probability|at least 1"):
        run_count_distribution(10, p, k)


def test_rarity_says_where_the_observed_numbers_leave_the_band():
    alternating = np.arange(400) % 2 == 0
    found = rarity(alternating, block_length=1, resamples=0)
    assert found.outside[:3] == (1, 2, 3)
    assert found.rows[0].observed > found.rows[0].coin_high
    assert found.rows[1].observed < found.rows[1].coin_low
    fair = np.random.default_rng(5).random(2000) < 0.5
    assert rarity(fair, block_length=1, resamples=0).outside == ()

"""Trials: how many there effectively were, and what their best is worth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.inference.sharpe import Record, probabilistic_sharpe, record_of
from engine.evaluation.inference.trials import (
    deflated_sharpe,
    effective_trials_by_clusters,
    effective_trials_by_eigenvalues,
    effective_trials_in_parts,
    expected_maximum,
    minimum_backtest_length,
)


def families(seed, sizes, noise, n=600):
    """Return returns of trials in families: members share all but `noise` of their movement."""
    rng = np.random.default_rng(seed)
    columns = [
        math.sqrt(1.0 - noise) * rng.standard_normal((n, 1))
        + math.sqrt(noise) * rng.standard_normal((n, size))
        for size in sizes
    ]
    return np.concatenate(columns, axis=1) * 0.01


# how many


def test_eigenvalues_are_those_of_the_correlations():
    returns = families(1, (5, 3, 9), 0.3)
    values = np.linalg.eigvalsh(np.corrcoef(returns.T))
    expected = values.sum() ** 2 / (values**2).sum()
    assert effective_trials_by_eigenvalues(returns) == pytest.approx(expected)
    wide = returns[:11]  # more trials than sessions: the same through the other product
    values = np.linalg.eigvalsh(np.corrcoef(wide.T))
    expected = values.sum() ** 2 / (values**2).sum()
    assert effective_trials_by_eigenvalues(wide) == pytest.approx(expected)


@pytest.mark.parametrize("sessions", [600, 13])
@pytest.mark.parametrize("cuts", [(), (7,), (1, 12, 15), (3, 3, 19)])
def test_trials_may_come_in_parts(sessions, cuts):
    """As long as there are more sessions than trials, and from the first part on where not."""
    returns = families(2, (4, 8, 8), 0.5)[:sessions]
    values = np.linalg.eigvalsh(np.corrcoef(returns.T))
    parts = np.split(returns, cuts, axis=1)
    expected = values.sum() ** 2 / (values**2).sum()
    assert effective_trials_in_parts(parts) == pytest.approx(expected)


@pytest.mark.parametrize("counted", [effective_trials_by_eigenvalues, effective_trials_by_clusters])
def test_copies_are_one_trial_and_strangers_are_many(counted):
    rng = np.random.default_rng(3)
    one = rng.standard_normal((500, 1))
    assert counted(np.repeat(one, 8, axis=1) * np.arange(1.0, 9.0)) == pytest.approx(1.0)
    assert counted(rng.standard_normal((4_000, 8))) == pytest.approx(8.0, abs=0.1)


def test_clusters_are_families():
    assert effective_trials_by_clusters(families(4, (6, 2, 11, 1), 0.2)) == 4


def test_a_chain_of_neighbours_is_not_one_cluster():
    """Each trial correlates at one half with the next, and not at all with those further on."""
    noise = np.random.default_rng(11).standard_normal((4_000, 9))
    chain = noise[:, :-1] + noise[:, 1:]
    assert np.diag(np.corrcoef(chain.T), 1).min() > 0.4
    assert 3 <= effective_trials_by_clusters(chain, 0.4) <= 5


def test_the_threshold_is_the_average_correlation_of_two_clusters():
    returns = families(5, (2, 2), 0.001)
    returns[:, 2:] = 0.6 * returns[:, :2] + 0.8 * returns[:, 2:]
    between = np.corrcoef(returns.T)[:2, 2:].mean()
    assert effective_trials_by_clusters(returns, between - 0.01) == 1
    assert effective_trials_by_clusters(returns, between + 0.01) == 2


@given(st.integers(0, 50), st.permutations(range(10)), st.sampled_from([1e-3, 1e3]))
def test_order_and_scale_do_not_matter(seed, order, scale):
    returns = families(seed, (3, 3, 4), 0.3, n=120)
    moved = returns[:, order] * scale + 0.01
    assert effective_trials_by_eigenvalues(moved) == pytest.approx(
        effective_trials_by_eigenvalues(returns)
    )
    assert effective_trials_by_clusters(moved) == effective_trials_by_clusters(returns)


def test_opposites_are_one_trial_by_eigenvalues_but_two_clusters():
    one = np.random.default_rng(6).standard_normal((300, 1))
    both = np.concatenate([one, -one], axis=1)
    assert effective_trials_by_eigenvalues(both) == pytest.approx(1.0)
    assert effective_trials_by_clusters(both) == 2


def test_trials_that_do_not_vary_are_none():
    still = np.full((100, 3), 0.01)
    assert math.isnan(effective_trials_by_eigenvalues(still))
    assert effective_trials_by_clusters(still) == 0
    moving = np.random.default_rng(7).standard_normal((100, 1))
    assert effective_trials_by_eigenvalues(np.append(still, moving, axis=1)) == pytest.approx(1.0)
    assert effective_trials_by_clusters(np.append(still, moving, axis=1)) == 1


def test_inputs_are_left_as_they_were():
    returns = families(8, (3, 3), 0.3)
    before = returns.copy()
    effective_trials_by_eigenvalues(returns)
    effective_trials_by_clusters(returns)
    assert np.array_equal(returns, before)


# what the best is worth


def test_one_trial_is_not_deflated():
    record = Record(500, 0.05, -0.5, 5.0)
    assert expected_maximum(1.0) == 0.0
    assert deflated_sharpe(record, 1.0, 0.01) == probabilistic_sharpe(record)


@given(st.floats(1.0, 1e6), st.floats(1.0, 10.0))
def test_more_trials_find_more_by_luck(trials, factor):
    assert 0.0 <= expected_maximum(trials) <= expected_maximum(trials * factor)
    assert minimum_backtest_length(trials) <= minimum_backtest_length(trials * factor)


def test_the_best_of_no_trials_is_refused():
    for trials in (0.5, 0.0, math.nan):
        with pytest.raises(ValueError, match="must be at least 1"):
            expected_maximum(trials)


def test_the_minimum_backtest_length_is_where_luck_reaches_the_ratio():
    """Simulated: the best annual ratio of 45 rules without an edge over five years averages 1."""
    returns = np.random.default_rng(9).standard_normal((300, 45, 5 * 52)) * 0.02
    ratios = returns.mean(axis=2) / returns.std(axis=2, ddof=1) * math.sqrt(52.0)
    assert ratios.max(axis=1).mean() == pytest.approx(1.0, abs=0.04)


def test_the_best_of_many_without_an_edge_rarely_passes_deflated_and_often_passes_raw():
    rng = np.random.default_rng(10)
    raw, deflated = [], []
    for _ in range(200):
        records = [record_of(row) for row in rng.standard_t(5, (40, 250))]
        best = max(records, key=lambda record: record.sharpe)
        variance = np.var([record.sharpe for record in records], ddof=1)
        raw.append(probabilistic_sharpe(best) > 0.95)
        deflated.append(deflated_sharpe(best, 40, variance) > 0.95)
    assert np.mean(raw) > 0.75
    assert np.mean(deflated) <= 0.05

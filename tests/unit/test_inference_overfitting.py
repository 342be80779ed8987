"""CSCV: against the literal loop, what must not matter, and what has no answer."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.evaluation.inference.overfitting import (
    MOST_BLOCKS,
    backtest_overfitting,
    block_sums,
    joined,
)


def noise(seed, n=160, strategies=7):
    return np.random.default_rng(seed).standard_t(4, (n, strategies)) * 0.01


def literal(returns, blocks):
    """Return (logit, inside, outside) of every combination as the paper describes it."""
    parts = np.array_split(returns, blocks)
    rows = []
    for chosen in combinations(range(blocks), blocks // 2):
        rest = [b for b in range(blocks) if b not in chosen]
        inside, outside = (np.concatenate([parts[b] for b in half]) for half in (chosen, rest))
        ratios_in = inside.mean(axis=0) / inside.std(axis=0, ddof=1)
        ratios_out = outside.mean(axis=0) / outside.std(axis=0, ddof=1)
        best = int(ratios_in.argmax())
        share = stats.rankdata(ratios_out)[best] / (returns.shape[1] + 1)
        rows.append((math.log(share / (1.0 - share)), ratios_in[best], ratios_out[best]))
    return np.array(rows).T


@pytest.mark.parametrize(
    ("n", "strategies", "blocks"), [(160, 7, 8), (163, 7, 8), (40, 2, 2), (90, 30, 10), (8, 3, 4)]
)
def test_every_combination_is_that_of_the_literal_loop(n, strategies, blocks):
    returns = noise(n, n, strategies)
    logits, inside, outside = literal(returns, blocks)
    found = backtest_overfitting(block_sums(returns, blocks))
    np.testing.assert_allclose(found.logits, logits, rtol=1e-12)
    np.testing.assert_allclose(found.in_sample, inside, rtol=1e-9)
    np.testing.assert_allclose(found.out_of_sample, outside, rtol=1e-9)
    assert found.probability == np.mean(logits <= 0.0)
    assert found.loss == np.mean(outside < 0.0)
    line = stats.linregress(inside, outside)
    assert found.slope == pytest.approx(line.slope)
    assert found.intercept == pytest.approx(line.intercept)
    assert found.r_squared == pytest.approx(line.rvalue**2)
    assert (found.blocks, found.strategies, found.undefined) == (blocks, strategies, 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_ones_are_held_against_a_benchmark_outside(seed):
    returns, held = noise(seed, 160), noise(seed + 50, 160, 1)
    parts = np.array_split(held[:, 0], 8)
    outside = [
        np.concatenate([parts[b] for b in range(8) if b not in half])
        for half in combinations(range(8), 4)
    ]
    ratios = np.array([one.mean() / one.std(ddof=1) for one in outside])
    _, _, best = literal(returns, 8)
    found = backtest_overfitting(block_sums(returns, 8), block_sums(held, 8))
    assert 0.0 < found.behind < 1.0
    assert found.behind == np.mean(best < ratios)


def test_what_is_the_benchmark_itself_is_not_behind_it():
    returns = noise(1, 80, 2)
    returns[:, 1] = returns[:, 0] - 0.05
    own, without = (
        backtest_overfitting(block_sums(returns, 4), benchmark)
        for benchmark in (block_sums(returns[:, :1] * (1.0 + 1e-15), 4), None)
    )
    assert own.behind == 0.0
    assert math.isnan(without.behind)


@given(
    st.integers(0, 99),
    st.permutations(range(7)),
    st.permutations(range(6)),
    st.sampled_from([0.1, 50.0]),
)
def test_order_of_strategies_and_of_blocks_and_scale_do_not_matter(seed, order, blocks, scale):
    returns = noise(seed, 120)
    moved = np.concatenate([returns[20 * b : 20 * b + 20] for b in blocks])[:, order] * scale
    one, other = (backtest_overfitting(block_sums(r, 6)) for r in (returns, moved))
    np.testing.assert_allclose(sorted(one.logits), sorted(other.logits), rtol=1e-12)
    np.testing.assert_allclose(np.sort(one.out_of_sample), np.sort(other.out_of_sample), rtol=1e-6)


def test_strategies_may_come_some_at_a_time():
    returns = noise(1)
    whole = backtest_overfitting(block_sums(returns))
    parts = joined(block_sums(returns[:, part]) for part in (slice(3), slice(3, 4), slice(4, None)))
    assert backtest_overfitting(parts).logits.tolist() == whole.logits.tolist()


def test_rows_of_combinations_may_be_cut_anywhere(monkeypatch):
    sums = block_sums(noise(2), 8)
    whole = backtest_overfitting(sums)
    monkeypatch.setattr("engine.evaluation.inference.overfitting._ROWS", 3)
    again = backtest_overfitting(sums)
    assert again.logits.tolist() == whole.logits.tolist()
    assert again.out_of_sample.tolist() == whole.out_of_sample.tolist()


def test_equal_strategies_share_the_mean_of_their_ranks():
    one = noise(3, strategies=1)
    found = backtest_overfitting(block_sums(np.repeat(one, 5, axis=1), 8))
    assert found.logits.tolist() == [0.0] * 70
    assert found.probability == 1.0  # a choice among equals tells nothing


def test_noise_is_overfitted_half_of_the_time_and_an_edge_is_not():
    found = [backtest_overfitting(block_sums(noise(s, strategies=20), 8)) for s in range(60)]
    assert np.mean([f.probability for f in found]) == pytest.approx(0.5, abs=0.1)
    assert np.mean([f.slope for f in found]) < -0.3
    with_edge = noise(4, n=800)
    with_edge[:, 2] += 0.005
    assert backtest_overfitting(block_sums(with_edge, 8)).probability < 0.05


def test_a_strategy_without_movement_is_neither_chosen_nor_ranked():
    returns = noise(5)
    with_still = np.insert(returns, 3, 0.02, axis=1)
    one, other = (backtest_overfitting(block_sums(r, 8)) for r in (returns, with_still))
    np.testing.assert_allclose(one.logits, other.logits)
    assert (other.strategies, other.undefined) == (8, 0)


def test_combinations_without_an_answer_are_left_out_and_counted():
    """Both strategies stand still in half of the blocks: no ratio there."""
    returns = noise(6, 80, 2)
    returns[:40] = 0.0
    found = backtest_overfitting(block_sums(returns, 4))
    assert (found.combinations, found.undefined, len(found.logits)) == (6, 2, 4)
    nothing = backtest_overfitting(block_sums(np.zeros((80, 2)), 4))
    assert nothing.undefined == 6
    for value in (nothing.probability, nothing.loss, nothing.slope, nothing.r_squared):
        assert math.isnan(value)


@pytest.mark.parametrize("blocks", [0, 1, 7, MOST_BLOCKS + 2, 22, -2])
def test_impossible_blocks_are_refused(blocks):
    with pytest.raises(ValueError, match=f"40 returns cannot be cut into {blocks} blocks"):
        block_sums(noise(7, 40), blocks)


def test_a_single_strategy_is_no_choice():
    with pytest.raises(ValueError, match="at least two strategies"):
        backtest_overfitting(block_sums(noise(8, strategies=1), 4))

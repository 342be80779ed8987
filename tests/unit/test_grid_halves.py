"""First half against second: SciPy's correlation, ranks by counting, and samples of large grids."""

import math
from functools import partial

import numpy as np
import pytest
from grids import SESSIONS, grids, made_up
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

import engine.evaluation.grid_study.study as module
from engine.evaluation.grid_study import GridStudy
from engine.evaluation.grid_study.halves import rank_correlation
from engine.evaluation.grid_study.hashing import Sample

TIED = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=3, max_size=40)


@settings(max_examples=150, deadline=None)
@given(TIED)
def test_the_correlation_is_scipy_s(pairs):
    one, other = np.array(pairs, dtype=float).T
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert math.isnan(rank_correlation(one, other))
    else:
        assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_the_closed_form():
    """Without ties 1 − 6 Σd² / (n (n² − 1)); Spearman's own extremes."""
    one = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    other = np.array([2.0, 1.0, 4.0, 3.0, 50.0])
    assert rank_correlation(one, other) == pytest.approx(1 - 6 * 4 / (5 * 24))
    assert rank_correlation(one, np.exp(one)) == pytest.approx(1.0)
    assert rank_correlation(one, -(one**3)) == pytest.approx(-1.0)
    assert math.isnan(rank_correlation(one[:2], other[:2]))


@settings(max_examples=80, deadline=None)
@given(grids())
def test_halves_are_the_long_way(grid):
    found = grid.findings(top=3).halves
    sign = -1 if grid.metric == "volatility" else 1
    both = [i for i in grid.numbers if not np.isnan(grid.first[i] + grid.second[i])]
    assert (found.sets, found.drawn, found.is_sample) == (len(both), len(grid.numbers), False)
    assert found.numbers.tolist() == both
    assert found.first.tolist() == grid.first[both].tolist()
    assert (found.split, found.second_start) == (5, SESSIONS[5])
    if not both:
        assert found.first_winner is None
        assert math.isnan(found.first_median)
        return
    assert found.second_median == np.median(grid.second[both])
    first_of_path = {}
    for i in both:
        first_of_path.setdefault(grid.paths[i], i)
    distinct = list(first_of_path.values())
    assert found.paths == len(distinct)
    expected = rank_correlation(grid.first[distinct], grid.second[distinct])
    assert found.path_correlation == pytest.approx(expected, nan_ok=True)
    winner = max(both, key=lambda i: (sign * grid.first[i], -i))
    assert found.first_winner.number == winner
    results = [found.first_winner, *found.leaders]
    assert (found.winner is None) == (not found.leaders)
    for one in results:
        values = (grid.whole, grid.first, grid.second)
        told = (one.whole, one.first, one.second)
        assert [repr(float(v[one.number])) for v in values] == [repr(v) for v in told]
        for half, rank in ((grid.first, one.first_rank), (grid.second, one.second_rank)):
            own = float(half[one.number])
            better = sum(sign * half[i] > sign * own for i in both)
            assert rank is None if math.isnan(own) else rank == 1 + better


def test_what_one_would_have_chosen_may_be_the_worst_later():
    axes = {"rule.a": [1, 2, 3, 4]}
    grid = made_up(
        axes, [2.0, 1.0, 3.0, 2.5], first=np.array([4.0, 3, 2, 1]), second=np.arange(4.0)
    )
    found = grid.findings().halves
    assert found.correlation == -1.0
    assert (found.first_winner.number, found.first_winner.second_rank) == (0, 4)
    assert (found.winner.number, found.winner.first_rank, found.winner.second_rank) == (2, 3, 2)


def test_equal_paths_inflate_the_correlation_and_count_once_in_the_other():
    """Three ways of holding, one of them under many names."""
    paths = np.array([1, 2, 3, *[4] * 30], dtype=np.uint64)
    first = np.array([1.0, 2.0, 3.0, *[9.0] * 30])
    second = np.array([3.0, 2.0, 1.0, *[9.0] * 30])
    axes = {"rule.a": list(range(33))}
    found = made_up(axes, first, first=first, second=second, paths=paths).findings().halves
    assert found.correlation > 0.9
    assert (found.paths, found.path_correlation) == (4, pytest.approx(0.2))


def test_of_large_grids_a_seeded_sample_is_compared(monkeypatch):
    monkeypatch.setattr(module, "Sample", partial(Sample, everything=50, drawn=20))
    values = np.random.default_rng(1).normal(size=60)
    later = np.random.default_rng(2).normal(size=60)
    grid = made_up({"rule.a": list(range(60))}, values, first=values, second=later)
    one, same_seed, other = (grid.findings(seed=seed).halves for seed in (1, 1, 2))
    assert (one.sets, one.drawn, one.is_sample) == (20, 20, True)
    assert one.numbers.tolist() == same_seed.numbers.tolist() != other.numbers.tolist()
    assert one.correlation == pytest.approx(
        spearmanr(values[one.numbers], later[one.numbers]).statistic
    )
    assert one.leaders[0].number == int(values.argmax())  # whether drawn or not
    assert one.leaders[0].first_rank == 1
    assert one.leaders[0].second_rank == 1 + (later[one.numbers] > later[values.argmax()]).sum()


@pytest.mark.parametrize(("n", "halves"), [(0, None), (3, None), (4, 2), (5, 2)])
def test_a_half_needs_two_sessions(n, halves):
    study = GridStudy({}, "sharpe", seed=1)
    study.add(np.array([0]), {"sharpe": np.array([1.0]), "path": np.zeros(1, dtype=np.uint64)})

    def evaluate(numbers, first, stop):
        assert (first, stop) in {(0, None), (0, halves), (halves, None)}
        return {"sharpe": np.ones(len(numbers)), "path": np.zeros(len(numbers), dtype=np.uint64)}

    found = study.finish(evaluate, sessions=SESSIONS[:n])
    assert (found.halves and found.halves.split) == halves


def test_references_are_measured_over_the_same_sessions():
    grid = made_up({"rule.a": [1, 2, 3]}, [1.0, 2.0, 3.0])
    spans = {(0, None): 2.5, (0, 5): 7.0, (5, None): -1.0}
    found = grid.study().finish(
        grid.evaluate, sessions=SESSIONS, references=lambda *span: {"core": spans[span]}
    )
    assert found.references == {"core": 2.5}
    assert found.spread.better_than == {"core": pytest.approx(1 / 3)}
    assert found.halves.first_references == {"core": 7.0}
    assert found.halves.second_references == {"core": -1.0}

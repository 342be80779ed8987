"""The study of a grid against doing it the long way, and however it is fed."""

import itertools
import math
import statistics

import numpy as np
import pytest
from grids import grids, made_up, same
from hypothesis import given, settings
from hypothesis import strategies as st

import engine.evaluation.grid_study.study as module
from engine.errors import UsageError
from engine.evaluation.grid_study import GridStudy

LOWER_IS_BETTER = {"volatility"}


def better(metric):
    return (min, max) if metric in LOWER_IS_BETTER else (max, min)


def rows_of(grid):
    """Every allowed set: its values, and its metric."""
    return [(grid.combinations[i], float(grid.whole[i])) for i in grid.numbers]


@settings(max_examples=60, deadline=None)
@given(grids())
def test_maps_are_the_long_way(grid):
    found = grid.findings()
    keys = list(grid.axes)
    assert [one.axes for one in found.along] == [(key,) for key in keys]
    assert [one.axes for one in found.maps] == list(itertools.combinations(keys, 2))
    best_of, worst_of = better(grid.metric)
    for one in (*found.along, *found.maps):
        at = [keys.index(key) for key in one.axes]
        assert one.values == tuple(tuple((v, v) for v in grid.axes[key]) for key in one.axes)
        for index in np.ndindex(one.sets.shape):
            wanted = [one.values[i][digit][0] for i, digit in enumerate(index)]
            cell = [m for values, m in rows_of(grid) if [values[i] for i in at] == wanted]
            known = [m for m in cell if not math.isnan(m)]
            assert one.sets[index] == len(cell)
            if not known:
                assert np.isnan([one.mean[index], one.best[index], one.worst[index]]).all()
                continue
            assert one.mean[index] == pytest.approx(statistics.fmean(known), abs=1e-12)
            assert (one.best[index], one.worst[index]) == (best_of(known), worst_of(known))


@settings(max_examples=60, deadline=None)
@given(grids(), st.data())
def test_chunks_change_no_bit(grid, data):
    """Blocks are cut as the grid goes, whatever the chunks."""
    n = len(grid.numbers)
    cuts = data.draw(st.lists(st.integers(0, n), max_size=4))
    block = data.draw(st.sampled_from([1, 3, 7, 10**6]))
    whole = [None, None]
    for i, chunks in enumerate(((), cuts)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "BLOCK", block)
            whole[i] = grid.findings(chunks)
    assert same(*whole)


def test_what_is_fed_may_be_used_again():
    """A sweep may fill the same arrays with the next chunk."""
    grid = made_up({"rule.a": [1, 2, 3, 4]}, [1.0, 2.0, 3.0, 4.0])
    study = GridStudy(grid.axes, "sharpe", seed=1)
    numbers, values, paths = np.array([0, 1]), np.empty(2), np.empty(2, dtype=np.uint64)
    for start in (0, 2):
        numbers[:] = [start, start + 1]
        values[:], paths[:] = grid.whole[numbers], grid.paths[numbers]
        study.add(numbers, {"sharpe": values, "path": paths})
    found = study.finish(grid.evaluate, sessions=np.empty(0, dtype="datetime64[D]"))
    assert found.along[0].mean.tolist() == [1.0, 2.0, 3.0, 4.0]


@settings(max_examples=40, deadline=None)
@given(grids(metrics=("sharpe",)), st.randoms(use_true_random=False))
def test_the_order_of_the_axes_makes_no_difference(grid, random):
    """What is not about order: spread, maps turned round, correlation."""
    order = list(range(len(grid.axes)))
    random.shuffle(order)
    shape = tuple(map(len, grid.axes.values()))

    def turned(values):
        return values.reshape(shape).transpose(order).ravel() if shape else values

    keys = list(grid.axes)
    other = made_up(
        {keys[i]: grid.axes[keys[i]] for i in order},
        turned(grid.whole),
        first=turned(grid.first),
        second=turned(grid.second),
        allowed=turned(grid.allowed),
        paths=turned(grid.paths),
        references=grid.references,
    )
    one, two = grid.findings(), other.findings()
    assert one.spread.percentiles == pytest.approx(two.spread.percentiles, nan_ok=True)
    assert one.paths == two.paths
    assert one.halves.correlation == pytest.approx(two.halves.correlation, nan_ok=True)
    maps = {m.axes: m for m in two.maps}
    for m in one.maps:
        same_axes = m.axes in maps
        counterpart = maps[m.axes] if same_axes else maps[m.axes[::-1]]
        assert np.array_equal(m.sets, counterpart.sets if same_axes else counterpart.sets.T)
        best = counterpart.best if same_axes else counterpart.best.T
        assert np.array_equal(m.best, best, equal_nan=True)


@settings(max_examples=60, deadline=None)
@given(grids())
def test_the_best_sets_lead_one_for_each_way_of_holding(grid):
    found = grid.findings(top=3)
    sign = -1 if grid.metric in LOWER_IS_BETTER else 1
    seen, wanted = set(), []
    known = [i for i in grid.numbers if not math.isnan(grid.whole[i])]
    for i in sorted(known, key=lambda i: (-sign * grid.whole[i], i)):
        if (grid.paths[i], grid.whole[i]) not in seen:
            seen.add((grid.paths[i], grid.whole[i]))
            wanted.append(int(i))
    assert [one.number for one in found.neighbourhoods] == wanted[:3]
    rows = {int(number): row for row, number in enumerate(grid.numbers)}
    for one in found.neighbourhoods:
        assert one.row == rows[one.number]
        assert tuple(one.values.values()) == grid.combinations[one.number]
        assert one.metric == grid.whole[one.number]


def test_equal_paths_on_other_terms_are_other_strategies():
    axes = {"execution.commission_bps": [0, 5], "rule.a": [1, 2]}
    paths = np.array([7, 7, 7, 7], dtype=np.uint64)
    found = made_up(axes, [2.0, 2.0, 1.0, 1.0], paths=paths).findings()
    assert [one.number for one in found.neighbourhoods] == [0, 2]
    assert found.paths == 1


def test_of_a_grid_without_axes_there_is_one_set():
    found = made_up({}, [0.5], references={"core": 0.25}).findings()
    assert (found.axes, found.along, found.maps, found.profiles) == ((), (), (), ())
    (only,) = found.neighbourhoods
    assert (only.values, only.metric, only.steps.sets, only.box.sets) == ({}, 0.5, 0, 0)
    assert math.isnan(only.steps.median)
    assert math.isnan(only.plateau)
    assert math.isnan(found.spread.deviation)
    assert found.spread.better_than == {"core": 1.0}
    assert (found.halves.sets, found.halves.winner.first_rank) == (1, 1)
    assert math.isnan(found.halves.correlation)


def test_where_nothing_is_defined_nothing_is_found():
    found = made_up({"rule.a": [1, 2], "rule.b": [1, 2, 3]}, np.full(6, np.nan)).findings()
    assert (found.spread.sets, found.spread.undefined) == (6, 6)
    assert math.isnan(found.spread.median)
    assert len(found.spread.edges) == len(found.spread.counts) == 0
    assert found.neighbourhoods == found.profiles == ()
    assert found.maps[0].sets.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert np.isnan(found.maps[0].mean).all()
    assert math.isnan(found.along[0].range_of_means)
    assert (found.halves.winner, found.halves.first_winner, found.halves.leaders) == (None,) * 2 + (
        (),
    )


def test_a_grid_of_which_nothing_is_allowed():
    grid = made_up({"rule.a": [1, 2]}, [1.0, 2.0], allowed=np.zeros(2, dtype=bool))
    found = grid.findings()
    assert (found.spread.sets, found.paths, found.halves.sets) == (0, 0, 0)


def test_long_axes_are_put_together_in_maps():
    """Of 120 values 50 bins: two or three in each, together all of them, in order."""
    axes = {"rule.a": range(120), "rule.b": ["x", "y"]}
    found = made_up(axes, np.arange(240.0)).findings()
    (ends, letters) = found.maps[0].values
    assert letters == (("x", "x"), ("y", "y"))
    assert len(ends) == 50
    assert (ends[0][0], ends[-1][1]) == (0, 119)
    assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(ends))
    assert {last - first + 1 for first, last in ends} == {2, 3}
    for row, (first, last) in enumerate(ends):
        values = [2 * a for a in range(first, last + 1)]
        assert found.maps[0].sets[row].tolist() == [len(values)] * 2
        assert found.maps[0].mean[row, 0] == statistics.fmean(values)
        assert found.maps[0].best[row, 0] == values[-1]


def test_axes_need_not_be_in_memory():
    """A thousand million values, of which a few are swept."""
    axes = {"rule.a": range(10**9), "rule.b": [1, 2]}
    study = GridStudy(axes, "sharpe", seed=1)
    numbers = np.array([0, 10**9, 2 * 10**9 - 1])
    paths = np.arange(3, dtype=np.uint64)
    study.add(numbers, {"sharpe": np.array([1.0, 3.0, 2.0]), "path": paths})

    def evaluate(wanted, first, stop):
        values = np.where(wanted == 10**9, 3.0, 0.0)
        return {"sharpe": values, "path": wanted.astype(np.uint64)}

    found = study.finish(evaluate, sessions=np.empty(0, dtype="datetime64[D]"))
    assert found.neighbourhoods[0].values == {"rule.a": 5 * 10**8, "rule.b": 1}
    assert found.neighbourhoods[0].steps.sets == 3
    assert found.along[0].sets.sum() == 3
    assert len(found.profiles[0].values) <= 203
    assert found.halves is None


def test_little_more_is_measured_than_needed():
    """All neighbours and profiles in one go, and each half in one."""
    axes = {f"rule.a{i}": [1, 2, 3] for i in range(3)}
    grid = made_up(axes, np.arange(27.0))
    grid.findings(top=2)
    assert [(first, stop) for _, first, stop in grid.asked] == [(0, None), (0, 5), (5, None)]
    assert grid.asked[0][0] <= 27
    assert [count for count, *_ in grid.asked[1:]] == [27, 27]


def test_a_metric_must_be_one():
    with pytest.raises(UsageError, match='did you mean "sharpe"'):
        GridStudy({}, "sharp", seed=1)

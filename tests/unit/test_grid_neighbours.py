"""Plateaus and spikes: the sets beside the best ones, found the long way and by hand."""

import itertools
import math
import statistics

import numpy as np
import pytest
from grids import grids, made_up
from hypothesis import given, settings

import engine.evaluation.grid_study.neighbours as module

STEPS = (-1, 0, 1)


def metric_at(grid, digits):
    """The metric of a set by its digits; None where there is none."""
    sizes = [len(values) for values in grid.axes.values()]
    if any(not 0 <= digit < size for digit, size in zip(digits, sizes, strict=True)):
        return None
    number = int(np.ravel_multi_index(digits, sizes)) if sizes else 0
    value = float(grid.whole[number]) if grid.allowed[number] else math.nan
    return None if math.isnan(value) else (value, int(grid.paths[number]))


def moves(count, single):
    for move in itertools.product(STEPS, repeat=count):
        if sum(map(abs, move)) == 1 if single else any(move):
            yield move


def check_ring(ring, grid, digits, own, single):
    sign = -1 if grid.metric == "volatility" else 1
    there = [
        [d + m for d, m in zip(digits, move, strict=True)] for move in moves(len(digits), single)
    ]
    found = [at for at in (metric_at(grid, place) for place in there) if at is not None]
    values = [value for value, _ in found]
    assert ring.sets == len(found)
    assert ring.same_path == sum(path == own[1] for _, path in found)
    if not found:
        assert math.isnan(ring.median)
        assert math.isnan(ring.worst)
        assert math.isnan(ring.near)
        return
    assert ring.median == statistics.median(values)
    assert ring.worst == (max(values) if sign < 0 else min(values))
    near = [sign * (own[0] - value) <= 0.1 * abs(own[0]) for value in values]
    assert ring.near == pytest.approx(statistics.fmean(near))
    better = [sign * value > sign * grid.references["core"] for value in values]
    assert ring.better_than_core == pytest.approx(statistics.fmean(better))


@settings(max_examples=80, deadline=None)
@given(grids())
def test_rings_are_the_long_way(grid):
    found = grid.findings(top=4)
    sizes = tuple(map(len, grid.axes.values()))
    for one in found.neighbourhoods:
        digits = list(np.unravel_index(one.number, sizes)) if sizes else []
        own = metric_at(grid, digits)
        check_ring(one.steps, grid, digits, own, single=True)
        check_ring(one.box, grid, digits, own, single=False)
        for axis, (key, sides) in enumerate(one.beside.items()):
            assert key == list(grid.axes)[axis]
            for step, value in zip((-1, 1), sides, strict=True):
                there = [d + step * (i == axis) for i, d in enumerate(digits)]
                at = metric_at(grid, there)
                assert math.isnan(value) if at is None else value == at[0]


def test_a_plateau_scores_one_and_a_spike_nothing():
    """Two grids with the same best set and the same median."""
    axes = {"rule.a": list(range(9))}
    plateau = made_up(axes, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    spike = made_up(axes, [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    worse = made_up(axes, [0.0, 0.0, 0.0, -1.0, 1.0, -1.0, 0.0, 0.0, 0.0])
    scores = [grid.findings(top=2).neighbourhoods for grid in (plateau, spike, worse)]
    assert scores[0][1].plateau == 1.0  # the middle one of three
    assert scores[0][0].plateau == 0.5  # the first of them has a neighbour of 0 and one of 1
    assert [found[0].plateau for found in scores[1:]] == [0.0, -1.0]
    assert scores[1][0].steps.near == 0.0


def test_the_score_knows_what_is_better():
    """Of volatility the lowest is best: the same plateau turned over."""
    axes = {"rule.a": list(range(7))}
    values = [0.3, 0.3, 0.22, 0.2, 0.24, 0.3, 0.3]
    found = made_up(axes, values, "volatility", references={"core": 0.23}).findings()
    best = found.neighbourhoods[0]
    assert best.number == 3
    assert best.beside == {"rule.a": (0.22, 0.24)}
    assert best.plateau == pytest.approx((0.23 - 0.3) / (0.2 - 0.3))
    assert best.steps.worst == 0.24
    assert (best.steps.near, best.steps.better_than_core) == (0.5, 0.5)


def test_a_tenth_of_a_negative_metric_is_a_tenth_of_its_size():
    values = [-0.5, -0.22, -0.2, -0.23, -0.5]
    found = made_up({"rule.a": list(range(5))}, values, "max_drawdown").findings()
    assert found.neighbourhoods[0].number == 2
    assert found.neighbourhoods[0].steps.near == 0.5


def test_no_plateau_where_the_set_is_no_better_than_the_middle():
    found = made_up({"rule.a": [1, 2, 3]}, [1.0, 1.0 + 1e-15, 1.0]).findings()
    assert all(math.isnan(one.plateau) for one in found.neighbourhoods)


def test_sets_at_the_edge_are_told():
    axes = {"rule.a": [1, 2, 3], "rule.b": [1, 2], "rule.c": [1], "rule.d": [1, 2, 3]}
    values = np.zeros(18)
    values[np.ravel_multi_index((2, 0, 0, 1), (3, 2, 1, 3))] = 1.0
    assert made_up(axes, values).findings().neighbourhoods[0].at_edge == ("rule.a",)


def test_axes_of_one_value_do_not_make_the_box_larger(monkeypatch):
    monkeypatch.setattr(module, "LARGEST_BOX", 8)
    single = {f"rule.x{i}": [1] for i in range(4)}
    axes = {"rule.a": [1, 2, 3], **single, "rule.b": [1, 2, 3]}
    found = made_up(axes, np.arange(9.0)).findings()
    assert found.neighbourhoods[0].box.sets == 3
    axes["rule.c"] = [1, 2]
    assert made_up(axes, np.arange(18.0)).findings().neighbourhoods[0].box is None


@settings(max_examples=40, deadline=None)
@given(grids())
def test_profiles_go_through_the_best_set(grid):
    found = grid.findings()
    if not found.neighbourhoods:
        assert found.profiles == ()
        return
    sizes = tuple(map(len, grid.axes.values()))
    best = list(np.unravel_index(found.neighbourhoods[0].number, sizes)) if sizes else []
    assert [one.axis for one in found.profiles] == list(grid.axes)
    for axis, one in enumerate(found.profiles):
        assert list(one.values) == grid.axes[one.axis]
        assert one.best == best[axis]
        for digit, value in enumerate(one.metric):
            at = metric_at(grid, [*best[:axis], digit, *best[axis + 1 :]])
            assert math.isnan(value) if at is None else value == at[0]


def test_long_profiles_are_thinned_around_the_best():
    values = -np.abs(np.arange(1_000.0) - 333)
    (profile,) = made_up({"rule.a": range(1_000)}, values).findings().profiles
    assert 200 <= len(profile.values) <= 203
    assert profile.values[profile.best] == 333
    assert {0, 332, 333, 334, 999} <= set(profile.values)
    assert profile.metric.tolist() == [-abs(v - 333.0) for v in profile.values]

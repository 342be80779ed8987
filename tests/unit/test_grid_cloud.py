"""Where sets stood in both halves of history: counted the long way."""

import json
from collections import Counter

import numpy as np
import pytest
from grids import grids, made_up
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluation.grid_study.cloud import BINS, cloud_of
from engine.store.grid_findings import findings_json

VALUES = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=40)


def bin_of(value, edges):
    """Return the bin a value is in, the last one closed; None outside."""
    for i in range(len(edges) - 1):
        last = i == len(edges) - 2
        if edges[i] <= value < edges[i + 1] or (last and value == edges[-1]):
            return i
    return None


@settings(max_examples=80, deadline=None)
@given(VALUES)
def test_every_set_is_counted_where_it_is(pairs):
    first, second = np.array(pairs, dtype=float).T
    cloud = cloud_of(first, second)
    bins = Counter((bin_of(x, cloud.first_edges), bin_of(y, cloud.second_edges)) for x, y in pairs)
    for (i, j), count in bins.items():
        if i is not None and j is not None:
            assert cloud.counts[i, j] == count
    assert cloud.counts.sum() + cloud.outside == len(pairs)
    for values, edges in ((first, cloud.first_edges), (second, cloud.second_edges)):
        assert len(edges) - 1 == (1 if len(set(values.tolist())) == 1 else BINS)


@settings(max_examples=80, deadline=None)
@given(VALUES)
def test_quarters_are_those_of_ranks(pairs):
    def quarter(values, value):
        below, equal = sum(v < value for v in values), values.count(value)
        mean_rank = below + (equal + 1) / 2
        return next(q for q in range(4) if mean_rank <= (q + 1) * len(values) / 4)

    first, second = (list(values) for values in zip(*pairs, strict=True))
    expected = np.zeros((4, 4), dtype=int)
    for x, y in pairs:
        expected[quarter(first, x), quarter(second, y)] += 1
    found = cloud_of(*np.array(pairs, dtype=float).T).quarters
    assert found.tolist() == expected.tolist()


def test_strays_do_not_squeeze_the_others():
    values = np.append(np.linspace(0.0, 1.0, 500), 1000.0)
    cloud = cloud_of(values, values[::-1])
    assert cloud.first_edges[-1] < 2.0
    assert cloud.outside == 2  # the stray of either half


def test_nothing_is_nowhere():
    assert cloud_of(np.empty(0), np.empty(0)) is None


@settings(max_examples=30, deadline=None)
@given(grids())
def test_it_is_stored_with_the_findings(grid):
    found = grid.findings(top=2)
    told = json.loads(json.dumps(findings_json(found), allow_nan=False))["halves"]["cloud"]
    if not found.halves.sets:
        assert told is None
        return
    assert np.sum(told["counts"]) + told["outside"] == found.halves.sets
    assert np.sum(told["quarters"]) == found.halves.sets
    cloud = cloud_of(found.halves.first, found.halves.second)
    assert told["counts"] == cloud.counts.tolist()
    assert told["first_edges"] == pytest.approx(cloud.first_edges.tolist())


def test_it_is_the_same_however_the_grid_is_cut():
    axes = {"rule.a": list(range(6))}
    grid = made_up(axes, [3, 1, 2, 6, 5, 4], second=np.array([1.0, 2, 3, 4, 5, 6]))
    one, other = (grid.findings(chunks=cuts).halves.cloud for cuts in ((), (1, 4)))
    assert one.counts.tolist() == other.counts.tolist()
    assert one.quarters.tolist() == other.quarters.tolist()

"""Grids: the order of nested loops, counted and numbered without expansion."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.study.grid import Grid, parse_axis

AXES = st.dictionaries(
    st.text("abc.", min_size=1, max_size=4),
    st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=4, unique=True),
    max_size=4,
)


def grid_of(lists):
    return Grid({key: parse_axis(items) for key, items in lists.items()})


def product_of(lists):
    return [
        dict(zip(lists, combination, strict=True))
        for combination in itertools.product(*lists.values())
    ]


@given(AXES)
def test_a_grid_is_the_product_of_its_axes(lists):
    grid, wanted = grid_of(lists), product_of(lists)
    assert len(grid) == grid.count == len(wanted)
    assert list(grid) == wanted
    assert [grid[i] for i in range(len(wanted))] == wanted
    assert [grid[i] for i in range(-len(wanted), 0)] == wanted
    assert all(list(found) == list(lists) for found in grid)


@given(AXES, st.integers(1, 9))
def test_chunks_are_the_grid_in_pieces(lists, size):
    grid = grid_of(lists)
    chunks = list(grid.chunks(size))
    assert list(itertools.chain.from_iterable(chunks)) == list(grid)
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert 1 <= len(chunks[-1]) <= size


def test_without_axes_there_is_the_study_itself():
    assert list(Grid({})) == [{}]


@pytest.mark.parametrize("index", [6, -7])
def test_no_parameter_set_beyond_the_ends(index):
    with pytest.raises(IndexError, match=f"parameter set {index} of a grid of 6"):
        grid_of({"a": [1, 2, 3], "b": [4, 5]})[index]


def test_a_huge_grid_is_counted_and_numbered_at_once():
    trillion = parse_axis({"from": 1, "to": 10**12})
    grid = Grid({"a": trillion, "b": trillion})
    assert grid.count == 10**24
    assert grid[10**12 + 4] == {"a": 2, "b": 5}
    assert grid[-1] == {"a": 10**12, "b": 10**12}
    assert next(iter(grid)) == {"a": 1, "b": 1}
    assert next(grid.chunks(2)) == ({"a": 1, "b": 1}, {"a": 1, "b": 2})


def test_a_chunk_holds_something():
    with pytest.raises(ValueError, match="at least 1 parameter set, not 0"):
        next(Grid({}).chunks(0))

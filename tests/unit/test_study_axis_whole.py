"""Log axes over keys that take whole numbers only: rounded, each value once, never expanded."""

import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.study.axis import LogAxis, WholeLogAxis, fitted
from engine.study.axis_parsing import parse_axis


def log(first, last, num):
    return parse_axis({"from": first, "to": last, "num": num, "scale": "log"})


def refuses_fractions(value):
    return isinstance(value, float)


def whole(first, last, num):
    return fitted(log(first, last, num), refuses_fractions)


@pytest.mark.parametrize(
    ("ends", "num", "wanted"),
    [
        ((1, 256), 9, [1, 2, 4, 8, 16, 32, 64, 128, 256]),
        ((256, 1), 9, [256, 128, 64, 32, 16, 8, 4, 2, 1]),
        ((1, 1000), 4, [1, 10, 100, 1000]),
        ((1, 10), 7, [1, 2, 3, 5, 7, 10]),  # 1, 1.47, 2.15, 3.16, 4.64, 6.81, 10
        ((1, 2), 2, [1, 2]),
        ((3, 3), 1, [3]),
        ((1, 3), 1000, [1, 2, 3]),
        ((2**62, 1), 3, [2**62, 2**31, 1]),
    ],
)
def test_values(ends, num, wanted):
    axis = whole(*ends, num)
    assert list(axis) == wanted
    assert len(axis) == len(wanted)
    assert all(type(value) is int for value in axis)
    assert [axis[i] for i in range(-len(wanted), 0)] == wanted


@given(
    st.integers(1, 400),
    st.integers(0, 400),
    st.integers(2, 300),
    st.booleans(),
)
@example(1, 0, 2, False)
@example(1, 399, 300, True)
def test_values_are_those_of_geomspace_rounded_each_once(low, width, num, falls):
    if width == 0:
        return
    axis = whole(low + width, low, num) if falls else whole(low, low + width, num)
    rounded = np.unique(np.rint(np.geomspace(low, low + width, num)).astype(int)).tolist()
    assert list(axis) == (rounded[::-1] if falls else rounded)
    assert axis.extremes() == (axis[0], axis[-1])


def test_a_trillion_values_take_neither_time_nor_memory():
    tracemalloc.start()
    try:
        few, many = whole(1, 256, 10**12), whole(10**15, 10**18, 10**12)
        counts = len(few), len(many)
        ends = few[0], few[-1], many[0], many[-1]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert counts == (256, 10**12)
    assert ends == (1, 256, 10**15, 10**18)
    assert peak < 100_000


def test_a_key_that_takes_fractions_gets_fractions():
    axis = log(1, 256, 9)
    assert fitted(axis, lambda value: None) is axis
    assert all(type(value) is float for value in axis)


def test_only_log_axes_between_whole_numbers_are_fitted():
    for form in (
        [1, 2, 4],
        {"from": 1, "to": 9},
        {"from": 1, "to": 2, "num": 3},
        {"from": 1.0, "to": 9, "num": 3, "scale": "log"},
        {"from": 1, "to": 9.0, "num": 3, "scale": "log"},
    ):
        axis = parse_axis(form)
        assert fitted(axis, lambda value: "refused") is axis


def test_the_fraction_asked_about_lies_between_the_ends():
    asked = []
    fitted(log(9, 4, 2), asked.append)
    assert asked == [4.5]


def test_a_fitted_axis_is_written_as_it_was_given():
    axis = whole(1, 256, 9)
    assert axis == WholeLogAxis(1, 256, 9)
    assert parse_axis(axis.as_given()) == LogAxis(1, 256, 9)
    assert fitted(axis, refuses_fractions) is axis
    assert len(whole(1, sys.maxsize, 64)) == 64

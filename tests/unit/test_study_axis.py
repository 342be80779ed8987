"""Axes: right values, exact decimals, known length, and every wrong one refused."""

import datetime as dt
import math
import sys
import tracemalloc
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.study.axis_parsing import parse_axis
from engine.study.misfit import MisfitError


def values(given):
    return list(parse_axis(given).values())


def refusals(given):
    with pytest.raises(MisfitError) as caught:
        parse_axis(given)
    return [(*m.path, m.message) for m in caught.value.misfits]


def same(found, wanted):
    return found == wanted and [type(v) for v in found] == [type(v) for v in wanted]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([1, 2, 3, 5], [1, 2, 3, 5]),
        ([None, 21, 63], [None, 21, 63]),
        (["next_open", "next_close"], ["next_open", "next_close"]),
        ([True, 1], [True, 1]),
        ([dt.date(2020, 1, 1)], [dt.date(2020, 1, 1)]),
        ({"from": 2, "to": 5}, [2, 3, 4, 5]),
        ({"from": 5, "to": 2, "step": -1}, [5, 4, 3, 2]),
        ({"from": 2, "to": 13, "step": 4}, [2, 6, 10]),
        ({"from": 2, "to": 3.5}, [2, 3]),
        ({"from": 3, "to": 3, "step": -7}, [3]),
        ({"from": 65, "to": 75, "step": 2.5}, [65.0, 67.5, 70.0, 72.5, 75.0]),
        ({"from": 0, "to": 0.5, "step": 0.1}, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        ({"from": 1e-3, "to": 3e-3, "step": 1e-3}, [0.001, 0.002, 0.003]),
        ({"from": 0, "to": 1, "num": 11}, [i / 10 for i in range(11)]),
        ({"from": 1, "to": 9, "num": 5}, [1, 3, 5, 7, 9]),
        ({"from": 1, "to": 9, "num": 5, "scale": "linear"}, [1, 3, 5, 7, 9]),
        ({"from": 1, "to": 2, "num": 3}, [1.0, 1.5, 2.0]),
        ({"from": 9, "to": 1, "num": 3}, [9, 5, 1]),
        ({"from": 4, "to": 4, "num": 1}, [4]),
        ({"from": 1, "to": 1000, "num": 4, "scale": "log"}, [1.0, 10.0, 100.0, 1000.0]),
        ({"from": 100, "to": 0.01, "num": 3, "scale": "log"}, [100.0, 1.0, 0.01]),
        ({"from": 7, "to": 7, "num": 1, "scale": "log"}, [7.0]),
    ],
)
def test_values(given, wanted):
    axis = parse_axis(given)
    assert same(list(axis), wanted)
    assert len(axis) == len(wanted)
    assert same([axis[i] for i in range(-len(axis), 0)], wanted)


def test_the_last_value_of_the_designs_axis_is_hit_exactly():
    found = values({"from": 65, "to": 95, "step": 2.5})
    assert found[-1] == 95.0
    assert [str(v) for v in found[:3]] == ["65.0", "67.5", "70.0"]
    assert len(found) == 13


@pytest.mark.parametrize("index", [3, -4])
def test_no_value_beyond_the_ends(index):
    for form in ([1, 2, 3], {"from": 1, "to": 3}, {"from": 1, "to": 3, "num": 3}):
        with pytest.raises(IndexError):
            parse_axis(form)[index]


@pytest.mark.parametrize(
    "given",
    [
        {"from": 1, "to": 10**12},
        {"from": 0, "to": 1, "num": 10**12},
        {"from": 1, "to": 2, "num": 10**12, "scale": "log"},
    ],
)
def test_a_trillion_values_take_no_memory(given):
    tracemalloc.start()
    try:
        axis = parse_axis(given)
        ends = axis[0], axis[-1], next(axis.values())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(axis) == 10**12
    assert ends == (given["from"], given["to"], given["from"])
    assert peak < 100_000


FORMS = "but must be a list such as [1, 2, 3] or a range such as {from: 1, to: 9, step: 2}"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (5, [(f"is 5, {FORMS}",)]),
        (None, [(f"is empty, {FORMS}",)]),
        ([], [("is an empty list, but must have at least one value",)]),
        ([1, 2, 1], [(2, "1 is listed twice")]),
        ([True, True], [(1, "true is listed twice")]),
        ([1, 1.0], [(1, "1.0 is listed twice")]),
        ([1, [2]], [(1, "is a list, but must be a single value")]),
        ([math.nan], [(0, "is nan, but must be finite")]),
        ({"from": 1}, [("to", "is missing")]),
        ({}, [("from", "is missing"), ("to", "is missing")]),
        (
            {"from": 1, "to": 3, "stop": 1},
            [("stop", 'no such key (allowed from, to, step, num, scale; did you mean "step"?)')],
        ),
        (
            {"from": "a", "to": True},
            [
                ("from", 'is "a", but must be a number'),
                ("to", "is true, but must be a number"),
            ],
        ),
        ({"from": 1, "to": math.inf}, [("to", "is inf, but must be finite")]),
        (
            {"from": 1, "to": 3, "step": 0},
            [("step", "is 0, but must lead from one value to the next")],
        ),
        (
            {"from": 1, "to": 3, "step": -1},
            [("step", "is -1, but must be positive to lead from 1 to 3")],
        ),
        ({"from": 3, "to": 1}, [("step", "is 1, but must be negative to lead from 3 to 1")]),
        ({"from": 1, "to": 3, "step": None}, [("step", "is empty, but must be a number")]),
        ({"from": 1, "to": 3, "num": 0}, [("num", "is 0, but must be at least 1")]),
        ({"from": 1, "to": 3, "num": 2.0}, [("num", "is 2.0, but must be a whole number")]),
        ({"from": 1, "to": 3, "num": 1}, [("num", "is 1, but 1 and 3 are two values")]),
        ({"from": 1, "to": 1, "num": 2}, [("num", "is 2, but 1 and 1 are one value")]),
        (
            {"from": 1, "to": 3, "num": 10**30},
            [("num", f"is {10**30}, but must have at most 63 bits")],
        ),
        (
            {"from": 0, "to": 10**30, "num": 10**70},
            [
                ("to", f"is {10**30}, but must have at most 63 bits"),
                ("num", "is a whole number of more than 60 digits, but must have at most 63 bits"),
            ],
        ),
        ([2**63], [(0, f"is {2**63}, but must have at most 63 bits")]),
        (
            {"from": -(2**62), "to": 2**62},
            [("step", f"is 1: more than {sys.maxsize} values from {-(2**62)} to {2**62}")],
        ),
        (
            {"from": 0, "to": 1, "step": -1e-200},
            [("step", "is -1e-200, but must be positive to lead from 0 to 1")],
        ),
        (
            {"from": 0, "to": 1e-200, "step": -1e-200},
            [("step", "is -1e-200, but must be positive to lead from 0 to 1e-200")],
        ),
        (
            {"from": 1e16, "to": 2e16, "step": 0.5},
            [("step", "is 0.5, too small to tell values near 2e+16 apart")],
        ),
        (
            {"from": 2e16, "to": 1, "step": -0.5},
            [("step", "is -0.5, too small to tell values near 2e+16 apart")],
        ),
        (
            {"from": 1e16, "to": 1.000000000000001e16, "step": 1.5},  # 2 and 3 steps would be one
            [("step", "is 1.5, too small to tell values near 1.000000000000001e+16 apart")],
        ),
        (
            {"from": 0.5, "to": 1.0, "num": 2**53 + 2},
            [("num", f"is {2**53 + 2}, too many to tell values up to 1.0 apart")],
        ),
        (
            {"from": 1.5, "to": 2.5, "num": 2_700_000_000_000_000, "scale": "log"},
            [("num", "is 2700000000000000, too many to tell values up to 2.5 apart")],
        ),
        (
            {"from": 1e-322, "to": 2e-322, "num": 25, "scale": "log"},
            [("num", "is 25, too many to tell values up to 2e-322 apart")],
        ),
        ({"from": 1, "to": 3, "step": 1, "num": 3}, [("num", "give step or num, not both")]),
        ({"from": 1, "to": 3, "scale": "log"}, [("scale", "needs num: the number of values")]),
        (
            {"from": 1, "to": 3, "num": 3, "scale": "lin"},
            [
                (
                    "scale",
                    'is "lin", which is not allowed (allowed linear, log; did you mean "linear"?)',
                )
            ],
        ),
        (
            {"from": 0, "to": -1, "num": 3, "scale": "log"},
            [
                ("from", "is 0, but must be positive on a log scale"),
                ("to", "is -1, but must be positive on a log scale"),
            ],
        ),
    ],
)
def test_refusals(given, wanted):
    assert refusals(given) == wanted


def test_numbers_of_numpy_are_taken_as_numbers():
    assert same(values(np.arange(2, 5)), [2, 3, 4])
    assert same(values([np.int64(3), np.float64(0.1), np.bool_(True), None]), [3, 0.1, True, None])
    assert same(values({"from": np.int64(2), "to": np.float64(0.5), "num": 2}), [2.0, 0.5])
    assert same(values(np.array(["total_return", "price"])), ["total_return", "price"])
    assert same(values(np.array(["2020-01-02"], "datetime64[D]")), [dt.date(2020, 1, 2)])
    assert refusals(np.array([[1, 2]])) == [(0, "is a list, but must be a single value")]


def test_a_range_of_python_is_a_range():
    assert same(values(range(2, 9, 3)), [2, 5, 8])
    assert same(values(range(3, 0, -1)), [3, 2, 1])
    assert len(parse_axis(range(10**12))) == 10**12
    assert refusals(range(0)) == [("is an empty list, but must have at least one value",)]


def test_the_extremes_of_a_long_list_are_few():
    numbers = [*range(7, 5000), -3, 0.5, 9.5, 2.5, None, True, dt.date(2020, 1, 1)]
    assert parse_axis(numbers).extremes() == (
        *(4999, -3, 0.5, 9.5, None, True),
        dt.date(2020, 1, 1),
    )
    assert parse_axis([3, 1, 2]).extremes() == (3, 1, 2)


def test_several_faults_of_one_axis_come_at_once():
    found = refusals({"from": "a", "step": 0, "numm": 3, "scale": "x"})
    assert [key for key, _ in found] == ["numm", "to", "from", "step", "scale"]


def test_what_an_axis_was_given_as_gives_it_again():
    for form in ([1, None], {"from": 1, "to": 3}, {"from": 1, "to": 9, "num": 3, "scale": "log"}):
        axis = parse_axis(form)
        assert parse_axis(axis.as_given()) == axis
    assert parse_axis({"from": 1, "to": 3}).as_given() == {"from": 1, "to": 3, "step": 1}


@given(st.integers(-1000, 1000), st.integers(1, 500), st.integers(0, 200), st.integers(0, 4))
def test_steps_give_the_decimals_one_would_write(first, step, count, places):
    def decimal(number):
        return Decimal(number).scaleb(-places)

    def written(number):
        return number if places == 0 else float(decimal(number))

    given = {
        "from": written(first),
        "to": written(first + step * count),
        "step": written(step),
    }
    found = values(given)
    assert found == [float(decimal(first + step * i)) for i in range(count + 1)]
    assert all(isinstance(v, int) == (places == 0) for v in found)


@given(
    st.floats(1e-6, 1e6, allow_subnormal=False),
    st.floats(1e-6, 1e6, allow_subnormal=False),
    st.integers(2, 50),
)
def test_spacings_agree_with_numpy(first, last, num):
    assume(abs(first - last) > 1e-3 * max(first, last))
    linear = values({"from": first, "to": last, "num": num})
    np.testing.assert_allclose(linear, np.linspace(first, last, num), rtol=1e-9)
    log = values({"from": first, "to": last, "num": num, "scale": "log"})
    np.testing.assert_allclose(log, np.geomspace(first, last, num), rtol=1e-9)
    assert (log[0], log[-1]) == (first, last)
    assert (linear[0], linear[-1]) == (first, last)

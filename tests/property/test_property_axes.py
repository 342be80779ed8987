"""Any description of an axis gives the values one would work out by hand, or a clear refusal."""

import datetime as dt
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.study.axis import fitted
from engine.study.axis_parsing import parse_axis
from engine.study.misfit import MisfitError

KEYS = ("from", "to", "step", "num", "scale")
SMALL = st.integers(-40, 40) | st.decimals(-9, 9, places=1).map(float)
ODD = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=3)
    | st.integers(-(10**80), 10**80)
    | st.dates()
    | st.lists(st.integers(), max_size=2)
    | st.just(dt.datetime(2020, 1, 1))
)
NUMBERS = st.integers(1, 40) | st.sampled_from([10**12, 0, -1])
LISTS = st.lists(st.integers(0, 5) | SMALL | ODD, max_size=5)
RANGES = st.fixed_dictionaries(
    {"from": SMALL, "to": SMALL},
    optional={"step": SMALL, "num": NUMBERS, "scale": st.sampled_from(["linear", "log"])},
)
ANYTHING = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), SMALL | ODD, max_size=5)
MANY = 10_000
JARGON = ("Error", "Traceback", "Fraction", "literal", "object at", "<class")


def written(number):
    return Fraction(repr(number))


def is_wrong(form):
    """Tell whether a range of small numbers contradicts itself."""
    first, last, num = form["from"], form["to"], form.get("num")
    if num is None:
        step = form.get("step", 1)
        return "scale" in form or step == 0 or (last - first) * step < 0
    below_one = form.get("scale") == "log" and min(first, last) <= 0
    return "step" in form or num < 1 or (num == 1) != (first == last) or below_one


def by_hand(form):
    """Return the values of a range that is right: fractions, exactly; floats on a log scale."""
    first, last, num = written(form["from"]), written(form["to"]), form.get("num")
    if num is None:
        step = written(form.get("step", 1))
        return [first + i * step for i in range(math.floor((last - first) / step) + 1)]
    gaps = max(num - 1, 1)
    if form.get("scale") == "log":
        return [float(first) * float(last / first) ** (i / gaps) for i in range(num)]
    return [first + i * (last - first) / gaps for i in range(num)]


def refusal(form):
    """Return what is wrong with a form, having judged the words; nothing for an axis."""
    try:
        parse_axis(form)
    except MisfitError as error:
        misfits = error.misfits
    else:
        return ()
    assert len(misfits) == len(set(misfits)) >= 1
    for path, message in misfits:
        assert message.isprintable()
        assert len(message) < 250
        assert not any(word in message for word in JARGON), message
        assert path == () or path[0] in (*form, *KEYS, *range(len(form)))
    return misfits


def assert_consistent(axis):
    """Judge what holds for every axis, by expanding it."""
    values = list(axis)
    assert len(values) == len(axis) >= 1
    assert [axis[i] for i in range(-len(axis), 0)] == values
    assert len({(type(v), v) for v in values}) == len(values)
    assert set(axis.extremes()) <= set(values)
    numbers = [v for v in values if type(v) in (int, float)]
    if numbers:
        assert {min(numbers), max(numbers)} <= set(axis.extremes())
    assert list(parse_axis(axis.as_given())) == values


@settings(max_examples=400)
@given(RANGES)
def test_a_range_has_the_values_worked_out_by_hand(form):
    if is_wrong(form):
        assert refusal(form)
        return
    axis = parse_axis(form)
    if len(axis) > MANY:
        assert (len(axis), axis[0], axis[-1]) == (form["num"], form["from"], form["to"])
        return
    wanted = [float(value) for value in by_hand(form)]
    assert list(axis) == (pytest.approx(wanted, rel=1e-12) if "log" in form.values() else wanted)
    assert_consistent(axis)


@settings(max_examples=300)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 60))
def test_a_fitted_range_has_those_values_rounded_each_once(first, last, num):
    form = {"from": first, "to": last, "num": num, "scale": "log"}
    if is_wrong(form):
        assert refusal(form)
        return
    axis = fitted(parse_axis(form), lambda value: isinstance(value, float))
    assert list(axis) == list(dict.fromkeys(round(v) for v in by_hand(form)))
    assert len(axis) == len(list(axis))
    assert set(axis.extremes()) == {first, last}
    assert all(type(v) is int for v in axis)


@settings(max_examples=400)
@given(LISTS)
def test_a_list_has_its_values_each_once(items):
    wrong = [
        item
        for index, item in enumerate(items)
        if isinstance(item, list)
        or (isinstance(item, float) and not math.isfinite(item))
        or (isinstance(item, int) and not -(2**63) < item < 2**63)
        or any(item == old and isinstance(item, bool) == isinstance(old, bool)
               for old in items[:index])
    ]  # fmt: skip
    if wrong or not items:
        assert len(refusal(items)) == max(len(wrong), 1)
        return
    assert list(parse_axis(items)) == items
    assert_consistent(parse_axis(items))


@settings(max_examples=400)
@given(ANYTHING | ODD)
def test_any_description_is_an_axis_or_is_refused_in_plain_words(form):
    if not isinstance(form, dict):
        refusal([form])
    elif not refusal(form):
        axis = parse_axis(form)
        assert len(axis) >= 1
        assert axis[0] == form["from"]
        assert parse_axis(axis.as_given()) == axis

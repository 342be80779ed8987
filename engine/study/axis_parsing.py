"""Axes as study files write them.

Three forms::

    [1, 2, 3, 5]                                  these values
    {from: 65, to: 95, step: 2.5}                 from, from + step, … up to and including to
    {from: 1, to: 1000, num: 4, scale: log}       num values; scale is linear or log

A log axis gives floats, or, where what it sweeps takes whole numbers only, whole numbers: see
:func:`engine.study.axis.fitted`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from engine.study.axis import Axis, LinearAxis, ListedAxis, LogAxis, Number, Scalar, SteppedAxis
from engine.study.misfit import Misfit, MisfitError, allowed_names, shown, unknown_key

_KEYS = ("from", "to", "step", "num", "scale")
_SCALES = ("linear", "log")


def parse_axis(given: Any) -> Axis:
    """Return the axis that a study file describes.

    Parameters
    ----------
    given : list, mapping, range, array or Axis
        One of the forms above, or, in Python, a range or an array of NumPy or pandas; an axis is
        returned as it is.

    Raises
    ------
    MisfitError
        With everything that is wrong, at paths relative to the axis.
    """
    if isinstance(given, Axis):
        return given
    given = _plain(given)
    if isinstance(given, range) and given:
        return _stepped(given[0], given[-1], given.step)
    if isinstance(given, list | tuple | range):
        return _listed([_plain(item) for item in given])
    if isinstance(given, Mapping):
        return _range({key: _plain(value) for key, value in given.items()})
    raise _wrong(
        f"is {shown(given)}, but must be a list such as [1, 2, 3] "
        "or a range such as {from: 1, to: 9, step: 2}"
    )


def _plain(value: Any) -> Any:
    """Return a number or an array of NumPy as Python's own numbers, anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") and not isinstance(value, type) else value


def _wrong(message: str, *path: str | int) -> MisfitError:
    return MisfitError(Misfit(path, message))


def _listed(items: list[Any]) -> ListedAxis:
    if not items:
        raise _wrong("is an empty list, but must have at least one value")
    misfits = []
    seen: set[tuple[bool, Scalar]] = set()
    for index, item in enumerate(items):
        if not isinstance(item, Scalar):
            misfits.append(Misfit((index,), f"is {shown(item)}, but must be a single value"))
        elif excess := _excess(item):
            misfits.append(Misfit((index,), excess))
        elif (isinstance(item, bool), item) in seen:  # True equals 1, but is another value
            misfits.append(Misfit((index,), f"{shown(item)} is listed twice"))
        else:
            seen.add((isinstance(item, bool), item))
    if misfits:
        raise MisfitError(*misfits)
    return ListedAxis(tuple(items))


def _excess(value: Any) -> str | None:
    """Return what is wrong with a number that no column of a table could hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value}, but must be finite"
    if isinstance(value, int) and not -sys.maxsize <= value <= sys.maxsize:
        return f"is {shown(value)}, but must have at most 63 bits"
    return None


def _range(given: Mapping[str, Any]) -> Axis:
    if given and not any(key in _KEYS for key in given):
        raise _wrong(
            "is a section that is no range such as {from: 1, to: 9, step: 2}; "
            "the key of an axis is written in one, with dots"
        )
    misfits = [unknown_key((key,), _KEYS) for key in given if key not in _KEYS]
    misfits += [Misfit((key,), "is missing") for key in ("from", "to") if key not in given]
    misfits += [m for key in ("from", "to", "step") for m in _number_misfits(given, key)]
    misfits += _num_misfits(given)
    if misfits:
        raise MisfitError(*misfits)
    first, last = given["from"], given["to"]
    if "num" not in given:
        return _stepped(first, last, given.get("step", 1))
    return _spaced(first, last, given["num"], log=given.get("scale") == "log")


def _number_misfits(given: Mapping[str, Any], key: str) -> Iterator[Misfit]:
    value = given.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, Number):
        yield Misfit((key,), f"is {shown(value)}, but must be a number")
    elif excess := _excess(value):
        yield Misfit((key,), excess)
    elif key == "step" and key in given and value == 0:
        yield Misfit((key,), "is 0, but must lead from one value to the next")


def _num_misfits(given: Mapping[str, Any]) -> Iterator[Misfit]:
    num, scale = given.get("num", 2), given.get("scale", "linear")
    if isinstance(num, bool) or not isinstance(num, int):
        yield Misfit(("num",), f"is {shown(num)}, but must be a whole number")
    elif num < 1:
        yield Misfit(("num",), f"is {num}, but must be at least 1")
    elif excess := _excess(num):
        yield Misfit(("num",), excess)
    if "num" in given and "step" in given:
        yield Misfit(("num",), "give step or num, not both")
    if scale not in _SCALES:
        words = allowed_names(str(scale), _SCALES)
        yield Misfit(("scale",), f"is {shown(scale)}, which is not allowed {words}")
    elif "scale" in given and "num" not in given:
        yield Misfit(("scale",), "needs num: the number of values")


def _stepped(first: Number, last: Number, step: Number) -> SteppedAxis:
    if (first < last and step < 0) or (first > last and step > 0):
        sign = "negative" if last < first else "positive"
        raise _wrong(f"is {step}, but must be {sign} to lead from {first} to {last}", "step")
    axis = SteppedAxis(first, last, step)
    if axis.count > sys.maxsize:
        raise _wrong(f"is {step}: more than {sys.maxsize} values from {first} to {last}", "step")
    high = max(abs(first), abs(last))
    if axis.count > 1 and not axis.whole and abs(step) <= math.ulp(high):
        raise _wrong(f"is {step}, too small to tell values near {high} apart", "step")
    return axis


def _spaced(first: Number, last: Number, num: int, *, log: bool) -> LinearAxis | LogAxis:
    axis = LogAxis(first, last, num) if log else LinearAxis(first, last, num)
    if log and min(first, last) <= 0:
        ends = {"from": first, "to": last}.items()
        wanted = "but must be positive on a log scale"
        raise MisfitError(*(Misfit((k,), f"is {v}, {wanted}") for k, v in ends if v <= 0))
    if (num == 1) != (first == last):
        are = "one value" if first == last else "two values"
        raise _wrong(f"is {num}, but {first} and {last} are {are}", "num")
    if num > 1 and not _are_apart(axis):
        high = max(abs(first), abs(last))
        raise _wrong(f"is {num}, too many to tell values up to {high} apart", "num")
    return axis


def _are_apart(axis: LinearAxis | LogAxis) -> bool:
    """Tell whether neighbours are more than a float's spacing apart where it is coarsest.

    That is at the largest value of a linear axis; of a log axis at the smallest, and, in
    proportion, just above any power of 2.
    """
    low, high = sorted((abs(axis.first), abs(axis.last)))
    if isinstance(axis, LinearAxis):
        return axis.whole or abs(axis.last - axis.first) / (axis.num - 1) > math.ulp(high)
    gap = low * math.log(high / low) / (axis.num - 1)
    return gap > max(math.ulp(low), low * 2.0**-51)

"""Axes: the values one swept key takes, known by number, computed one by one when asked for.

Three forms, as study files write them::

    [1, 2, 3, 5]                                  these values
    {from: 65, to: 95, step: 2.5}                 from, from + step, … up to and including to
    {from: 1, to: 1000, num: 4, scale: log}       num values; scale is linear or log

Values of ranges are computed in exact arithmetic and rounded once, so 0.1 steps give 0.3 and not
0.30000000000000004; a range of whole numbers gives whole numbers.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from engine.study.misfit import Misfit, MisfitError, allowed_names, shown, unknown_key

Scalar = int | float | str | bool | dt.date | None
Number = int | float

_KEYS = ("from", "to", "step", "num", "scale")
_SCALES = ("linear", "log")
_EXACT_ENOUGH = decimal.Context(prec=50)  # far beyond float64: results are rounded once, at the end


class Axis(ABC):
    """The values of one swept key, in order, all different.

    ``len(axis)`` costs nothing however many values there are; ``axis[i]`` computes one value.
    """

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _value(self, index: int) -> Scalar:
        """Return the value of a valid, non-negative index."""

    @abstractmethod
    def as_given(self) -> list[Scalar] | dict[str, Any]:
        """Return the axis as a study file writes it, defaults filled in."""

    def __getitem__(self, index: int) -> Scalar:
        return self._value(range(len(self))[index])  # range judges negative and too large indices

    def __iter__(self) -> Iterator[Scalar]:
        return self.values()

    def values(self) -> Iterator[Scalar]:
        """Yield the values in order, none of them kept."""
        return map(self._value, range(len(self)))

    def extremes(self) -> tuple[Scalar, ...]:
        """Return values that include the smallest and the largest: all others lie between."""
        return (self[0],) if len(self) == 1 else (self[0], self[-1])


@dataclass(frozen=True)
class ListedAxis(Axis):
    """An axis whose values are written out."""

    items: tuple[Scalar, ...]

    def __len__(self) -> int:
        return len(self.items)

    def _value(self, index: int) -> Scalar:
        return self.items[index]

    def as_given(self) -> list[Scalar]:
        return list(self.items)

    def extremes(self) -> tuple[Scalar, ...]:
        """Return all values: they need not be numbers, nor in order."""
        return self.items


@dataclass(frozen=True)
class SteppedAxis(Axis):
    """``first``, ``first + step``, … as far as ``last``, which is included where it is hit."""

    first: Number
    last: Number
    step: Number

    @cached_property
    def count(self) -> int:
        """Number of values, however large."""
        return math.floor((_exact(self.last) - self._start) / self._stride) + 1

    @cached_property
    def _start(self) -> Fraction:
        return _exact(self.first)

    @cached_property
    def _stride(self) -> Fraction:
        return _exact(self.step)

    @property
    def _whole(self) -> bool:
        return isinstance(self.first, int) and isinstance(self.step, int)

    def __len__(self) -> int:
        return self.count

    def _value(self, index: int) -> Number:
        return _rounded(self._start + index * self._stride, self._whole)

    def as_given(self) -> dict[str, Any]:
        return {"from": self.first, "to": self.last, "step": self.step}


@dataclass(frozen=True)
class LinearAxis(Axis):
    """``num`` values at equal distances, both ends included."""

    first: Number
    last: Number
    num: int

    @cached_property
    def _distance(self) -> Fraction:
        return (_exact(self.last) - _exact(self.first)) / max(self.num - 1, 1)

    @cached_property
    def _whole(self) -> bool:
        return isinstance(self.first, int) and self._distance.denominator == 1

    def __len__(self) -> int:
        return self.num

    def _value(self, index: int) -> Number:
        return _rounded(_exact(self.first) + index * self._distance, self._whole)

    def as_given(self) -> dict[str, Any]:
        return {"from": self.first, "to": self.last, "num": self.num, "scale": "linear"}


@dataclass(frozen=True)
class LogAxis(Axis):
    """``num`` positive floats at equal ratios, both ends included."""

    first: Number
    last: Number
    num: int

    def __len__(self) -> int:
        return self.num

    def _value(self, index: int) -> float:
        first, last = decimal.Decimal(repr(self.first)), decimal.Decimal(repr(self.last))
        if index == self.num - 1:
            return float(self.last)  # also where num is 1: then first equals last
        share = _EXACT_ENOUGH.divide(decimal.Decimal(index), decimal.Decimal(self.num - 1))
        ratio = _EXACT_ENOUGH.power(_EXACT_ENOUGH.divide(last, first), share)
        return float(_EXACT_ENOUGH.multiply(first, ratio))

    def as_given(self) -> dict[str, Any]:
        return {"from": self.first, "to": self.last, "num": self.num, "scale": "log"}


def parse_axis(given: Any) -> Axis:
    """Return the axis that a study file describes.

    Parameters
    ----------
    given : list, mapping or Axis
        One of the forms above; an axis is returned as it is.

    Raises
    ------
    MisfitError
        With everything that is wrong, at paths relative to the axis.
    """
    if isinstance(given, Axis):
        return given
    if isinstance(given, list | tuple):
        return _listed(given)
    if isinstance(given, Mapping):
        return _range(given)
    raise _wrong(
        f"is {shown(given)}, but must be a list such as [1, 2, 3] "
        "or a range such as {from: 1, to: 9, step: 2}"
    )


def _wrong(message: str, *path: str | int) -> MisfitError:
    return MisfitError(Misfit(path, message))


def _exact(number: Number) -> Fraction:
    """Return a number as it is written: 0.1 is one tenth."""
    return Fraction(repr(number))


def _rounded(value: Fraction, whole: bool) -> Number:
    return int(value) if whole else float(value)


def _listed(items: list[Any] | tuple[Any, ...]) -> ListedAxis:
    if not items:
        raise _wrong("is an empty list, but must have at least one value")
    misfits = []
    seen: set[tuple[bool, Scalar]] = set()
    for index, item in enumerate(items):
        if not isinstance(item, Scalar):
            misfits.append(Misfit((index,), f"is {shown(item)}, but must be a single value"))
        elif isinstance(item, float) and not math.isfinite(item):
            misfits.append(Misfit((index,), f"is {item}, but must be finite"))
        elif (isinstance(item, bool), item) in seen:  # True equals 1, but is another value
            misfits.append(Misfit((index,), f"{shown(item)} is listed twice"))
        else:
            seen.add((isinstance(item, bool), item))
    if misfits:
        raise MisfitError(*misfits)
    return ListedAxis(tuple(items))


def _range(given: Mapping[str, Any]) -> Axis:
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
    elif not math.isfinite(value):
        yield Misfit((key,), f"is {value}, but must be finite")
    elif key == "step" and key in given and value == 0:
        yield Misfit((key,), "is 0, but must lead from one value to the next")


def _num_misfits(given: Mapping[str, Any]) -> Iterator[Misfit]:
    num, scale = given.get("num", 2), given.get("scale", "linear")
    if isinstance(num, bool) or not isinstance(num, int):
        yield Misfit(("num",), f"is {shown(num)}, but must be a whole number")
    elif num < 1:
        yield Misfit(("num",), f"is {num}, but must be at least 1")
    elif num > sys.maxsize:
        yield Misfit(("num",), f"is {num}, but must be at most {sys.maxsize}")
    if "num" in given and "step" in given:
        yield Misfit(("num",), "give step or num, not both")
    if scale not in _SCALES:
        words = allowed_names(str(scale), _SCALES)
        yield Misfit(("scale",), f"is {shown(scale)}, which is not allowed {words}")
    elif "scale" in given and "num" not in given:
        yield Misfit(("scale",), "needs num: the number of values")


def _stepped(first: Number, last: Number, step: Number) -> SteppedAxis:
    if (last - first) * step < 0:
        sign = "negative" if last < first else "positive"
        raise _wrong(f"is {step}, but must be {sign} to lead from {first} to {last}", "step")
    axis = SteppedAxis(first, last, step)
    if axis.count > sys.maxsize:
        raise _wrong(f"is {step}: more than {sys.maxsize} values from {first} to {last}", "step")
    _check_distinct(axis, "step")
    return axis


def _spaced(first: Number, last: Number, num: int, *, log: bool) -> LinearAxis | LogAxis:
    if log:
        ends = {"from": first, "to": last}.items()
        misfits = [
            Misfit((key,), f"is {value}, but must be positive on a log scale")
            for key, value in ends
            if value <= 0
        ]
        if misfits:
            raise MisfitError(*misfits)
    if num == 1 and first != last:
        raise _wrong(f"is 1, but {first} and {last} are two values", "num")
    axis = LogAxis(first, last, num) if log else LinearAxis(first, last, num)
    _check_distinct(axis, "num")
    return axis


def _check_distinct(axis: Axis, key: str) -> None:
    """Refuse neighbours that are the same float; they meet first at an end of the range."""
    if len(axis) > 1 and (axis[0] == axis[1] or axis[-1] == axis[-2]):
        raise _wrong(f"gives {axis[0]} or {axis[-1]} more than once", key)

"""Axes: the values one swept key takes, known by number, computed one by one when asked for.

Values of ranges are computed in exact arithmetic and rounded once, so 0.1 steps give 0.3 and not
0.30000000000000004; a range of whole numbers gives whole numbers. The forms in which study files
write axes are those of :mod:`engine.study.axis_parsing`.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

Scalar = int | float | str | bool | dt.date | None
Number = int | float

FEW = 100
"""A list of at most so many values is checked value by value, a longer one by its extremes."""
_ORDERED = (int, float, dt.date)
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
        """Return values that include the smallest and the largest: all others lie between.

        A fraction comes first where there are any: where only whole numbers are wanted it tells
        more than an end that happens to be one.
        """
        ends = (self[0],) if len(self) == 1 else (self[0], self[-1])
        fractions = (v for v in map(self._value, range(len(self))[:2]) if not _is_whole(v))
        return tuple(dict.fromkeys((*fractions, *ends)))


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
        """Return a few values as they are; of many, the ends of each type that has an order."""
        if len(self.items) <= FEW:
            return self.items
        kept: set[Scalar] = set()
        for kind in _ORDERED:
            alike: list[Any] = [item for item in self.items if type(item) is kind]
            kept |= {min(alike), max(alike)} if alike else set()
        return tuple(i for i in self.items if type(i) not in _ORDERED or i in kept)


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
    def whole(self) -> bool:
        """Whether all values are whole numbers."""
        return isinstance(self.first, int) and isinstance(self.step, int)

    def __len__(self) -> int:
        return self.count

    def _value(self, index: int) -> Number:
        return _rounded(self._start + index * self._stride, self.whole)

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
    def whole(self) -> bool:
        """Whether all values are whole numbers."""
        return isinstance(self.first, int) and self._distance.denominator == 1

    def __len__(self) -> int:
        return self.num

    def _value(self, index: int) -> Number:
        return _rounded(_exact(self.first) + index * self._distance, self.whole)

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
        return float(self.exactly(index))

    def exactly(self, index: int) -> decimal.Decimal:
        """Return a value of a valid, non-negative index to fifty digits."""
        first, last = decimal.Decimal(repr(self.first)), decimal.Decimal(repr(self.last))
        if index == self.num - 1:
            return last  # also where num is 1: then first equals last
        share = _EXACT_ENOUGH.divide(decimal.Decimal(index), decimal.Decimal(self.num - 1))
        ratio = _EXACT_ENOUGH.power(_EXACT_ENOUGH.divide(last, first), share)
        return _EXACT_ENOUGH.multiply(first, ratio)

    def as_given(self) -> dict[str, Any]:
        return {"from": self.first, "to": self.last, "num": self.num, "scale": "log"}


@dataclass(frozen=True)
class WholeLogAxis(Axis):
    """The values of a :class:`LogAxis` between whole numbers, rounded, each once, ends included.

    What rounds to the same whole number is one value, so there may be fewer than ``num``. They
    are counted without being expanded: up to the last neighbours less than 1 apart every whole
    number is hit, beyond them no two round to the same. No value lies half-way between two whole
    numbers: its power of num − 1 would have to be one.
    """

    first: int
    last: int
    num: int

    @cached_property
    def _rising(self) -> LogAxis:
        return LogAxis(min(self.first, self.last), max(self.first, self.last), self.num)

    @cached_property
    def _sparse_from(self) -> int:
        """Index in the rising axis from which on neighbours are 1 or more apart."""
        exactly = self._rising.exactly
        return bisect_left(
            range(self.num - 1), True, key=lambda i: exactly(i + 1) - exactly(i) >= 1
        )

    @cached_property
    def _dense(self) -> int:
        """How many whole numbers there are before those that are sparse."""
        return round(self._rising.exactly(self._sparse_from)) - int(self._rising.first)

    def __len__(self) -> int:
        return self._dense + self.num - self._sparse_from

    def _value(self, index: int) -> int:
        rank = index if self.first <= self.last else len(self) - 1 - index
        if rank <= self._dense:
            return int(self._rising.first) + rank
        return round(self._rising.exactly(self._sparse_from + rank - self._dense))

    def as_given(self) -> dict[str, Any]:
        return {"from": self.first, "to": self.last, "num": self.num, "scale": "log"}


def fitted(axis: Axis, refuses: Callable[[Scalar], object]) -> Axis:
    """Return the axis in whole numbers if it is a log axis whose swept key takes no others.

    Parameters
    ----------
    axis : Axis
        Any; only a log axis whose ends are whole numbers can change.
    refuses : callable
        Whether the swept key may not have a value. Asked about a fraction between the ends: a
        key that takes fractions refuses it only where its bounds refuse one of the ends, too.
    """
    if not isinstance(axis, LogAxis):
        return axis
    first, last = axis.first, axis.last
    if isinstance(first, int) and isinstance(last, int) and refuses(min(first, last) + 0.5):
        return WholeLogAxis(first, last, axis.num)
    return axis


def _is_whole(value: Scalar) -> bool:
    return not isinstance(value, float) or value.is_integer()


def _exact(number: Number) -> Fraction:
    """Return a number as it is written: 0.1 is one tenth."""
    return Fraction(repr(number))


def _rounded(value: Fraction, whole: bool) -> Number:
    return int(value) if whole else float(value)

"""Grids: every combination of the values of some axes, counted and numbered without expansion."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.study.axis import Axis, Scalar
from engine.study.axis_parsing import parse_axis

__all__ = ["Axis", "Grid", "ParameterSet", "Scalar", "parse_axis"]

ParameterSet = dict[str, Scalar]
"""One assignment: dotted key → value."""


@dataclass(frozen=True)
class Grid:
    """All parameter sets of some axes, in the order of nested loops: the last axis runs fastest.

    A grid without axes has one parameter set, the empty one: the study as it is.

    Attributes
    ----------
    axes : mapping of str to Axis
        Swept key → its values, in the order of the study file.
    """

    axes: Mapping[str, Axis]

    @property
    def count(self) -> int:
        """Number of parameter sets, however large (``len`` ends at ``sys.maxsize``)."""
        return math.prod(len(axis) for axis in self.axes.values())

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> ParameterSet:
        """Return one parameter set by its number; negative numbers count from the end.

        Raises
        ------
        IndexError
            If there is no such number.
        """
        count = self.count
        if not -count <= index < count:
            raise IndexError(f"parameter set {index} of a grid of {count}")
        rest = index % count
        digits = []
        for axis in reversed(tuple(self.axes.values())):
            rest, digit = divmod(rest, len(axis))
            digits.append(axis[digit])
        return dict(zip(self.axes, reversed(digits), strict=True))

    def __iter__(self) -> Iterator[ParameterSet]:
        index = 0
        while index < self.count:
            yield self[index]
            index += 1

    def chunks(self, size: int) -> Iterator[tuple[ParameterSet, ...]]:
        """Yield the parameter sets in order, `size` at a time (the last chunk may be smaller).

        Raises
        ------
        ValueError
            If `size` is less than 1.
        """
        if size < 1:
            raise ValueError(f"a chunk has at least 1 parameter set, not {size}")
        start, count = 0, self.count
        while start < count:
            stop = min(start + size, count)
            yield tuple(self[index] for index in range(start, stop))
            start = stop

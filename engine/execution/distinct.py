"""What parameter sets of a grid share: built once for all sets that it cannot tell apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.execution.sweeping import _noting
from engine.rules.rule import Rule, RuleParams

Numbers = NDArray[np.int64]
"""Numbers of parameter sets in their grid, the last axis running fastest."""
Built = TypeVar("Built")


class Distinct(Generic[Built]):
    """Something built from parameters, once for each combination of those that building it reads.

    Parameters
    ----------
    rule : Rule
    given : mapping
        Parameters the study sets; axes replace some of them.
    axes : mapping of str to sequence
        Parameter name → its values.
    build : callable
        ``build(params)``, whose result depends on what it reads of the parameters alone.
    """

    def __init__(
        self,
        rule: Rule,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence[Any]],
        build: Callable[[Any], Built],
    ) -> None:
        self._rule, self._given, self._axes, self._build = rule, dict(given), axes, build
        self._shape = tuple(len(values) for values in axes.values())
        self._read: set[str] = set()
        self._noting = _noting(rule.params, self._read)
        self._relevant: tuple[int, ...] = ()  # axes whose parameters are read

    def of(self, numbers: Numbers) -> tuple[list[Built], NDArray[np.int64]]:
        """Return what was built for some sets, and which of it each of them has.

        What building reads may depend on the values of other parameters, so what is read is
        added until nothing new is: then no parameter left out can make a difference.

        Parameters
        ----------
        numbers : int64 array, shape (m,)
            Sets that the rule allows.

        Returns
        -------
        list of what was built, int64 array of shape (m,)
        """
        digits = np.unravel_index(numbers, self._shape) if self._shape else ()
        while True:
            keys = np.zeros(len(numbers), dtype=np.int64)
            for i in self._relevant:
                keys = keys * self._shape[i] + digits[i]
            _, first, which = np.unique(keys, return_index=True, return_inverse=True)
            self._read.clear()
            found = [self._build(self._parameters([int(d[i]) for d in digits])) for i in first]
            relevant = tuple(
                i for i, name in enumerate(self._axes) if i in self._relevant or name in self._read
            )
            if relevant == self._relevant:
                return found, which.ravel()
            self._relevant = relevant

    def _parameters(self, digits: Sequence[int]) -> RuleParams:
        """Return the parameters of one set, made to note which of them are read."""
        swept = {
            name: values[digit]
            for (name, values), digit in zip(self._axes.items(), digits, strict=True)
        }
        checked = self._rule.parameters({**self._given, **swept})
        return self._noting.model_construct(**dict(checked))

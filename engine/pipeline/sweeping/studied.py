"""The place where a study of the grid as a whole hears of every chunk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.trial_metrics import KEYS
from engine.pipeline.sweeping.plan import Numbers, Plan

Evaluate = Callable[[Numbers, int, int | None], Mapping[str, NDArray[np.float64]]]


class Studied:
    """Hears of every chunk of a sweep, and at the end says what the grid as a whole shows.

    Parameters
    ----------
    plan : Plan
    metric : str
    """

    def __init__(self, plan: Plan, metric: str) -> None:
        self._plan, self._metric = plan, metric

    def add(self, numbers: Numbers, columns: Mapping[str, NDArray[Any]]) -> None:
        """Look at the allowed sets of the next chunk."""

    def finish(self) -> Any:
        """Return what was found; None: nothing is looked for yet."""
        return None

    def evaluate(
        self, numbers: Numbers, first: int, stop: int | None
    ) -> dict[str, NDArray[np.float64]]:
        """Measure any sets over some sessions.

        Parameters
        ----------
        numbers : int64 array, shape (m,)
            Numbers of sets in the whole grid, in any order.
        first, stop : int, int or None
            The sessions [first, stop) of the traded span; None: to its end. What came before
            `first` is history that warms features up.

        Returns
        -------
        dict of str to float64 array, shape (m,)
            Metrics in the order of the numbers; NaN for sets the rule does not allow.
        """
        distinct, inverse = np.unique(numbers, return_inverse=True)
        allowed, columns = self._plan.measured(distinct, first, stop)
        at = np.searchsorted(distinct, allowed)
        found = {}
        for key in KEYS:
            whole = np.full(len(distinct), np.nan)
            whole[at] = columns[key]
            found[key] = whole[inverse.ravel()]
        return found

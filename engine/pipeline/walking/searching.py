"""The search of one fold: every set of the grid on its training window, the best on its test."""

from __future__ import annotations

import math

import numpy as np

from engine.evaluation.trial_keys import KEYS
from engine.evaluation.walk_forward.choosing import (
    Choice,
    Standing,
    best_set,
    order_kept,
    standing,
)
from engine.evaluation.walk_forward.windows import FoldWindows, Window
from engine.market.quotes import FloatArray
from engine.pipeline.sweeping.plan import Plan, nothing_allowed


class Search:
    """Searches the grid of a plan on windows of its traded sessions.

    A set is measured on a window as a backtest of its own, which begins with cash in the first
    session of the window; earlier sessions warm features up, later ones are not looked at.

    Parameters
    ----------
    plan : Plan
    metric : str
        What chooses.
    fewest : int
        With fewer sets that have the metric in a training window, none is chosen.

    Attributes
    ----------
    allowed : int
        Sets of the grid that the rule allows; 0 until something was measured.
    """

    def __init__(self, plan: Plan, metric: str, fewest: int = 1) -> None:
        self.plan, self._metric, self._fewest = plan, metric, fewest
        self.allowed = 0

    def choice(self, windows: FoldWindows) -> Choice:
        """Return what a fold chooses, and how that does in its test.

        Raises
        ------
        UsageError
            If the rule allows no set.
        """
        trained = self.values(windows.train)
        if not self.allowed:
            raise nothing_allowed(self.plan.grid)
        known = int(np.count_nonzero(~np.isnan(trained)))
        number = best_set(trained, self._metric, self._fewest)
        if number is None:
            nowhere = Standing(None, 0, math.nan)
            return Choice(windows, None, {}, {}, {}, known, nowhere, math.nan, math.nan)
        before = self.metrics(number, windows.train)
        tested = self.values(windows.earned)
        return Choice(
            windows=windows,
            number=number,
            values=self.plan.grid[number],
            in_sample=before,
            out_of_sample=self.metrics(number, windows.earned),
            trained_sets=known,
            test_standing=standing(tested, number, self._metric),
            test_median=_median(tested),
            order_kept=order_kept(trained, tested),
        )

    def best(self, window: Window) -> int | None:
        """Return the number of the best set on a window; None where no set has the metric."""
        return best_set(self.values(window), self._metric)

    def values(self, window: Window) -> FloatArray:
        """Return the metric of every set of the grid on a window, shape (sets,).

        NaN where the rule does not allow the set, and where the metric is undefined, as all are on
        a window of fewer than 2 sessions.
        """
        values = np.full(self.plan.grid.count, np.nan)
        allowed = 0
        for chunk in range(self.plan.chunks):
            numbers, columns = self.plan.measured(self.plan.numbers(chunk), window)
            values[numbers] = columns[self._metric]
            allowed += len(numbers)
        self.allowed = max(self.allowed, allowed)
        return values

    def metrics(self, number: int, window: Window) -> dict[str, float]:
        """Return all metrics of one set on a window, as :meth:`values`."""
        numbers, columns = self.plan.measured(np.array([number]), window)
        return {key: float(columns[key][0]) if len(numbers) else math.nan for key in KEYS}


def _median(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else math.nan

"""What is kept of a sweep while its chunks go by: a few rows, and what the grid as a whole says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.trial_keys import KEYS, PATH
from engine.pipeline.sweeping.confirming import Chosen
from engine.pipeline.sweeping.plan import KEPT, Numbers, Plan
from engine.store.ranking import Leaders, Sample
from engine.store.sweeps import plain

SHOWN = 10
"""Best sets in the summary."""
TOP = 10
"""Best sets by Sharpe ratio that Backtrader confirms."""

_NUMBER, _ROW, _OUTER = "number", "row", "outer"


class Tally:
    """Sees every chunk of a sweep once, in order, and keeps little.

    Parameters
    ----------
    plan : Plan
    metric : str
        What the best sets are ranked by.
    sample : int
        Sets drawn to be confirmed; 0: none, nor the best.
    """

    def __init__(self, plan: Plan, metric: str, sample: int) -> None:
        self._plan, self._metric, self._drawn = plan, metric, sample
        alike = (PATH, _OUTER)
        self._best = Leaders(metric, SHOWN, alike)
        self._top = Leaders("sharpe", TOP, alike) if sample else None
        self._sample = Sample(plan.study.seed, sample) if sample else None
        self.rows = 0

    def foreseen(self) -> list[int]:
        """Return the numbers of the sets that will be drawn, where that is known beforehand.

        It is in a grid of one chunk with few combinations of prices and terms: which sets are
        drawn hangs on which are allowed, not on what they are worth.
        """
        if self._sample is None or self._plan.chunks > 1 or self._plan.combinations > KEPT:
            return []
        sample = Sample(self._plan.study.seed, self._drawn)
        sample.add(0, {_NUMBER: self._plan.allowed(self._plan.numbers(0))})
        found: list[int] = sample.columns[_NUMBER].tolist()
        return found

    def add(self, chunk: int, numbers: Numbers, columns: Mapping[str, NDArray[Any]]) -> None:
        """Look at the allowed sets of a chunk."""
        if not len(numbers):
            return
        whole = {
            **columns,
            _NUMBER: numbers,
            _ROW: np.arange(self.rows, self.rows + len(numbers)),
            _OUTER: self._plan.split(numbers)[0],
        }
        self._best.add(whole)
        if self._top is not None and self._sample is not None:
            self._top.add(whole)
            self._sample.add(chunk, whole)
        self.rows += len(numbers)

    @property
    def best(self) -> float:
        """The best value of the metric so far; NaN where there is none."""
        values = self._best.columns.get(self._metric)
        return float(values[0]) if values is not None and len(values) else float("nan")

    def top(self) -> tuple[dict[str, Any], ...]:
        """Return the best sets, one for each strategy: row, swept values, metrics, path."""
        return tuple(self._rows(self._best.columns))

    def chosen(self) -> list[Chosen]:
        """Return the sets to be confirmed, in the order of the table."""
        if self._top is None or self._sample is None:
            return []
        found: dict[int, Chosen] = {}
        for why, columns in (("top", self._top.columns), ("sample", self._sample.columns)):
            numbers = columns.get(_NUMBER, np.empty(0, np.int64)).tolist()
            for number, row in zip(numbers, self._rows(columns), strict=True):
                values = {key: row[key] for key in self._plan.keys}
                metrics = {key: row[key] for key in KEYS}
                found[row["row"]] = Chosen(number, row["row"], why, values, metrics)
        return [found[row] for row in sorted(found)]

    def _rows(self, columns: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
        metrics = {k: v for k, v in columns.items() if k not in (_NUMBER, _ROW, _OUTER)}
        return [
            {
                "row": int(columns[_ROW][i]),
                **self._plan.grid[int(columns[_NUMBER][i])],
                **{key: plain(values[i]) for key, values in metrics.items()},
            }
            for i in range(len(columns.get(_ROW, ())))
        ]

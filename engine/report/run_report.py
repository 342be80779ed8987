"""The record of what a report of one run shows; nothing in :mod:`engine.report` computes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.inference.bootstrap import Interval
from engine.evaluation.metrics import Metrics
from engine.evaluation.tear_sheet.sensitivity import Sensitivity
from engine.evaluation.tear_sheet.sheet import CORE, RULE, TearSheet
from engine.evaluation.tear_sheet.streak_spans import StreakSpan
from engine.market.quotes import FloatArray
from engine.report.reported import Reported
from engine.store.folders import Stored
from engine.store.run_reading import StoredRun, stored_intervals


@dataclass(frozen=True)
class Holdings:
    """Completed stays in the satellite: how many lasted how long.

    ``lengths`` int64 (k,) in sessions, 1 to the longest; ``counts`` int64 (k,).
    """

    lengths: NDArray[np.int64]
    counts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RunReport(Reported):
    """A stored run and everything derived from it.

    Attributes
    ----------
    run : StoredRun
    metrics : dict of str to dict
        By series: ``rule``, the benchmarks, ``cash``; relative metrics are against the core.
    equities : dict of str to float64 array, shape (n,)
        Wealth at each close, by series; without cash.
    sheet : TearSheet
    ratio : float64 array, shape (n,), or None
        Satellite's close over the core's, 1 at the first session; None without stored prices.
    spans : tuple of StreakSpan
        The long streaks.
    holdings : Holdings or None
    sensitivity : Sensitivity or None
        None without stored prices.
    left_out : tuple of str
        What is not in the report, and why.
    """

    run: StoredRun
    metrics: dict[str, Metrics]
    equities: dict[str, FloatArray]
    sheet: TearSheet
    ratio: FloatArray | None
    spans: tuple[StreakSpan, ...]
    holdings: Holdings | None
    sensitivity: Sensitivity | None
    left_out: tuple[str, ...]

    @property
    def stored(self) -> Stored:
        """The result that is reported."""
        return self.run.stored

    @property
    def has_core(self) -> bool:
        """Whether the core is among the benchmarks."""
        return CORE in self.equities

    @property
    def intervals(self) -> dict[str, Interval]:
        """Where the rule's true figures may lie, by metric, as stored with the run."""
        return stored_intervals(self.run.metrics)

    @cached_property
    def dates(self) -> list[str]:
        """The sessions as ISO dates."""
        return [str(session) for session in self.run.sessions]

    @cached_property
    def allocation(self) -> tuple[NDArray[np.int64], FloatArray]:
        """Sessions at which the target weight changes, the first and the last, and the weights."""
        weight = self.run.holdings["target_weight"]
        changes = np.flatnonzero(np.append(True, weight[1:] != weight[:-1]))
        at = np.append(changes, len(weight) - 1)
        return at, np.asarray(weight[at])

    def label(self, series: str) -> str:
        """Return how readers know a series."""
        if series == RULE:
            return str(self.run.metrics["rule"]["label"])
        if series == "cash":
            return "cash"
        return str(self.run.metrics["benchmarks"][series]["label"])

"""The record of what a report of a walk-forward shows; nothing in :mod:`engine.report` computes it.

Series are called ``rule`` (the stitched run), ``own``, ``hindsight``, and as the benchmarks are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.evaluation.definitions import Metric, find_metric
from engine.report.reported import Reported
from engine.store.folders import Stored
from engine.store.walk_forward_reading import RULE, StoredWalkForward

CORE = "core"


@dataclass(frozen=True, eq=False)
class WalkForwardReport(Reported):
    """A stored walk-forward, as its report shows it."""

    walk: StoredWalkForward

    @property
    def stored(self) -> Stored:
        """The result that is reported."""
        return self.walk.stored

    @property
    def told(self) -> dict[str, Any]:
        """What ``metrics.json`` holds; see :func:`engine.store.walk_forwards.walk_forward_json`."""
        return self.walk.metrics

    @property
    def folds(self) -> list[dict[str, Any]]:
        """The rows of ``folds.csv``."""
        rows: list[dict[str, Any]] = self.told["folds"]
        return rows

    @property
    def beginnings(self) -> list[str]:
        """Sessions from which on a new choice decides, as ISO dates."""
        return beginnings_of(self.folds)

    @property
    def stubs(self) -> list[dict[str, Any]]:
        """Folds whose test is too short beside the others: figures a year leap there."""
        full = self.told["windows"]["test_sessions"]
        return [row for row in self.folds if 2 * row["test_sessions"] < full]

    @cached_property
    def sides(self) -> list[tuple[dict[str, Any], float, float]]:
        """Folds with the metric of their choice in sample and out, where both are known."""
        keys = [f"{side}_{self.metric.key}" for side in ("in_sample", "out_of_sample")]
        rows = [row for row in self.folds if row not in self.stubs]
        sides = [(row, row[keys[0]], row[keys[1]]) for row in rows]
        return [one for one in sides if None not in one[1:]]

    @cached_property
    def metric(self) -> Metric:
        """What chose."""
        return find_metric(self.told["metric"])

    @cached_property
    def metrics(self) -> dict[str, Mapping[str, Any]]:
        """Metrics by series."""
        return {name: one["metrics"] for name, one in self._measured.items()}

    @cached_property
    def _measured(self) -> dict[str, Mapping[str, Any]]:
        return {RULE: self.told["rule"], **self.told["beside"], **self.told["benchmarks"]}

    @cached_property
    def dates(self) -> list[str]:
        """The sessions out of sample, as ISO dates."""
        return [str(session) for session in self.walk.sessions]

    @property
    def has_core(self) -> bool:
        """Whether the core is among the benchmarks."""
        return CORE in self.metrics

    def label(self, series: str) -> str:
        """Return how readers know a series."""
        return str(self._measured[series]["label"])

    def is_benchmark(self, series: str) -> bool:
        """Return whether a series is a benchmark."""
        return series in self.told["benchmarks"]


def beginnings_of(folds: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the sessions from which on a new choice decides, given the rows of the folds."""
    return [row["test_first"] for row in folds if row["in_force"] == row["fold"]]

"""The record of what a report of a sweep shows; nothing in :mod:`engine.report` computes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.evaluation.definitions import Metric, find_metric
from engine.evaluation.grid_study import Map
from engine.evaluation.inference.verdict import Verdict
from engine.report.labels import set_label
from engine.report.reported import Reported
from engine.store.folders import Stored
from engine.store.run_reading import stored_verdict
from engine.store.sweep_reading import StoredSweep

WINNER = "winner"
OWN = "own"
"""Names of two series: the best set, and the study's rule with its own parameters."""
CORE = "core"


@dataclass(frozen=True, eq=False)
class Luck:
    """Stored evidence on a sweep: its name, and its ``metrics.json``."""

    name: str
    told: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class SweepReport(Reported):
    """A stored sweep, as its report shows it.

    Series are called ``winner``, ``own``, and as the benchmarks are.

    Attributes
    ----------
    sweep : StoredSweep
    evidence : Luck or None
        What was found of how much is luck; None where that was not looked into.
    """

    sweep: StoredSweep
    evidence: Luck | None = None

    @property
    def stored(self) -> Stored:
        """The result that is reported."""
        return self.sweep.stored

    @property
    def grid(self) -> dict[str, Any]:
        """What the grid says of the metric, as stored; see :mod:`engine.store.grid_findings`."""
        found: dict[str, Any] = self.sweep.metrics["grid"]
        return found

    @property
    def axes(self) -> tuple[str, ...]:
        """The swept keys."""
        return tuple(self.manifest["axes"])

    @cached_property
    def metric(self) -> Metric:
        """What sets are ranked by."""
        return find_metric(self.sweep.metrics["metric"])

    @property
    def sets(self) -> int:
        """How many sets the rule allows."""
        return int(self.manifest["sets"])

    @property
    def winner(self) -> dict[str, Any] | None:
        """The best set; None where the metric is undefined for all."""
        return self.sweep.best[0] if self.sweep.best else None

    @cached_property
    def verdict(self) -> Verdict | None:
        """The verdict on the best set; None where evidence is missing, or on another set."""
        if self.evidence is None or self.winner is None:
            return None
        told = self.evidence.told
        judged = (told["metric"], told["winner"]["row"])
        return stored_verdict(told) if judged == (self.metric.key, self.winner["row"]) else None

    @cached_property
    def metrics(self) -> dict[str, Mapping[str, Any]]:
        """Metrics by series; without the winner where there is none."""
        won: dict[str, Mapping[str, Any]] = {} if self.winner is None else {WINNER: self.winner}
        return {
            **won,
            OWN: self.sweep.metrics["rule"]["metrics"],
            **{name: b["metrics"] for name, b in self.sweep.metrics["benchmarks"].items()},
        }

    @cached_property
    def maps(self) -> tuple[Map, ...]:
        """The metric over pairs of axes, those first whose means are furthest apart."""
        return tuple(sorted(self.sweep.maps, key=_matters, reverse=True))

    @property
    def has_core(self) -> bool:
        """Whether the core is among the benchmarks."""
        return CORE in self.metrics

    def label(self, series: str) -> str:
        """Return how readers know a series."""
        if series == WINNER:
            return "best set" if self.sets > 1 else "the set"
        if series == OWN:
            return "as in the study"
        return str(self.sweep.metrics["benchmarks"][series]["label"])

    def set_label(self, row: Mapping[str, Any]) -> str:
        """Return the swept values of a set in words."""
        return set_label(self.axes, row)


def _matters(one: Map) -> float:
    span = one.range_of_means
    return span if math.isfinite(span) else -1.0

"""What Backtrader says of some sets of a sweep, beside what the kernel says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.evaluation.trial_keys import KEYS
from engine.execution.bars import TOLERANCE
from engine.pipeline.sweeping.tasks import in_backtrader
from engine.pipeline.sweeping.workers import Workers
from engine.store.sweeps import Confirmation, SweepSummary

Answer = Callable[[], Mapping[str, float]]


class Chosen(NamedTuple):
    """A set to be confirmed.

    Its number in the grid, its row, why it was chosen, its swept values, the kernel's metrics.
    """

    number: int
    row: int
    why: str
    values: Mapping[str, Any]
    metrics: Mapping[str, float]


class Confirming:
    """Has sets run in Backtrader, each once, beside whatever else is done.

    Parameters
    ----------
    processes : Workers
        Their tasks share study and panel.
    """

    def __init__(self, processes: Workers) -> None:
        self._processes = processes
        self._answers: dict[int, Answer] = {}

    def begin(self, number: int, values: Mapping[str, Any]) -> None:
        """Have a set run, given its number in the grid and its swept values."""
        if number not in self._answers:
            self._answers[number] = self._processes.submit(in_backtrader, values)

    def begin_all(self, chosen: Sequence[Chosen]) -> None:
        """Have sets run, those first that take longest: every rotation takes its time."""
        for one in sorted(chosen, key=lambda one: -one.metrics["rotations"]):
            self.begin(one.number, one.values)

    def finish(self, chosen: Sequence[Chosen]) -> tuple[Confirmation, ...]:
        """Return how far the kernel's metrics of sets are from Backtrader's, in their order."""
        return tuple(
            Confirmation(
                one.row,
                one.values,
                one.why,
                _differences(one.metrics, self._answers[one.number]()),
            )
            for one in chosen
        )


def failures(found: SweepSummary) -> list[Confirmation]:
    """Return the confirmations that differ by more than rounding."""
    return [c for c in found.confirmations if not c.largest <= TOLERANCE]


def _differences(kernel: Mapping[str, float], other: Mapping[str, Any]) -> dict[str, float]:
    return {key: _difference(float(kernel[key]), float(other[key])) for key in KEYS}


def _difference(kernel: float, reference: float) -> float:
    if math.isnan(kernel) or math.isnan(reference):
        return 0.0 if math.isnan(kernel) == math.isnan(reference) else math.inf
    return abs(kernel - reference) / max(abs(reference), 1.0)

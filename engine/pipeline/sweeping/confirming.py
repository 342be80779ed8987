"""What Backtrader says of a sweep: its baseline and benchmarks, and some of its sets again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.trial_metrics import KEYS
from engine.execution.bars import TOLERANCE
from engine.execution.terms import terms_of
from engine.market.load import load_panel
from engine.market.panel import PricePanel
from engine.pipeline.bench import Bench, silent
from engine.pipeline.sweeping.part import Part
from engine.pipeline.sweeping.workers import Workers
from engine.pipeline.variation import varied
from engine.rules.resolve import resolve
from engine.store.records import Measured
from engine.store.sweeps import Confirmation, SweepSummary
from engine.study.models import Study


class Chosen(NamedTuple):
    """A set to be confirmed: its row, why it was chosen, its swept values, the kernel's metrics."""

    row: int
    why: str
    values: Mapping[str, Any]
    metrics: Mapping[str, float]


class Reference(NamedTuple):
    """The study's own rule and its benchmarks, on Backtrader."""

    baseline: Measured
    benchmarks: dict[str, Measured]


def reference(study: Study, panel: PricePanel) -> Reference:
    """Run a study's own rule and its benchmarks."""
    bench = Bench(panel, terms_of(study.execution, panel), silent)
    found = resolve(study.rule)
    baseline = bench.measured(f"{found.rule.name}, as in the study", found)
    return Reference(baseline, bench.benchmarks(study.benchmarks))


def confirmed(
    study: Study, panel: PricePanel | None, chosen: Sequence[Chosen], workers: Workers
) -> tuple[Confirmation, ...]:
    """Run chosen sets in Backtrader; without a panel, each on the prices its values name."""
    tasks = [(study, panel, one.values) for one in chosen]
    return tuple(
        Confirmation(one.row, one.values, one.why, _differences(one.metrics, found))
        for one, found in zip(chosen, workers.map(_in_backtrader, tasks), strict=True)
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


def _in_backtrader(task: tuple[Study, PricePanel | None, Mapping[str, Any]]) -> dict[str, float]:
    """Return the metrics of one parameter set, by Backtrader."""
    study, panel, values = task
    study = varied(study, values)
    part = Part(study, load_panel(study.data) if panel is None else panel, {}, "backtrader")
    ran = part.by_backtrader(0)
    metrics = {**measure(ran, ran), **measure_against(ran, part.core)}
    return {key: float(metrics[key]) for key in KEYS}  # type: ignore[arg-type]  # all numbers

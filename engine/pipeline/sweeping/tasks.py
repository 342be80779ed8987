"""What processes beside a sweep are asked for: runs in Backtrader.

They import this module and nothing of the sweep itself: each of them pays for every import here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.trial_keys import KEYS
from engine.execution.terms import terms_of
from engine.market.panel import PricePanel
from engine.pipeline.bench import Bench, core_held, silent
from engine.pipeline.variation import varied
from engine.rules.resolve import resolve
from engine.store.records import Measured
from engine.study.models import Study


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


def in_backtrader(study: Study, panel: PricePanel, values: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of one parameter set, by Backtrader.

    Parameters
    ----------
    study : Study
    panel : PricePanel
        Its prices; where a value names others, those are read.
    values : mapping of str to value
        What the set changes in the study.
    """
    from engine.execution.broker import run_backtrader  # not for whoever only sends this task

    own = varied(study, values)
    if own.data is not study.data:
        from engine.market.load import load_panel

        panel = load_panel(own.data)
    terms = terms_of(own.execution, panel)
    found = resolve(own.rule)
    ran = run_backtrader(panel, found.rule, found.params, terms)
    metrics = {**measure(ran, ran), **measure_against(ran, core_held(panel, terms))}
    return {key: float(metrics[key]) for key in KEYS}  # type: ignore[arg-type]  # all numbers

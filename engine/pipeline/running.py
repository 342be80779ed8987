"""``run``: one study's rule, next to its benchmarks."""

from __future__ import annotations

import time

from engine.evaluation.inference.uncertainty import Uncertainty, uncertainty_of
from engine.evaluation.inference.verdict import judge
from engine.execution.bars import history_of
from engine.execution.costs import Terms
from engine.execution.terms import terms_of
from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray
from engine.pipeline.bench import Bench, Progress, setting_of, silent
from engine.rules.decisions import Decider
from engine.rules.resolve import resolve
from engine.signals.streaks import outperformance_streak
from engine.store.records import Measured, RunResult
from engine.study.loader import config_hash, resolved
from engine.study.models import Study


def run(study: Study, panel: PricePanel, progress: Progress = silent) -> RunResult:
    """Backtest a study's rule on Backtrader, next to its benchmarks.

    Every backtest is run again by the plain bar-by-bar engine, and refused if the two differ.

    Parameters
    ----------
    study : Study
    panel : PricePanel
        As :func:`engine.market.load.load_panel` gives it, or made in memory.
    progress : callable, optional
        Told in a few words what is being done.

    Returns
    -------
    RunResult

    Raises
    ------
    StreaklabError
        Any of its kinds; see :mod:`engine.errors`.
    """
    started = time.perf_counter()
    found = resolve(study.rule)
    bench = Bench(panel, terms_of(study.execution, panel), progress)
    benchmarks = bench.benchmarks(study.benchmarks)
    benchmarks_done = time.perf_counter()
    subject = bench.measured(found.rule.name, found)
    rule_done = time.perf_counter()
    uncertainty = _uncertainty(bench, subject, study.seed)
    inference_done = time.perf_counter()
    decider = Decider(found.rule, found.params, history_of(panel))
    first = panel.start_index
    return RunResult(
        study=study.name,
        seed=study.seed,
        config=resolved(study),
        folder=study.folder,
        config_hash=config_hash(study),
        setting=setting_of(study, panel),
        subject=subject,
        benchmarks=benchmarks,
        uncertainty=uncertainty,
        verdict=judge(
            {
                "active_probability": uncertainty.active_probability,
                "active_p_value": uncertainty.active_p_value,
            }
        ),
        features={str(f): values[first:] for f, values in decider.features().items()},
        triggers={name: answers[first:] for name, answers in decider.triggers().items()},
        market=_market(panel, bench.terms),
        timings={
            "benchmarks_seconds": benchmarks_done - started,
            "rule_seconds": rule_done - benchmarks_done,
            "inference_seconds": inference_done - rule_done,
        },
    )


def _uncertainty(bench: Bench, subject: Measured, seed: int) -> Uncertainty:
    """Return how well the rule's figures are known, active ones over the core held."""
    simulation = subject.simulation
    return uncertainty_of(simulation.equity, bench.core.equity, simulation.cash_returns, seed=seed)


def _market(panel: PricePanel, terms: Terms) -> dict[str, FloatArray]:
    """Return what a stored run needs to be drawn, and traded again, when its prices are gone."""
    core, satellite = panel.core, panel.satellite
    columns = {
        "core_open": core.open,
        "core_close": core.close,
        "satellite_open": satellite.open,
        "satellite_close": satellite.close,
        "streak": outperformance_streak(core.close, satellite.close),
        "overnight_rate": terms.rates_for(len(panel)),
    }
    return {name: values[panel.start_index :] for name, values in columns.items()}

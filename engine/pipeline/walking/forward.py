"""The whole walk-forward of a study."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.evaluation.grid_study.places import Places
from engine.evaluation.inference.uncertainty import uncertainty_of
from engine.evaluation.inference.verdict import judge
from engine.evaluation.walk_forward.choosing import Choice
from engine.evaluation.walk_forward.folds import Drift, drifts, summarised
from engine.evaluation.walk_forward.windows import Window
from engine.execution.terms import terms_of
from engine.market.load import load_panel
from engine.market.panel import PricePanel
from engine.pipeline.bench import Bench, Progress, setting_of, silent
from engine.pipeline.walking.choosing import check_walk, choices_of
from engine.pipeline.walking.scenarios import scenarios_of
from engine.pipeline.walking.searching import Search
from engine.pipeline.walking.stitching import folds_of, phases_of, rule_of, stitched
from engine.rules.resolve import resolve
from engine.rules.studies import checked
from engine.store.provenance import content_hash
from engine.store.records import Measured
from engine.store.walk_forwards import WalkForward
from engine.study.grid import Grid
from engine.study.loader import config_hash, resolved
from engine.study.models import Study


def walk_forward(
    study: Study,
    panel: PricePanel | None = None,
    *,
    workers: int = 1,
    progress: Progress = silent,
) -> WalkForward:
    """Choose parameters on every training window of a study, and trade them in the test after it.

    Each choice is the best of the whole grid under ``sweep`` by ``walk_forward.metric``. The
    stitched run is one backtest over all test windows: at each close the parameters decide that
    the fold of the close has chosen, positions are carried on, and costs are paid only when the
    held asset changes. It starts with cash in the first session of the first test window.

    Parameters
    ----------
    study : Study
        Swept keys that no rule can choose (costs, fills, prices) keep the study's own values; each
        combination of their other values gets a walk-forward of its own, in ``scenarios``.
    panel : PricePanel, optional
        By default loaded; a panel in memory cannot be swept over its data.
    workers : int
        Threads of the kernel; they change no bit of the result.
    progress : callable, optional

    Returns
    -------
    WalkForward

    Raises
    ------
    StudyError
        If the windows do not fit the data, the grid is too large, or the metric cannot choose.
    UsageError
        If the rule allows none of the grid, or data are swept on a panel in memory.
    StreaklabError
        Any other of its kinds; see :mod:`engine.errors`.
    """
    study = checked(study)
    check_walk(study, in_memory=panel is not None)
    panel = load_panel(study.data) if panel is None else panel
    started = time.perf_counter()
    search, choices = choices_of(study, panel, workers, progress)
    chosen = time.perf_counter()
    found = _traded(study, panel, search, choices, progress)
    traded = time.perf_counter()
    others = scenarios_of(study, panel, workers, progress)
    timings = {
        "choosing_seconds": chosen - started,
        "trading_seconds": traded - chosen,
        "scenarios_seconds": time.perf_counter() - traded,
    }
    return replace(found, scenarios=others, timings=timings)


def _traded(
    study: Study,
    panel: PricePanel,
    search: Search,
    choices: Sequence[Choice],
    progress: Progress,
) -> WalkForward:
    """Return the walk-forward, given what every fold has chosen."""
    start = choices[0].windows.test.first
    tested = panel.window(start)
    bench = Bench(tested, terms_of(study.execution, tested), progress)
    own = resolve(study.rule)
    subject = stitched(bench, phases_of(study, panel, choices), own.rule.name)
    folds = folds_of(choices, subject.simulation, bench.core)
    run, section = subject.simulation, study.walk_forward
    uncertainty = uncertainty_of(run.equity, bench.core.equity, run.cash_returns, seed=study.seed)
    grid = search.plan.grid
    return WalkForward(
        study=study.name,
        seed=study.seed,
        config=resolved(study),
        content_hash=content_hash(config_hash(study), panel.content_hash),
        setting=setting_of(study, tested),
        metric=section.metric,
        windows={
            **section.model_dump(mode="json", exclude={"metric"}),
            "train_sessions": section.train_sessions,
            "test_sessions": section.test_sessions,
        },
        axes=search.plan.keys,
        held_fixed=tuple(key for key in study.sweep if key not in grid.axes),
        sets=search.allowed,
        skipped=grid.count - search.allowed,
        engine=search.plan.engine,
        sessions=panel.traded_sessions,
        folds=tuple(folds),
        drifts=tuple(_drifts(grid, choices)),
        summary=summarised(folds, section.metric, subject.metrics),
        subject=subject,
        beside=_beside(bench, study, search, Window(start, len(panel.traded_sessions))),
        benchmarks=bench.benchmarks(study.benchmarks),
        uncertainty=uncertainty,
        core_close=tested.core.close[tested.start_index :],
        verdict=judge({"walk_forward_probability": uncertainty.active_probability}),
        scenarios=(),
        timings={},
    )


def _drifts(grid: Grid, choices: Sequence[Choice]) -> list[Drift]:
    numbers = np.array([c.number for c in choices if c.number is not None], dtype=np.int64)
    digits = Places(grid.axes).digits(numbers)
    chosen = [dict(zip(grid.axes, row, strict=True)) for row in digits.tolist()]
    return drifts(grid.axes, chosen)


def _beside(bench: Bench, study: Study, search: Search, tested: Window) -> dict[str, Measured]:
    """Return what else could have been held meanwhile: without a search, and with hindsight."""
    own = resolve(study.rule)
    found = {"own": bench.measured("own parameters", own)}
    best = search.best(tested)
    if best is not None:
        rule = rule_of(study, search.plan.grid[best])
        found["hindsight"] = bench.measured("hindsight", rule)
    return found

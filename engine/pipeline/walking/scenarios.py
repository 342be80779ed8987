"""The same walk-forward on other terms: swept costs, fills and prices, which no rule chooses."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from engine.errors import StudyError
from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.walk_forward.folds import summarised
from engine.execution.bars import decisions_of, simulate
from engine.execution.terms import terms_of
from engine.market.load import load_panel
from engine.market.panel import PricePanel
from engine.pipeline.bench import BENCHMARKS, Progress
from engine.pipeline.variation import varied
from engine.pipeline.walking.choosing import choices_of, of_trader, windows_of
from engine.pipeline.walking.stitching import NAME, folds_of, phases_of
from engine.rules.phases import PhasedParams, phased_rule
from engine.rules.registry import rule_named
from engine.store.walk_forwards import Scenario
from engine.study.grid import Grid
from engine.study.models import Study


def scenarios_of(
    study: Study, panel: PricePanel, workers: int, progress: Progress
) -> tuple[Scenario, ...]:
    """Return a walk-forward for each combination of swept terms, in the order of the grid.

    Combinations that do not go together, or leave no session to test, are left out.
    """
    axes = {key: axis for key, axis in study.sweep.items() if not of_trader(key)}
    if not axes:
        return ()
    progress(f"walking on {Grid(axes).count:,} other terms")

    @lru_cache(maxsize=2)
    def prices(given: tuple[tuple[str, Any], ...]) -> PricePanel:
        return load_panel(varied(study, dict(given)).data)

    found = []
    for values in Grid(axes):
        try:
            other = varied(study, values)
            own = tuple((k, v) for k, v in values.items() if k.startswith("data."))
            on = prices(own) if own else panel
            windows_of(other, on)
        except StudyError:
            continue
        found.append(_scenario(other, on, values, workers))
    return tuple(found)


def _scenario(study: Study, panel: PricePanel, values: dict[str, Any], workers: int) -> Scenario:
    """Walk forward, and run what was chosen by the bar-by-bar engine."""
    _, choices = choices_of(study, panel, workers)
    tested = panel.window(choices[0].windows.test.first)
    terms = terms_of(study.execution, tested)
    rule = phased_rule(NAME, phases_of(study, panel, choices))
    run = simulate(tested, decisions_of(tested, rule, PhasedParams()), terms)
    costless = simulate(tested, run.decisions, terms.without_costs())
    name, parameters = BENCHMARKS["core"]
    hold = rule_named(name)
    core = simulate(tested, decisions_of(tested, hold, hold.parameters(parameters)), terms)
    metrics = {**measure(run, costless), **measure_against(run, core)}
    folds = folds_of(choices, run, core)
    return Scenario(values, metrics, summarised(folds, study.walk_forward.metric, metrics))

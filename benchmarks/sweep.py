"""A sweep: the event kernel, the bar-by-bar engine and Backtrader, per parameter set."""

from __future__ import annotations

import numpy as np

import engine as sl
from benchmarks.timing import side_by_side
from engine.evaluation.trial_metrics import trial_metrics
from engine.execution.bars import run_bars
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.execution.sweeping import SweepEngine

KERNEL = "event kernel, tables included"
TERMS = Terms(AssetCosts(1e-4, 1e-4), AssetCosts(1e-4, 2e-4))
AXES = {
    "entry_streak": list(range(2, 14)),
    "exit_streak": [1, 2, 3, 5],
    "rsi_period": [7, 14, 21, 28],
    "overbought": [65.0 + 2.5 * i for i in range(13)],
    "max_holding": [5, 10, 21, 63],
}


def main(rounds: int = 5) -> None:
    """Time about ten thousand parameter sets of the streak rule over the simulated market."""
    panel = sl.load_panel(sl.load_study("configs/demo.yaml").data)
    rule = sl.rule_named("streak")
    params = rule.parameters({})
    shape = tuple(len(values) for values in AXES.values())
    digits = np.stack(np.unravel_index(np.arange(np.prod(shape)), shape), axis=1)
    returns = len(panel) - 1

    def kernel() -> None:
        made = SweepEngine(panel, rule, {}, AXES, TERMS)
        trial_metrics(made.run(digits, workers=2), returns, TERMS.initial_cash)

    per_set = side_by_side(
        {
            KERNEL: kernel,
            "bar-by-bar engine": lambda: run_bars(panel, rule, params, TERMS),
            "Backtrader": lambda: run_backtrader(panel, rule, params, TERMS),
        },
        rounds,
    )
    per_set[KERNEL] /= len(digits)
    fastest = per_set[KERNEL]
    print(f"a sweep of {len(digits):,} sets, {len(panel):,} sessions, median of {rounds}:")
    for name, seconds in per_set.items():
        print(f"  {name:32} {seconds * 1e6:12,.1f} µs a set   {seconds / fastest:10,.0f} ×")

"""Compiling the kernel of sweeps ahead of its use, beside whatever comes before that."""

from __future__ import annotations

from collections.abc import Callable

from engine.execution.kernel.kept import missing


def to_compile(engine: str) -> Callable[[], None] | None:
    """Return what has the kernel compiled and kept, for another process; None where in vain.

    Parameters
    ----------
    engine : {"auto", "events", "bars", "backtrader"}
        What a sweep is to be run by.
    """
    return compile_kernel if engine in {"auto", "events"} and missing("simulate_runs") else None


def compile_kernel() -> None:
    """Sweep a few made-up days: all that is compiled for it is kept for everybody."""
    import numpy as np

    from engine.execution.costs import AssetCosts, Terms
    from engine.execution.sweeping import SweepEngine
    from engine.market.panel import Bars, PricePanel
    from engine.rules.registry import rule_named

    days = np.arange(np.datetime64("2000-01-01"), np.datetime64("2000-02-01"))
    price = np.linspace(100.0, 110.0, len(days))
    bars = Bars("", price, price, price, price, price)
    free = Terms(AssetCosts(0.0, 0.0), AssetCosts(0.0, 0.0))
    axes = {"entry_streak": [2, 3], "max_holding": [0, 3]}
    rule = rule_named("streak")
    SweepEngine(PricePanel(days, bars, bars), rule, {}, axes, free).run(np.arange(4))

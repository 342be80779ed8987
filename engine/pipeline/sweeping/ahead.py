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
    """Have what takes longest to compile compiled, and kept for everybody; nothing is run."""
    import numpy as np

    from engine.execution.kernel.columns import COLUMNS
    from engine.execution.kernel.events import Runs, Scratch, entries_of, simulate_runs
    from engine.execution.kernel.tables import SUMMED, WIDTH, Market

    n, whole = 2, np.int64
    pair, rows, sums = np.ones((2, n)), np.zeros((n, WIDTH), whole), np.ones(SUMMED)
    market = Market(
        close=pair,
        start=1.0,
        enter=rows,
        leave=rows,
        enter_rest=rows,
        leave_rest=rows,
        wide=False,
        factor=pair,
        proceeds=pair,
        held=np.zeros((2, SUMMED), whole),
        unit=sums,
        unit_of_rest=sums,
        cash=0.0,
        ranges=np.ones((2, 1, n, 2)),
        falls=np.ones((2, 1, n)),
        level=np.zeros(n, np.uint8),
        returns=np.zeros((4, n)),
    )
    entries = entries_of(np.ones((1, n), bool))
    row, table = np.zeros(1, np.int32), np.zeros((1, 2), np.int32)
    runs, room = Runs(row, row, row, table, table), Scratch.of(n)
    out, paths = np.empty((1, COLUMNS)), np.empty(1, np.uint64)
    simulate_runs(market, entries, entries.first, runs, room, 0, 0, out, paths, row)

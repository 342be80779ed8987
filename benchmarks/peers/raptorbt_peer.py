"""raptorbt: the ratio of satellite to core as the only asset, held or not.

Wealth is counted in shares of the core, of which as many are held at first as the first purchase
buys; being out of the ratio is holding the core. ``python -m benchmarks.peers.raptorbt_peer
JOB.npz 2``; see :mod:`benchmarks.peers.serving`.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from benchmarks.peers.serving import Job, serve

os.environ.setdefault("RAPTORBT_NO_VERSION_CHECK", "1")  # no look-up over the network

import raptorbt as rb

DAY = 86_400 * 10**9
"""Nanoseconds."""


def measure(job: Job, first: int, last: int) -> Any:
    """Run some sets as one batch."""
    opening, close = (prices[:, 1] / prices[:, 0] for prices in (job.open, job.close))
    sessions = len(close)
    buying, selling = (1.0 + job.slippage) * (1.0 + job.commission), _kept(job)
    shares = job.initial_cash / (job.open[1, 0] * buying[0])
    config = rb.BacktestConfig(
        initial_capital=shares,
        fees=_fee(selling, buying),
        slippage=0.0,
        fill_timing="next_bar_open",
        periods_per_year=252.0,
    )
    found = rb.batch_single_backtest(
        np.arange(sessions, dtype=np.int64) * DAY,
        opening,
        np.maximum(opening, close),
        np.minimum(opening, close),
        close,
        np.ones(sessions),
        _items(job.positions[first:last]),
        config,
    )
    metrics = [result.metrics for _, result in found]
    return np.array(
        [
            [one.end_value * job.close[-1, 0] for one in metrics],
            [one.sharpe_ratio for one in metrics],
            [-one.max_drawdown_pct / 100.0 for one in metrics],
        ]
    )


def _kept(job: Job) -> Any:
    return (1.0 - job.slippage) * (1.0 - job.commission)


def _fee(selling: Any, buying: Any) -> float:
    """Return the fee on the ratio that makes there and back cost what the four trades cost.

    raptorbt takes 1 / (1 + f) on entry and 1 − f on exit.
    """
    kept = selling[0] / buying[1] * (selling[1] / buying[0])
    return float((1.0 - kept) / (1.0 + kept))


def _items(inside: Any) -> list[Any]:
    before = np.zeros_like(inside)
    before[:, 1:] = inside[:, :-1]
    changes = zip(inside & ~before, before & ~inside, strict=True)
    return [rb.BatchSingleItem(str(row), *pair) for row, pair in enumerate(changes)]


if __name__ == "__main__":
    serve(measure, ("raptorbt", "numpy"), batches=(25, 100, 400), has_threads=True)

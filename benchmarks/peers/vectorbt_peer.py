"""vectorbt with its Rust engine: two assets per parameter set, one cash, sold before bought.

``python -m benchmarks.peers.vectorbt_peer JOB.npz 2``; see :mod:`benchmarks.peers.serving`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import vectorbt as vbt

from benchmarks.peers.serving import Job, serve


def measure(job: Job, first: int, last: int) -> Any:
    """Run some sets as one portfolio of groups of two columns."""
    sets = last - first
    portfolio = vbt.Portfolio.from_orders(
        np.tile(job.close, (1, sets)),
        size=_sizes(job.positions[first:last].T),
        size_type="amount",
        direction="longonly",
        price=np.tile(job.open, (1, sets)),
        fees=np.tile(job.commission, sets)[None, :],
        slippage=np.tile(job.slippage, sets)[None, :],
        init_cash=job.initial_cash,
        group_by=np.repeat(np.arange(sets), 2),
        cash_sharing=True,
        call_seq="auto",  # sells come first
        freq="1D",
        engine="rust",
    )
    value = portfolio.value()
    returns = portfolio.returns().iloc[1:]  # the first session has none
    accessor = returns.vbt.returns(freq="1D", year_freq="252 days", engine="rust")
    return np.stack([value.iloc[-1].to_numpy(), accessor.sharpe_ratio(), accessor.max_drawdown()])


def _sizes(inside: Any) -> Any:
    """Return orders, shape (n, 2 · sets): +∞ buys with all cash, −∞ sells all, NaN does nothing.

    ``inside`` has shape (n, sets). What is decided at a close is filled in the next session.
    """
    sessions, sets = inside.shape
    sizes = np.full((sessions, sets, 2), np.nan)
    now, before = inside[1:-1], inside[:-2]
    into, out = now & ~before, before & ~now
    sizes[2:, :, 0] = np.where(into, -np.inf, np.where(out, np.inf, np.nan))
    sizes[2:, :, 1] = -sizes[2:, :, 0]
    sizes[1, :, 0] = np.where(inside[0], np.nan, np.inf)  # the first purchase
    sizes[1, :, 1] = np.where(inside[0], np.inf, np.nan)
    return sizes.reshape(sessions, 2 * sets)


if __name__ == "__main__":
    serve(
        measure,
        ("vectorbt", "vectorbt-rust", "numpy", "pandas", "numba"),
        batches=(25, 50, 100, 200),
        has_threads=False,
    )

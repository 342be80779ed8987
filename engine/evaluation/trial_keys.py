"""Columns of a sweep: to be known without loading what compiles or studies them."""

from __future__ import annotations

KEYS = (
    "final_equity",
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "calmar",
    "skew",
    "kurtosis",
    "rotations",
    "rotations_per_year",
    "exposure",
    "average_holding",
    "hit_rate",
    "turnover",
    "trades",
    "active_return",
    "tracking_error",
    "information_ratio",
)
"""Metrics a sweep gives for every parameter set."""

PATH = "path"
"""Column of the hash of a set's position path: equal for sets that held the same all along."""

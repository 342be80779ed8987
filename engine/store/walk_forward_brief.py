"""A walk-forward in brief: what evidence on a sweep keeps of it.

Its shape is that of a stored walk-forward's ``metrics.json``, with fewer figures of each run, so
that the same sentences and charts are made from either.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.metrics import to_json_value
from engine.store.records import Measured
from engine.store.walk_forwards import WalkForward, walk_forward_json

POINTS = 300
"""Of a drawn line, at most; the last session is one more where it is not one of them."""
KEPT = (
    "final_equity",
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "max_drawdown",
    "rotations_per_year",
    "active_return",
    "information_ratio",
)
"""Metrics of each run."""
_ALIKE = (
    *("metric", "windows", "axes", "held_fixed", "sets", "skipped", "engine"),
    *("folds", "drift", "summary"),
)


def walk_forward_brief(found: WalkForward) -> dict[str, Any]:
    """Return a walk-forward in brief, ready for JSON.

    Returns
    -------
    dict
        As :func:`engine.store.walk_forwards.walk_forward_json`: windows, axes, folds, drift and
        summary, and ``rule``, ``beside`` and ``benchmarks``, of which labels and the metrics
        `KEPT` are left. Beside these ``first_session`` and ``last_session`` out of sample,
        ``probability``, the probabilistic Sharpe ratio of the stitched run over the core
        (fraction), and ``equity``: ``sessions`` and, by ``rule`` and the names of the others,
        wealth at their closes in currency; see :func:`drawn_sessions`.
    """
    whole, sessions = walk_forward_json(found), found.simulation.sessions
    others = {**found.beside, **found.benchmarks}
    drawn = drawn_sessions(len(sessions))
    brief = {
        "first_session": str(sessions[0]),
        "last_session": str(sessions[-1]),
        "probability": found.uncertainty.active_probability,
        "rule": _run(found.subject),
        "beside": {name: _run(one) for name, one in found.beside.items()},
        "benchmarks": {name: _run(one) for name, one in found.benchmarks.items()},
        "equity": {
            "sessions": [str(session) for session in sessions[drawn]],
            "rule": found.simulation.equity[drawn],
            **{name: one.simulation.equity[drawn] for name, one in others.items()},
        },
    }
    converted: dict[str, Any] = to_json_value(brief)
    return {**{key: whole[key] for key in _ALIKE}, **converted}


def drawn_sessions(count: int) -> NDArray[np.int64]:
    """Return which of `count` sessions are drawn, ascending: every k-th from the first, the last.

    k is the least that leaves no more than `POINTS`.
    """
    step = max(math.ceil(count / POINTS), 1)
    return np.union1d(np.arange(0, count, step), [count - 1])


def _run(measured: Measured) -> dict[str, Any]:
    metrics = {key: measured.metrics[key] for key in KEPT}
    return {"label": measured.label, "metrics": metrics}

"""A stored walk-forward read back: all that its report needs, from its folder alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.market.quotes import FloatArray, SessionArray
from engine.store.folders import Stored
from engine.store.run_reading import BENCHMARK, columns_of
from engine.store.stored_runs import stored_metrics

RULE = "rule"
"""Name of the series that is the stitched run."""


@dataclass(frozen=True, eq=False)
class StoredWalkForward:
    """A stored walk-forward. Arrays are of shape (n,), one entry per session out of sample.

    Attributes
    ----------
    stored : Stored
    metrics : dict
        ``metrics.json``: the folds, the stitched run, what is beside it, benchmarks.
    sessions : datetime64[D] array
    equities : dict of str to float64 array
        Wealth at each close by series: ``rule``, ``own``, ``hindsight``, and the benchmarks.
    study_text : bytes
        As stored.
    """

    stored: Stored
    metrics: dict[str, Any]
    sessions: SessionArray
    equities: dict[str, FloatArray]
    study_text: bytes


def read_walk_forward(stored: Stored) -> StoredWalkForward:
    """Read a stored walk-forward.

    Raises
    ------
    UsageError
        If the result is none.
    StoreError
        If its files are not what was written.
    """
    stored.must_be("walk-forward")
    metrics = stored_metrics(stored)
    sessions, columns = columns_of(stored, "equity.parquet")
    beside = {name: columns[name] for name in metrics["beside"]}
    benchmarks = {name: columns[f"{BENCHMARK}{name}"] for name in metrics["benchmarks"]}
    return StoredWalkForward(
        stored=stored,
        metrics=metrics,
        sessions=sessions,
        equities={RULE: columns["equity"], **beside, **benchmarks},
        study_text=stored.read("study.yaml"),
    )

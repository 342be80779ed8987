"""A stored run read back whole: all that its report needs, from its folder alone."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.evaluation.inference.bootstrap import Interval
from engine.evaluation.inference.verdict import Finding, Verdict
from engine.market.quotes import FloatArray, SessionArray
from engine.store.files import csv_rows
from engine.store.folders import Stored
from engine.store.stored_runs import stored_metrics

BENCHMARK = "benchmark "
"""Start of the columns of ``equity.parquet`` that hold benchmarks' wealth."""


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A stored run. Arrays are of shape (n,), one entry per traded session.

    Attributes
    ----------
    stored : Stored
    metrics : dict
        ``metrics.json``: the rule and its benchmarks, measured.
    sessions : datetime64[D] array
    holdings : dict of str to float64 array
        ``equity``, ``cash``, ``core_shares``, ``satellite_shares``, ``target_weight``.
    benchmarks : dict of str to float64 array
        Wealth of each benchmark at each close.
    decided_weight : float64 array
        What was decided at each close; NaN where nothing was.
    market : dict of str to float64 array, or None
        Opens, closes, streak and overnight rate; None in runs of earlier versions.
    rotations : tuple of dict
        The rows of ``rotations.csv``, as text.
    rotations_csv, study_text : bytes
        As stored.
    """

    stored: Stored
    metrics: dict[str, Any]
    sessions: SessionArray
    holdings: dict[str, FloatArray]
    benchmarks: dict[str, FloatArray]
    decided_weight: FloatArray
    market: dict[str, FloatArray] | None
    rotations: tuple[dict[str, str], ...]
    rotations_csv: bytes
    study_text: bytes


def stored_intervals(metrics: Mapping[str, Any]) -> dict[str, Interval]:
    """Return the intervals of a run's ``metrics.json`` by metric, without undefined ones."""
    found = metrics.get("uncertainty", {}).get("intervals", {})
    known = {key: interval for key, interval in found.items() if None not in interval.values()}
    return {key: Interval(**interval) for key, interval in known.items()}


def stored_verdict(metrics: Mapping[str, Any]) -> Verdict | None:
    """Return the verdict of a run's ``metrics.json``; None in runs of earlier versions."""
    found = metrics.get("verdict")
    if found is None:
        return None
    findings = tuple(
        Finding(
            finding["key"],
            math.nan if finding["value"] is None else finding["value"],
            finding["level"],
            tuple(finding["thresholds"]),
        )
        for finding in found["findings"]
    )
    return Verdict(found["level"], findings, found["caveat"])


def read_run(stored: Stored) -> StoredRun:
    """Read a stored run.

    Raises
    ------
    UsageError
        If the result is not a run.
    StoreError
        If its files are not what was written.
    """
    stored.must_be("run")
    sessions, equity = columns_of(stored, "equity.parquet")
    _, signals = columns_of(stored, "signals.parquet")
    has_market = "market.parquet" in stored.manifest["files"]
    rotations = stored.read("rotations.csv")
    return StoredRun(
        stored=stored,
        metrics=stored_metrics(stored),
        sessions=sessions,
        holdings={k: v for k, v in equity.items() if not k.startswith(BENCHMARK)},
        benchmarks={
            k.removeprefix(BENCHMARK): v for k, v in equity.items() if k.startswith(BENCHMARK)
        },
        decided_weight=signals["decided_weight"],
        market=columns_of(stored, "market.parquet")[1] if has_market else None,
        rotations=tuple(csv_rows(rotations)),
        rotations_csv=rotations,
        study_text=stored.read("study.yaml"),
    )


def stored_equities(stored: Stored) -> dict[str, FloatArray]:
    """Return the wealth at each close of a stored result that has any, by label of its rows.

    Raises
    ------
    StoreError
        If its files are not what was written.
    """
    _, columns = columns_of(stored, "equity.parquet")
    if stored.manifest["kind"] == "comparison":
        return columns
    metrics = stored_metrics(stored)
    labels = {f"{BENCHMARK}{name}": row["label"] for name, row in metrics["benchmarks"].items()}
    beside = {name: row["label"] for name, row in metrics.get("beside", {}).items()}
    labels = {"equity": metrics["rule"]["label"], **beside, **labels}
    return {label: columns[name] for name, label in labels.items()}


def columns_of(stored: Stored, name: str) -> tuple[SessionArray, dict[str, FloatArray]]:
    """Return the sessions of a Parquet file, and its other columns by name."""
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(stored.read(name)), use_threads=False, pre_buffer=False)
    columns = {c: table[c].to_numpy() for c in table.column_names if c != "session"}
    return np.asarray(table["session"].to_numpy(), dtype="datetime64[D]"), columns

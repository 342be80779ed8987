"""Reading stored results back: what showing and comparing them needs."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from engine.errors import StoreError, UsageError
from engine.market.quotes import FloatArray, SessionArray
from engine.store.folders import Stored
from engine.store.records import Compared, Setting


def setting_of(stored: Stored) -> Setting:
    """Return the prices and terms a stored result was made with."""
    manifest = stored.manifest
    return Setting(manifest["data"], manifest["execution"], tuple(manifest["warnings"]))


def stored_metrics(stored: Stored) -> dict[str, Any]:
    """Return the metrics file of a result; raises StoreError if it is not what was written."""
    metrics: dict[str, Any] = json.loads(stored.read("metrics.json"))
    return metrics


def stored_rows(stored: Stored) -> list[dict[str, Any]]:
    """Return the rows of a stored run or comparison: label, kind, rule and metrics of each."""
    metrics = stored_metrics(stored)
    if "rows" in metrics:
        return list(metrics["rows"])
    rules = [metrics["rule"], *metrics.get("beside", {}).values()]
    return [
        *({"kind": "rule", **row} for row in rules),
        *({"kind": "benchmark", **row} for row in metrics["benchmarks"].values()),
    ]


def compared_rows(stored: Stored) -> tuple[SessionArray, FloatArray, list[Compared]]:
    """Return sessions, returns of cash, and a stored run's rule and benchmarks as rows.

    Raises
    ------
    UsageError
        If the result is not a run.
    StoreError
        If its files are not what was written, or by a version that kept no returns of cash.
    """
    if stored.manifest["kind"] != "run":
        raise UsageError(f"{stored.name} is no run; compare study files or runs")
    import pyarrow.parquet as pq

    equity = pq.read_table(
        io.BytesIO(stored.read("equity.parquet")), use_threads=False, pre_buffer=False
    )
    if "cash_return" not in equity.column_names:
        raise StoreError(f"{stored.name} is from an earlier version; run the study again")
    columns = ["equity", *(c for c in equity.column_names if c.startswith("benchmark "))]
    rows = [
        Compared(
            label=row["label"],
            kind=row["kind"],
            source=stored.name,
            rule=row["rule"],
            metrics=row["metrics"],
            equity=equity[column].to_numpy(),
        )
        for row, column in zip(stored_rows(stored), columns, strict=True)
    ]
    sessions = np.asarray(equity["session"].to_numpy(), dtype="datetime64[D]")
    return sessions, equity["cash_return"].to_numpy()[1:], rows

"""Reading stored runs back: what a comparison needs of them."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from engine.errors import UsageError
from engine.market.quotes import SessionArray
from engine.store.folders import Stored
from engine.store.records import Compared, Setting


def setting_of(stored: Stored) -> Setting:
    """Return the prices and terms a stored run was made with."""
    manifest = stored.manifest
    return Setting(manifest["data"], manifest["config"]["execution"], tuple(manifest["warnings"]))


def compared_rows(stored: Stored) -> tuple[SessionArray, list[Compared]]:
    """Return sessions, and the rule and benchmarks of a stored run as rows of a comparison.

    Raises
    ------
    UsageError
        If the result is not a run.
    StoreError
        If its files are not what was written.
    """
    if stored.manifest.get("kind") != "run":
        raise UsageError(f"{stored.name} is no run; compare study files or runs")
    import pyarrow.parquet as pq

    equity = pq.read_table(io.BytesIO(stored.read("equity.parquet")))
    metrics: dict[str, Any] = json.loads(stored.read("metrics.json"))
    measured = [("rule", "equity", metrics["rule"])]
    measured += [("benchmark", f"benchmark {k}", m) for k, m in metrics["benchmarks"].items()]
    rows = [
        Compared(
            label=found["label"],
            kind="rule" if kind == "rule" else "benchmark",
            source=stored.name,
            rule=found["rule"],
            metrics=found["metrics"],
            equity=equity[column].to_numpy(),
        )
        for kind, column, found in measured
    ]
    return np.asarray(equity["session"].to_numpy(), dtype="datetime64[D]"), rows

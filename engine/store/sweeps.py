"""What a sweep is once computed, and its files."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.grid_study import PATH, GridFindings
from engine.evaluation.metrics import Metrics, to_json_value
from engine.store.files import csv_bytes, measured_json, notice_of, table_bytes
from engine.store.filters import matching
from engine.store.folders import Stored, json_bytes
from engine.store.grid_findings import findings_json, heatmap_csv
from engine.store.records import Measured, Setting

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Confirmation:
    """One parameter set run again in Backtrader.

    Attributes
    ----------
    row : int
        Of the sweep's table.
    parameters : mapping
        Swept key → value.
    chosen : {"sample", "top"}
    differences : mapping of str to float
        By metric: |kernel − Backtrader|, relative to Backtrader's value or to 1 if that is
        larger; infinite where only one of the two is defined.
    """

    row: int
    parameters: Mapping[str, Any]
    chosen: str
    differences: Mapping[str, float]

    @property
    def largest(self) -> float:
        """The largest difference of any metric."""
        return self.differences[self.worst]

    @property
    def worst(self) -> str:
        """The metric that differs most."""
        return max(self.differences, key=self.differences.__getitem__)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Every parameter set of a study, measured.

    Attributes
    ----------
    study : str
    seed : int
    config : dict
    content_hash : str
    setting : Setting
    axes : tuple of str
        Swept keys, in the order of the study.
    columns : dict of str to array
        One entry per admissible set: the swept values, every metric, and the path hash.
    skipped : int
        Combinations the rule does not allow.
    engine : str
    seconds : float
        Spent on simulating and measuring all sets.
    baseline : Measured
        The study's rule with its own parameters, on Backtrader.
    benchmarks : dict of str to Measured
    confirmations : tuple of Confirmation
    findings : GridFindings
        What the grid says of the metric it is ranked by.
    """

    study: str
    seed: int
    config: dict[str, Any]
    content_hash: str
    setting: Setting
    axes: tuple[str, ...]
    columns: dict[str, NDArray[Any]]
    skipped: int
    engine: str
    seconds: float
    baseline: Measured
    benchmarks: dict[str, Measured]
    confirmations: tuple[Confirmation, ...]
    findings: GridFindings

    def __len__(self) -> int:
        return len(self.columns[PATH])

    @property
    def table(self) -> pd.DataFrame:
        """One row per parameter set: parameters, metrics, path."""
        import pandas as pd

        return pd.DataFrame(self.columns)

    @property
    def max_difference(self) -> float:
        """The largest difference to Backtrader of any confirmed set; NaN where none was."""
        return max((c.largest for c in self.confirmations), default=float("nan"))

    def best(self, metric: str) -> dict[str, Any]:
        """Return the best row by a metric, as a dict; raises UsageError for an unknown metric."""
        return self.row(int(ranked(self.columns, metric)[0]))

    def row(self, index: int) -> dict[str, Any]:
        """Return one row as a dict of plain values."""
        return {name: plain(values[index]) for name, values in self.columns.items()}


def plain(value: Any) -> Any:
    """Return a NumPy scalar as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def check_metric(metric: str, known: Sequence[str]) -> None:
    """Raise UsageError if a metric is none of those a sweep gives."""
    from engine.errors import UsageError, did_you_mean

    if metric not in known:
        raise UsageError(
            f'"{metric}" is no metric of a sweep (allowed {", ".join(known)}'
            f"{did_you_mean(metric, known)})"
        )


def ranked(columns: Mapping[str, NDArray[Any]], metric: str) -> NDArray[np.int64]:
    """Return row numbers, best first by a metric, undefined last, ties in the grid's order."""
    from engine.evaluation.definitions import METRIC_KEYS, find_metric

    check_metric(metric, [key for key in METRIC_KEYS if key in columns])
    values = np.asarray(columns[metric], dtype=np.float64)
    keys = -values if find_metric(metric).direction >= 0 else values
    return np.argsort(np.where(np.isnan(keys), np.inf, keys), kind="stable")


def leaders(columns: Mapping[str, NDArray[Any]], metric: str, count: int) -> list[int]:
    """Return the best rows by a metric, at most `count`, one for each position path.

    Sets that held the same all along are one strategy under several names; the first stands for
    them.
    """
    return best_rows(columns, metric, count)


def best_rows(
    columns: Mapping[str, NDArray[Any]],
    metric: str,
    count: int,
    *,
    where: str | None = None,
    distinct: bool = True,
) -> list[int]:
    """Return the best rows by a metric that meet conditions; see :func:`leaders` for distinct."""
    order = ranked(columns, metric)
    if where is not None:
        order = order[matching(columns, where)[order]]
    if distinct:
        _, first = np.unique(columns[PATH][order], return_index=True)
        order = order[np.sort(first)]
    return [int(i) for i in order[:count]]


def read_trials(stored: Stored) -> dict[str, NDArray[Any]]:
    """Return the columns of a stored sweep; raises StoreError if they are not what was written."""
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(stored.read("trials.parquet")))
    return {name: table[name].to_numpy() for name in table.column_names}


def row_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row ready for JSON, without the hash: many readers take numbers for floats."""
    texts = {key: str(value) for key, value in row.items() if isinstance(value, dt.date)}
    converted: dict[str, Any] = to_json_value({**row, **texts})
    del converted[PATH]
    return converted


def sweep_files(sweep: Sweep, top: Sequence[int]) -> dict[str, bytes]:
    """Return the data files of a sweep by name; `top` are the rows its summary lists."""
    simulated = sweep.setting.simulated
    confirmations = [
        {"row": c.row, "chosen": c.chosen, **c.parameters, "largest": c.largest, **c.differences}
        for c in sweep.confirmations
    ]
    names = list(confirmations[0]) if confirmations else ["row", "chosen", *sweep.axes, "largest"]
    metrics: dict[str, Metrics | Any] = {
        **notice_of(simulated),
        "axes": list(sweep.axes),
        "sets": len(sweep),
        "skipped": sweep.skipped,
        "top": [{"row": i, **row_json(sweep.row(i))} for i in top],
        "rule": measured_json(sweep.baseline),
        "benchmarks": {name: measured_json(b) for name, b in sweep.benchmarks.items()},
        "grid": findings_json(sweep.findings),
    }
    return {
        "trials.parquet": table_bytes(sweep.columns, simulated=simulated),
        "heatmap.csv": heatmap_csv(sweep.findings, simulated=simulated),
        "confirmations.csv": csv_bytes(names, confirmations, simulated=simulated),
        "metrics.json": json_bytes(metrics),
    }

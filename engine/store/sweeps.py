"""What a sweep is once computed, and its files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.metrics import to_json_value
from engine.evaluation.trial_keys import PATH
from engine.execution.simulation import Simulation
from engine.store.files import csv_bytes, measured_json, notice_of
from engine.store.folders import json_bytes
from engine.store.grid_findings import findings_json, heatmap_csv
from engine.store.ranking import best_rows
from engine.store.records import Measured, Setting

if TYPE_CHECKING:
    import pandas as pd

    from engine.evaluation.grid_study import GridFindings


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
class SweepSummary:
    """What there is to say of a sweep without its table, however many sets it has.

    Attributes
    ----------
    study : str
    seed : int
    config : dict
    folder : Path or None
        What paths in `config` are relative to, absolute; None for a study made in Python.
    content_hash : str
    setting : Setting
    axes : tuple of str
        Swept keys, in the order of the study.
    outer : tuple of str
        Those of them that change prices or terms: equal paths on other terms are other strategies.
    sets : int
        Admissible sets: rows of the table.
    skipped : int
        Combinations the rule does not allow.
    engine : str
        What ran the sets; several, joined by ``+``, where an axis decides.
    seconds : float
        Spent on simulating and measuring all sets.
    metric : str
        What ``top`` is ranked by.
    top : tuple of dict
        The best rows, one for each strategy: ``row``, the swept values, metrics, path.
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
    folder: Path | None
    content_hash: str
    setting: Setting
    axes: tuple[str, ...]
    outer: tuple[str, ...]
    sets: int
    skipped: int
    engine: str
    seconds: float
    metric: str
    top: tuple[dict[str, Any], ...]
    baseline: Measured
    benchmarks: dict[str, Measured]
    confirmations: tuple[Confirmation, ...]
    findings: GridFindings

    def __len__(self) -> int:
        return self.sets

    @property
    def max_difference(self) -> float:
        """The largest difference to Backtrader of any confirmed set; NaN where none was."""
        return max((c.largest for c in self.confirmations), default=float("nan"))


class Rerun(Protocol):
    """Runs the set of one row again, session by session."""

    def __call__(self, row: int) -> Simulation: ...


@dataclass(frozen=True, eq=False)
class Sweep(SweepSummary):
    """Every parameter set of a study, measured, in memory.

    Attributes
    ----------
    columns : dict of str to array, each of shape (sets,)
        The swept values, every metric, and the path hash; read-only.
    """

    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    rerun: Rerun | None = field(default=None, repr=False)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per parameter set: parameters, metrics, path. Shares the columns' memory."""
        import pandas as pd

        return pd.DataFrame(self.columns, copy=False)

    def best(self, metric: str) -> dict[str, Any]:
        """Return the best row by a metric, as a dict; raises UsageError for an unknown metric."""
        return self.row(best_rows(self.columns, metric, 1, alike=())[0])

    def row(self, index: int) -> dict[str, Any]:
        """Return one row as a dict of plain values."""
        return {name: plain(values[index]) for name, values in self.columns.items()}

    def equity(self, row: int) -> pd.Series[float]:
        """Return wealth at each close of one set, in currency, indexed by session.

        The sweep keeps no wealth: the set is run again by the bar-by-bar engine.

        Raises
        ------
        IndexError
            If there is no such row.
        """
        import pandas as pd

        assert self.rerun is not None  # every sweep the pipeline makes has it
        ran = self.rerun(range(self.sets)[row])
        index = pd.DatetimeIndex(ran.sessions, name="session")
        return pd.Series(ran.equity, index=index, name="equity", copy=True)


def plain(value: Any) -> Any:
    """Return a NumPy scalar as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def row_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row ready for JSON, without the hash: many readers take numbers for floats."""
    texts = {key: str(value) for key, value in row.items() if isinstance(value, dt.date)}
    converted: dict[str, Any] = to_json_value({**row, **texts})
    converted.pop(PATH, None)
    return converted


def sweep_files(sweep: SweepSummary) -> dict[str, bytes]:
    """Return the data files of a sweep by name, all but its table."""
    simulated = sweep.setting.simulated
    confirmations = [
        {"row": c.row, "chosen": c.chosen, **c.parameters, "largest": c.largest, **c.differences}
        for c in sweep.confirmations
    ]
    names = list(confirmations[0]) if confirmations else ["row", "chosen", *sweep.axes, "largest"]
    metrics: dict[str, Any] = {
        **notice_of(simulated),
        "axes": list(sweep.axes),
        "sets": sweep.sets,
        "skipped": sweep.skipped,
        "metric": sweep.metric,
        "top": [row_json(row) for row in sweep.top],
        "rule": measured_json(sweep.baseline),
        "benchmarks": {name: measured_json(b) for name, b in sweep.benchmarks.items()},
        "grid": findings_json(sweep.findings),
    }
    return {
        "heatmap.csv": heatmap_csv(sweep.findings, simulated=simulated),
        "confirmations.csv": csv_bytes(names, confirmations, simulated=simulated),
        "metrics.json": json_bytes(metrics),
    }

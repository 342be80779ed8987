"""What a walk-forward is once computed, and its files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.evaluation.inference.uncertainty import Uncertainty
from engine.evaluation.inference.verdict import Verdict
from engine.evaluation.metrics import Metrics, to_json_value
from engine.evaluation.walk_forward.folds import Drift, Fold, Summary
from engine.market.quotes import FloatArray
from engine.store.files import (
    csv_bytes,
    equity_columns,
    inference_json,
    measured_json,
    notice_of,
    parquet_bytes,
)
from engine.store.folders import json_bytes
from engine.store.logs import ROTATION_COLUMNS, TRADE_COLUMNS, rotation_log, trade_log
from engine.store.records import Backtested, Measured, Setting

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("in_sample", "out_of_sample")
SHOWN = ("cagr", "active_return")
"""Metrics of a fold's choice that are listed beside the one that chose."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """A walk-forward of its own on other costs, fills or prices, run bar by bar.

    ``values`` are the swept keys that no rule chooses, ``metrics`` those of its stitched run, with
    relative ones against the core held on the same terms, ``summary`` is what its folds say.
    """

    values: Mapping[str, Any]
    metrics: Metrics
    summary: Summary


@dataclass(frozen=True, eq=False)
class WalkForward(Backtested):
    """Parameters chosen again and again, and what trading them would have earned.

    Attributes
    ----------
    study : str
    seed : int
    config : dict
    content_hash : str
    setting : Setting
        Of the stitched run: its sessions are those out of sample.
    metric : str
        What chose.
    windows : dict
        The walk-forward section, and ``train_sessions`` and ``test_sessions``.
    axes : tuple of str
        Swept keys that could be chosen.
    held_fixed : tuple of str
        Swept keys that no rule can choose: costs, fills, prices. They have the study's values.
    sets : int
        Sets of the grid that the rule allows.
    skipped : int
        Combinations it does not allow.
    engine : str
        What ran the sets.
    sessions : datetime64[D] array, shape (n,)
        All traded sessions of the study: what the windows of the folds count.
    folds : tuple of Fold
    drifts : tuple of Drift
    summary : Summary
    subject : Measured
        The stitched run, on Backtrader.
    beside : dict of str to Measured
        Over the same sessions: ``own``, the study's rule with its own parameters, and
        ``hindsight``, the set that was best in these very sessions.
    benchmarks : dict of str to Measured
    core_close : float64 array, shape (sessions of the stitched run,)
    uncertainty : Uncertainty
        How well the stitched run's figures are known.
    verdict : Verdict
    scenarios : tuple of Scenario
        One for each combination of the values of ``held_fixed``.
    timings : dict of str to float
        Seconds spent, by part.
    """

    study: str
    seed: int
    config: dict[str, Any]
    content_hash: str
    setting: Setting
    metric: str
    windows: dict[str, Any]
    axes: tuple[str, ...]
    held_fixed: tuple[str, ...]
    sets: int
    skipped: int
    engine: str
    sessions: np.ndarray[Any, np.dtype[np.datetime64]]
    folds: tuple[Fold, ...]
    drifts: tuple[Drift, ...]
    summary: Summary
    subject: Measured
    beside: dict[str, Measured]
    benchmarks: dict[str, Measured]
    core_close: FloatArray
    uncertainty: Uncertainty
    verdict: Verdict
    scenarios: tuple[Scenario, ...]
    timings: dict[str, float]

    @property
    def max_difference(self) -> float:
        """Largest relative difference of equity between engines, over all runs."""
        runs = (self.subject, *self.beside.values(), *self.benchmarks.values())
        return max(run.max_difference for run in runs)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row per fold, plain values: windows, the choice, and how it did."""
        return [fold_row(self, fold) for fold in self.folds]

    @property
    def table(self) -> pd.DataFrame:
        """The folds as a data frame."""
        import pandas as pd

        return pd.DataFrame(self.rows)


def fold_row(found: WalkForward, fold: Fold) -> dict[str, Any]:
    """Return one fold as a row: dates, sessions, choice, metrics, standing, what was earned."""
    choice = fold.choice
    train, test, _ = choice.windows

    def day(session: int) -> str:
        return str(found.sessions[session])

    keys = dict.fromkeys((found.metric, *SHOWN))
    metrics: dict[str, Any] = {
        f"{side}_{key}": getattr(choice, side).get(key) for key in keys for side in SIDES
    }
    return {
        "fold": fold.number,
        "train_first": day(train.first),
        "train_last": day(train.stop - 1),
        "train_sessions": train.sessions,
        "test_first": day(test.first),
        "test_last": day(test.stop - 1),
        "test_sessions": test.sessions,
        "in_force": fold.in_force,
        **{axis: choice.values.get(axis) for axis in found.axes},
        "trained_sets": choice.trained_sets,
        **metrics,
        "test_rank": choice.test_standing.rank,
        "test_sets": choice.test_standing.sets,
        "test_percentile": choice.test_standing.percentile,
        "test_median": choice.test_median,
        "order_kept": choice.order_kept,
        "stitched_return": fold.stitched_return,
        "core_return": fold.core_return,
        "rotations": fold.rotations,
    }


def walk_forward_json(found: WalkForward) -> dict[str, Any]:
    """Return a walk-forward ready for JSON: what ``metrics.json`` holds."""
    told = {
        "metric": found.metric,
        "windows": found.windows,
        "axes": list(found.axes),
        "held_fixed": list(found.held_fixed),
        "sets": found.sets,
        "skipped": found.skipped,
        "engine": found.engine,
        "folds": found.rows,
        "drift": [one._asdict() for one in found.drifts],
        "summary": asdict(found.summary),
        "scenarios": [
            {"values": _plain(s.values), "metrics": s.metrics, "summary": asdict(s.summary)}
            for s in found.scenarios
        ],
    }
    converted: dict[str, Any] = to_json_value(told)
    return {
        **converted,
        "rule": measured_json(found.subject),
        "beside": {name: measured_json(one) for name, one in found.beside.items()},
        "benchmarks": {name: measured_json(one) for name, one in found.benchmarks.items()},
        "uncertainty": inference_json(found.uncertainty),
        "verdict": inference_json(found.verdict),
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return swept values for JSON, dates as text."""
    return {k: str(v) if isinstance(v, dt.date) else v for k, v in values.items()}


def walk_forward_facts(found: WalkForward) -> dict[str, Any]:
    """Return a walk-forward for machines: keys as those of a run, and the folds."""
    data = found.setting.data
    told = walk_forward_json(found)
    rule = told.pop("rule")
    return {
        "study": found.study,
        "rule": rule["rule"],
        "sessions": data["sessions"],
        "first_session": data["first_session"],
        "last_session": data["last_session"],
        "price_basis": data["price_basis"],
        "simulated": found.setting.simulated,
        "rejected_orders": found.simulation.rejected_orders,
        "max_difference": found.max_difference,
        "metrics": rule["metrics"],
        **told,
        "beside": {name: one["metrics"] for name, one in told["beside"].items()},
        "benchmarks": {name: one["metrics"] for name, one in told["benchmarks"].items()},
        "warnings": list(found.setting.warnings),
    }


def walk_forward_files(found: WalkForward) -> dict[str, bytes]:
    """Return the data files of a walk-forward by name."""
    simulated = found.setting.simulated
    symbols = found.setting.data["symbols"]
    pair = (symbols["core"], symbols["satellite"])
    simulation = found.simulation

    def csv(columns: Any, rows: list[dict[str, Any]]) -> bytes:
        return csv_bytes(columns, rows, simulated=simulated)

    columns: Mapping[str, Any] = {
        **equity_columns(found.subject, found.benchmarks),
        **{name: one.simulation.equity for name, one in found.beside.items()},
        "fold": _fold_of_each(found),
    }
    others = [{**_plain(s.values), **s.metrics, **asdict(s.summary)} for s in found.scenarios]
    return {
        **({"scenarios.csv": csv(list(others[0]), others)} if others else {}),
        "folds.csv": csv(list(found.rows[0]), found.rows),
        "metrics.json": json_bytes({**notice_of(simulated), **walk_forward_json(found)}),
        "equity.parquet": parquet_bytes(simulation.sessions, columns, simulated=simulated),
        "rotations.csv": csv(ROTATION_COLUMNS, rotation_log(simulation, pair, found.core_close)),
        "trades.csv": csv(TRADE_COLUMNS, trade_log(simulation, pair)),
    }


def _fold_of_each(found: WalkForward) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the number of the fold whose test window each close of the stitched run lies in."""
    lengths = [fold.choice.windows.test.sessions for fold in found.folds]
    return np.repeat([fold.number for fold in found.folds], lengths)

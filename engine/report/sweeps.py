"""The summary of a sweep: its best sets, beside the study's own and the benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.evaluation.metrics import to_json_value
from engine.report.results import caption_of
from engine.report.tables import Row, Table
from engine.store.folders import Stored
from engine.store.stored_runs import setting_of, stored_metrics, stored_rows
from engine.store.sweeps import SweepSummary

COLUMNS = (
    "final_equity",
    "cagr",
    "volatility",
    "sharpe",
    "max_drawdown",
    "calmar",
    "rotations_per_year",
    "exposure",
    "hit_rate",
    "active_return",
    "information_ratio",
)


def sweep_table(sweep: SweepSummary) -> Table:
    """Return the best sets, the study's own rule, and the benchmarks."""
    metric = sweep.metric
    rows = [Row(set_label(sweep.axes, row), "rule", row) for row in sweep.top]
    rows.append(Row(sweep.baseline.label, "rule", sweep.baseline.metrics))
    rows += [Row(b.label, "benchmark", b.metrics) for b in sweep.benchmarks.values()]
    columns = COLUMNS if metric in COLUMNS else (*COLUMNS, metric)
    return Table(
        tuple(rows),
        columns,
        caption=caption_of(sweep.setting),
        notes=(*_notes(sweep), *sweep.setting.warnings),
        simulated=sweep.setting.simulated,
    )


def top_table(stored: Stored, rows: Sequence[Mapping[str, Any]], metric: str) -> Table:
    """Return rows of a stored sweep as a table."""
    axes = stored.manifest["axes"]
    return Table(
        tuple(Row(set_label(axes, row), "rule", to_json_value(dict(row))) for row in rows),
        COLUMNS if metric in COLUMNS else (*COLUMNS, metric),
        caption=caption_of(setting_of(stored)),
        notes=tuple(stored.manifest["notes"]),
        simulated=stored.manifest["simulated"],
    )


def stored_sweep_table(stored: Stored) -> Table:
    """Return the summary of a stored sweep, as it was when it was made."""
    axes = stored.manifest["axes"]
    best = (Row(set_label(axes, row), "rule", row) for row in stored_metrics(stored)["top"])
    others = (Row(row["label"], row["kind"], row["metrics"]) for row in stored_rows(stored))
    return Table(
        (*best, *others),
        COLUMNS,
        caption=caption_of(setting_of(stored)),
        notes=tuple(stored.manifest["notes"]),
        simulated=stored.manifest["simulated"],
    )


def set_label(axes: Sequence[str], row: Mapping[str, Any]) -> str:
    """Return the swept values of a set: ``entry_streak 5, slippage_bps.IWM 2``."""
    values = (f"{_short(axis)} {value_text(row[axis])}" for axis in axes)
    return ", ".join(values) or "as in the study"


def _short(axis: str) -> str:
    """Return a swept key without its section."""
    return axis.removeprefix("rule.parameters.").partition(".")[2] or axis.rpartition(".")[2]


def value_text(value: Any) -> str:
    """Return a swept value as a study file writes it, short."""
    if value is None:
        return "null"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _notes(sweep: SweepSummary) -> list[str]:
    notes = [
        f"{sweep.sets:,} sets, {sweep.skipped:,} combinations the rule does not allow; "
        f"{sweep.engine} engine"
    ]
    if sweep.confirmations:
        notes.append(
            f"{len(sweep.confirmations)} sets confirmed by Backtrader, largest difference "
            f"{sweep.max_difference:.0e}"
        )
    else:
        notes.append("no set was confirmed by Backtrader")
    return notes

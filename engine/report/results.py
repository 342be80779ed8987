"""The summary of a run and of a comparison, as a table with what a reader must know beneath."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.evaluation.metrics import to_json_value
from engine.execution.simulation import Simulation
from engine.report.evidence import rule_test_notes, uncertainty_notes
from engine.report.format import format_value
from engine.report.tables import DEFAULT_COLUMNS, Row, Table, describe_setting, sort_rows
from engine.store.files import inference_json
from engine.store.folders import Stored
from engine.store.logs import features_text
from engine.store.records import Comparison, RunResult, Setting
from engine.store.stored_runs import setting_of, stored_rows

RUN_COLUMNS = (
    "final_equity",
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "max_drawdown_length",
    "calmar",
    "worst_session",
    "es_95",
    "rotations",
    "rotations_per_year",
    "turnover",
    "exposure",
    "average_holding",
    "hit_rate",
    "cost_drag",
    "active_return",
    "tracking_error",
    "information_ratio",
    "alpha",
    "beta",
)


def run_table(result: RunResult) -> Table:
    """Return the summary of a run: the rule, then its benchmarks."""
    rows = [Row(result.subject.label, "rule", result.subject.metrics)]
    rows += [Row(b.label, "benchmark", b.metrics) for b in result.benchmarks.values()]
    return Table(
        tuple(rows),
        RUN_COLUMNS,
        caption=caption_of(result.setting),
        notes=(
            *_luck_notes(result),
            *execution_notes(result.simulation, result.max_difference, result.setting),
            *result.warnings,
        ),
        simulated=result.setting.simulated,
    )


def sorted_by(comparison: Comparison, key: str) -> Comparison:
    """Return the comparison with its rows best first by a metric; no label occurs twice in one."""
    rows = {row.label: row for row in comparison.rows}
    order = sort_rows(_rows_of(comparison), key)
    return replace(comparison, rows=tuple(rows[row.label] for row in order))


def comparison_table(comparison: Comparison) -> Table:
    """Return the summary of a comparison, rows in its order."""
    return Table(
        _rows_of(comparison),
        DEFAULT_COLUMNS,
        caption=caption_of(comparison.setting),
        notes=(*_test_notes(comparison), *comparison.setting.warnings),
        simulated=comparison.setting.simulated,
    )


def _rows_of(comparison: Comparison) -> tuple[Row, ...]:
    return tuple(Row(row.label, row.kind, row.metrics) for row in comparison.rows)


def stored_table(stored: Stored) -> Table:
    """Return the summary of a stored run, walk-forward or comparison, as when it was made."""
    manifest = stored.manifest
    rows = (Row(row["label"], row["kind"], row["metrics"]) for row in stored_rows(stored))
    return Table(
        tuple(rows),
        DEFAULT_COLUMNS if manifest["kind"] == "comparison" else RUN_COLUMNS,
        caption=caption_of(setting_of(stored)),
        notes=tuple(manifest["notes"]),
        simulated=manifest["simulated"],
    )


def caption_of(setting: Setting) -> str:
    """Return the caption of a table: what its rows share."""
    data, execution = setting.data, setting.execution
    return describe_setting(
        price_basis=data["price_basis"],
        sessions=data["sessions"],
        first_session=data["first_session"],
        last_session=data["last_session"],
        commission_bps=execution["commission_bps"],
        slippage_bps=execution["slippage_bps"],
        fill=execution["fill"],
    )


def _luck_notes(result: RunResult) -> tuple[str, ...]:
    core = result.setting.data["symbols"]["core"]
    return uncertainty_notes(result.uncertainty, result.verdict, f"{core} held")


def _test_notes(comparison: Comparison) -> tuple[str, ...]:
    return rule_test_notes(comparison.tests) if comparison.tests else ()


def execution_notes(run: Simulation, max_difference: float, setting: Setting) -> list[str]:
    """Return how well a run was executed, and what it decided at the last close."""
    notes = [
        f"{run.rejected_orders} rejected orders; two engines agree to "
        f"{max_difference:.0e} of equity"
    ]
    pending = run.pending
    if pending is not None:
        symbols = setting.data["symbols"]
        target = {0.0: symbols["core"], 1.0: symbols["satellite"]}.get(
            pending.weight, f"{format_value(pending.weight, 'fraction')} {symbols['satellite']}"
        )
        reason = "; ".join(part for part in (pending.trigger, features_text(pending)) if part)
        notes.append(
            f"pending: decided at the last close, to be filled in the next session: "
            f"{target} ({reason})"
        )
    return notes


def run_json(result: RunResult) -> dict[str, Any]:
    """Return a run's summary for machines: keys as in the table of metrics, null for undefined."""
    data = result.setting.data
    return {
        "study": result.study,
        "rule": result.subject.rule,
        "sessions": data["sessions"],
        "first_session": data["first_session"],
        "last_session": data["last_session"],
        "price_basis": data["price_basis"],
        "simulated": result.setting.simulated,
        "rejected_orders": result.simulation.rejected_orders,
        "max_difference": result.max_difference,
        "metrics": to_json_value(result.metrics),
        "benchmarks": {
            name: to_json_value(measured.metrics) for name, measured in result.benchmarks.items()
        },
        "uncertainty": inference_json(result.uncertainty),
        "verdict": inference_json(result.verdict),
        "warnings": list(result.warnings),
    }


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison for machines, rows in its order, all metrics of each, and the tests."""
    return {
        "rows": [
            {"rule": row.label, "kind": row.kind, "metrics": to_json_value(row.metrics)}
            for row in comparison.rows
        ],
        "tests": inference_json(comparison.tests),
    }

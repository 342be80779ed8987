"""The summary of a sweep: its best sets, beside the study's own and the benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.evaluation.metrics import to_json_value
from engine.report.format import counted
from engine.report.grids import grid_notes, grid_sections
from engine.report.labels import set_label
from engine.report.results import caption_of
from engine.report.sections import Section, sections_body
from engine.report.tables import Row, Table, to_markdown
from engine.store.files import csv_bytes
from engine.store.folders import Stored
from engine.store.grid_findings import findings_json
from engine.store.records import Setting
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


BESIDE_COLUMNS = (
    "neighbours",
    "neighbours_same_path",
    "neighbours_median",
    "neighbours_worst",
    "neighbours_near",
    "neighbours_better_than_core",
    "plateau",
    "first_half",
    "first_half_rank",
    "second_half",
    "second_half_rank",
)
"""What ``summary.csv`` says of the best sets beside their metrics; fractions, and the metric."""


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


def sweep_sections(sweep: SweepSummary) -> list[Section]:
    """Return what the grid of a sweep says."""
    return grid_sections(findings_json(sweep.findings), core_label(sweep.setting))


def stored_sweep_sections(stored: Stored) -> list[Section]:
    """Return what the grid of a stored sweep says, as it was when it was made."""
    return grid_sections(stored_metrics(stored)["grid"], core_label(setting_of(stored)))


def core_label(setting: Setting) -> str:
    """Return what the core benchmark is called."""
    return f"{setting.data['symbols']['core']} held"


def sweep_markdown(sweep: SweepSummary, table: Table) -> str:
    """Return the summary page of a sweep: its table, then what its grid says."""
    body = sections_body(sweep_sections(sweep))
    return f"# {sweep.study}\n\n{to_markdown(table)}\n{body}"


def sweep_csv(sweep: SweepSummary, table: Table) -> bytes:
    """Return the summary of a sweep as CSV.

    One line for each row of the table; for the sets among them also their swept values, how their
    neighbours did, and both halves of history. Then lines of the kind ``grid``: how the metric
    that the sweep is ranked by is spread over all sets, in the column of that metric.
    """
    metric, spread = sweep.findings.metric, sweep.findings.spread
    found = _by_row(sweep)
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(table.rows):
        own = sweep.top[number] if number < len(sweep.top) else None
        more = {} if own is None else found.get(own["row"], {})
        swept = {} if own is None else {axis: own[axis] for axis in sweep.axes}
        shown = {key: row.metrics.get(key) for key in table.columns}
        rows.append({"label": row.label, "kind": row.kind, **swept, **shown, **more})
    points = {
        "lowest": spread.lowest,
        **{f"percentile {percent}": value for percent, value in spread.percentiles.items()},
        "highest": spread.highest,
        "mean": spread.mean,
        "standard deviation": spread.deviation,
    }
    rows += [{"label": name, "kind": "grid", metric: value} for name, value in points.items()]
    columns = ["label", "kind", *sweep.axes, *table.columns, *BESIDE_COLUMNS]
    return csv_bytes(columns, rows, simulated=sweep.setting.simulated)


def _by_row(sweep: SweepSummary) -> dict[int, dict[str, Any]]:
    """Return how the neighbours of the best sets and the sets themselves in halves did, by row."""
    found: dict[int, dict[str, Any]] = {}
    for one in sweep.findings.neighbourhoods:
        steps = one.steps
        values = (
            steps.sets,
            steps.same_path,
            steps.median,
            steps.worst,
            steps.near,
            steps.better_than_core,
            one.plateau,
        )
        found[one.row] = dict(zip(BESIDE_COLUMNS, values, strict=False))
    halves = sweep.findings.halves
    for one, half in zip(
        sweep.findings.neighbourhoods, halves.leaders if halves else (), strict=False
    ):
        results = (half.first, half.first_rank, half.second, half.second_rank)
        found[one.row] |= dict(zip(BESIDE_COLUMNS[-4:], results, strict=True))
    return found


def _notes(sweep: SweepSummary) -> list[str]:
    grid = findings_json(sweep.findings)
    about = "about " if grid["paths_error"] else ""
    notes = [
        f"{counted(len(sweep), 'set')}, {counted(sweep.skipped, 'combination')} the rule does not "
        f"allow; {about}{counted(grid['paths'], 'different position path')}; "
        f"{sweep.engine} engine",
        *grid_notes(grid, core_label(sweep.setting)),
    ]
    if sweep.confirmations:
        notes.append(
            f"{counted(len(sweep.confirmations), 'set')} confirmed by Backtrader, "
            f"largest difference {sweep.max_difference:.0e}"
        )
    else:
        notes.append("no set was confirmed by Backtrader")
    return notes

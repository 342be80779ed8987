"""The best sets: as lines over their values, and as a table to be sorted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.evaluation.definitions import find_metric
from engine.report.chapters.key_figures import meaning_of
from engine.report.charts.sweep.leaders import leaders_figure
from engine.report.document import Chapter, DataTable, Heading, TableCell
from engine.report.format import format_value
from engine.report.labels import axis_label, value_text
from engine.report.sweep_report import SweepReport
from engine.report.sweeps import COLUMNS

LISTED = 50
"""Sets in the table; the chart shows all that were read."""


def leaders(report: SweepReport) -> Chapter | None:
    """Return the chapter of the best sets; None where there is but one, or none."""
    best = report.sweep.best
    if len(best) < 2:
        return None
    table = _table(report)
    figure = leaders_figure(report)
    return Chapter(
        key="best-sets",
        title="The best sets",
        sentences=(
            f"The best by {report.metric.label}, one for each way of holding: sets that held the "
            "same in every session on the same terms are one strategy under several names, and "
            "the first stands for all.",
        ),
        blocks=(table,) if figure is None else (figure, table),
        data={"metric": report.metric.key, "sets": list(best[:LISTED])},
    )


def _table(report: SweepReport) -> DataTable:
    shown = report.sweep.best[:LISTED]
    columns = [report.metric.key, *(key for key in COLUMNS if key != report.metric.key)]
    heads = [Heading("Rank"), *(Heading(axis_label(key), key) for key in report.axes)]
    heads += [_heading(key) for key in columns]
    rows = tuple(
        (Heading(str(rank)), _cells(report, row, columns)) for rank, row in enumerate(shown, 1)
    )
    return DataTable(
        "top-sets",
        f"The {len(shown)} best sets",
        tuple(heads),
        rows,
        sortable=True,
        long=True,
    )


def _heading(key: str) -> Heading:
    metric = find_metric(key)
    return Heading(metric.label, meaning_of(metric))


def _cells(
    report: SweepReport, row: Mapping[str, Any], columns: list[str]
) -> tuple[TableCell, ...]:
    swept = (TableCell(value_text(row[key]), _sort_value(row[key])) for key in report.axes)
    measured = (TableCell(format_value(row[k], find_metric(k).unit), row[k]) for k in columns)
    return (*swept, *measured)


def _sort_value(value: Any) -> float | str | None:
    return value if isinstance(value, (int, float, str)) else None

"""Correlation of active returns: which rules are the same bet."""

from __future__ import annotations

import math

from engine.report.comparison_report import ComparisonReport
from engine.report.document import Chapter, DataTable, Heading, TableCell
from engine.report.format import UNDEFINED, format_number


def correlation(report: ComparisonReport) -> Chapter | None:
    """Return the chapter of correlations; None where there are no two rows to correlate."""
    labels, found = report.sheet.correlated, report.sheet.correlation
    if len(labels) < 2:
        return None
    what = f"returns over {report.core}" if report.core else "returns"
    rows = tuple(
        (
            Heading(label, colour=report.styles[label][0]),
            tuple(_cell(float(value)) for value in found[i]),
        )
        for i, label in enumerate(labels)
    )
    heads = (Heading(""), *(Heading(label) for label in labels))
    return Chapter(
        key="correlation",
        title="Correlation of active returns",
        sentences=(
            f"Of the {what} of single sessions. Near 1, two rules are the same bet; near 0, they "
            "differ from the core at other times. A row that never differs has none.",
        ),
        blocks=(DataTable("correlations", f"Correlation of {what}", heads, rows),),
        data={"labels": list(labels), "correlation": found},
    )


def _cell(value: float) -> TableCell:
    if not math.isfinite(value):
        return TableCell(UNDEFINED)
    return TableCell(format_number(value, 2), value, heat=round(value, 2))

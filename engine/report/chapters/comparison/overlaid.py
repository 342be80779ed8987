"""Equity of all rules, overlaid."""

from __future__ import annotations

from engine.report.charts.comparison.equity import overlaid_figure
from engine.report.comparison_report import ComparisonReport
from engine.report.document import Chapter


def overlaid(report: ComparisonReport) -> Chapter:
    """Return the chapter of equity."""
    return Chapter(
        key="equity",
        title="Equity",
        blocks=(overlaid_figure(report),),
        data={"final_equity": {row.label: float(row.equity[-1]) for row in report.rows}},
    )

"""Equity, allocation, drawdowns, and the worst of them one by one."""

from __future__ import annotations

from dataclasses import asdict

from engine.evaluation.tear_sheet.drawdowns import Drawdown
from engine.report.charts.equity import equity_figure
from engine.report.document import Chapter, DataTable, headings, plain_rows
from engine.report.format import format_number, format_value
from engine.report.run_report import RunReport


def equity(report: RunReport) -> Chapter:
    """Return the chapter of equity and drawdowns."""
    worst = report.sheet.drawdowns
    blocks = (equity_figure(report), *((_worst_table(report),) if worst else ()))
    return Chapter(
        key="equity",
        title="Equity and drawdowns",
        sentences=(_sentence(report, worst),),
        blocks=blocks,
        data={"worst_drawdowns": [asdict(drawdown) for drawdown in worst]},
    )


def _sentence(report: RunReport, worst: tuple[Drawdown, ...]) -> str:
    if not worst:
        return f"{report.label('rule')} was never below an earlier high."
    deepest = worst[0]
    back = (
        f"recovered on {deepest.recovery}"
        if deepest.recovery is not None
        else "has not recovered by the last session"
    )
    return (
        f"At its worst {report.label('rule')} stood {format_value(-deepest.depth, 'fraction')} "
        f"below its high of {deepest.peak}, on {deepest.trough}; it {back}."
    )


def _worst_table(report: RunReport) -> DataTable:
    worst = report.sheet.drawdowns
    rows, values = [], []
    for rank, drawdown in enumerate(worst, start=1):
        recovery = "not yet" if drawdown.recovery is None else str(drawdown.recovery)
        rows.append(
            [
                str(rank),
                str(drawdown.peak),
                str(drawdown.trough),
                recovery,
                format_value(drawdown.depth, "fraction"),
                format_number(drawdown.fall, 0),
                format_number(drawdown.length, 0),
            ]
        )
        values.append([rank, None, None, None, drawdown.depth, drawdown.fall, drawdown.length])
    return DataTable(
        "drawdowns",
        f"The {len(worst)} worst drawdowns" if len(worst) > 1 else "The only drawdown",
        headings(
            "Rank", "Peak", "Trough", "Recovered", "Depth", "Sessions down", "Sessions in all"
        ),
        plain_rows(rows, sort_values=values),
        left=4,
        sortable=len(worst) > 1,
    )

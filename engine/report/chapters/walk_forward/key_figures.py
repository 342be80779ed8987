"""Key figures and equity of the stitched run, beside all that could have been held meanwhile."""

from __future__ import annotations

from engine.report.chapters.key_figures import metric_lines
from engine.report.charts.walk_forward import equity_figure
from engine.report.document import Chapter, DataTable, Heading
from engine.report.results import RUN_COLUMNS
from engine.report.summary import Row, Table
from engine.report.theme import colour_of
from engine.report.walk_forward_report import WalkForwardReport

_COLOURS = {"own": "text", "hindsight": "warning"}


def key_figures(report: WalkForwardReport) -> Chapter:
    """Return the table of metrics: a line per metric, a column per series."""
    rows = tuple(
        Row(report.label(s), "benchmark" if report.is_benchmark(s) else "rule", metrics)
        for s, metrics in report.metrics.items()
    )
    lines = tuple((head, tuple(cells)) for _, head, cells in metric_lines(Table(rows, RUN_COLUMNS)))
    shown = [Heading(report.label(s), colour=_COLOURS.get(s, colour_of(s))) for s in report.metrics]
    return Chapter(
        key="key-figures",
        title="Key figures",
        sentences=(
            "The stitched run beside the study's own parameters, never changed; hindsight, the set "
            "that was best in these very sessions, which nobody could have known; and the "
            "benchmarks. All pay the same costs over the same sessions. The best value of a line "
            "is marked; relative figures are against the core.",
        ),
        blocks=(DataTable("figures", "Key figures", (Heading("Figure"), *shown), lines),),
        data={report.label(s): dict(metrics) for s, metrics in report.metrics.items()},
    )


def equity(report: WalkForwardReport) -> Chapter:
    """Return the chapter of equity."""
    return Chapter(
        key="equity",
        title="Equity out of sample",
        sentences=(
            "One run over all test windows: positions are carried from fold to fold, and costs "
            "are paid only when the held asset changes.",
        ),
        blocks=(equity_figure(report),),
        data={"sessions": len(report.dates), "folds": len(report.folds)},
    )

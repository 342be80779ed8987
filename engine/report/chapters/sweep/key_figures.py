"""Key figures of the best set beside the study's own and the benchmarks."""

from __future__ import annotations

from engine.evaluation.trial_keys import KEYS
from engine.report.chapters.key_figures import metric_lines
from engine.report.document import Chapter, DataTable, Heading
from engine.report.results import RUN_COLUMNS
from engine.report.summary import Row, Table
from engine.report.sweep_report import OWN, WINNER, SweepReport
from engine.report.theme import colour_of

COLUMNS = tuple(key for key in RUN_COLUMNS if key in KEYS)
"""Of the figures of a run, those a sweep gives for every set."""

_COLOURS = {WINNER: "rule", OWN: "text"}


def key_figures(report: SweepReport) -> Chapter:
    """Return the table of metrics: a line per metric, a column per series."""
    rows = tuple(
        Row(report.label(s), "rule" if s in _COLOURS else "benchmark", metrics)
        for s, metrics in report.metrics.items()
    )
    key = report.metric.key
    table = Table(rows, COLUMNS if key in COLUMNS else (*COLUMNS, key))
    lines = tuple((head, tuple(cells)) for _, head, cells in metric_lines(table))
    shown = [Heading(report.label(s), colour=_COLOURS.get(s, colour_of(s))) for s in report.metrics]
    return Chapter(
        key="key-figures",
        title="Key figures",
        sentences=_sentences(report),
        blocks=(DataTable("figures", "Key figures", (Heading("Figure"), *shown), lines),),
        data={report.label(s): dict(metrics) for s, metrics in report.metrics.items()},
    )


def _sentences(report: SweepReport) -> tuple[str, ...]:
    if report.winner is None:
        return (f"{report.metric.label} is undefined for every set, so none is best.",)
    own = report.sweep.metrics["rule"]["label"]
    chosen = "The best set" if report.sets > 1 else "The only set"
    return (
        f"{chosen}, by {report.metric.label}: {report.set_label(report.winner)}. Beside it the "
        f"study's own parameters ({own}) and the benchmarks. The best value of a line is marked; "
        "relative figures are against the core. Figures of the best of many sets are higher than "
        "what is to be expected of it."
        if report.sets > 1
        else f"{chosen}: {report.set_label(report.winner)}. Beside it the study's own parameters "
        f"({own}) and the benchmarks.",
    )

"""Return differences: every rule less another row, paired, and the joint tests."""

from __future__ import annotations

from dataclasses import asdict

from engine.evaluation.inference.rules import Difference
from engine.report.charts.comparison.differences import (
    NAMES,
    difference_columns,
    differences_figure,
)
from engine.report.columns import data_table
from engine.report.comparison_report import ComparisonReport
from engine.report.document import (
    Block,
    Chapter,
    DataTable,
    Figure,
    Selection,
    headings,
    plain_rows,
)
from engine.report.evidence import percent_whole
from engine.report.format import UNDEFINED, format_value


def differences(report: ComparisonReport) -> Chapter | None:
    """Return the chapter of differences; None where there is no pair, or nothing to resample."""
    found = [pair for pair in report.tests.differences if pair.cagr.low == pair.cagr.low]
    if not found:
        return None
    blocks: list[Block] = [Selection("difference-charts", "Rules less", _charts(report, found))]
    if report.tests.confidence_set is not None:
        blocks.append(_joint(report, report.tests.confidence_set))
    blocks.append(
        data_table(
            "pairs",
            "All pairs",
            difference_columns(),
            found,
            left=2,
            sortable=len(found) > 1,
            long=len(found) > 15,
        )
    )
    return Chapter(
        key="differences",
        title="Return differences",
        sentences=(
            "Both sides of a pair are taken from the same resampled histories, so that what moves "
            "both cancels. Where the bar holds zero, this history does not tell the two apart; "
            "each bar is of one pair, and the tests below allow for all of them.",
        ),
        blocks=tuple(blocks),
        data={"differences": [asdict(pair) for pair in report.tests.differences]},
    )


def _charts(report: ComparisonReport, found: list[Difference]) -> tuple[tuple[str, Figure], ...]:
    """Return one chart for each row that others are compared with, the core first."""
    others = [row.label for row in report.rows if any(pair.other == row.label for pair in found)]
    others.sort(key=lambda label: label != report.core)
    return tuple(
        (
            f"{other}, {name}",
            differences_figure(
                report, f"{of}-{i}", other, of, [d for d in found if d.other == other]
            ),
        )
        for i, other in enumerate(others)
        for of, name in NAMES.items()
    )


def _joint(report: ComparisonReport, confidence_set: dict[str, float]) -> DataTable:
    """Return what the joint tests say of each row."""
    superior, size = report.tests.superior, report.tests.size
    rows, values = [], []
    for row in report.rows:
        p = confidence_set.get(row.label)
        beats = UNDEFINED if superior is None or row.kind != "rule" else _yes(row.label in superior)
        member = UNDEFINED if p is None else _yes(p > size)
        rows.append([row.label, beats, member, format_value(p, "ratio")])
        values.append([None, None, None, p])
    return DataTable(
        "joint-tests",
        "Joint tests",
        headings(
            "Rule",
            f"Beats {report.core or 'the core'} (StepM)",
            "Not told from the best (MCS)",
            "p for being among the best",
        ),
        plain_rows(rows, sort_values=values),
        left=3,
        sortable=len(rows) > 1,
        notes=(f"Both at {percent_whole(size)}.",),
    )


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"

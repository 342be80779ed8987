"""Sentences on how much of a result may be luck: notes below tables."""

from __future__ import annotations

import math
from collections.abc import Iterable

from engine.evaluation.definitions import Unit, find_metric
from engine.evaluation.inference.bootstrap import Interval
from engine.evaluation.inference.rules import Difference, RuleTests
from engine.evaluation.inference.uncertainty import Uncertainty
from engine.evaluation.inference.verdict import CRITERIA, Finding, Verdict
from engine.report.format import format_interval, format_number, format_value
from engine.report.tables import pipe_row

_CRITERIA = {criterion.key: criterion for criterion in CRITERIA}


def uncertainty_notes(
    uncertainty: Uncertainty, verdict: Verdict, benchmark: str
) -> tuple[str, ...]:
    """Return a run's notes: intervals, the Sharpe ratio's error, and the verdict.

    `benchmark` is the label of what active returns are over.
    """
    return (
        _intervals_note(uncertainty),
        _sharpe_note(uncertainty, benchmark),
        verdict_text(verdict, benchmark),
    )


def verdict_text(verdict: Verdict, benchmark: str) -> str:
    """Return the verdict in a sentence, with the figures that led to it."""
    strength = verdict.level if verdict.level == "no evidence" else f"{verdict.level} evidence"
    figures = ", ".join(map(_finding_text, verdict.findings))
    caveat = f"; {verdict.caveat}" if verdict.caveat else ""
    return f"{strength} of an edge over {benchmark}: {figures}{caveat}"


def criteria_reference() -> str:
    """Return the table of what the verdict is made of, in Markdown, for the documentation."""
    lines = [pipe_row(["Figure", "Weak", "Moderate", "Strong", "What it is"])]
    lines.append(pipe_row([":---", "---:", "---:", "---:", ":---"]))
    for criterion in CRITERIA:
        bound = "≥" if criterion.direction > 0 else "≤"
        needed = [f"{bound} {format_value(t, criterion.unit)}" for t in criterion.thresholds]
        label = f"{criterion.label} †" if criterion.of_search else criterion.label
        lines.append(pipe_row([label, *needed, criterion.explanation]))
    return "\n".join(lines) + "\n"


def _finding_text(finding: Finding) -> str:
    criterion = _CRITERIA[finding.key]
    return f"{criterion.label} {format_value(finding.value, criterion.unit)}"


def _intervals_note(uncertainty: Uncertainty) -> str:
    level = percent_whole(uncertainty.level)
    if math.isnan(uncertainty.block_length):
        return f"no {level} intervals: {uncertainty.returns} returns are too few to resample"
    ranges = ", ".join(
        f"{find_metric(key).label} {_range(interval, find_metric(key).unit)}"
        for key, interval in uncertainty.intervals.items()
    )
    return f"{level} intervals ({_resampling(uncertainty)}): {ranges}"


def _sharpe_note(uncertainty: Uncertainty, benchmark: str) -> str:
    sharpe = uncertainty.intervals["sharpe"].estimate
    error = uncertainty.sharpe_errors.non_normal
    above_zero = format_value(uncertainty.sharpe_probability, "fraction")
    text = (
        f"Sharpe {format_value(sharpe, 'ratio')} ± {format_value(error, 'ratio')} (standard "
        f"error), above 0 with probability {above_zero}"
    )
    needed = uncertainty.minimum_track_record
    if math.isnan(needed):
        return text
    return (
        f"{text}; to be {percent_whole(uncertainty.level)} sure of beating {benchmark} at "
        f"this rate, {format_number(math.ceil(needed), 0)} sessions are needed"
    )


def rule_test_notes(tests: RuleTests) -> tuple[str, ...]:
    """Return a comparison's notes: each rule against the core held, and the joint tests."""
    if math.isnan(tests.block_length):
        return ("no tests of differences: there are too few returns to resample",)
    against = [d for d in tests.differences if d.other == tests.benchmark]
    lines = [_difference_text(difference, tests.level) for difference in against]
    return (*lines, _joint_text(tests))


def _difference_text(difference: Difference, level: float) -> str:
    sharpe, cagr = difference.sharpe, difference.cagr
    return (
        f"{difference.one} against {difference.other}: "
        f"difference in Sharpe {format_value(sharpe.estimate, 'ratio')} "
        f"({percent_whole(level)} interval {_range(sharpe, 'ratio')}), "
        f"in CAGR {format_value(cagr.estimate, 'fraction')} ({_range(cagr, 'fraction')})"
    )


def _joint_text(tests: RuleTests) -> str:
    parts = []
    if tests.superiority is not None and tests.superior is not None:
        p = format_value(tests.superiority.p_value, "ratio")
        parts.append(f"p that no rule beats {tests.benchmark} (SPA) {p}")
        parts.append(
            f"rules that beat it (StepM, {percent_whole(tests.size)}): {_list(tests.superior)}"
        )
    if tests.confidence_set is not None:
        members = [label for label, p in tests.confidence_set.items() if p > tests.size]
        parts.append(f"not told from the best (MCS, {percent_whole(tests.size)}): {_list(members)}")
    return "; ".join(parts)


def _list(labels: Iterable[str]) -> str:
    return ", ".join(labels) or "none"


def _range(interval: Interval, unit: Unit) -> str:
    return format_interval(interval.low, interval.high, unit)


def _resampling(uncertainty: Uncertainty) -> str:
    resamples = format_number(uncertainty.resamples, 0)
    length = format_number(uncertainty.block_length, 1)
    return f"{resamples} resampled histories, mean block {length} sessions"


def percent_whole(fraction: float) -> str:
    """Return a level of confidence, or the size of a test, in whole percent."""
    return f"{format_number(100.0 * fraction, 0)} %"

"""The verdict: did the rule beat the core after costs, how sure is that, and on what terms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.evaluation.inference.verdict import Level
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.report.chapters.terms import Facts, terms_of, verdict_strip
from engine.report.document import Chapter
from engine.report.evidence import verdict_text
from engine.report.format import format_number, format_value
from engine.report.run_report import RunReport
from engine.store.run_reading import stored_verdict

BUT: dict[Level, str] = {
    "no evidence": ", but nothing says that was more than luck",
    "weak": ", on weak evidence",
    "moderate": ", on moderate evidence",
    "strong": ", on strong evidence",
}
"""How an answer goes on that says a rule beat the core."""


def verdict(report: RunReport) -> Chapter:
    """Return the verdict strip."""
    answer, sentences = _answer(report)
    facts = _facts(report)
    found = stored_verdict(report.run.metrics)
    return verdict_strip(
        answer,
        sentences,
        _cards(report),
        facts,
        _notes(report),
        (*report.left_out, *_warnings(report)),
        {
            "beats_core_after_costs": _beats(report),
            "evidence": None if found is None else asdict(found),
            "intervals": {key: asdict(interval) for key, interval in report.intervals.items()},
            "left_out": list(report.left_out),
        },
    )


def _beats(report: RunReport) -> bool | None:
    """Return whether the rule ended above the core; None where that is not known."""
    if not report.has_core:
        return None
    rule, core = (report.equities[series][-1] for series in ("rule", "core"))
    return None if rule == core else bool(rule > core)


def _answer(report: RunReport) -> tuple[str, tuple[str, ...]]:
    """Return the answer in a few words, and the sentences that say how good it is."""
    rule = report.label("rule")
    returned = _returned(report, "rule")
    if not report.has_core:
        return "Not compared with the core", (
            f"{rule} returned {returned} after costs. The study names no core benchmark, so "
            "nothing is said about beating it.",
        )
    core = report.label("core")
    beats = _beats(report)
    if beats is None:
        return "It ended where the core did", (
            f"After costs, {rule} and {core} both returned {returned}: the rule never made a "
            "difference.",
        )
    found = stored_verdict(report.run.metrics)
    but = "" if found is None else BUT[found.level]
    won, lost = f"Yes: after costs it beat {core}{but}", f"No: after costs it trailed {core}"
    first = f"After costs, {rule} returned {returned} and {core} {_returned(report, 'core')}."
    evidence = () if found is None else (f"{_capital(verdict_text(found, core))}.",)
    return won if beats else lost, (first, _sureness(report), *evidence)


def _returned(report: RunReport, series: str) -> str:
    """Return the growth of a series: a year, or in all where the history is shorter than one."""
    metrics = report.metrics[series]
    if len(report.dates) <= SESSIONS_PER_YEAR:
        return f"{format_value(metrics['total_return'], 'fraction')} in all"
    return f"{format_value(metrics['cagr'], 'fraction')} a year"


def _sureness(report: RunReport) -> str:
    """Return the sentence on where the true active return may lie."""
    active = report.intervals.get("active_return")
    if active is None:
        return "How sure that is cannot be said: no intervals were stored with this run."
    found = report.run.metrics["uncertainty"]
    estimate, low, high = (
        format_value(v, "fraction") for v in (active.estimate, active.low, active.high)
    )
    within = active.low <= 0.0 <= active.high
    return (
        f"The active return was {estimate} a year, with a "
        f"{format_number(found['level'] * 100.0, 0)} % interval from {low} to {high} "
        f"({format_number(found['resamples'], 0)} histories resampled in blocks of about "
        f"{format_number(found['block_length'], 0)} sessions): zero lies "
        f"{'within it, so this history does not tell skill from luck' if within else 'outside'}."
    )


def _cards(report: RunReport) -> list[dict[str, Any]]:
    """Return the figures a reader sees first: name, the rule's value, the core's."""
    rule, core = report.metrics["rule"], report.metrics.get("core")
    short = len(report.dates) <= SESSIONS_PER_YEAR
    shown = (
        ("Total return", "total_return", "fraction") if short else ("CAGR", "cagr", "fraction"),
        ("Sharpe", "sharpe", "ratio"),
        ("Max drawdown", "max_drawdown", "fraction"),
        ("Rotations a year", "rotations_per_year", "per_year"),
        ("Cost drag a year", "cost_drag", "fraction"),
    )
    return [
        {
            "name": name,
            "value": format_value(rule.get(key), unit),  # type: ignore[arg-type]
            "core": None
            if core is None or key in ("rotations_per_year", "cost_drag")
            else format_value(core.get(key), unit),  # type: ignore[arg-type]
        }
        for name, key, unit in shown
    ]


def _facts(report: RunReport) -> Facts:
    """Return what the run rests on, name by name."""
    engines = report.manifest["engines"]["max_difference"]
    return (
        *terms_of(report.manifest),
        ("Rejected orders", format_number(report.manifest["rejected_orders"], 0)),
        ("Two engines agree to", f"{engines:.0e} of equity"),
    )


def _warnings(report: RunReport) -> tuple[str, ...]:
    return tuple(str(warning) for warning in report.manifest["warnings"])


def _notes(report: RunReport) -> tuple[str, ...]:
    """Return what was said under the summary of the run, but for warnings and the verdict."""
    found = stored_verdict(report.run.metrics)
    said = set(_warnings(report))
    if found is not None:
        said.add(verdict_text(found, f"{report.core_symbol} held"))
    notes = (str(note) for note in report.manifest["notes"])
    return tuple(_capital(note) for note in notes if note not in said or not report.has_core)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

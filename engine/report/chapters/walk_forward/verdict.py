"""The verdict: did choosing parameters on the past beat the core, after costs and out of sample."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from engine.market.calendar import SESSIONS_PER_YEAR
from engine.report.chapters.terms import Facts, terms_of, verdict_strip
from engine.report.document import Chapter
from engine.report.evidence import verdict_text
from engine.report.format import UNDEFINED, format_number, format_value
from engine.report.walk_forward_report import CORE, WalkForwardReport
from engine.store.run_reading import stored_verdict
from engine.store.walk_forward_reading import RULE


def verdict(report: WalkForwardReport) -> Chapter:
    """Return the verdict strip."""
    answer, sentences = _answer(report), _sentences(report)
    facts, warnings = _facts(report), tuple(map(str, report.manifest["warnings"]))
    found = stored_verdict(report.told)
    said = {*warnings, *((verdict_text(found, report.core_label),) if found else ())}
    kept = (str(note) for note in report.manifest["notes"] if note not in said)
    notes = tuple(note[:1].upper() + note[1:] for note in kept)
    return verdict_strip(
        answer,
        sentences,
        _cards(report),
        facts,
        notes,
        warnings,
        {
            "beats_core_after_costs": _beats(report),
            "evidence": None if found is None else asdict(found),
            "summary": report.told["summary"],
        },
    )


def _beats(report: WalkForwardReport) -> bool | None:
    """Return whether the stitched run ended above the core; None where that is not known."""
    if not report.has_core:
        return None
    ended, core = (report.metrics[series]["final_equity"] for series in (RULE, CORE))
    return None if math.isclose(ended, core, rel_tol=1e-12) else bool(ended > core)


def _answer(report: WalkForwardReport) -> str:
    if not report.has_core:
        return "Not compared with the core"
    beats, core = _beats(report), report.core_label
    if beats is None:
        return f"Out of sample it ended where {core} did"
    if not beats:
        return f"No: out of sample, choosing parameters on the past trailed {core}"
    found = stored_verdict(report.told)
    none = found is not None and found.level == "no evidence"
    but = ", but nothing says that was more than luck" if none else ""
    return f"Yes: out of sample, choosing parameters on the past beat {core}{but}"


def _sentences(report: WalkForwardReport) -> tuple[str, ...]:
    returned = ", ".join(
        f"{report.label(series)} {_returned(report, series)}"
        for series in report.metrics
        if series in (RULE, CORE, "own")
    )
    found = stored_verdict(report.told)
    told = "" if found is None else verdict_text(found, report.core_label)
    evidence = (f"{told[:1].upper()}{told[1:]}.",) if told else ()
    return (f"After costs and out of sample: {returned}.", *evidence)


def _returned(report: WalkForwardReport, series: str) -> str:
    """Return the growth of a series: a year, or in all where the history is shorter than one."""
    metrics = report.metrics[series]
    if len(report.dates) <= SESSIONS_PER_YEAR:
        return f"{format_value(metrics['total_return'], 'fraction')} in all"
    return f"{format_value(metrics['cagr'], 'fraction')} a year"


def _cards(report: WalkForwardReport) -> list[dict[str, Any]]:
    """Return the figures a reader sees first: name, the stitched run's value, the core's."""
    rule, core = report.metrics[RULE], report.metrics.get(CORE)
    shown: tuple[tuple[str, str, Any], ...] = (
        ("CAGR", "cagr", "fraction"),
        ("Sharpe", "sharpe", "ratio"),
        ("Max drawdown", "max_drawdown", "fraction"),
    )
    cards = [
        {
            "name": name,
            "value": format_value(rule[key], unit),
            "core": None if core is None else format_value(core[key], unit),
        }
        for name, key, unit in shown
    ]
    summary = report.told["summary"]
    efficiency = summary["efficiency"]
    beaten = format_value(summary["percentile"], "fraction")
    cards += [
        {
            "name": "Walk-forward efficiency",
            "value": UNDEFINED if efficiency is None else format_number(efficiency, 2),
            "core": None,
        },
        {"name": "Other sets beaten (chance: 50 %)", "value": beaten, "core": None},
    ]
    return cards


def _facts(report: WalkForwardReport) -> Facts:
    """Return what the walk-forward rests on, name by name."""
    manifest, windows = report.manifest, report.told["windows"]
    engines = manifest["engines"]["max_difference"]
    return (
        *terms_of(manifest),
        (
            "Windows",
            f"{windows['windows']}, train {windows['train_sessions']:,} sessions, test "
            f"{windows['test_sessions']:,}, purge {windows['purge']:,}, embargo "
            f"{windows['embargo']:,}",
        ),
        ("Folds", format_number(len(report.folds), 0)),
        ("Sets searched", f"{report.told['sets']:,}, {report.told['engine']} engine"),
        ("Rejected orders", format_number(manifest["rejected_orders"], 0)),
        ("Two engines agree to", f"{engines:.0e} of equity"),
    )

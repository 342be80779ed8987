"""The verdict on rules: does any beat the core by more than luck, and which are told apart."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from engine.report.chapters.terms import Facts, terms_of, verdict_strip
from engine.report.comparison_report import ComparisonReport
from engine.report.document import Chapter
from engine.report.evidence import percent_whole
from engine.report.format import format_number, format_value, is_defined
from engine.store.records import Compared


def verdict(report: ComparisonReport) -> Chapter:
    """Return the verdict strip."""
    answer, sentences = _answer(report), _sentences(report)
    warnings = tuple(str(warning) for warning in report.manifest["warnings"])
    facts = _facts(report)
    tests = report.tests
    return verdict_strip(
        answer,
        sentences,
        _cards(report),
        facts,
        _methods(report),
        warnings,
        {
            "benchmark": tests.benchmark,
            "superior": None if tests.superior is None else list(tests.superior),
            "superiority": None if tests.superiority is None else asdict(tests.superiority),
            "confidence_set": tests.confidence_set,
        },
    )


def _answer(report: ComparisonReport) -> str:
    tests = report.tests
    if report.core is None:
        return "Not compared with the core"
    if math.isnan(tests.block_length):
        return "Too few sessions to tell rules apart"
    if tests.superior:
        return f"More than luck explains beats {report.core}: {', '.join(tests.superior)}"
    if _ahead(report):
        return f"No rule beats {report.core} by more than luck explains"
    return f"No rule beats {report.core}"


def _ahead(report: ComparisonReport) -> list[Compared]:
    """Return the rules that ended above the core."""
    core = next((row for row in report.rows if row.label == report.core), None)
    return [] if core is None else [r for r in report.rules if r.equity[-1] > core.equity[-1]]


def _sentences(report: ComparisonReport) -> tuple[str, ...]:
    best = _best(report.rules)
    first = []
    if best is not None:
        first.append(
            f"Of {len(report.rules):,} rule{'s' * (len(report.rules) != 1)}, {best.label} has the "
            f"highest Sharpe ratio, {format_value(best.metrics['sharpe'], 'ratio')}, with a CAGR "
            f"of {format_value(best.metrics['cagr'], 'fraction')}."
        )
    core = next((row for row in report.rows if row.label == report.core), None)
    if core is not None:
        first.append(
            f"{core.label}: Sharpe {format_value(core.metrics['sharpe'], 'ratio')}, CAGR "
            f"{format_value(core.metrics['cagr'], 'fraction')}; {len(_ahead(report)):,} of "
            f"{len(report.rules):,} ended above it, after costs."
        )
    return (*first, *_joint(report))


def _joint(report: ComparisonReport) -> tuple[str, ...]:
    """Return the joint tests in one sentence, as far as they were made."""
    tests = report.tests
    said = []
    if tests.superiority is not None:
        p = format_value(tests.superiority.p_value, "ratio")
        said.append(
            f"if no rule beat {report.core}, the best would look so good with p = {p} (SPA)"
        )
    if tests.superior is not None:
        named = ", ".join(tests.superior) or "none"
        said.append(f"rules told to beat it, the number tried allowed for: {named} (StepM)")
    if tests.confidence_set is not None:
        among = _members(tests.confidence_set, tests.size)
        said.append(f"{among} of {len(report.rows)} rows cannot be told from the best (MCS)")
    text = "; ".join(said)
    return (f"{text[:1].upper()}{text[1:]}.",) if said else ()


def _members(confidence_set: dict[str, float], size: float) -> int:
    """Return how many rows the model confidence set holds."""
    return sum(p > size for p in confidence_set.values())


def _best(rows: tuple[Compared, ...]) -> Compared | None:
    known = [row for row in rows if is_defined(row.metrics.get("sharpe"))]
    return max(known, key=lambda row: _number(row.metrics["sharpe"]), default=None)


def _number(value: Any) -> float:
    return float(value)


def _cards(report: ComparisonReport) -> list[dict[str, Any]]:
    tests, rules = report.tests, len(report.rules)
    cards = [{"name": "Rules", "value": format_number(rules, 0), "note": "after costs"}]
    if report.core is not None:
        cards.append(
            {
                "name": "Ended above the core",
                "value": f"{len(_ahead(report))} of {rules}",
                "note": report.core,
            }
        )
    if tests.superiority is not None:
        p = format_value(tests.superiority.p_value, "ratio")
        cards.append({"name": "SPA p", "value": p, "note": "if no rule beats the core"})
    if tests.superior is not None:
        cards.append(
            {
                "name": "Beat it, StepM",
                "value": f"{len(tests.superior)} of {rules}",
                "note": f"at {percent_whole(tests.size)}",
            }
        )
    if tests.confidence_set is not None:
        members = _members(tests.confidence_set, tests.size)
        cards.append(
            {
                "name": "Not told from the best",
                "value": f"{members} of {len(tests.confidence_set)}",
                "note": "model confidence set",
            }
        )
    return cards


def _facts(report: ComparisonReport) -> Facts:
    tests = report.tests
    resampled = (
        (
            "Resampled",
            f"{format_number(tests.resamples, 0)} histories, mean block "
            f"{format_number(tests.block_length, 1)} sessions, seed {tests.seed}",
        ),
    )
    return (
        *terms_of(report.manifest),
        *(() if math.isnan(tests.block_length) else resampled),
    )


def _methods(report: ComparisonReport) -> tuple[str, ...]:
    """Return what the tests are, where they were made."""
    if math.isnan(report.tests.block_length):
        return ()
    return (
        "SPA (Hansen): how often the best of all rules would look so good if none beat the core.",
        "StepM (Romano and Wolf): the rules that beat the core, the number tried allowed for.",
        "Model confidence set (Hansen, Lunde and Nason): the rows that cannot be told from the "
        "best by their mean return; the more it holds, the less this history can tell.",
    )

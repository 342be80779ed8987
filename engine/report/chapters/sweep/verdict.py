"""The verdict: did the best set beat the core after costs, and how many were tried to find it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.market.calendar import SESSIONS_PER_YEAR
from engine.report.chapters.terms import Facts, terms_of, verdict_strip
from engine.report.chapters.verdict import BUT
from engine.report.document import Chapter
from engine.report.evidence import verdict_text
from engine.report.format import format_number, format_value
from engine.report.grids import grid_notes
from engine.report.labels import axis_label
from engine.report.sweep_report import CORE, OWN, WINNER, SweepReport


def verdict(report: SweepReport) -> Chapter:
    """Return the verdict strip."""
    answer, sentences = _answer(report)
    facts, notes = _facts(report), _notes(report)
    warnings = tuple(str(warning) for warning in report.manifest["warnings"])
    return verdict_strip(
        answer,
        sentences,
        _cards(report),
        facts,
        notes,
        warnings,
        {
            "winner_beats_core_after_costs": _beats(report),
            "winner": report.winner,
            "evidence": None if report.verdict is None else asdict(report.verdict),
            "sets": report.sets,
            "paths": report.grid["paths"],
        },
    )


def _beats(report: SweepReport) -> bool | None:
    """Return whether the best set ended above the core; None where that is not known."""
    if report.winner is None or not report.has_core:
        return None
    won, core = (report.metrics[s].get("final_equity") for s in (WINNER, CORE))
    if won is None or core is None or math.isclose(won, core, rel_tol=1e-9):
        return None
    return bool(won > core)


def _answer(report: SweepReport) -> tuple[str, tuple[str, ...]]:
    """Return the answer in a few words, and the sentences that say what it is worth."""
    if report.winner is None:
        return "No set is best", (
            f"{report.metric.label} is undefined for every set, so none can be ranked.",
        )
    best, core = _best(report), report.core_label
    if not report.has_core:
        return "Not compared with the core", (
            f"{best} returned {_returned(report, WINNER)} after costs. The study names no core "
            "benchmark, so nothing is said about beating its wealth.",
        )
    beats = _beats(report)
    if beats is None:
        answer = f"{best} ended where {core} did"
    elif beats:
        answer = f"{best} beat {core} after costs{_but(report)}"
    else:
        even = "Even t" if report.sets > 1 else "T"
        answer = f"{even}{best[1:]} trailed {core} after costs"
    return answer, (_returns(report), *_tries(report), *_evidence(report))


def _best(report: SweepReport) -> str:
    return f"The best of {report.sets:,} sets" if report.sets > 1 else "The only set"


def _but(report: SweepReport) -> str:
    if report.verdict is not None:
        return BUT[report.verdict.level]
    return ", which by itself is no evidence" if report.sets > 1 else ""


def _returns(report: SweepReport) -> str:
    assert report.winner is not None
    won, core = _returned(report, WINNER), _returned(report, CORE)
    if not report.axes:
        return f"After costs, the rule returned {won} and {report.core_label} {core}."
    return (
        f"After costs, {report.set_label(report.winner)} returned {won}, {report.core_label} "
        f"{core}, and the study's own parameters {_returned(report, OWN)}."
    )


def _returned(report: SweepReport, series: str) -> str:
    """Return the growth of a series: a year, or in all where the history is shorter than one."""
    metrics = report.metrics[series]
    if report.manifest["data"]["sessions"] <= SESSIONS_PER_YEAR:
        return f"{format_value(metrics.get('total_return'), 'fraction')} in all"
    return f"{format_value(metrics.get('cagr'), 'fraction')} a year"


def _tries(report: SweepReport) -> tuple[str, ...]:
    """Return what the number of tries means for the winner."""
    if report.sets < 2:
        return ()
    about = "about " if report.grid["paths_error"] else ""
    paths = report.grid["paths"]
    ways = f"{about}{paths:,} different way{'' if paths == 1 else 's'} of holding"
    return (
        f"It is the winner of {report.sets:,} tries ({ways}), chosen with all of history in view: "
        "the more are tried, the better the best looks, whether or not any has an edge. Its "
        "figures are what the search found, not what to expect.",
    )


def _evidence(report: SweepReport) -> tuple[str, ...]:
    """Return how much evidence there is, or how to gather it."""
    if report.verdict is not None:
        said = verdict_text(report.verdict, report.core_label)
        return (f"{said[:1].upper()}{said[1:]}.",)
    if report.evidence is not None or report.sets < 2:
        return ()
    return (
        "How much of that may be luck was not looked into: streak evidence "
        f"{report.sweep.stored.name}",
    )


def _cards(report: SweepReport) -> list[dict[str, Any]]:
    """Return the figures a reader sees first: name, the best set's value, the core's."""
    if report.winner is None:
        return []
    short = report.manifest["data"]["sessions"] <= SESSIONS_PER_YEAR
    growth = ("Total return", "total_return", "fraction") if short else ("CAGR", "cagr", "fraction")
    ranked = (report.metric.label, report.metric.key, report.metric.unit)
    shown = dict.fromkeys(
        (
            ranked,
            growth,
            ("Sharpe", "sharpe", "ratio"),
            ("Max drawdown", "max_drawdown", "fraction"),
        )
    )
    core = report.metrics.get(CORE)
    cards = [_card(*one, report.winner, core) for one in shown]
    cards.append({"name": "Sets tried", "value": format_number(report.sets, 0), "core": None})
    share = report.grid["spread"]["better_than"].get(CORE)
    if share is not None and report.sets > 1:
        name = f"Sets above the core in {report.metric.label}"
        cards.append({"name": name, "value": format_value(share, "fraction"), "core": None})
    if report.verdict is not None:
        level = report.verdict.level
        value = "none" if level == "no evidence" else level
        cards.append({"name": "Evidence of an edge", "value": value, "core": None})
    return cards


def _card(
    name: str, key: str, unit: Any, own: Mapping[str, Any], core: Mapping[str, Any] | None
) -> dict[str, Any]:
    held = None if core is None else format_value(core.get(key), unit)
    return {"name": name, "value": format_value(own.get(key), unit), "core": held}


def _facts(report: SweepReport) -> Facts:
    """Return what the sweep rests on, name by name."""
    manifest, metrics = report.manifest, report.sweep.metrics
    measured = (metrics["rule"], *metrics["benchmarks"].values())
    rejected = sum(one["rejected_orders"] for one in measured)
    made = report.sweep.confirmations
    confirmed = (
        f"{len(made):,} sets, largest difference {max(one.largest for one in made):.0e}"
        if made
        else "no set"
    )
    return (
        *terms_of(manifest),
        ("Rejected orders", format_number(rejected, 0)),
        ("Engine", str(manifest["engine"])),
        ("Confirmed by Backtrader", confirmed),
    )


def _notes(report: SweepReport) -> tuple[str, ...]:
    """Return what the grid says in a few sentences, as under the summary of the sweep."""
    notes = grid_notes(report.grid, report.core_label) if report.sets > 1 else []
    if report.manifest["skipped"]:
        notes.append(
            f"{report.manifest['skipped']:,} combinations were left out: the rule does "
            "not allow them"
        )
    outer = [axis_label(axis) for axis in report.manifest["outer"]]
    if outer:
        notes.append(
            f"sets differ in {', '.join(outer)}; benchmarks and the study's own parameters are on "
            "the terms above"
        )
    return tuple(note[:1].upper() + note[1:] for note in notes)

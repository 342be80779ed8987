"""The verdict on streaks: is the longest remarkable, where do things stand, what followed."""

from __future__ import annotations

import math
from typing import Any

from engine.evaluation.streak_study.events import EventRow
from engine.evaluation.streak_study.rarity import THRESHOLDS, Rarity, remarkable
from engine.evaluation.streak_study.study import signed_length
from engine.report.chapters.terms import Facts, data_of, verdict_strip
from engine.report.document import Chapter
from engine.report.format import format_number, format_value
from engine.report.scan_report import ScanReport
from engine.report.streaks import describe_streak


def verdict(report: ScanReport) -> Chapter:
    """Return the verdict strip."""
    sentences = (*report.found.verdicts.values(), *_under_way(report), _followed(report))
    warnings = tuple(str(warning) for warning in report.manifest["warnings"])
    answer, facts = _answer(report), _facts(report)
    return verdict_strip(
        answer,
        sentences,
        _cards(report),
        facts,
        (THRESHOLDS,),
        warnings,
        {
            "verdicts": report.found.verdicts,
            "current": None if report.found.current is None else report.found.current.as_row(),
        },
    )


def _answer(report: ScanReport) -> str:
    found = report.found.rarity["outperformance"]
    if not found.longest:
        return f"{report.satellite} never beat {report.core}: there is no streak to judge"
    word = remarkable(_any_as_long(found))
    sessions = f"{found.longest} session{'s' * (found.longest != 1)}"
    return f"{report.satellite}'s longest run ahead of {report.core}, {sessions}, is {word}"


def _any_as_long(found: Rarity) -> float:
    """Return the coin's probability of a run as long as the longest; NaN where there is none."""
    return found.rows[found.longest - 1].coin_probability if found.longest else math.nan


def _under_way(report: ScanReport) -> tuple[str, ...]:
    current, outlook = report.found.current, report.found.outlook
    if current is None:
        return ("No streak is under way: the last session was a tie.",)
    among = len(report.found.streaks[current.kind])
    said = f"Under way: {describe_streak(current, among)}."
    if not outlook.n:
        return (said, "None as long was ever seen before, so nothing says how it goes on.")
    return (
        said,
        f"Of {outlook.n:,} that stood there before, {outlook.continued:,} went on in the next "
        f"session ({format_value(outlook.probability, 'fraction')}).",
    )


def _followed(report: ScanReport) -> str:
    tested, told = _compared(report)
    if not tested:
        return "There are too few streaks to say anything of what followed them."
    if not told:
        return (
            f"What followed streaks cannot be told from what followed any session: of "
            f"{len(tested):,} comparisons none stands once all are adjusted for."
        )
    return (
        f"Of {len(tested):,} comparisons of what followed streaks with what followed any session, "
        f"{len(told):,} stand once all are adjusted for."
    )


def _compared(report: ScanReport) -> tuple[list[EventRow], list[EventRow]]:
    """Return the cells of what followed that were tested, and those that stand."""
    tested = [event for event in report.found.events if not math.isnan(event.p_value)]
    return tested, [e for e in tested if e.verdict in ("continuation", "reversal")]


def _cards(report: ScanReport) -> list[dict[str, Any]]:
    found, current = report.found.rarity["outperformance"], report.found.current
    longest = max(report.found.streaks["outperformance"], key=lambda s: s.length, default=None)
    length = signed_length(current)
    leader = report.satellite if length > 0 else report.core
    outlook = report.found.outlook
    tested, told = _compared(report)
    return [
        {
            "name": "Under way",
            "value": str(abs(length)) if length else "none",
            "note": f"sessions, {leader} ahead" if length else "the last session was a tie",
        },
        {
            "name": f"Longest, {report.satellite} ahead",
            "value": str(found.longest),
            "note": "" if longest is None else f"sessions, from {longest.start}",
        },
        {
            "name": "A coin gives one as long",
            "value": format_value(_any_as_long(found), "fraction"),
            "note": f"somewhere in {format_number(found.sessions, 0)} sessions",
        },
        {
            "name": "Goes on from here",
            "value": format_value(outlook.probability, "fraction"),
            "note": f"{outlook.continued:,} of {outlook.n:,} before"
            if outlook.n
            else "none was seen to stand here before",
        },
        {
            "name": "Told from any session",
            "value": f"{len(told)} of {len(tested)}",
            "note": "comparisons of what followed, adjusted",
        },
    ]


def _facts(report: ScanReport) -> Facts:
    won, lost = report.found.rarity["outperformance"], report.found.rarity["underperformance"]
    ties = won.sessions - won.wins - lost.wins
    return (
        *data_of(report.manifest),
        (
            "Sessions won",
            f"{report.satellite} {won.wins:,}, {report.core} {lost.wins:,}, ties {ties:,}",
        ),
        (
            "Resampled",
            f"{won.resamples:,} histories, mean block {won.block_length} sessions, seed {won.seed}",
        ),
    )

"""The streak study in words and tables: sections for the terminal and for ``study.md``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from engine.evaluation.streak_study.analogues import Analogue, Milestone, milestones
from engine.evaluation.streak_study.rarity import THRESHOLDS, Rarity
from engine.evaluation.streak_study.study import StreakStudy
from engine.evaluation.streak_study.table import Kind, Streak, select
from engine.market.panel import PricePanel
from engine.report.columns import texts_of
from engine.report.format import UNDEFINED, format_number, format_value
from engine.report.sections import Section
from engine.report.streak_columns import (
    Lasting,
    event_columns,
    lasting_columns,
    milestone_columns,
    mover_columns,
    rarity_columns,
    streak_columns,
)

DEPTH = 15
"""Longest length a table of lengths goes to."""
STILL_OPEN = "+ still open: it runs into the end of the data."
EXPECTED = (
    "“Expected” is a number of runs and can exceed 1; “P(any)” is the probability that there is "
    "at least one."
)
REBASED = "Rebased to 1 at the close before the streak's first session."


def scan_sections(
    panel: PricePanel, found: StreakStudy, *, kind: Kind, min_length: int, top: int | None
) -> list[Section]:
    """Return every section of a streak study, in the order a reader asks."""
    return [
        _headline(panel, found),
        _streaks(panel, select(found.streaks[kind], min_length=min_length, top=top), kind),
        Section("How streaks are tagged", found.rules),
        _rarity(found),
        _continuation(found),
        _events(panel, found),
        _analogues(panel, found),
        *_anatomy(panel, found),
    ]


def percent(value: float | None) -> str:
    """Return a fraction in percent."""
    return format_value(value, "fraction")


def number(value: float, decimals: int = 1) -> str:
    """Return a number, or the sign for undefined."""
    return UNDEFINED if math.isnan(value) else format_number(value, decimals)


def span(streak: Streak) -> str:
    """Return ``start to end``, and whether the streak may still go on."""
    return f"{streak.start} to {streak.end}{', still open' if streak.open else ''}"


def _headline(panel: PricePanel, found: StreakStudy) -> Section:
    core, satellite = panel.symbols
    first = panel.traded_sessions[0]
    lines = [
        f"{satellite} against {core}, {len(panel) - panel.start_index:,} sessions, {first} to "
        f"{panel.sessions[-1]}, price basis {panel.price_basis}.",
        *found.verdicts.values(),
        THRESHOLDS,
    ]
    if found.current is not None:
        among = len(found.streaks[found.current.kind])
        lines.append(f"Under way: {describe_streak(found.current, among)}.")
    return Section("Streaks", tuple(lines), notes=panel.warnings)


def describe_streak(streak: Streak, among: int) -> str:
    """Return length, span, size and rank of a streak in words; `among` so many of its kind."""
    sessions = "session" if streak.length == 1 else "sessions"
    return (
        f"{streak.length} {sessions} of {streak.kind.replace('_', ' ')}, {span(streak)}, "
        f"{number(streak.mean_bps)} bp a session, rank {streak.rank_by_length:,} of {among:,} "
        "by length"
    )


def _streaks(panel: PricePanel, streaks: Sequence[Streak], kind: Kind) -> Section:
    headings, rows = texts_of(streak_columns(*panel.symbols), streaks)
    lines = () if rows else ("None is that long.",)
    notes = (STILL_OPEN,) if any(s.open for s in streaks) else ()
    title = f"Longest streaks of {kind.replace('_', ' ')}"
    return Section(title, lines, headings, rows, 3, notes)


def _rarity(found: StreakStudy) -> Section:
    chosen = found.rarity["outperformance"]
    headings, rows = texts_of(rarity_columns(), chosen.rows)
    lines = (
        "How many runs of outperformance there were, and how many three models give: a coin with "
        "the observed win rate, a Markov chain of first order, and stationary-bootstrap histories.",
        EXPECTED,
    )
    notes = (runs_test_note(chosen), resampling_note(chosen))
    return Section("How rare?", lines, headings, rows, 0, notes)


def runs_test_note(found: Rarity) -> str:
    """Return the runs test of one side in a sentence, with the share of sessions it won."""
    test = found.runs_test
    return (
        f"Runs test (Wald–Wolfowitz): {test.runs:,} runs, {number(test.expected)} expected, "
        f"z = {number(test.z, 2)}, p = {number(test.p, 3)}. Win rate {percent(found.win_rate)} of "
        f"{found.sessions:,} sessions."
    )


def resampling_note(found: Rarity) -> str:
    """Return what the bootstrap of one side is, and what its band is not."""
    return (
        f"Bootstrap: {found.resamples:,} histories, mean block {found.block_length} sessions "
        f"(Politis–White), seed {found.seed}. It keeps the dependence within blocks: a band for "
        "sampling variation, not a null of no dependence."
    )


def lasting_rows(found: StreakStudy, side: int) -> tuple[Lasting, ...]:
    """Return continuation and survival by length, to `DEPTH` at most, of one side (+1 or −1)."""
    survivors = {row.streak: row for row in found.survival}
    return tuple(
        (row, survivors[row.streak]) for row in found.continuation if 0 < row.streak * side <= DEPTH
    )


def _continuation(found: StreakStudy) -> Section:
    headings, rows = texts_of(lasting_columns(), lasting_rows(found, 1))
    lines = (
        "After a streak of outperformance of so many sessions: how often the next session went on "
        "(Wilson interval), and the share of streaks that last longer (Kaplan–Meier, the open "
        "streak censored).",
    )
    return Section("Does it go on?", lines, headings, rows, 0)


def _events(panel: PricePanel, found: StreakStudy) -> Section:
    core, satellite = panel.symbols
    shown = [e for e in found.events if e.side == "winning" and e.series == "difference"]
    headings, rows = texts_of(event_columns(), shown)
    tested = sum(not math.isnan(event.p_value) for event in found.events)
    lines = (
        f"{satellite}'s forward return less {core}'s after a streak of outperformance first "
        "reached a length, and after one of at least that length ended. Entered at the next open, "
        "valued at the close so many sessions later; compared with entering after any session.",
        f"Holm p is adjusted for all {tested:,} cells tested, those of losing streaks and of each "
        "asset alone included (see events.csv).",
    )
    return Section("What followed", lines, headings, rows, 2)


def milestone_rows(found: StreakStudy) -> tuple[tuple[Analogue, Milestone], ...]:
    """Return the milestones of all analogues; of the streak under way, those there are."""
    return tuple(
        (analogue, point)
        for analogue in found.analogues
        for point in milestones(analogue)
        if not (analogue.streak.open and math.isnan(point.relative))
    )


def _analogues(panel: PricePanel, found: StreakStudy) -> Section:
    headings, rows = texts_of(milestone_columns(*panel.symbols), milestone_rows(found))
    return Section("Analogues", (REBASED,), headings, rows, 3)


def _anatomy(panel: PricePanel, found: StreakStudy) -> Iterable[Section]:
    if not found.anatomy or found.dissected is None:
        return
    headings, rows = texts_of(mover_columns(panel.core.symbol), found.anatomy)
    lines = (f"Winners and losers of {span(found.dissected)}.",)
    yield Section("Anatomy", lines, headings, rows, 1)

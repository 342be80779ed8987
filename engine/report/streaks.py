"""The streak study in words and tables: sections for the terminal and for ``study.md``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from engine.evaluation.streak_study.analogues import milestones
from engine.evaluation.streak_study.rarity import THRESHOLDS, Rarity
from engine.evaluation.streak_study.study import StreakStudy
from engine.evaluation.streak_study.table import Kind, Streak, select
from engine.market.panel import PricePanel
from engine.report.format import UNDEFINED, format_number, format_value
from engine.report.sections import Section

DEPTH = 15
"""Longest lengths a table of lengths goes to, unless a streak was longer."""


def scan_sections(
    panel: PricePanel, found: StreakStudy, *, kind: Kind, min_length: int, top: int | None
) -> list[Section]:
    """Return every section of a streak study, in the order a reader asks."""
    return [
        _headline(panel, found),
        _streaks(panel, select(found.streaks[kind], min_length=min_length, top=top), kind),
        Section("How streaks are tagged", found.rules),
        _rarity(panel, found),
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
    core, satellite = panel.symbols
    headings = (
        "start",
        "end",
        "character",
        "length",
        "bp a session",
        satellite,
        core,
        "largest share",
        "RSI",
        "rank",
        "rank by size",
        "sessions since",
        "volatility",
        "VIX",
        "rates",
    )
    rows = tuple(
        (
            str(s.start),
            f"{s.end}{'+' if s.open else ''}",
            s.character.tag,
            str(s.length),
            number(s.mean_bps),
            percent(s.satellite_return),
            percent(s.core_return),
            percent(s.largest_share),
            number(s.rsi),
            format_number(s.rank_by_length, 0),
            format_number(s.rank_by_outperformance, 0),
            number(s.sessions_since_as_long, 0),
            s.character.volatility or UNDEFINED,
            s.character.vix or UNDEFINED,
            s.character.rate or UNDEFINED,
        )
        for s in streaks
    )
    notes = (
        ("+ still open: it runs into the end of the data.",) if any(s.open for s in streaks) else ()
    )
    title = f"Longest streaks of {kind.replace('_', ' ')}"
    return Section(title, () if rows else ("None is that long.",), headings, rows, 3, notes)


def _rarity(panel: PricePanel, found: StreakStudy) -> Section:
    chosen = found.rarity["outperformance"]
    headings = (
        "at least",
        "observed",
        "coin: expected",
        "coin: P(any)",
        "Markov: expected",
        "Markov: P(any)",
        "resampled: mean",
        "95 % band",
        "P(any)",
    )
    rows = tuple(
        (
            str(row.k),
            str(row.observed),
            number(row.coin_expected, 2),
            percent(row.coin_probability),
            number(row.markov_expected, 2),
            percent(row.markov_probability),
            number(row.bootstrap_mean, 1),
            f"{number(row.bootstrap_low, 0)}..{number(row.bootstrap_high, 0)}",
            percent(row.bootstrap_probability),
        )
        for row in chosen.rows
    )
    lines = (
        "How many runs of outperformance there were, and how many three models give: a coin with "
        "the observed win rate, a Markov chain of first order, and stationary-bootstrap histories.",
        "“Expected” is a number of runs and can exceed 1; “P(any)” is the probability that there "
        "is at least one.",
    )
    return Section("How rare?", lines, headings, rows, 0, (_runs_test(chosen), _blocks(chosen)))


def _runs_test(found: Rarity) -> str:
    test = found.runs_test
    return (
        f"Runs test (Wald–Wolfowitz): {test.runs:,} runs, {number(test.expected)} expected, "
        f"z = {number(test.z, 2)}, p = {number(test.p, 3)}. Win rate {percent(found.win_rate)} of "
        f"{found.sessions:,} sessions."
    )


def _blocks(found: Rarity) -> str:
    return (
        f"Bootstrap: {found.resamples:,} histories, mean block {found.block_length} sessions "
        f"(Politis–White), seed {found.seed}. It keeps the dependence within blocks: a band for "
        "sampling variation, not a null of no dependence."
    )


def _continuation(found: StreakStudy) -> Section:
    survivors = {row.streak: row for row in found.survival}
    rows = []
    for row in found.continuation:
        if not 0 < row.streak <= DEPTH:
            continue
        alive = survivors[row.streak]
        rows.append(
            (
                str(row.streak),
                str(row.n),
                str(row.continued),
                percent(row.probability),
                _interval(row.low, row.high),
                percent(row.coin),
                percent(alive.survival),
                _interval(alive.low, alive.high),
                percent(alive.hazard),
            )
        )
    headings = (
        "streak",
        "times",
        "went on",
        "share",
        "95 % interval",
        "coin",
        "lasts longer",
        "95 % interval",
        "ends here",
    )
    lines = (
        "After a streak of outperformance of so many sessions: how often the next session went on "
        "(Wilson interval), and the share of streaks that last longer (Kaplan–Meier, the open "
        "streak censored).",
    )
    return Section("Does it go on?", lines, headings, tuple(rows), 0)


def _interval(low: float, high: float) -> str:
    return UNDEFINED if math.isnan(low) else f"{percent(low)}..{percent(high)}"


def _events(panel: PricePanel, found: StreakStudy) -> Section:
    core, satellite = panel.symbols
    headings = (
        "event",
        "verdict",
        "sessions ahead",
        "events",
        "apart",
        "mean",
        "median",
        "hits",
        "any session",
        "difference",
        "95 % interval",
        "p",
        "Holm p",
    )
    rows = tuple(
        (
            f"{event.kind} {event.k}",
            event.verdict,
            str(event.horizon),
            str(event.n_events),
            str(event.n_non_overlapping),
            percent(event.mean),
            percent(event.median),
            percent(event.hit_rate),
            percent(event.any_mean),
            percent(event.difference),
            _interval(event.low, event.high),
            number(event.p_value, 3),
            number(event.p_holm, 3),
        )
        for event in found.events
        if event.side == "winning" and event.series == "difference"
    )
    tested = sum(not math.isnan(event.p_value) for event in found.events)
    lines = (
        f"{satellite}'s forward return less {core}'s after a streak of outperformance first "
        "reached a length, and after one of at least that length ended. Entered at the next open, "
        "valued at the close so many sessions later; compared with entering after any session.",
        f"Holm p is adjusted for all {tested:,} cells tested, those of losing streaks and of each "
        "asset alone included (see events.csv).",
    )
    return Section("What followed", lines, headings, rows, 2)


def _analogues(panel: PricePanel, found: StreakStudy) -> Section:
    core, satellite = panel.symbols
    rows = tuple(
        (
            f"{analogue.streak.start} ({analogue.streak.length})",
            f"+{point.offset}{' end' if point.is_end else ''}",
            UNDEFINED if math.isnan(point.relative) else str(point.session),
            number(point.relative, 3),
            number(point.satellite, 3),
            number(point.core, 3),
        )
        for analogue in found.analogues
        for point in milestones(analogue)
    )
    headings = ("streak (length)", "offset", "session", f"{satellite}/{core}", satellite, core)
    lines = ("Rebased to 1 at the close before the streak's first session.",)
    return Section("Analogues", lines, headings, rows, 3)


def _anatomy(panel: PricePanel, found: StreakStudy) -> Iterable[Section]:
    if not found.anatomy or found.dissected is None:
        return
    rows = tuple(
        (
            mover.symbol,
            UNDEFINED if mover.rank is None else str(mover.rank),
            percent(mover.streak_return),
            percent(mover.outperformance),
            mover.problem,
        )
        for mover in found.anatomy
    )
    headings = ("symbol", "rank", "return", f"less {panel.core.symbol}", "remark")
    lines = (f"Winners and losers of {span(found.dissected)}.",)
    yield Section("Anatomy", lines, headings, rows, 1)

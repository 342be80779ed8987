"""The columns of the tables of a streak study, for the terminal, ``study.md`` and the report."""

from __future__ import annotations

import math

from engine.evaluation.streak_study.analogues import Analogue, Milestone
from engine.evaluation.streak_study.anatomy import Mover
from engine.evaluation.streak_study.continuation import ContinuationRow, SurvivalRow
from engine.evaluation.streak_study.events import EventRow
from engine.evaluation.streak_study.rarity import RarityRow
from engine.evaluation.streak_study.table import Streak
from engine.report.columns import Column, figure, interval, share, word

Lasting = tuple[ContinuationRow, SurvivalRow]
"""What is known of streaks that reached a length: whether they went on, and how many outlast it."""


def streak_columns(core: str, satellite: str) -> tuple[Column[Streak], ...]:
    """Return the columns of a table of streaks; the first three are words."""
    return (
        word("Start", lambda s: str(s.start)),
        word("End", lambda s: f"{s.end}{'+' if s.open else ''}"),
        word("Character", lambda s: s.character.tag),
        figure("Length", lambda s: s.length, 0, "sessions"),
        figure("bp a session", lambda s: s.mean_bps, 1),
        share(satellite, lambda s: s.satellite_return),
        share(core, lambda s: s.core_return),
        share(
            "Largest share",
            lambda s: s.largest_share,
            "share of its largest session in the sum of what is counted",
        ),
        figure("RSI", lambda s: s.rsi, 1, f"Wilder's RSI(14) of {satellite} at its end"),
        figure("Rank", lambda s: s.rank_by_length, 0, "by length, 1 is the longest"),
        figure("Rank by size", lambda s: s.rank_by_outperformance, 0),
        figure(
            "Sessions since",
            lambda s: s.sessions_since_as_long,
            0,
            "since the end of the one before that was at least as long",
        ),
        word("Volatility", lambda s: s.character.volatility),
        word("VIX", lambda s: s.character.vix),
        word("Rates", lambda s: s.character.rate),
    )


def rarity_columns() -> tuple[Column[RarityRow], ...]:
    """Return the columns of a table of lengths: runs observed, and what three models give."""
    return (
        figure("At least", lambda r: r.k, 0, "sessions"),
        figure("Observed", lambda r: r.observed, 0),
        figure("Coin: expected", lambda r: r.coin_expected, 2, "number of runs; may exceed 1"),
        interval("Coin: 95 % band", lambda r: (r.coin_low, r.coin_high), "count"),
        share("Coin: P(any)", lambda r: r.coin_probability, "probability that there is one"),
        figure("Markov: expected", lambda r: r.markov_expected, 2),
        share("Markov: P(any)", lambda r: r.markov_probability),
        figure("Resampled: mean", lambda r: r.bootstrap_mean, 1),
        interval("95 % band", lambda r: (r.bootstrap_low, r.bootstrap_high), "count"),
        share("P(any)", lambda r: r.bootstrap_probability, "share of resampled histories with one"),
    )


def continuation_columns() -> tuple[Column[Lasting], ...]:
    """Return the columns of a table of lengths: does a streak go on."""
    return (
        figure("Streak", lambda r: r[0].streak, 0, "sessions"),
        figure("Times", lambda r: r[0].n, 0),
        figure("Went on", lambda r: r[0].continued, 0),
        share("Share", lambda r: r[0].probability),
        interval("95 % interval", lambda r: (r[0].low, r[0].high)),
        share("Coin", lambda r: r[0].coin),
    )


def survival_columns() -> tuple[Column[Lasting], ...]:
    """Return the columns of a table of lengths: does a streak last longer."""
    return (
        figure("Streak", lambda r: r[1].streak, 0, "sessions"),
        share("Lasts longer", lambda r: r[1].survival, "Kaplan–Meier"),
        interval("95 % interval", lambda r: (r[1].low, r[1].high)),
        share("Coin", lambda r: r[1].coin_survival),
        share("Ends here", lambda r: r[1].hazard),
    )


def lasting_columns() -> tuple[Column[Lasting], ...]:
    """Return the columns of a table of lengths that tells both, the coin's share but once."""
    _, *survival = (column for column in survival_columns() if column.heading != "Coin")
    return (*continuation_columns(), *survival)


def event_columns() -> tuple[Column[EventRow], ...]:
    """Return the columns of a table of what followed; the first two are words."""
    return (
        word("Event", lambda e: f"{e.kind} {e.k}"),
        word("Verdict", lambda e: e.verdict),
        figure("Sessions ahead", lambda e: e.horizon, 0),
        figure("Events", lambda e: e.n_events, 0),
        figure("Apart", lambda e: e.n_non_overlapping, 0, "events whose windows do not overlap"),
        share("Mean", lambda e: e.mean),
        share("Median", lambda e: e.median),
        share("Hits", lambda e: e.hit_rate, "share above 0"),
        share("Any session", lambda e: e.any_mean, "mean after any session"),
        share("Difference", lambda e: e.difference, "mean less that after any session"),
        interval("95 % interval", lambda e: (e.low, e.high)),
        figure("p", lambda e: e.p_value, 3),
        figure("Holm p", lambda e: e.p_holm, 3, "adjusted for all cells tested"),
    )


def milestone_columns(core: str, satellite: str) -> tuple[Column[tuple[Analogue, Milestone]], ...]:
    """Return the columns of a table of milestones of analogues; the first three are words."""
    return (
        word("Streak (length)", lambda r: f"{r[0].streak.start} ({r[0].streak.length})"),
        Column("Offset", _offset, lambda r: r[1].offset, "sessions since the close before it"),
        word("Session", lambda r: None if math.isnan(r[1].relative) else str(r[1].session)),
        figure(f"{satellite}/{core}", lambda r: r[1].relative, 3),
        figure(satellite, lambda r: r[1].satellite, 3),
        figure(core, lambda r: r[1].core, 3),
    )


def mover_columns(core: str) -> tuple[Column[Mover], ...]:
    """Return the columns of a table of winners and losers; the first is a word."""
    return (
        word("Symbol", lambda m: m.symbol),
        figure("Rank", lambda m: m.rank, 0),
        share("Return", lambda m: m.streak_return),
        share(f"Less {core}", lambda m: m.outperformance),
        Column("Remark", lambda m: m.problem, lambda _: None),
    )


def _offset(row: tuple[Analogue, Milestone]) -> str:
    return f"+{row[1].offset}{' end' if row[1].is_end else ''}"

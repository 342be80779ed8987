"""The columns of the tables of a streak study, for the terminal, ``study.md`` and the report."""

from __future__ import annotations

import math

from engine.evaluation.streak_study.analogues import Analogue, Milestone
from engine.evaluation.streak_study.anatomy import Mover
from engine.evaluation.streak_study.continuation import ContinuationRow, SurvivalRow
from engine.evaluation.streak_study.events import EventRow
from engine.evaluation.streak_study.rarity import RarityRow
from engine.evaluation.streak_study.table import Streak
from engine.report.columns import Column, figure, share, word
from engine.report.format import UNDEFINED, format_number, format_value

Lasting = tuple[ContinuationRow, SurvivalRow]
"""What is known of streaks that reached a length: whether they went on, and how many outlast it."""


def streak_columns(core: str, satellite: str) -> tuple[Column[Streak], ...]:
    """Return the columns of a table of streaks; the first three are words."""
    return (
        word("start", lambda s: str(s.start)),
        word("end", lambda s: f"{s.end}{'+' if s.open else ''}"),
        word("character", lambda s: s.character.tag),
        figure("length", lambda s: s.length, 0, "sessions"),
        figure("bp a session", lambda s: s.mean_bps, 1),
        share(satellite, lambda s: s.satellite_return),
        share(core, lambda s: s.core_return),
        share(
            "largest share",
            lambda s: s.largest_share,
            "share of its largest session in the sum of what is counted",
        ),
        figure("RSI", lambda s: s.rsi, 1, f"Wilder's RSI(14) of {satellite} at its end"),
        figure("rank", lambda s: s.rank_by_length, 0, "by length, 1 is the longest"),
        figure("rank by size", lambda s: s.rank_by_outperformance, 0),
        figure(
            "sessions since",
            lambda s: s.sessions_since_as_long,
            0,
            "since the end of the one before that was at least as long",
        ),
        word("volatility", lambda s: s.character.volatility),
        word("VIX", lambda s: s.character.vix),
        word("rates", lambda s: s.character.rate),
    )


def rarity_columns() -> tuple[Column[RarityRow], ...]:
    """Return the columns of a table of lengths: runs observed, and what three models give."""
    return (
        figure("at least", lambda r: r.k, 0, "sessions"),
        Column("observed", lambda r: str(r.observed), lambda r: r.observed),
        figure("coin: expected", lambda r: r.coin_expected, 2, "number of runs; may exceed 1"),
        Column("coin: 95 % band", lambda r: _band(r.coin_low, r.coin_high), lambda r: r.coin_low),
        share("coin: P(any)", lambda r: r.coin_probability, "probability that there is one"),
        figure("Markov: expected", lambda r: r.markov_expected, 2),
        share("Markov: P(any)", lambda r: r.markov_probability),
        figure("resampled: mean", lambda r: r.bootstrap_mean, 1),
        Column(
            "95 % band",
            lambda r: _band(r.bootstrap_low, r.bootstrap_high),
            lambda r: r.bootstrap_low,
        ),
        share("P(any)", lambda r: r.bootstrap_probability, "share of resampled histories with one"),
    )


def lasting_columns() -> tuple[Column[Lasting], ...]:
    """Return the columns of a table of lengths: does a streak go on, and does it last longer."""
    return (
        figure("streak", lambda r: r[0].streak, 0, "sessions"),
        Column("times", lambda r: str(r[0].n), lambda r: r[0].n),
        Column("went on", lambda r: str(r[0].continued), lambda r: r[0].continued),
        share("share", lambda r: r[0].probability),
        Column("95 % interval", lambda r: interval(r[0].low, r[0].high), lambda r: r[0].low),
        share("coin", lambda r: r[0].coin),
        share("lasts longer", lambda r: r[1].survival, "Kaplan–Meier"),
        Column("95 % interval", lambda r: interval(r[1].low, r[1].high), lambda r: r[1].low),
        share("ends here", lambda r: r[1].hazard),
    )


def event_columns() -> tuple[Column[EventRow], ...]:
    """Return the columns of a table of what followed; the first two are words."""
    return (
        word("event", lambda e: f"{e.kind} {e.k}"),
        word("verdict", lambda e: e.verdict),
        figure("sessions ahead", lambda e: e.horizon, 0),
        Column("events", lambda e: str(e.n_events), lambda e: e.n_events),
        Column(
            "apart",
            lambda e: str(e.n_non_overlapping),
            lambda e: e.n_non_overlapping,
            "events whose windows do not overlap",
        ),
        share("mean", lambda e: e.mean),
        share("median", lambda e: e.median),
        share("hits", lambda e: e.hit_rate, "share above 0"),
        share("any session", lambda e: e.any_mean, "mean after any session"),
        share("difference", lambda e: e.difference, "mean less that after any session"),
        Column("95 % interval", lambda e: interval(e.low, e.high), lambda e: e.low),
        figure("p", lambda e: e.p_value, 3),
        figure("Holm p", lambda e: e.p_holm, 3, "adjusted for all cells tested"),
    )


def milestone_columns(core: str, satellite: str) -> tuple[Column[tuple[Analogue, Milestone]], ...]:
    """Return the columns of a table of milestones of analogues; the first three are words."""
    return (
        word("streak (length)", lambda r: f"{r[0].streak.start} ({r[0].streak.length})"),
        Column("offset", _offset, lambda r: r[1].offset, "sessions since the close before it"),
        word("session", lambda r: None if math.isnan(r[1].relative) else str(r[1].session)),
        figure(f"{satellite}/{core}", lambda r: r[1].relative, 3),
        figure(satellite, lambda r: r[1].satellite, 3),
        figure(core, lambda r: r[1].core, 3),
    )


def mover_columns(core: str) -> tuple[Column[Mover], ...]:
    """Return the columns of a table of winners and losers; the first is a word."""
    return (
        word("symbol", lambda m: m.symbol),
        figure("rank", lambda m: m.rank, 0),
        share("return", lambda m: m.streak_return),
        share(f"less {core}", lambda m: m.outperformance),
        Column("remark", lambda m: m.problem, lambda _: None),
    )


def interval(low: float, high: float) -> str:
    """Return an interval of fractions in percent."""
    if math.isnan(low):
        return UNDEFINED
    return f"{format_value(low, 'fraction')}..{format_value(high, 'fraction')}"


def _band(low: float, high: float) -> str:
    if math.isnan(low):
        return f"{UNDEFINED}..{UNDEFINED}"
    return f"{format_number(low, 0)}..{format_number(high, 0)}"


def _offset(row: tuple[Analogue, Milestone]) -> str:
    return f"+{row[1].offset}{' end' if row[1].is_end else ''}"

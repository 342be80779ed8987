"""The table of streaks: every maximal run of one kind, measured and ranked.

A streak belongs to the table if it ends in the studied sessions, those from the panel's
`start_index` on. One already under way there is taken whole, as rules see it: its beginning is
known from the warm-up, and half a streak would be measured wrongly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError, did_you_mean
from engine.evaluation.streak_study.character import (
    Character,
    CharacterRules,
    regimes,
    tag_of,
)
from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray
from engine.signals.rsi import wilder_rsi
from engine.signals.streaks import signed_run_lengths, simple_returns

Kind = Literal[
    "outperformance", "underperformance", "satellite_up", "satellite_down", "core_up", "core_down"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
RSI_PERIOD = 14
BPS = 1e4
DEFAULT_RULES = CharacterRules()

IndexArray = NDArray[np.intp]


@dataclass(frozen=True)
class Streak:
    """One maximal run of consecutive sessions that went the way of its kind.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    start_index, end_index : int
        First and last session of the run, as indices into the panel.
    start, end : datetime64[D]
        The same as dates.
    length : int
        Sessions.
    open : bool
        True where it holds the last session of the data: it may still go on (censored).
    start_unknown : bool
        True where it holds the first return of the data: it may have begun earlier.
    mean_bps : float
        Mean per session, in bp, of what the kind counts: the satellite's return less the core's,
        or the return of the one asset. Negative for runs of trailing or falling.
    satellite_return, core_return : float
        Fractions, from the close before `start` to the close of `end`.
    outperformance : float
        `satellite_return` − `core_return`, whatever the kind.
    largest_share : float
        Largest single session's share in the sum of what the kind counts, in (0, 1].
    rsi : float
        Wilder's RSI(14) of the satellite at the close of `end`; NaN while it warms up.
    rank_by_length : int
        1 is the longest of the table; equals share the smallest rank.
    rank_by_outperformance : int
        1 is the highest `outperformance` of the table (for underperformance: the lowest).
    sessions_since_as_long : float
        Sessions from the end of the previous streak of the table at least as long to `start`;
        NaN if there is none.
    character : Character
    """

    kind: Kind
    start_index: int
    end_index: int
    start: np.datetime64
    end: np.datetime64
    length: int
    open: bool
    start_unknown: bool
    mean_bps: float
    satellite_return: float
    core_return: float
    outperformance: float
    largest_share: float
    rsi: float
    rank_by_length: int
    rank_by_outperformance: int
    sessions_since_as_long: float
    character: Character

    def as_row(self) -> dict[str, Any]:
        """Return one flat row: dates and figures by name, the character as four columns."""
        row = asdict(self)
        labels = row.pop("character")
        regime_columns = {f"{name}_regime": labels[name] for name in ("volatility", "vix", "rate")}
        return row | {"character": labels["tag"]} | regime_columns


def streak_table(
    panel: PricePanel,
    kind: Kind,
    rules: CharacterRules = DEFAULT_RULES,
    *,
    vix: FloatArray | None = None,
    fed_funds: FloatArray | None = None,
) -> tuple[Streak, ...]:
    """Return every streak of one kind that ends in the studied sessions, in order of time.

    Parameters
    ----------
    panel : PricePanel
        n sessions, the last of them the one as of which is spoken.
    kind : str
        ``outperformance`` and ``underperformance`` count sessions in which the satellite's
        return beat or trailed the core's; ``satellite_up``, ``satellite_down``, ``core_up`` and
        ``core_down`` those in which one asset rose or fell. Ties break a streak.
    rules : CharacterRules, optional
    vix, fed_funds : float64 arrays, shape (n,), optional
        See :func:`engine.evaluation.streak_study.character.regimes`.

    Raises
    ------
    UsageError
        If the kind is unknown.
    ValueError
        If a series does not have one value per session.
    """
    counted, sign = _counted(panel, kind)
    starts, ends = _extents(sign * counted, panel.start_index)
    lengths = ends - starts + 1
    satellite, core = (
        bars.close[ends] / bars.close[starts - 1] - 1.0 for bars in (panel.satellite, panel.core)
    )
    outperformance = satellite - core
    rank_by_length = _ranks(lengths)
    rank_by_outperformance = _ranks(outperformance * (-1 if kind == "underperformance" else 1))
    since = _sessions_since_as_long(starts, ends)
    rsi = wilder_rsi(panel.satellite.close, RSI_PERIOD)
    regime = regimes(panel, rules, vix=vix, fed_funds=fed_funds)

    def streak(i: int) -> Streak:
        start, end = int(starts[i]), int(ends[i])
        moves = counted[start : end + 1]
        tag = tag_of(float(satellite[i]), float(core[i]), rules)
        return Streak(
            kind=kind,
            start_index=start,
            end_index=end,
            start=panel.sessions[start],
            end=panel.sessions[end],
            length=int(lengths[i]),
            open=end == len(panel) - 1,
            start_unknown=start == 1,
            mean_bps=float(moves.mean() * BPS),
            satellite_return=float(satellite[i]),
            core_return=float(core[i]),
            outperformance=float(outperformance[i]),
            largest_share=float(np.abs(moves).max() / np.abs(moves).sum()),
            rsi=float(rsi[end]),
            rank_by_length=int(rank_by_length[i]),
            rank_by_outperformance=int(rank_by_outperformance[i]),
            sessions_since_as_long=since[i],
            character=regime.character(tag, end),
        )

    return tuple(streak(i) for i in range(len(starts)))


def select(
    streaks: Sequence[Streak], *, min_length: int = 1, top: int | None = None
) -> tuple[Streak, ...]:
    """Return the streaks of at least `min_length` sessions, longest first, at most `top`.

    Equally long ones stay in order of time.

    Raises
    ------
    UsageError
        If `min_length` or `top` is below 1.
    """
    for name, least in (("min_length", min_length), ("top", top)):
        if least is not None and least < 1:
            raise UsageError(f"{name} is {least}; it must be at least 1")
    long_enough = [streak for streak in streaks if streak.length >= min_length]
    return tuple(sorted(long_enough, key=lambda streak: -streak.length)[:top])


def longest(streaks: Sequence[Streak]) -> tuple[Streak, ...]:
    """Return the longest streaks, all that tie for it, in order of time."""
    return tuple(streak for streak in streaks if streak.rank_by_length == 1)


def current_streak(streaks: Sequence[Streak]) -> Streak | None:
    """Return the streak that holds the last session; None where its length is 0.

    `streaks` is a whole table: the last session then went the other way, or was a tie.
    """
    return streaks[-1] if streaks and streaks[-1].open else None


def _counted(panel: PricePanel, kind: Kind) -> tuple[FloatArray, int]:
    """Return what a kind counts per session (fraction), and the sign it asks for."""
    core, satellite = simple_returns(panel.core.close), simple_returns(panel.satellite.close)
    counted: dict[str, tuple[FloatArray, int]] = {
        "outperformance": (satellite - core, 1),
        "underperformance": (satellite - core, -1),
        "satellite_up": (satellite, 1),
        "satellite_down": (satellite, -1),
        "core_up": (core, 1),
        "core_down": (core, -1),
    }
    if kind not in counted:
        allowed = f"(allowed {', '.join(KINDS)}{did_you_mean(kind, KINDS)})"
        raise UsageError(f'no kind of streak "{kind}" {allowed}')
    return counted[kind]


def _extents(wins: FloatArray, first: int) -> tuple[IndexArray, IndexArray]:
    """Return first and last index of each run of positive `wins` that ends at `first` or later."""
    run = signed_run_lengths(wins)
    goes_on = np.zeros(len(run), dtype=bool)
    goes_on[:-1] = run[1:] > 1
    ends = np.flatnonzero((run > 0) & ~goes_on)
    ends = ends[ends >= first]
    return ends - run[ends].astype(np.intp) + 1, ends


def _ranks(values: NDArray[Any]) -> IndexArray:
    """Return ranks from 1 for the highest; equals share the smallest."""
    return np.asarray(len(values) - np.searchsorted(np.sort(values), values, side="right") + 1)


def _sessions_since_as_long(starts: IndexArray, ends: IndexArray) -> list[float]:
    """Return, per run, the sessions since the end of the last one at least as long."""
    since: list[float] = []
    longer: list[tuple[int, int]] = []  # (length, end): the next one is always shorter
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        length = end - start + 1
        while longer and longer[-1][0] < length:
            longer.pop()
        since.append(float(start - longer[-1][1]) if longer else math.nan)
        longer.append((length, end))
    return since

"""Does a streak go on? Continuation by length, survival of streaks, and the coin beside both.

A streak that has reached k sessions either goes on in the next or ends at k. Everything here
rests on the sessions whose next session is known, so the two views agree: the hazard at k is
one less the continuation share at k, and survival is the product of these shares (Kaplan and
Meier, "Nonparametric Estimation from Incomplete Observations", Journal of the American
Statistical Association 53, 1958). The open streak at the end of the data is censored: it counts
at every length whose sequel was seen, and not at its present one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from engine.evaluation.streak_study.runs import NAN, BoolArray, CountArray
from engine.market.quotes import FloatArray

Z = NormalDist().inv_cdf(0.975)
"""Standard normal quantile of all 95 % intervals."""


@dataclass(frozen=True)
class Continuation:
    """What came next when the streak stood at a length.

    Attributes
    ----------
    streak : int
        Signed length in sessions: +k after k sessions of outperformance, −k of the mirror.
    n : int
        Sessions with that streak whose next session is known.
    continued : int
        Those after which it went on; a tie ends a streak.
    probability, low, high : float
        continued / n with its 95 % Wilson interval (fraction); NaN where n is 0.
    """

    streak: int
    n: int
    continued: int
    probability: float
    low: float
    high: float


@dataclass(frozen=True)
class ContinuationRow(Continuation):
    """What came next, beside the coin.

    Attributes
    ----------
    coin : float
        What a coin without memory gives: the share of all sessions that went this way.
    """

    coin: float


@dataclass(frozen=True)
class SurvivalRow:
    """How many streaks outlast a length.

    Attributes
    ----------
    streak : int
        Signed length in sessions.
    at_risk, ended : int
        Streaks that reached the length and whose next session is known; those that ended there.
    censored : int
        1 for the open streak at its present length, else 0.
    survival, low, high : float
        Kaplan–Meier share of streaks longer than this, with its 95 % interval (fraction);
        NaN where undefined.
    hazard : float
        ended / at_risk: probability to end at this length, having reached it.
    coin_survival, coin_hazard : float
        The same for a coin with the observed rate r: rᵏ and 1 − r, whatever the length.
    """

    streak: int
    at_risk: int
    ended: int
    censored: int
    survival: float
    low: float
    high: float
    hazard: float
    coin_survival: float
    coin_hazard: float


@dataclass(frozen=True)
class Outlook(Continuation):
    """How streaks like a given one went on, and how far.

    Attributes
    ----------
    ended : int
        Those of the n whose end is known, too.
    mean_further : float
        Mean number of further sessions these lasted; NaN where there are none.
    """

    ended: int
    mean_further: float


def continuation(streak: FloatArray) -> tuple[ContinuationRow, ...]:
    """Return what came next at every length seen: +1, +2 and so on, then −1, −2 and so on.

    Parameters
    ----------
    streak : float64 array, shape (n,)
        Signed streak at each close, as
        :func:`~engine.signals.streaks.outperformance_streak` gives it. NaN is allowed at the
        beginning only. A streak under way at the beginning counts from the length it has there.

    Raises
    ------
    ValueError
        If a NaN follows a known streak.
    """
    known = _known(streak)
    return tuple(_continuation_row(known, k) for k in _lengths(known))


def survival(streak: FloatArray) -> tuple[SurvivalRow, ...]:
    """Return the survival of streaks at every length seen, in the same order.

    Parameters and errors as for :func:`continuation`.
    """
    known = _known(streak)
    return _side_survival(known, 1) + _side_survival(known, -1)


def outlook(streak: FloatArray, current: int) -> Outlook:
    """Return how streaks that stood at `current` (signed, sessions) went on.

    A `current` of 0, a tie, is no streak: n is 0. The open streak is counted where its sequel
    is known, but not in `mean_further`, for its end is not. Other parameters and errors as for
    :func:`continuation`.
    """
    known = _known(streak)
    n, continued = _tally(known, current)
    further = _further_sessions(known, current)
    return Outlook(
        current,
        n,
        continued,
        *wilson(continued, n),
        ended=len(further),
        mean_further=float(further.mean()) if len(further) else NAN,
    )


def wilson(successes: int, n: int) -> tuple[float, float, float]:
    """Return a share and its 95 % Wilson score interval (fractions); all NaN where `n` is 0.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical
    Inference", Journal of the American Statistical Association 22 (1927).
    """
    if not n:
        return NAN, NAN, NAN
    share = successes / n
    weight = 1.0 + Z**2 / n
    centre = (share + Z**2 / (2 * n)) / weight
    half = Z / weight * math.sqrt(share * (1.0 - share) / n + Z**2 / (4 * n**2))
    low, high = min(share, centre - half), max(share, centre + half)  # rounding must not cross
    return share, max(0.0, low), min(1.0, high)


def product_limit(
    at_risk: CountArray, ended: CountArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the Kaplan–Meier estimate and its 95 % interval at each of a row of lengths.

    Parameters
    ----------
    at_risk, ended : int64 arrays, shape (m,)
        At each length, ascending: how many reached it, and how many of these ended there.

    Returns
    -------
    survival, low, high : float64 arrays, shape (m,)
        Share that lasts longer (fraction); NaN from the first length nothing is known about.
        The interval is Greenwood's on the scale of log(−log S), which keeps it between 0 and 1
        (Kalbfleisch and Prentice, "The Statistical Analysis of Failure Time Data"); NaN where S
        is 0 or 1.
    """
    n, d = np.asarray(at_risk, dtype=np.float64), np.asarray(ended, dtype=np.float64)
    n = np.where(n > 0.0, n, np.nan)
    estimate = np.cumprod(1.0 - d / n)
    inside = (estimate > 0.0) & (estimate < 1.0)
    spread = np.full(len(n), np.nan)
    spread[n > d] = d[n > d] / (n[n > d] * (n[n > d] - d[n > d]))
    log_survival = np.log(np.where(inside, estimate, np.nan))
    error = Z * np.sqrt(np.cumsum(spread)) / -log_survival
    return (
        np.asarray(estimate),
        np.exp(log_survival * np.exp(error)),
        np.exp(log_survival * np.exp(-error)),
    )


def _known(streak: FloatArray) -> FloatArray:
    """Return the streaks after the leading NaN."""
    streak = np.asarray(streak, dtype=np.float64)
    unknown = np.isnan(streak)
    leading = len(streak) if unknown.all() else int(np.argmin(unknown))
    if unknown[leading:].any():
        raise ValueError("a streak is unknown after it was known: prices are missing inside")
    return streak[leading:]


def _lengths(streak: FloatArray) -> list[int]:
    top, bottom = (int((side * streak).max(initial=0.0)) for side in (1, -1))
    return [*range(1, top + 1), *range(-1, -bottom - 1, -1)]


def _goes_on(streak: FloatArray) -> BoolArray:
    """Return, for all sessions but the last, whether the streak goes on; shape (n − 1,)."""
    return np.asarray(streak[:-1] * streak[1:] > 0.0)


def _tally(streak: FloatArray, k: int) -> tuple[int, int]:
    """Return how often the streak stood at `k` with a known sequel, and how often it went on."""
    stood = (streak[:-1] == k) & (k != 0)
    return int(np.count_nonzero(stood)), int(np.count_nonzero(stood & _goes_on(streak)))


def _rate(streak: FloatArray, side: int) -> float:
    """Return the share of sessions that went one way."""
    return float(np.mean(side * streak > 0.0))


def _continuation_row(streak: FloatArray, k: int) -> ContinuationRow:
    n, continued = _tally(streak, k)
    coin = _rate(streak, 1 if k > 0 else -1)
    return ContinuationRow(k, n, continued, *wilson(continued, n), coin=coin)


def _side_survival(streak: FloatArray, side: int) -> tuple[SurvivalRow, ...]:
    lengths = [k for k in _lengths(streak) if k * side > 0]
    if not lengths:
        return ()
    tallies = np.array([_tally(streak, k) for k in lengths], dtype=np.int64)
    at_risk, ended = tallies[:, 0], tallies[:, 0] - tallies[:, 1]
    curve = np.column_stack(product_limit(at_risk, ended)).tolist()
    rate = _rate(streak, side)
    return tuple(
        SurvivalRow(
            streak=k,
            at_risk=int(n),
            ended=int(d),
            censored=int(streak[-1] == k),
            survival=estimate,
            low=low,
            high=high,
            hazard=float(d / n) if n else NAN,
            coin_survival=rate ** abs(k),
            coin_hazard=1.0 - rate,
        )
        for k, n, d, (estimate, low, high) in zip(lengths, at_risk, ended, curve, strict=True)
    )


def _further_sessions(streak: FloatArray, k: int) -> FloatArray:
    """Return how many sessions each ended streak that stood at `k` went on for."""
    stood = np.flatnonzero((streak[:-1] == k) & (k != 0))
    ends = np.flatnonzero(~_goes_on(streak))
    following = np.searchsorted(ends, stood)
    ended = following < len(ends)
    return np.asarray(ends[following[ended]] - stood[ended], dtype=np.float64)

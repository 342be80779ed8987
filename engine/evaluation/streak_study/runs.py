"""Runs of a yes/no sequence: which sessions count, how long the runs are, and the runs test.

Origin: A. Wald and J. Wolfowitz, "On a test whether two samples are from the same population",
Annals of Mathematical Statistics 11 (1940).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.market.quotes import FloatArray
from engine.signals.streaks import TIE_TOLERANCE

BoolArray = NDArray[np.bool_]
CountArray = NDArray[np.int64]

NAN = math.nan


@dataclass(frozen=True)
class RunsTest:
    """The Wald–Wolfowitz runs test: sides changed, against what a shuffled sequence does.

    Attributes
    ----------
    runs : int
        Runs of both sides together.
    expected : float
        Runs of the same sessions in random order; NaN without sessions.
    z : float
        (runs − expected) / standard deviation, without continuity correction. Negative: fewer
        and longer runs than chance gives; positive: more and shorter ones. NaN where a side is
        missing.
    p : float
        Two-sided probability of a |z| at least this large, by the normal approximation.
    """

    runs: int
    expected: float
    z: float
    p: float


def winning_and_losing(difference: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Return the sessions that were won and those that were lost; a tie is neither.

    Parameters
    ----------
    difference : float64 array, shape (n,)
        Satellite's return less the core's (fraction), one per session, all known.

    Returns
    -------
    (bool array, bool array), shapes (n,)

    Raises
    ------
    ValueError
        If a difference is NaN: an unknown session is not a lost one.
    """
    difference = np.asarray(difference, dtype=np.float64)
    if np.isnan(difference).any():
        raise ValueError("a session without a return cannot be counted as won or lost")
    return difference > TIE_TOLERANCE, difference < -TIE_TOLERANCE


def run_lengths(wins: BoolArray) -> CountArray:
    """Return the length in sessions of every maximal run of True, in order of time."""
    padded = np.zeros(len(wins) + 2, dtype=bool)
    padded[1:-1] = wins
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return np.asarray(edges[1::2] - edges[::2], dtype=np.int64)


def runs_at_least(lengths: CountArray, depth: int) -> CountArray:
    """Return, for k = 1..`depth`, how many of `lengths` are ≥ k; shape (depth,)."""
    exactly = np.bincount(np.minimum(lengths, depth), minlength=depth + 1)[1:]
    return np.asarray(exactly[::-1].cumsum()[::-1], dtype=np.int64)


def observed_runs(wins: BoolArray, k: int) -> int:
    """Return the number of maximal runs of True that last `k` sessions or more.

    Raises
    ------
    ValueError
        If `k` is below 1.
    """
    return int(np.count_nonzero(run_lengths(wins) >= checked_length(k)))


def runs_test(wins: BoolArray) -> RunsTest:
    """Return the runs test of a bool array, shape (n,).

    With n₁ True, n₀ False and n = n₁ + n₀ the expected number of runs is 2n₁n₀/n + 1 and its
    variance 2n₁n₀(2n₁n₀ − n) / (n²(n − 1)).
    """
    wins = np.asarray(wins, dtype=bool)
    n, won = len(wins), int(np.count_nonzero(wins))
    runs = 1 + int(np.count_nonzero(wins[1:] != wins[:-1])) if n else 0
    pairs = 2 * won * (n - won)
    expected = pairs / n + 1.0 if n else NAN
    if pairs <= n:  # a side is missing, or one of each: the number of runs cannot vary
        return RunsTest(runs, expected, NAN, NAN)
    deviation = math.sqrt(pairs * (pairs - n) / (n**2 * (n - 1)))
    z = (runs - expected) / deviation
    return RunsTest(runs, expected, z, math.erfc(abs(z) / math.sqrt(2.0)))


def checked_length(k: int) -> int:
    """Return `k`; raise ValueError if no run can be that long."""
    if k < 1:
        raise ValueError(f"a run lasts at least 1 session, not {k}")
    return k

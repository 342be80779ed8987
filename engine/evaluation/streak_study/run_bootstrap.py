"""The stationary bootstrap of runs: how much the number of long runs varies from sample to sample.

Source: D. Politis and J. Romano, "The Stationary Bootstrap", Journal of the American
Statistical Association 89 (1994); block length by D. Politis and H. White (2004), as corrected
by Patton, Politis and White (2009). Resamples are drawn by the library arch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.evaluation.inference.resampling import block_length
from engine.evaluation.streak_study.runs import BoolArray, CountArray, run_lengths, runs_at_least
from engine.market.quotes import FloatArray

Progress = Callable[[int, int], None]
"""Told (resamples done, resamples in all)."""

BAND = (2.5, 97.5)
"""Percentiles between which 95 % of the resamples lie."""

_STEP = 100  # resamples between two reports of progress


@dataclass(frozen=True, eq=False)
class RunBands:
    """What resampled histories have in runs of length ≥ k; entry k − 1 of each array is k's.

    Attributes
    ----------
    mean, low, high : float64 arrays, shape (depth,)
        Mean, 2.5 % and 97.5 % percentile of the number of runs ≥ k.
    probability : float64 array, shape (depth,)
        Share of resamples whose longest run is ≥ k (fraction).
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    probability: FloatArray


def automatic_block_length(outperformance: FloatArray) -> int:
    """Return the mean block length in sessions that Politis and White recommend, rounded up.

    Parameters
    ----------
    outperformance : float64 array, shape (n,)
        Satellite's return less the core's (fraction).

    Returns
    -------
    int
        At least 1. With fewer than `FEWEST_RETURNS` sessions, or returns that never vary, the
        rule has nothing to work with: ∛n, which grows as its answer does.
    """
    values = np.asarray(outperformance, dtype=np.float64)
    recommended = block_length(values)
    if math.isnan(recommended):
        return max(1, round(math.cbrt(len(values))))
    return math.ceil(recommended)


def resampled_runs(
    wins: BoolArray,
    depth: int,
    *,
    block_length: int,
    resamples: int,
    seed: int,
    progress: Progress | None = None,
) -> RunBands:
    """Return how many runs ≥ k stationary-bootstrap histories have, for k = 1..`depth`.

    Whole sessions are drawn, in blocks of consecutive ones. Whether a session was won is a
    property of the pair of returns in it, so drawing these flags is drawing the pairs: the
    dependence between the two assets survives, and that between sessions inside a block.

    It answers "how else could this history have come out?" and not "what would chance alone
    give?": the observed streaks are among the blocks, so no independence is assumed and none is
    tested. A run is also cut wherever a block ends; with short blocks the longest runs are
    therefore rarer here than in the history itself.

    Parameters
    ----------
    wins : bool array, shape (n,)
    depth : int
        Longest length looked at, in sessions.
    block_length : int
        Mean length of a block in sessions; 1 draws single sessions.
    resamples : int
        Histories drawn; with 0 everything is NaN.
    seed : int
        The same seed draws the same sessions, whatever `wins` holds.
    progress : callable, optional
        Told (done, all) now and then, and at the end.

    Raises
    ------
    ValueError
        If `block_length` is below 1, `resamples` below 0, or there is no session.
    """
    wins = np.asarray(wins, dtype=bool)
    if block_length < 1 or resamples < 0 or not len(wins):
        raise ValueError(
            f"cannot draw {resamples} resamples of {len(wins)} sessions in blocks of {block_length}"
        )
    if not resamples:
        undefined = np.full(depth, np.nan)
        return RunBands(undefined, undefined, undefined, undefined)
    counts = _counts(wins, depth, block_length, resamples, seed, progress)
    low, high = np.percentile(counts, BAND, axis=0)
    return RunBands(counts.mean(axis=0), low, high, (counts > 0).mean(axis=0))


def _counts(
    wins: BoolArray,
    depth: int,
    block_length: int,
    resamples: int,
    seed: int,
    progress: Progress | None,
) -> CountArray:
    """Return the number of runs ≥ k in every resample, shape (resamples, depth)."""
    from arch.bootstrap import StationaryBootstrap

    counts = np.empty((resamples, depth), dtype=np.int64)
    drawn = StationaryBootstrap(block_length, wins, seed=seed).bootstrap(resamples)
    for done, (arrays, _) in enumerate(drawn, start=1):
        counts[done - 1] = runs_at_least(run_lengths(np.asarray(arrays[0], dtype=bool)), depth)
        if progress and (done % _STEP == 0 or done == resamples):
            progress(done, resamples)
    return counts

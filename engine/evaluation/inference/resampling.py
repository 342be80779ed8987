"""The stationary bootstrap: how long its blocks should be, and which sessions it draws.

References
----------
- D. Politis, J. Romano, *The Stationary Bootstrap*, J. of the American Statistical Association 89
  (1994).
- D. Politis, H. White, *Automatic Block-Length Selection for the Dependent Bootstrap*, Econometric
  Reviews 23 (2004); corrected by A. Patton, D. Politis, H. White, Econometric Reviews 28 (2009).

The library arch has both, and the tests hold these functions to it. Importing it takes longer than
everything they are used for here, and it draws one resample at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.metrics import ROUNDING
from engine.market.quotes import FloatArray

IntArray = NDArray[np.int64]

FEWEST_RETURNS = 50
"""Below this, autocorrelations say too little to choose a block length, or an interval, from."""

_STREAM = 1994  # the seed alone may have drawn the market; [seed, 0] would repeat its numbers
_BATCH = 50  # resamples drawn at once: some megabytes; part of what a seed means


def block_length(series: FloatArray) -> float:
    """Return the mean block length that Politis and White recommend for the mean of a series.

    It is (G²/g²)^⅓ n^⅓, at most 3√n and n/3, with G = Σ λ(k/M) |k| R(k) and g = Σ λ(k/M) R(k) over
    lags −M..M, R the autocovariances and λ a flat-top window. M is twice the lag after which
    max(5, ⌊log₁₀ n⌋) autocorrelations in a row are within ±2 √(log₁₀ n / n).

    Parameters
    ----------
    series : float64 array, shape (n,)

    Returns
    -------
    float
        Sessions, at least 1; NaN for fewer than `FEWEST_RETURNS` values, or where they do not vary
        or are not finite.
    """
    n = len(series)
    if n < FEWEST_RETURNS or not np.isfinite(series).all() or not np.std(series) > ROUNDING:
        return math.nan
    covariances, correlations = _autocovariances(np.asarray(series, dtype=np.float64))
    bandwidth = _bandwidth(correlations, n)
    lags = np.arange(1, bandwidth + 1)
    window = np.minimum(1.0, 2.0 * (1.0 - lags / bandwidth)) * covariances[1 : bandwidth + 1]
    spread = 2.0 * float((window * lags).sum())
    long_run = float(covariances[0] + 2.0 * window.sum())
    longest = math.ceil(min(3.0 * math.sqrt(n), n / 3.0))
    if not abs(long_run) > 0.0:
        return float(longest)
    return float(min(max(np.cbrt((spread / long_run) ** 2 * n), 1.0), longest))


def common_block_length(series: Sequence[FloatArray]) -> float:
    """Return one mean block length for several series of returns, resampled together.

    The longest recommended for any of them. Squared returns, with their long memory, would ask for
    blocks of a hundred sessions; on simulated markets with volatility clusters (GARCH) such blocks
    hardly change the intervals of drawdowns, and those of means hold the truth less often than
    they say.

    Returns
    -------
    float
        Sessions; NaN if no length can be chosen for any, or if one is not finite.
    """
    if not all(np.isfinite(one).all() for one in series):
        return math.nan
    lengths = map(block_length, series)
    return max((length for length in lengths if not math.isnan(length)), default=math.nan)


def _most_lags(n: int) -> int:
    return math.ceil(math.sqrt(n)) + _quiet_lags(n)


def _quiet_lags(n: int) -> int:
    return max(5, int(math.log10(n)))


def _autocovariances(series: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return autocovariances, and autocorrelations scaled by the two stretches compared."""
    n, centred = len(series), series - series.mean()
    running = np.concatenate([[0.0], np.cumsum(centred**2)])
    most = _most_lags(n)
    products = np.array([float((centred[k:] * centred[: n - k]).sum()) for k in range(most + 1)])
    # arch drops one more value from each stretch than the lag asks for; so do we, to agree with it
    dropped = np.arange(1, most + 2)
    stretches = (running[-1] - running[dropped]) * running[n - dropped]
    # two stretches without movement move together by rounding at most
    correlations = np.divide(
        np.abs(products), np.sqrt(stretches), out=np.zeros(most + 1), where=stretches > 0.0
    )
    return products / n, correlations


def _bandwidth(correlations: FloatArray, n: int) -> int:
    """Return M, the number of lags looked at."""
    quiet = _quiet_lags(n)
    small = correlations < 2.0 * math.sqrt(math.log10(n) / n)
    runs = np.convolve(small, np.ones(quiet), mode="valid")
    found = np.flatnonzero(runs > quiet - 0.5)
    most = _most_lags(n)
    return min(2 * int(found[0]), most) if len(found) else most


def drawn_sessions(
    n: int, length: float, histories: int, generator: np.random.Generator
) -> IntArray:
    """Return resampled histories: which session stands at each place, shape (histories, n).

    A history is made of blocks of consecutive sessions. Each place starts a new block with
    probability 1/`length`, at a session drawn with equal chances; otherwise it continues the block,
    the first session following the last one. The first place always starts a block.

    Parameters
    ----------
    n : int
        Sessions, at least 1.
    length : float
        Mean length of a block in sessions, at least 1.
    histories : int
    generator : numpy.random.Generator
    """
    places = histories * n
    begins = generator.random((histories, n)) < 1.0 / length
    begins[:, 0] = True
    first_places = np.flatnonzero(begins)
    first_sessions = generator.integers(0, n, len(first_places))
    lengths = np.diff(first_places, append=places)
    sessions = np.arange(places) + np.repeat(first_sessions - first_places, lengths)
    return np.asarray(sessions % n, dtype=np.int64).reshape(histories, n)


def resampled_sessions(n: int, length: float, resamples: int, seed: int) -> Iterator[IntArray]:
    """Yield resampled histories, as `drawn_sessions` draws them, in batches.

    Parameters
    ----------
    n, length
        As there.
    resamples : int
        Histories in all.
    seed : int
        The first histories are the same however many are asked for.

    Yields
    ------
    int64 array, shape (batch, n)

    Raises
    ------
    ValueError
        If there is no session, or a block would be shorter than one.
    """
    if n < 1 or not length >= 1.0:
        raise ValueError(f"cannot draw histories of {n} sessions in blocks of {length}")
    for batch, first in enumerate(range(0, resamples, _BATCH)):
        drawn = drawn_sessions(n, length, _BATCH, np.random.default_rng([seed, batch, _STREAM]))
        yield drawn[: min(_BATCH, resamples - first)]


def resample_weights(n: int, length: float, resamples: int, seed: int) -> FloatArray:
    """Return how often each session occurs in each history, over n: weights of a mean.

    The mean of any series in a history is its weighted sum, so one matrix serves thousands of
    series.

    Returns
    -------
    float64 array, shape (resamples, n)
        Rows sum to 1; of the same histories as `resampled_sessions` draws.
    """
    weights = np.empty((resamples, n))
    done = 0
    for drawn in resampled_sessions(n, length, resamples, seed):
        for row in drawn:
            weights[done] = np.bincount(row, minlength=n)
            done += 1
    return weights / n

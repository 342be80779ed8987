"""Inference for event studies: whether what follows events differs from what follows any session.

Forward returns over h sessions from neighbouring sessions share up to h − 1 sessions, and events
come in clusters; a textbook t-test takes both for independent evidence and rejects far too often.
Two resampling methods that respect both answer two different questions.

**p-value: circular shifts.** Under the null hypothesis the calendar of events says nothing about
what follows. So the forward returns are left as they are, and the whole calendar is shifted round
the span by 0, 1, … n − 1 sessions. Every shift keeps the clusters of events, the overlap of
windows, and the volatility clusters and fat tails of returns; only the link between the two is
broken. Shifts by which the windows would look back on the sessions that made the events are left
out: there the link is certain. The mean differences under all shifts are one cross-correlation,
computed exactly by FFT; nothing is drawn at random. Their second moment is the squared standard
error. The p-value is the tail of Student's t with the spread and the kurtosis of the shifts. The
plain share of shifts at least as extreme agrees with it where that share can be resolved, but is
never below 1/n (for long horizons not much below h/n, as neighbouring shifts are nearly the same
sample), so that no cell could pass an adjustment for hundreds of cells. What is taken for
granted: forward returns spread after events as they do at other times.

**Interval: paired block bootstrap.** Sessions are drawn in circular blocks of one horizon, each
with its forward return and its event or none. That allows for another spread after events, and
for the error of both means. Percentiles are those of the expanded interval, which widens as
Student's t does when events are few; only events whose windows do not overlap are counted.

Both are calibrated on simulated markets in the tests. As they ask different things, an interval
may just exclude 0 where p is just above 0.05, or the reverse.

References
----------
- Circular shifts: H. Lotwick, B. Silverman, *Methods for analysing spatial processes of several
  types of points*, J. R. Statist. Soc. B 44 (1982); V. Chernozhukov, K. Wüthrich, Y. Zhu, *An
  exact and robust conformal inference method for counterfactual and synthetic controls*, JASA 116
  (2021), where they are called moving-block permutations.
- Tails of permutation distributions from their moments: A. Winkler et al., *Faster permutation
  inference in brain imaging*, NeuroImage 141 (2016).
- Overlapping windows: R. Hodrick, *Dividend yields and expected stock returns*, Review of
  Financial Studies 5 (1992).
- Circular blocks: D. Politis, J. Romano, *A circular block-resampling procedure for stationary
  data*, in *Exploring the Limits of Bootstrap* (1992).
- Expanded percentiles: T. Hesterberg, *What teachers should know about the bootstrap*,
  The American Statistician 69 (2015).
- Adjustment: S. Holm, *A simple sequentially rejective multiple test procedure*,
  Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.market.quotes import FloatArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

CONFIDENCE = 0.95
ROUNDING = 1e-12
"""Standard errors up to this size (fraction) are rounding noise: nothing varies."""


def shifted_differences(occurred: BoolArray, forward: FloatArray) -> FloatArray:
    """Return mean differences under every circular shift of the events.

    Parameters
    ----------
    occurred : bool array, shape (triggers, n)
        Whether the trigger's event happened in a session; at least once for each trigger.
    forward : float64 array, shape (series, n)
        Forward return from each of the same sessions (fraction).

    Returns
    -------
    float64 array, shape (triggers, series, n)
        Mean forward return after events less that after any session (fraction). Entry s belongs
        to events moved s sessions later, those moved past the end coming in again at the
        beginning; entry 0 is the observed difference, entry −s belongs to s sessions earlier.
    """
    events = np.fft.rfft(occurred.astype(np.float64))
    returns = np.fft.rfft(_centred(forward))
    sums = np.fft.irfft(np.conj(events)[:, None] * returns, forward.shape[1])
    return np.asarray(sums / occurred.sum(axis=1)[:, None, None])


def shift_p_values(occurred: BoolArray, forward: FloatArray, backward: IntArray) -> FloatArray:
    """Return two-sided p-values of the mean differences, from circular shifts of the events.

    The degrees of freedom ``4 + 6 / excess kurtosis`` give Student's t the kurtosis of the
    shifts; where there is no excess, the normal distribution is used.

    Parameters
    ----------
    occurred, forward
        As for :func:`shifted_differences`.
    backward : int array, shape (triggers,)
        Shifts by 1 … `backward` sessions earlier are left out: windows would then hold sessions
        that made the events.

    Returns
    -------
    float64 array, shape (triggers, series)
        NaN where forward returns do not vary.
    """
    from scipy.special import ndtr, stdtr

    shifted = shifted_differences(occurred, forward)
    n = shifted.shape[2]
    fair = np.arange(n) < np.maximum(n - backward, 1)[:, None]
    weights = (fair / fair.sum(axis=1, keepdims=True))[:, None]
    variance = (weights * shifted**2).sum(axis=2)
    variance[variance <= ROUNDING**2] = np.nan
    excess = (weights * shifted**4).sum(axis=2) / variance**2 - 3.0
    freedom = 4.0 + 6.0 / np.maximum(excess, 1e-6)
    distance = np.abs(shifted[:, :, 0]) / np.sqrt(variance)
    student = stdtr(freedom, -distance * np.sqrt(freedom / (freedom - 2.0)))
    return np.asarray(2.0 * np.where(excess > 0.0, student, ndtr(-distance)))


def bootstrap_intervals(
    occurred: BoolArray,
    forward: FloatArray,
    *,
    horizon: int,
    independent: IntArray,
    resamples: int,
    seed: int,
) -> tuple[FloatArray, FloatArray]:
    """Return 95 % intervals of the mean differences, from a paired circular block bootstrap.

    Parameters
    ----------
    occurred, forward
        As for :func:`shifted_differences`.
    horizon : int
        Sessions a forward return spans.
    independent : int array, shape (triggers,)
        Events whose windows do not overlap; at least 2 for each trigger.
    resamples : int
        Number of resampled spans.
    seed : int
        The blocks drawn depend on seed, horizon and n only: an interval is the same whatever
        is computed beside it.

    Returns
    -------
    low, high : float64 arrays, shape (triggers, series)
        Fraction; NaN if no resample has an event.
    """
    drawn = _resampled_differences(occurred, forward, horizon, resamples, seed)
    low, high = np.full((2, *drawn.shape[1:]), np.nan)
    for trigger, tail in enumerate(_expanded_tails(independent)):
        differences = drawn[:, trigger]
        differences = differences[~np.isnan(differences[:, 0])]  # a resample may have no event
        if len(differences):
            low[trigger], high[trigger] = np.quantile(differences, [tail, 1.0 - tail], axis=0)
    return low, high


def holm(p_values: FloatArray) -> FloatArray:
    """Return Holm's adjusted p-values, shape (m,); NaN is no test: it stays NaN, uncounted."""
    adjusted = np.full(len(p_values), np.nan)
    order = np.argsort(p_values, kind="stable")
    order = order[~np.isnan(p_values[order])]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _resampled_differences(
    occurred: BoolArray, forward: FloatArray, horizon: int, resamples: int, seed: int
) -> FloatArray:
    """Return mean differences in resampled spans, shape (resamples, triggers, series)."""
    (triggers, n), series = occurred.shape, len(forward)
    length = min(max(horizon, round(n ** (1 / 3))), n)  # n^(1/3): the usual rate, for volatility
    centred = _centred(forward)
    after_events = (occurred[:, None] * centred).reshape(triggers * series, n)
    blocks = _circular_sums(np.vstack([occurred, after_events, centred]), length)
    starts = np.random.default_rng([seed, horizon]).integers(0, n, (-(-n // length), resamples))
    total = np.zeros((resamples, blocks.shape[1]))
    for start in starts:  # one block of every resample at a time: needs little memory
        total += blocks[start]
    events, sums, sums_of_any = np.split(total, [triggers, triggers * (series + 1)], axis=1)
    counts = np.rint(events)
    counts[counts == 0.0] = np.nan
    means = sums.reshape(resamples, triggers, series) / counts[:, :, None]
    return np.asarray(means - sums_of_any[:, None] / (len(starts) * length))


def _circular_sums(rows: FloatArray, length: int) -> FloatArray:
    """Return sums of `length` entries from each one on, wrapping round; (m, n) in, (n, m) out."""
    wrapped = np.concatenate([rows, rows[:, :length]], axis=1)
    running = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(wrapped, axis=1)], axis=1)
    sums = running[:, length:-1] - running[:, : -length - 1]
    return np.ascontiguousarray(sums.T)


def _expanded_tails(independent: IntArray) -> FloatArray:
    """Return the share of resamples beyond each end of Hesterberg's expanded interval."""
    from scipy.special import ndtr, stdtrit

    student = stdtrit(independent - 1, (1.0 + CONFIDENCE) / 2.0)
    return np.asarray(ndtr(-np.sqrt(independent / (independent - 1)) * student))


def _centred(forward: FloatArray) -> FloatArray:
    return np.asarray(forward - forward.mean(axis=1, keepdims=True))

"""How many long runs a coin makes: the whole distribution of their number, exactly.

The number of runs of length ≥ k grows by one in the session in which one is first k long: that
session and the k − 1 before were won, the one before them was not, or there was none. So, with
U_t(c) the probability of c such runs in the first t sessions and q = 1 − p,

    U_t(c) = U_{t−1}(c) + q pᵏ (U_{t−1−k}(c − 1) − U_{t−1−k}(c))

(W. Feller, "An Introduction to Probability Theory and Its Applications" I, chapter XIII, where
runs are renewals). The k + 1 sessions that follow depend on the k + 1 before only, and are
computed at once.
"""

from __future__ import annotations

import numpy as np

from engine.evaluation.streak_study.runs import checked_length
from engine.market.quotes import FloatArray

BAND = (0.025, 0.975)
"""Quantiles between which the number lies in 95 of 100 histories, or more."""


def run_count_distribution(n: int, p: float, k: int) -> FloatArray:
    """Return the probabilities of 0, 1, 2 … runs ≥ `k` in `n` tosses of a coin.

    Parameters
    ----------
    n : int
        Sessions.
    p : float
        Probability to win one (fraction).
    k : int
        Sessions a run lasts at least.

    Returns
    -------
    float64 array, shape ((n + 1) // (k + 1) + 1,)
        As many runs as there is room for, and none.

    Raises
    ------
    ValueError
        If `k` is below 1 or `p` outside [0, 1].
    """
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"a probability lies between 0 and 1, not at {p:g}")
    most = (n + 1) // (checked_length(k) + 1)
    block = np.zeros((k + 1, most + 1))  # one row per session, k + 1 sessions
    block[:, 0] = 1.0
    if most:
        block[k, :2] = 1.0 - p**k, p**k  # the first k sessions need no loss before them
    change = np.zeros_like(block)
    complete = (1.0 - p) * p**k
    for done in range(1, n // (k + 1) + 1):
        seen = min(done + 2, most + 1)  # no more runs have had room so far: the rest is 0
        now, added = block[:, :seen], change[:, :seen]
        added[:, 0] = -now[:, 0]
        np.subtract(now[:, :-1], now[:, 1:], out=added[:, 1:])
        added *= complete
        np.cumsum(added, axis=0, out=added)
        added += now[-1]
        block, change = change, block
    return np.asarray(block[n % (k + 1)])


def coin_band(n: int, p: float, k: int) -> tuple[int, int]:
    """Return the numbers of runs ≥ `k` between which a coin's lies in 95 of 100 histories.

    Lowest and highest number at which the distribution function reaches the quantiles of
    `BAND`; see :func:`run_count_distribution`.
    """
    reached = np.cumsum(run_count_distribution(n, p, k))
    low, high = np.searchsorted(reached, BAND).tolist()
    return low, high

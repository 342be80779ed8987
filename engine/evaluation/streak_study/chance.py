"""How many long runs chance alone makes, and how likely one is somewhere: coin and Markov chain.

Two different questions, often confused: the *expected number* of runs of length ≥ k (which may
exceed 1), and the *probability* that at least one occurs, that is, that the longest run is ≥ k.

Sources: the expectation counts the sessions a run can begin in; the probability is the
recursion over the session in which the run is first complete (W. Feller, "An Introduction to
Probability Theory and Its Applications" I, chapter XIII.7), for the coin and, with the share of
sessions after a loss in place of the coin's, for a first-order Markov chain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluation.streak_study.runs import NAN, BoolArray, checked_length


@dataclass(frozen=True)
class MarkovChain:
    """A first-order chain: the chance to win depends on whether the last session was won.

    The first session is drawn from the stationary distribution.

    Attributes
    ----------
    after_win, after_other : float
        Probability to win after a won session, and after any other; NaN where none was followed.
    wins_followed, others_followed : int
        Sessions the two were estimated from; 0 for a chain that is given.
    """

    after_win: float
    after_other: float
    wins_followed: int = 0
    others_followed: int = 0

    @property
    def win_rate(self) -> float:
        """Share of sessions won in the long run (fraction)."""
        leaving = 1.0 - self.after_win
        if not leaving + self.after_other > 0.0:  # the chain never changes sides, or is unknown
            return NAN
        return self.after_other / (leaving + self.after_other)

    def expected_runs(self, n: int, k: int) -> float:
        """Return the expected number of runs ≥ `k` in `n` sessions.

        A run begins in the first session with the long-run win rate π, in each of the n − k
        later ones that leave room with (1 − π)·P(win | other); it then lasts with
        P(win | win)^(k − 1).
        """
        if checked_length(k) > n:
            return 0.0
        first = self.win_rate
        return float(
            self.after_win ** (k - 1) * (first + (n - k) * (1.0 - first) * self.after_other)
        )

    def probability_of_run(self, n: int, k: int) -> float:
        """Return the exact probability that the longest run in `n` sessions is ≥ `k`."""
        if checked_length(k) > n:
            return 0.0
        first, after_win, after_other = self.win_rate, self.after_win, self.after_other
        lasts = after_win ** (k - 1)
        begins_and_lasts = after_other * lasts
        # complete: a run of k is behind us. others[t]: session t is not won, and none is.
        # Only non-negative terms are added, so that tiny probabilities keep their digits.
        complete = first * lasts if k == 1 else 0.0
        others = [1.0 - first]
        for t in range(1, n):
            other = others[-1]
            winning = 1.0 - complete - other
            others.append(other * (1.0 - after_other) + winning * (1.0 - after_win))
            if t >= k:
                complete += others[t - k] * begins_and_lasts
            elif t == k - 1:
                complete = first * lasts
        return min(complete, 1.0)


def fit_chain(wins: BoolArray) -> MarkovChain:
    """Return the Markov chain that fits a bool array best: shares of won sessions that follow."""
    before, after = np.asarray(wins[:-1], dtype=bool), np.asarray(wins[1:], dtype=bool)
    won, other = int(np.count_nonzero(before)), int(np.count_nonzero(~before))
    return MarkovChain(
        after_win=int(np.count_nonzero(after[before])) / won if won else NAN,
        after_other=int(np.count_nonzero(after[~before])) / other if other else NAN,
        wins_followed=won,
        others_followed=other,
    )


def coin(p: float) -> MarkovChain:
    """Return the coin that wins with `p`: the chain that does not care about the last session.

    Raises
    ------
    ValueError
        If `p` is outside [0, 1]; a `p` of NaN makes all that follows from it NaN.
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"a probability lies between 0 and 1, not at {p:g}")
    return MarkovChain(p, p)


def expected_runs(n: int, p: float, k: int) -> float:
    """Return the expected number of runs ≥ `k` in `n` tosses of a coin that wins with `p`.

    pᵏ((n − k)(1 − p) + 1), and 0 where k > n.

    Raises
    ------
    ValueError
        If `k` is below 1 or `p` outside [0, 1].
    """
    return coin(p).expected_runs(n, k)


def probability_of_run(n: int, p: float, k: int) -> float:
    """Return the exact probability that the longest run in `n` tosses of a coin is ≥ `k`.

    Raises
    ------
    ValueError
        If `k` is below 1 or `p` outside [0, 1].
    """
    return coin(p).probability_of_run(n, k)

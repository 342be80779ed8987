"""How rare are long streaks? The observed runs beside a coin, a Markov chain and a bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluation.streak_study.chance import MarkovChain, coin, fit_chain
from engine.evaluation.streak_study.coin_band import coin_band
from engine.evaluation.streak_study.run_bootstrap import Progress, RunBands, resampled_runs
from engine.evaluation.streak_study.runs import (
    BoolArray,
    RunsTest,
    run_lengths,
    runs_at_least,
    runs_test,
)

REMARKABLE = 0.05
NOTEWORTHY = 0.10
THRESHOLDS = (
    "A longest run is called remarkable where the coin gives one at least as long with a "
    f"probability below {REMARKABLE:.0%}, noteworthy where below {NOTEWORTHY:.0%}."
).replace("%", " %")
"""What the words of :func:`sentence` mean, to be printed with it."""

SHORTEST_TABLE = 15
"""The table of rarity reaches at least one past this length, in sessions."""


@dataclass(frozen=True)
class RarityRow:
    """Runs of length ≥ k: how many there were, and what three models say.

    Attributes
    ----------
    k : int
        Length in sessions.
    observed : int
        Maximal runs of at least k sessions.
    coin_expected, markov_expected : float
        Expected number of such runs; may exceed 1, and is not a probability.
    coin_probability, markov_probability : float
        Probability that there is at least one (fraction).
    coin_low, coin_high : int
        Numbers between which the coin's lies in 95 of 100 histories.
    bootstrap_mean, bootstrap_low, bootstrap_high : float
        Mean and 95 % band of their number in resampled histories.
    bootstrap_probability : float
        Share of resampled histories that have at least one (fraction).
    """

    k: int
    observed: int
    coin_expected: float
    coin_probability: float
    coin_low: int
    coin_high: int
    markov_expected: float
    markov_probability: float
    bootstrap_mean: float
    bootstrap_low: float
    bootstrap_high: float
    bootstrap_probability: float


@dataclass(frozen=True)
class Rarity:
    """How rare the long runs of one side are.

    Attributes
    ----------
    sessions, wins : int
        Sessions looked at, and those the side won.
    win_rate : float
        wins / sessions (fraction): what the coin is given.
    longest : int
        Length of the longest run in sessions; 0 if the side never won.
    rows : tuple of RarityRow
        k = 1, 2, … to one past the longest run, and to `SHORTEST_TABLE` + 1 at least.
    runs_test : RunsTest
    markov : MarkovChain
        Fitted to the same sessions.
    block_length : int
        Mean block of the bootstrap in sessions.
    resamples, seed : int
        Of the bootstrap.
    """

    sessions: int
    wins: int
    win_rate: float
    longest: int
    rows: tuple[RarityRow, ...]
    runs_test: RunsTest
    markov: MarkovChain
    block_length: int
    resamples: int
    seed: int

    @property
    def outside(self) -> tuple[int, ...]:
        """Lengths of which the coin's 95 % band does not hold the observed number of runs."""
        return tuple(r.k for r in self.rows if not r.coin_low <= r.observed <= r.coin_high)


def rarity(
    wins: BoolArray,
    *,
    block_length: int,
    resamples: int = 2000,
    seed: int = 1,
    progress: Progress | None = None,
) -> Rarity:
    """Return how rare the runs of one side are.

    Parameters
    ----------
    wins : bool array, shape (n,)
        Sessions the side won, n ≥ 1. For the mirror image pass those it lost: a tie is neither
        (see :func:`~engine.evaluation.streak_study.runs.winning_and_losing`). A run that is
        still open at the end counts with the length it has.
    block_length : int
        Mean block of the bootstrap in sessions, such as
        :func:`~engine.evaluation.streak_study.run_bootstrap.automatic_block_length` gives.
    resamples : int
        Histories the bootstrap draws; with 0 its columns are NaN.
    seed : int
        Of the bootstrap. Both sides with one seed are counted in the same resamples.
    progress : callable, optional
        Told (resamples done, resamples in all).

    Raises
    ------
    ValueError
        If there is no session, or the bootstrap's numbers make no sense.

    Notes
    -----
    Coin and chain are fitted to the very history they judge, which costs them little: one or
    two numbers from all sessions. That the longest run was picked because it is the longest is
    allowed for: the probability is that of a run as long *anywhere* in the history.
    """
    wins = np.asarray(wins, dtype=bool)
    lengths = run_lengths(wins)
    longest = int(lengths.max(initial=0))
    depth = max(longest, SHORTEST_TABLE) + 1
    bands = resampled_runs(
        wins,
        depth,
        block_length=block_length,
        resamples=resamples,
        seed=seed,
        progress=progress,
    )
    n, won = len(wins), int(np.count_nonzero(wins))
    chain = fit_chain(wins)
    observed = runs_at_least(lengths, depth)
    return Rarity(
        sessions=n,
        wins=won,
        win_rate=won / n,
        longest=longest,
        rows=tuple(
            _row(k, int(observed[k - 1]), n, coin(won / n), chain, bands)
            for k in range(1, depth + 1)
        ),
        runs_test=runs_test(wins),
        markov=chain,
        block_length=block_length,
        resamples=resamples,
        seed=seed,
    )


def _row(
    k: int, observed: int, n: int, fair: MarkovChain, chain: MarkovChain, bands: RunBands
) -> RarityRow:
    low, high = coin_band(n, fair.win_rate, k)
    return RarityRow(
        k=k,
        observed=observed,
        coin_expected=fair.expected_runs(n, k),
        coin_probability=fair.probability_of_run(n, k),
        coin_low=low,
        coin_high=high,
        markov_expected=chain.expected_runs(n, k),
        markov_probability=chain.probability_of_run(n, k),
        bootstrap_mean=float(bands.mean[k - 1]),
        bootstrap_low=float(bands.low[k - 1]),
        bootstrap_high=float(bands.high[k - 1]),
        bootstrap_probability=float(bands.probability[k - 1]),
    )


def sentence(found: Rarity, side: int, core: str, satellite: str) -> str:
    """Say in one plain sentence whether the longest run is remarkable.

    Parameters
    ----------
    found : Rarity
    side : {+1, −1}
        Whether the runs are those in which the satellite beat (+1) or trailed (−1) the core.
    core, satellite : str
        Symbols.

    Returns
    -------
    str
        The verdict rests on the probability under the coin; the expected number of runs is
        given beside it, named as such. `THRESHOLDS` says what the words mean.
    """
    if not found.longest:
        verb = "beat" if side > 0 else "trailed"
        return f"{satellite} never {verb} {core} in {_sessions(found.sessions)}: no run to judge."
    row = found.rows[found.longest - 1]
    what, rate = ("outperformance", "win") if side > 0 else ("underperformance", "loss")
    return (
        f"{satellite}'s longest run of {what} against {core} is {_sessions(found.longest)}; "
        f"a coin with the observed {rate} rate ({_percent(found.win_rate)}) would give a run "
        f"at least that long somewhere in {_sessions(found.sessions)} with probability "
        f"{_percent(row.coin_probability)} (expected number {_number(row.coin_expected)}): "
        f"{remarkable(row.coin_probability)}."
    )


def remarkable(probability: float) -> str:
    """Return the word for a longest run that a coin gives with so much probability (fraction)."""
    if probability < REMARKABLE:
        return "remarkable"
    return "noteworthy" if probability < NOTEWORTHY else "not remarkable"


def _sessions(count: int) -> str:
    return f"{count:,} session" + ("" if count == 1 else "s")


def _percent(share: float) -> str:
    """Write a probability; only what is certain is written as 0 % or 100 %."""
    if 0.0 < share < 0.001:
        return "below 0.1 %"
    if 0.999 < share < 1.0:
        return "above 99.9 %"
    return f"{share * 100.0:.1f} %"


def _number(expected: float) -> str:
    return "below 0.01" if expected < 0.005 else f"{expected:,.2f}"

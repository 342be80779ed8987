"""What a search says of its winner, from what every strategy it tried earned.

Strategies that held the same on the same terms are one. Their returns are asked for a part at a
time, as often as they are needed: all of them together would not fit into memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Protocol

import numpy as np

from engine.evaluation.inference.overfitting import (
    Overfitting,
    backtest_overfitting,
    block_sums,
    joined,
)
from engine.evaluation.inference.sharpe import Record, record_of
from engine.evaluation.inference.superiority import Superiority, superior_predictive_ability
from engine.evaluation.inference.trials import (
    deflated_sharpe,
    effective_trials_in_parts,
    expected_maximum_sharpe,
    minimum_backtest_length,
)
from engine.evaluation.metrics import ROUNDING
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.quotes import FloatArray

Basis = Literal["excess", "active"]
"""What returns are over: cash, or the core held."""

CORRELATED = 2**12
"""Strategies whose correlations are looked at; of more, a sample is drawn."""
RANKED = 2**15
"""Strategies that CSCV chooses among; of more, a sample is drawn."""


class Returns(NamedTuple):
    """What some strategies earned in each session, fraction, shape (n, strategies)."""

    excess: FloatArray
    active: FloatArray

    def over(self, basis: Basis) -> FloatArray:
        """Return the returns over cash or over the core."""
        return self.excess if basis == "excess" else self.active


class Strategies(Protocol):
    """The distinct strategies of a search."""

    def __len__(self) -> int: ...

    def parts(self) -> Iterator[Returns]:
        """Yield the returns of all strategies, always in the same order."""

    def sample(self, most: int) -> Strategies:
        """Return so many of them, drawn without replacement; all of them if there are no more."""


@dataclass(frozen=True)
class Deflation:
    """A Sharpe ratio against what the best of some number of trials would show by luck.

    Attributes
    ----------
    method : {"eigenvalues", "all"}
        How trials are counted: by the participation ratio of the eigenvalues of their
        correlations, or every distinct strategy.
    trials : float
    expected_best : float
        Annual ratio that the best of so many without an edge is expected to have.
    probability : float
        Deflated Sharpe ratio (fraction): how sure one is that the true ratio is above that.
    minimum_length : float
        Years below which the best of so many without an edge is expected to have a ratio like the
        winner's; NaN where that is not above 0.
    """

    method: Literal["eigenvalues", "all"]
    trials: float
    expected_best: float
    probability: float
    minimum_length: float


@dataclass(frozen=True)
class Deflated:
    """The winner's Sharpe ratio and those of all strategies, on one basis.

    Attributes
    ----------
    basis : {"excess", "active"}
    sharpe : float
        Of the winner, annual; over the core it is the information ratio.
    mean, deviation : float
        Of the annual ratios of all strategies that have one.
    estimates : tuple of Deflation
        One for each way to count trials; the first is the one to judge by.
    """

    basis: Basis
    sharpe: float
    mean: float
    deviation: float
    estimates: tuple[Deflation, ...]


@dataclass(frozen=True, eq=False)
class SearchFindings:
    """What a search says of its winner.

    Attributes
    ----------
    returns : int
        Sessions with a return that all strategies have in common.
    strategies : int
        Distinct ones.
    correlated : int
        Those of them whose correlations were looked at.
    deflated : tuple of Deflated
        Over the core, then over cash.
    blocks : int
        S of CSCV.
    overfitting : Overfitting or None
        None where there is nothing to choose from, or too few returns for the blocks.
    overfitting_basis : {"excess", "active"}
        Of the ratios that CSCV chooses by.
    superiority : Superiority
        SPA of all strategies against the core.
    block_length : float
        Mean length of its resampled blocks, sessions; NaN where there are too few returns.
    """

    returns: int
    strategies: int
    correlated: int
    deflated: tuple[Deflated, ...]
    blocks: int
    overfitting: Overfitting | None
    overfitting_basis: Basis
    superiority: Superiority
    block_length: float


def search_findings(
    strategies: Strategies,
    winner: Returns,
    core: FloatArray,
    *,
    basis: Basis,
    blocks: int,
    block_length: float,
    seed: int,
    say: Callable[[str], None],
) -> SearchFindings:
    """Return what a search says of its winner.

    Parameters
    ----------
    strategies : Strategies
    winner : Returns
        Of the winner, each of shape (n, 1).
    core : float64 array, shape (n, 1)
        Returns of the core held, over cash (fraction).
    basis : {"excess", "active"}
        Of the ratios CSCV chooses by: what the search was ranked by is nearer to the one or other.
    blocks : int
        S of CSCV, even.
    block_length : float
        Mean length of the blocks in which SPA resamples, sessions.
    seed : int
    say : callable
        Is told in a few words what is being done.
    """
    sample = strategies.sample(CORRELATED)
    say(f"deflating the winner's Sharpe ratio (strategies: {len(strategies):,})")
    found = tuple(_deflated(strategies, sample, winner, of) for of in _BASES)
    say(f"choosing in half of {blocks} blocks, looking in the others")
    overfitting = _overfitting(strategies.sample(RANKED), core, basis, blocks)
    say("testing all strategies against the core")
    return SearchFindings(
        returns=len(core),
        strategies=len(strategies),
        correlated=len(sample),
        deflated=found,
        blocks=blocks,
        overfitting=overfitting,
        overfitting_basis=basis,
        superiority=_superiority(strategies, len(core), block_length, seed),
        block_length=block_length,
    )


_BASES: tuple[Basis, ...] = ("active", "excess")


def _deflated(
    strategies: Strategies, sample: Strategies, winner: Returns, basis: Basis
) -> Deflated:
    best = record_of(winner.over(basis)[:, 0])
    ratios = np.concatenate([ratios_of(part.over(basis)) for part in strategies.parts()])
    ratios = ratios[~np.isnan(ratios)]
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0
    effective = effective_trials_in_parts((p.over(basis) for p in sample.parts()), len(ratios))
    effective = float(f"{effective:.9g}")  # further digits depend on the threads of the product
    root = math.sqrt(SESSIONS_PER_YEAR)
    return Deflated(
        basis=basis,
        sharpe=best.sharpe * root,
        mean=float(ratios.mean()) * root if len(ratios) else math.nan,
        deviation=math.sqrt(variance) * root if len(ratios) else math.nan,
        estimates=(
            _deflation("eigenvalues", effective, best, variance),
            _deflation("all", float(len(ratios)), best, variance),
        ),
    )


def _deflation(
    method: Literal["eigenvalues", "all"], trials: float, best: Record, variance: float
) -> Deflation:
    if not trials > 0.0:
        return Deflation(method, trials, math.nan, math.nan, math.nan)
    counted = max(trials, 1.0)  # rounding may leave a single trial just below
    root = math.sqrt(SESSIONS_PER_YEAR)
    return Deflation(
        method,
        trials,
        expected_maximum_sharpe(counted, variance) * root,
        deflated_sharpe(best, counted, variance),
        minimum_backtest_length(counted, best.sharpe * root) if best.sharpe > 0.0 else math.nan,
    )


def ratios_of(returns: FloatArray) -> FloatArray:
    """Return Sharpe ratios per session (ddof 1), shape (strategies,); NaN where nothing varies."""
    if len(returns) < 2:
        return np.full(returns.shape[1], np.nan)
    deviations = returns.std(axis=0, ddof=1)
    return np.asarray(returns.mean(axis=0) / np.where(deviations > ROUNDING, deviations, np.nan))


def _overfitting(
    sample: Strategies, core: FloatArray, basis: Basis, blocks: int
) -> Overfitting | None:
    if len(sample) < 2 or len(core) < 2 * blocks:
        return None
    sums = joined(block_sums(part.over(basis), blocks) for part in sample.parts())
    if basis == "excess":
        return backtest_overfitting(sums, block_sums(core, blocks))
    found = backtest_overfitting(sums)
    return replace(found, behind=found.loss)  # to lose to the core is to be behind it


def _superiority(strategies: Strategies, n: int, length: float, seed: int) -> Superiority:
    """Test all strategies; over the core there is nothing left of it, so it loses nothing."""
    if math.isnan(length):
        return Superiority(0, None, math.nan, math.nan, math.nan, math.nan)
    losses = (-part.active for part in strategies.parts())
    return superior_predictive_ability(np.zeros(n), losses, length=length, seed=seed)

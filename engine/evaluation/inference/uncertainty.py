"""How well the figures of one rule are known: intervals, standard errors, probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.evaluation.inference import histories
from engine.evaluation.inference.bootstrap import (
    LEVEL,
    RESAMPLES,
    Interval,
    bootstrapped,
    intervals,
    p_value,
)
from engine.evaluation.inference.resampling import IntArray, common_block_length
from engine.evaluation.inference.sharpe import (
    minimum_track_record,
    probabilistic_sharpe,
    record_of,
    standard_error_autocorrelated,
    standard_error_iid,
    standard_error_non_normal,
)
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.quotes import FloatArray

METHODS = {"cagr": "BCa", "sharpe": "BCa", "max_drawdown": "percentile", "active_return": "BCa"}
"""Metrics with an interval, and the kind of each."""


@dataclass(frozen=True)
class SharpeErrors:
    """Standard errors of the annual Sharpe ratio, by what they allow for.

    Attributes
    ----------
    iid : float
        Independent normal returns (Lo 2002).
    non_normal : float
        Skew and fat tails (Mertens, Christie, Opdyke).
    autocorrelated : float
        Autocorrelation and volatility clusters as well (Lo 2002, Newey–West).
    """

    iid: float
    non_normal: float
    autocorrelated: float


@dataclass(frozen=True)
class Uncertainty:
    """What is known of one rule's figures. NaN where undefined.

    Attributes
    ----------
    returns : int
        Number of returns it is known from.
    level : float
        Confidence of the intervals (fraction).
    block_length : float
        Mean length of resampled blocks, sessions.
    resamples, seed : int
    intervals : dict of str to Interval
        By metric key: ``cagr``, ``sharpe``, ``max_drawdown``, ``active_return``.
    sharpe_errors : SharpeErrors
    sharpe_probability : float
        Probabilistic Sharpe ratio against 0 (fraction).
    active_probability : float
        The same of returns over the benchmark: how sure one is that it is beaten.
    active_p_value : float
        Bootstrap p-value of "the true active return is at most 0".
    minimum_track_record : float
        Sessions needed to be 95 % sure of an active return above 0, were it to stay as it is.
    """

    returns: int
    level: float
    block_length: float
    resamples: int
    seed: int
    intervals: dict[str, Interval]
    sharpe_errors: SharpeErrors
    sharpe_probability: float
    active_probability: float
    active_p_value: float
    minimum_track_record: float


def uncertainty_of(
    equity: FloatArray,
    benchmark_equity: FloatArray,
    cash_returns: FloatArray,
    *,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Uncertainty:
    """Return how well one rule's figures are known.

    Parameters
    ----------
    equity, benchmark_equity : float64 arrays, shape (n + 1,)
        Wealth at each close.
    cash_returns : float64 array, shape (n,)
        Fraction cash earned over the same intervals as the returns of `equity`.
    seed, resamples : int
        Of the bootstrap.
    level : float
        Confidence of the intervals (fraction).

    Returns
    -------
    Uncertainty
        With fewer than 50 returns, or a ruined rule, there are no intervals: they are NaN.
    """
    returns = histories.returns_of(equity)
    active = returns - histories.returns_of(benchmark_equity)
    excess = returns - cash_returns
    length = common_block_length([returns, active])

    def figures(sessions: IntArray) -> FloatArray:
        wealth = histories.wealth_of(returns[sessions])
        return np.stack(
            [
                histories.growth(wealth),
                histories.annual_sharpe(excess[sessions]),
                histories.deepest_drawdown(wealth),
                histories.annual_mean(active[sessions]),
            ],
            axis=-1,
        )

    record = record_of(active)
    found = bootstrapped(figures, len(returns), length=length, resamples=resamples, seed=seed)
    return Uncertainty(
        returns=len(returns),
        level=level,
        block_length=length,
        resamples=resamples,
        seed=seed,
        intervals=dict(zip(METHODS, intervals(found, tuple(METHODS.values()), level), strict=True)),
        sharpe_errors=_sharpe_errors(excess),
        sharpe_probability=probabilistic_sharpe(record_of(excess)),
        active_probability=probabilistic_sharpe(record),
        active_p_value=p_value(float(found.estimate[-1]), found.replicates[:, -1]),
        minimum_track_record=minimum_track_record(record),
    )


def _sharpe_errors(excess: FloatArray) -> SharpeErrors:
    record = record_of(excess)
    per_year = math.sqrt(SESSIONS_PER_YEAR)
    return SharpeErrors(
        iid=standard_error_iid(record.sharpe, record.returns) * per_year,
        non_normal=standard_error_non_normal(record) * per_year,
        autocorrelated=standard_error_autocorrelated(excess) * per_year,
    )

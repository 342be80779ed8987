"""Rules against each other on the same sessions: which are better, and better than the benchmark.

Differences in Sharpe ratio and growth come with paired intervals: both sides are taken from the
same resampled histories, so that what moves both cancels.

The tests of the library arch speak of **losses**, here −returns over cash. The step-wise test of
Romano and Wolf (``StepM``) names the rules that beat the benchmark; like arch's ``SPA`` it compares
plain means, so differences are divided by their standard errors beforehand, as its authors advise.
The model confidence set of Hansen, Lunde and Nason (``MCS``, range statistic) holds all rules that
cannot be told from the best one; benchmarks take part, so that one sees whether they are in it.

References
----------
- O. Ledoit, M. Wolf, *Robust performance hypothesis testing with the Sharpe ratio*, J. of Empirical
  Finance 15 (2008): why such differences are bootstrapped in blocks.
- J. Romano, M. Wolf, *Stepwise Multiple Testing as Formalized Data Snooping*, Econometrica 73
  (2005).
- P. Hansen, A. Lunde, J. Nason, *The Model Confidence Set*, Econometrica 79 (2011).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluation.inference import histories
from engine.evaluation.inference.bootstrap import (
    LEVEL,
    RESAMPLES,
    Interval,
    bootstrapped,
    intervals,
)
from engine.evaluation.inference.resampling import IntArray, common_block_length
from engine.evaluation.inference.superiority import (
    Superiority,
    standard_errors,
    superior_predictive_ability,
)
from engine.evaluation.metrics import ROUNDING
from engine.market.quotes import FloatArray

SIZE = 0.05
"""Of the step-wise test and of the model confidence set."""

SEED = 20050101
"""Of all resamples: rows of a comparison may come from studies with different seeds."""


_LIBRARY_RESAMPLES = 1000  # arch draws one at a time


@dataclass(frozen=True)
class Difference:
    """One row less another: annual Sharpe ratio and CAGR (fraction), with paired intervals.

    ``one`` and ``other`` are labels.
    """

    one: str
    other: str
    sharpe: Interval
    cagr: Interval


@dataclass(frozen=True)
class RuleTests:
    """Rules tested against each other.

    Attributes
    ----------
    benchmark : str or None
        Label of the core held: what SPA and the step-wise test are against. None if it is not
        among the rows; then neither is made.
    level : float
        Confidence of intervals (fraction).
    size : float
        Of the step-wise test and of the model confidence set (fraction).
    block_length : float
        Mean length of resampled blocks in sessions; NaN if there are too few sessions to resample:
        then nothing is tested.
    resamples, seed : int
    differences : tuple of Difference
        Each rule less each benchmark, and less each rule after it.
    superiority : Superiority or None
        Hansen's test of "no rule is better than the benchmark".
    superior : tuple of str or None
        Rules that beat the benchmark in the step-wise test.
    confidence_set : dict of str to float or None
        p-value of every row for belonging to the model confidence set, by label; those above
        `size` are in it.
    """

    benchmark: str | None
    level: float
    size: float
    block_length: float
    resamples: int
    seed: int
    differences: tuple[Difference, ...]
    superiority: Superiority | None
    superior: tuple[str, ...] | None
    confidence_set: dict[str, float] | None


@dataclass(frozen=True, eq=False)
class Contestant:
    """A row of a comparison: its label, whether it is a rule, and its wealth, shape (n + 1,)."""

    label: str
    is_rule: bool
    equity: FloatArray


def rule_tests(
    rows: Sequence[Contestant],
    cash_returns: FloatArray,
    benchmark: str | None,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> RuleTests:
    """Test the rules among `rows` against each other and against the benchmarks.

    Parameters
    ----------
    rows : sequence of Contestant
        Distinct labels, the same sessions.
    cash_returns : float64 array, shape (n,)
        Fraction cash earned over the same intervals as the returns.
    benchmark : str or None
        Label of the row that holds the core.
    resamples, seed : int
    """
    returns = np.array([histories.returns_of(row.equity) for row in rows])
    length = common_block_length(list(returns))
    losses = cash_returns - returns
    superiority = superior = confidence_set = None
    if not math.isnan(length):
        confidence_set = _confidence_set(rows, losses, length, seed)
        if benchmark is not None:
            at = [row.label for row in rows].index(benchmark)
            tried = [i for i, row in enumerate(rows) if row.is_rule]
            superiority = superior_predictive_ability(
                losses[at], [losses[tried].T], length=length, resamples=resamples, seed=seed
            )
            better = _superior(losses[at] - losses[tried], length, seed)
            superior = tuple(rows[tried[i]].label for i in better)
    return RuleTests(
        benchmark=benchmark,
        level=LEVEL,
        size=SIZE,
        block_length=length,
        resamples=resamples,
        seed=seed,
        differences=_differences(rows, returns, cash_returns, length, resamples, seed),
        superiority=superiority,
        superior=superior,
        confidence_set=confidence_set,
    )


def _differences(
    rows: Sequence[Contestant],
    returns: FloatArray,
    cash_returns: FloatArray,
    length: float,
    resamples: int,
    seed: int,
) -> tuple[Difference, ...]:
    pairs = [
        (i, j)
        for i, one in enumerate(rows)
        for j, other in enumerate(rows)
        if one.is_rule and (j > i or not other.is_rule)
    ]
    if not pairs:
        return ()
    ones, others = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))

    def figures(sessions: IntArray) -> FloatArray:
        """Return differences in Sharpe ratio, then those in CAGR, of every pair."""
        of_rows = [
            (
                histories.annual_sharpe((own - cash_returns)[sessions]),
                histories.growth(histories.wealth_of(own[sessions])),
            )
            for own in returns
        ]
        each = np.array(of_rows).transpose(2, 1, 0)  # histories, figures, rows
        apart = each[..., ones] - each[..., others]
        return np.asarray(apart.reshape(len(sessions), -1))

    found = bootstrapped(figures, returns.shape[1], length=length, resamples=resamples, seed=seed)
    all_of_them = intervals(found, ("BCa",) * (2 * len(pairs)))
    sharpe, cagr = all_of_them[: len(pairs)], all_of_them[len(pairs) :]
    return tuple(
        Difference(rows[i].label, rows[j].label, s, c)
        for (i, j), s, c in zip(pairs, sharpe, cagr, strict=True)
    )


def _superior(advantages: FloatArray, length: float, seed: int) -> list[int]:
    """Return which rules beat the benchmark in the step-wise test; rows are rules."""
    from arch.bootstrap import StepM

    errors = standard_errors(advantages.T, length)
    differs = np.flatnonzero(errors > ROUNDING)
    if not len(differs):
        return []
    test = StepM(
        np.zeros(advantages.shape[1]),
        -(advantages[differs].T / errors[differs]),  # losses
        size=SIZE,
        block_size=max(round(length), 1),
        reps=_LIBRARY_RESAMPLES,
        seed=seed,
    )
    test.compute()
    better = np.array(test.superior_models, dtype=np.int64)
    return [int(i) for i in differs[better]]


def _confidence_set(
    rows: Sequence[Contestant], losses: FloatArray, length: float, seed: int
) -> dict[str, float]:
    """Return each row's p-value for belonging to the set; equal rows are one."""
    from arch.bootstrap import MCS

    distinct: dict[bytes, int] = {}
    which = [distinct.setdefault(own.tobytes(), len(distinct)) for own in losses]
    if len(distinct) == 1:
        return {row.label: 1.0 for row in rows}
    firsts = [which.index(i) for i in range(len(distinct))]
    test = MCS(
        losses[firsts].T,
        size=SIZE,
        reps=_LIBRARY_RESAMPLES,
        block_size=max(round(length), 1),
        seed=seed,
    )
    test.compute()
    p_values = test.pvalues["Pvalue"]
    return {row.label: float(p_values.loc[i]) for row, i in zip(rows, which, strict=True)}

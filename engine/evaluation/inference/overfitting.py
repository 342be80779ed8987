"""The probability of backtest overfitting, by combinatorially symmetric cross-validation (CSCV).

The span is cut into S blocks. Each way to choose half of them makes an in-sample set; the other
half is out-of-sample. The strategy with the highest Sharpe ratio in-sample is looked up
out-of-sample: with a real edge it is among the best there, too; if the search found only noise, it
is anywhere, and as often in the worse half as in the better one.

Nothing but number, sum and sum of squares of each strategy's returns in each block is needed. Sums
over any choice of blocks are one addition of two tabulated ones: every subset of the first half of
the blocks is summed once, and every subset of the second half. No matrix library is involved, so
equal strategies have equal figures to the last bit.

Source: D. Bailey, J. Borwein, M. López de Prado, Q. Zhu, *The Probability of Backtest Overfitting*,
J. of Computational Finance 20(4) (2017).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.inference.resampling import IntArray
from engine.evaluation.metrics import ROUNDING
from engine.market.quotes import FloatArray

Number = TypeVar("Number", np.int64, np.float64)

BLOCKS = 16
MOST_BLOCKS = 22

_ROWS = 32  # combinations looked at together: some tens of megabytes for 10,000 strategies


@dataclass(frozen=True, eq=False)
class BlockSums:
    """Returns of strategies, summed by block.

    Attributes
    ----------
    counts : int64 array, shape (blocks,)
        Returns in each block.
    sums, squares : float64 arrays, shape (blocks, strategies)
        Sums of returns and of their squares.
    """

    counts: IntArray
    sums: FloatArray
    squares: FloatArray


@dataclass(frozen=True, eq=False)
class Overfitting:
    """What CSCV says of a search. Ratios are per session.

    Attributes
    ----------
    blocks : int
    strategies : int
    combinations : int
        Ways to choose half of the blocks.
    undefined : int
        Combinations left out: no strategy had a ratio in-sample, or the best had none outside.
    probability : float
        Probability of backtest overfitting: share of combinations in which the best in-sample is
        in the lower half out-of-sample (logit ≤ 0).
    loss : float
        Share of combinations in which the best in-sample has a negative ratio out-of-sample.
    behind : float
        Share of combinations in which the best in-sample has a lower ratio out-of-sample than the
        benchmark has there; NaN where none was given.
    slope, intercept, r_squared : float
        Degradation: least-squares line of the ratio out-of-sample on that in-sample.
    logits : float64 array, shape (combinations − undefined,)
        ln(ω / (1 − ω)), ω = rank out-of-sample (1 is the worst) / (strategies + 1).
    in_sample, out_of_sample : float64 arrays, shape (combinations − undefined,)
        Sharpe ratio of the best in-sample, in-sample and out-of-sample.
    """

    blocks: int
    strategies: int
    combinations: int
    undefined: int
    probability: float
    loss: float
    behind: float
    slope: float
    intercept: float
    r_squared: float
    logits: FloatArray
    in_sample: FloatArray
    out_of_sample: FloatArray


def block_sums(returns: FloatArray, blocks: int = BLOCKS) -> BlockSums:
    """Return the sums of each strategy's returns in each block.

    Parameters
    ----------
    returns : float64 array, shape (n, strategies)
        Over cash or over a benchmark, fraction.
    blocks : int
        S, even. Where n is no multiple of it, the first blocks are longer by one.

    Raises
    ------
    ValueError
        If S is odd, below 2, above `MOST_BLOCKS`, or leaves a block with less than two returns.
    """
    n = len(returns)
    if blocks % 2 or not 2 <= blocks <= min(MOST_BLOCKS, n // 2):
        raise ValueError(
            f"{n} returns cannot be cut into {blocks} blocks: an even number is needed, from 2 to "
            f"{MOST_BLOCKS}, and two returns in each"
        )
    parts = np.array_split(returns, blocks)
    return BlockSums(
        counts=np.array([len(part) for part in parts]),
        sums=np.array([part.sum(axis=0) for part in parts]),
        squares=np.array([np.square(part).sum(axis=0) for part in parts]),
    )


def joined(parts: Iterable[BlockSums]) -> BlockSums:
    """Return the sums of all strategies from those of some at a time, over the same blocks."""
    given = list(parts)
    return BlockSums(
        given[0].counts,
        np.concatenate([part.sums for part in given], axis=1),
        np.concatenate([part.squares for part in given], axis=1),
    )


def backtest_overfitting(sums: BlockSums, benchmark: BlockSums | None = None) -> Overfitting:
    """Return the probability of backtest overfitting, and what goes with it.

    Strategies that are equal out-of-sample share the mean of their ranks. A strategy without a
    ratio (it does not vary) is neither chosen nor ranked. Order of strategies does not matter
    except among those with equal ratios in-sample: the first is taken.

    Parameters
    ----------
    sums : BlockSums
        Of at least two strategies; those with equal returns should be given once.
    benchmark : BlockSums, optional
        Of one strategy over the same blocks, that the best ones are held against outside.

    Raises
    ------
    ValueError
        If there are fewer than two strategies.
    """
    blocks, strategies = sums.sums.shape
    if strategies < 2:
        raise ValueError("overfitting is about a choice: give at least two strategies")
    chosen = [sum(1 << b for b in half) for half in combinations(range(blocks), blocks // 2)]
    halves = np.array(chosen)
    tables = _Tables.of(sums)
    found = np.empty((4, len(halves)))
    found[3] = np.nan if benchmark is None else _Tables.of(benchmark).sharpe(halves)[::-1, 0]
    pairs = len(halves) // 2  # in this order, the other half of combination i is number −1 − i
    for first in range(0, pairs, _ROWS):
        rows = np.arange(first, min(first + _ROWS, pairs))
        one, other = tables.sharpe(halves[rows]), tables.sharpe(halves[-1 - rows])
        found[:3, rows] = _looked_up(one, other)
        found[:3, -1 - rows] = _looked_up(other, one)
    return _summary(blocks, strategies, found)


@dataclass(frozen=True, eq=False)
class _Tables:
    """Counts and sums over every subset of the first and of the second half of the blocks.

    Each is of shape (2^(blocks/2), …), indexed by the bits of the subset.
    """

    low: BlockSums
    high: BlockSums
    half: int

    @classmethod
    def of(cls, sums: BlockSums) -> _Tables:
        half = len(sums.counts) // 2

        def table(part: slice) -> BlockSums:
            return BlockSums(
                _subset_sums(sums.counts[part]),
                _subset_sums(sums.sums[part]),
                _subset_sums(sums.squares[part]),
            )

        return cls(table(slice(half)), table(slice(half, None)), half)

    def sharpe(self, subsets: IntArray) -> FloatArray:
        """Return ratios (ddof 1) of all strategies over each subset of blocks; NaN if undefined."""
        low, high = subsets & ((1 << self.half) - 1), subsets >> self.half
        counts = (self.low.counts[low] + self.high.counts[high])[:, None]
        means = self.low.sums[low] + self.high.sums[high]
        means /= counts
        deviations = self.low.squares[low] + self.high.squares[high]
        deviations -= counts * np.square(means)
        deviations /= counts - 1
        np.sqrt(np.maximum(deviations, 0.0, out=deviations), out=deviations)
        # a difference of two squares is exact to the square root of what its parts are
        flat = ~(deviations > np.maximum(ROUNDING, math.sqrt(ROUNDING) * np.abs(means)))
        deviations[flat] = np.nan
        return np.asarray(np.divide(means, deviations, out=means))


def _subset_sums(rows: NDArray[Number]) -> NDArray[Number]:
    """Return the sum of every subset of rows; entry i has the rows whose bits are set in i."""
    table = np.zeros((1, *rows.shape[1:]), dtype=rows.dtype)
    for row in rows:
        table = np.concatenate([table, table + row])
    return table


def _looked_up(inside: FloatArray, outside: FloatArray) -> FloatArray:
    """Return logit, ratio inside and ratio outside of each row's best inside, shape (3, rows)."""
    best = np.argmax(np.where(np.isnan(inside), -np.inf, inside), axis=1)[:, None]
    own = np.take_along_axis(outside, best, axis=1)
    below = np.count_nonzero(outside < own, axis=1)
    equal = np.count_nonzero(outside == own, axis=1)
    ranked = np.count_nonzero(~np.isnan(outside), axis=1)
    share = (below + (equal + 1.0) / 2.0) / (ranked + 1.0)
    chosen = np.take_along_axis(inside, best, axis=1)[:, 0]
    return np.stack([np.log(share / (1.0 - share)), chosen, own[:, 0]])


def _summary(blocks: int, strategies: int, found: FloatArray) -> Overfitting:
    logits, inside, outside, benchmark = found[:, ~np.isnan(found[1:3]).any(axis=0)]
    slope, intercept, r_squared = _line(inside, outside)
    some = len(logits) > 0
    return Overfitting(
        blocks=blocks,
        strategies=strategies,
        combinations=found.shape[1],
        undefined=found.shape[1] - len(logits),
        probability=float(np.mean(logits <= 0.0)) if some else math.nan,
        loss=float(np.mean(outside < 0.0)) if some else math.nan,
        behind=_share_behind(outside, benchmark),
        slope=slope,
        intercept=intercept,
        r_squared=r_squared,
        logits=logits,
        in_sample=inside,
        out_of_sample=outside,
    )


def _share_behind(ratios: FloatArray, benchmark: FloatArray) -> float:
    """Return how often ratios are below the benchmark's; NaN where that has none."""
    known = ~np.isnan(benchmark)
    below = ratios[known] < benchmark[known] - ROUNDING
    return float(np.mean(below)) if known.any() else math.nan


def _line(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    """Return slope, intercept and R² of the least-squares line; NaN where x does not vary."""
    if len(x) < 2 or not x.std() > ROUNDING:
        return math.nan, math.nan, math.nan
    from_mean, rise = x - x.mean(), y - y.mean()
    products, squares = float((from_mean * rise).sum()), float((from_mean**2).sum())
    slope, total = products / squares, float((rise**2).sum())
    r_squared = products**2 / (squares * total) if total > 0.0 else math.nan
    return slope, float(y.mean() - slope * x.mean()), r_squared

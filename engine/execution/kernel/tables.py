"""Tables of one market: what the kernel looks up instead of walking over sessions.

What a stay in the satellite changes, compared with holding the core throughout, is a sum of what
its entry and its leave change: for sums over sessions the prefix sums up to either of them, for
wealth a factor each. So a stay costs two rows, however long it is. Its deepest drawdown comes
from a disjoint sparse table: level by level, blocks of sessions with the running (highest close,
lowest close, deepest drawdown) outward from each block's middle, so that any range is two look-ups.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel.compiled import compiled

FloatArray = NDArray[np.float64]

HIGH, LOW, DRAWDOWN = range(3)

# Columns of a row of changes. The first SUMMED hold the upper digits of what is added to the sums
# over sessions; the lower digits stand LOWER columns to the right. Then the factor of wealth per
# quote, and the cash one unit of the satellite takes (enter) or brings (leave).
SUMMED = 7
FACTOR, LOWER, CASH = 7, 8, 15
WIDTH = 16

UPPER_DIGITS = 40
"""Binary digits kept above the split: sums of such numbers are exact in float64, in any order."""


class Market(NamedTuple):
    """Everything the kernel knows of prices; n traded sessions, two assets (core, satellite).

    ``close``: shape (2, n). ``start``: units of the core that wealth 1 buys in session 1. ``enter``
    and ``leave``: what a decision at each close changes once it is filled, shape (n, WIDTH); the
    last row of ``leave`` is that of a stay that is still open. ``held``: sums of the core held
    throughout, upper and lower digits, shape (2, SUMMED). ``cash``: sum of what cash earned.
    ``ranges``: disjoint sparse tables, shape (2, levels, n, 3). ``level``: level of the table for
    every ``first ^ last``, uint8. ``returns``: what a session earns in which the core is held, the
    satellite is held, it is entered, it is left, shape (4, n); session 1 buys with cash.
    """

    close: FloatArray
    start: float
    enter: FloatArray
    leave: FloatArray
    held: FloatArray
    cash: float
    ranges: FloatArray
    level: NDArray[np.uint8]
    returns: FloatArray


def build_market(
    fill: FloatArray,
    close: FloatArray,
    sale: FloatArray,
    purchase: FloatArray,
    cash_return: FloatArray,
) -> Market:
    """Build the tables of a market.

    Parameters
    ----------
    fill, close : float64 arrays, shape (2, n)
        Prices of core and satellite.
    sale, purchase : float64 arrays, shape (2,)
        Cash per unit of quoted value that a sale brings and a purchase takes.
    cash_return : float64 array, shape (n,)
        What cash earned into each session (fraction).
    """
    n = close.shape[1]
    bought, sold = fill * purchase[:, None], fill * sale[:, None]
    waited = 1.0 + cash_return[min(1, n - 1)]
    returns = np.zeros((4, n))
    held, stayed, entering, leaving = returns
    held[1:], stayed[1:] = close[:, 1:] / close[:, :-1] - 1.0
    entering[1:] = sold[0, 1:] / close[0, :-1] * close[1, 1:] / bought[1, 1:] - 1.0
    leaving[1:] = sold[1, 1:] / close[1, :-1] * close[0, 1:] / bought[0, 1:] - 1.0
    # session 1 buys with the cash of session 0
    held[1:2] = waited * close[0, 1:2] / bought[0, 1:2] - 1.0
    entering[1:2] = waited * close[1, 1:2] / bought[1, 1:2] - 1.0
    enter, leave = np.zeros((n, WIDTH)), np.zeros((n, WIDTH))
    sums = np.zeros((2, SUMMED))
    _fill_changes(_added(returns, cash_return), enter, leave, sums)
    enter[:-1, FACTOR] = sold[0, 1:] / bought[1, 1:]
    leave[:-1, FACTOR] = sold[1, 1:] / bought[0, 1:]
    start = waited / bought[0, min(1, n - 1)]
    enter[:1, FACTOR] = waited / bought[1, min(1, n - 1)] / start
    enter[:-1, CASH], leave[:-1, CASH] = bought[1, 1:], sold[1, 1:]
    return Market(
        close=np.ascontiguousarray(close),
        start=float(start),
        enter=enter,
        leave=leave,
        held=sums,
        cash=float(cash_return[1:].sum()),
        ranges=range_table(np.ascontiguousarray(close)),
        level=_levels(n),
        returns=returns,
    )


@compiled
def _added(returns: FloatArray, cash: FloatArray) -> FloatArray:
    """Return what each session adds to each sum, shape (4, n, SUMMED); 0 in session 0.

    Powers 1 to 4 of the return, squares of the excess over cash, of the shortfall below cash,
    and of the return less the core benchmark's.
    """
    kinds, n = returns.shape
    added = np.zeros((kinds, n, SUMMED))
    for kind in range(kinds):
        for t in range(1, n):
            value = returns[kind, t]
            excess, active = value - cash[t], value - returns[0, t]
            square, below = value * value, min(excess, 0.0)
            added[kind, t, 0] = value
            added[kind, t, 1] = square
            added[kind, t, 2] = square * value
            added[kind, t, 3] = square * square
            added[kind, t, 4] = excess * excess
            added[kind, t, 5] = below * below
            added[kind, t, 6] = active * active
    return added


@compiled
def _fill_changes(added, enter, leave, held):  # type: ignore[no-untyped-def]  # compiled
    """Fill in what entering and leaving at each close changes in the sums, and the core's sums.

    A stay decided at close e and left at close l replaces what the core would have added in
    sessions e + 1 to l + 1: by an entering session, stayed ones, and a leaving session.

    Upper and lower digits apart: differences of plain prefix sums would keep the rounding of
    everything before; after a price has jumped five-fold, its fourth power would hide those of
    ordinary returns.
    """
    kinds, n, _ = added.shape
    parts = np.zeros((2, kinds))
    before = np.zeros(2)  # what staying in sessions 2 … t − 1 would have changed
    for k in range(SUMMED):
        largest = 0.0
        for kind in range(kinds):
            for t in range(n):
                largest += abs(added[kind, t, k])
        unit = math.ldexp(1.0, math.frexp(largest)[1] - UPPER_DIGITS)
        before[:] = 0.0
        for t in range(1, n):
            for kind in range(kinds):
                value = added[kind, t, k]
                parts[0, kind] = np.rint(value / unit) * unit
                parts[1, kind] = value - parts[0, kind]
            for part in range(2):
                core, stayed, entering, leaving = parts[part]
                column = k + part * LOWER
                held[part, k] += core
                leave[t - 1, column] = leaving - core + before[part]
                if t >= 2:
                    before[part] += stayed - core
                enter[t - 1, column] = entering - core - before[part]
        for part in range(2):
            leave[n - 1, k + part * LOWER] = before[part]


@compiled
def range_table(close: FloatArray) -> FloatArray:
    """Return the disjoint sparse tables of both assets' closes."""
    # element by element: to compile the assignment of a tuple to a row takes seconds
    n = close.shape[1]
    levels = 1
    while (1 << levels) < n:
        levels += 1
    table = np.empty((2, levels, n, 3))
    for asset in range(2):
        price = close[asset]
        for level in range(levels):
            half = 1 << level
            for middle in range(half, n + half, 2 * half):
                high, low, fall = 0.0, np.inf, 0.0
                for t in range(min(middle, n) - 1, middle - half - 1, -1):
                    # leftward: a new first session can only be a peak for what follows it
                    high, low = max(high, price[t]), min(low, price[t])
                    fall = min(fall, low / price[t] - 1.0)
                    table[asset, level, t, HIGH] = high
                    table[asset, level, t, LOW] = low
                    table[asset, level, t, DRAWDOWN] = fall
                high, low, fall = 0.0, np.inf, 0.0
                for t in range(middle, min(middle + half, n)):
                    high, low = max(high, price[t]), min(low, price[t])
                    fall = min(fall, price[t] / high - 1.0)
                    table[asset, level, t, HIGH] = high
                    table[asset, level, t, LOW] = low
                    table[asset, level, t, DRAWDOWN] = fall
    return table


def _levels(n: int) -> NDArray[np.uint8]:
    """Return, for every ``first ^ last``, the level on whose middles such ranges lie."""
    differing = np.arange(1 << max(n - 1, 1).bit_length())
    return np.asarray(np.frexp(np.maximum(differing, 1))[1] - 1, dtype=np.uint8)


def session_type(n: int) -> type[np.uint16] | type[np.uint32]:
    """Return the smallest type that numbers n sessions and the end: tables fit into caches."""
    return np.uint16 if n < np.iinfo(np.uint16).max else np.uint32


def next_true(answers: NDArray[np.bool_]) -> NDArray[np.uint16] | NDArray[np.uint32]:
    """Return, for every row and session, the first session from there on that is true.

    ``answers`` has shape (m, n), the result (m, n + 1); n stands for never.
    """
    following = np.empty((answers.shape[0], answers.shape[1] + 1), session_type(answers.shape[1]))
    _fill_next(np.ascontiguousarray(answers), following)
    return following


@compiled
def _fill_next(answers, following):  # type: ignore[no-untyped-def]  # compiled
    m, n = answers.shape
    for row in range(m):
        following[row, n] = n
        for t in range(n - 1, -1, -1):
            following[row, t] = t if answers[row, t] else following[row, t + 1]

"""Tables of one market: what the kernel looks up instead of walking over sessions.

For each asset held from one session to another the kernel needs sums of powers of returns and the
deepest drawdown. Sums come from prefix sums, drawdowns from a disjoint sparse table: level by
level, blocks of sessions with the running (highest close, lowest close, deepest drawdown) outward
from each block's middle, so that any range is two look-ups.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel.compiled import compiled

FloatArray = NDArray[np.float64]

HIGH, LOW, DRAWDOWN = range(3)


class Market(NamedTuple):
    """Everything the kernel knows of prices; n traded sessions, two assets (core, satellite).

    ``fill`` and ``close``: prices, shape (2, n). ``sale`` and ``purchase``: cash per unit of
    quoted value that a sale brings and a purchase takes, shape (2,). ``cash_return``: what cash
    earned into each session, shape (n,). ``core_return``: return of the core benchmark's equity,
    shape (n,), costs of its purchase included. ``prefix``: sums over sessions before an index,
    shape (2, n + 1, 2, SUMS): each with what rounding took from it. ``ranges``: disjoint sparse
    table, shape (2, levels, n, 3).
    """

    fill: FloatArray
    close: FloatArray
    sale: FloatArray
    purchase: FloatArray
    cash_return: FloatArray
    core_return: FloatArray
    prefix: FloatArray
    ranges: FloatArray


def build_market(
    fill: FloatArray,
    close: FloatArray,
    sale: FloatArray,
    purchase: FloatArray,
    cash_return: FloatArray,
) -> Market:
    """Build the tables of a market; see :class:`Market` for shapes."""
    returns = np.zeros_like(close)
    returns[:, 1:] = close[:, 1:] / close[:, :-1] - 1.0
    core_return = returns[0].copy()
    if close.shape[1] > 1:
        waited = 1.0 + cash_return[1]
        core_return[1] = waited * close[0, 1] / (fill[0, 1] * purchase[0]) - 1.0
    prefix = np.stack(
        [running_sums(session_sums(own, cash_return, core_return)) for own in returns]
    )
    return Market(fill, close, sale, purchase, cash_return, core_return, prefix, range_table(close))


def session_sums(returns: FloatArray, cash: FloatArray, core: FloatArray) -> FloatArray:
    """Return what one session adds to each sum, shape (n, SUMS)."""
    excess, active = returns - cash, returns - core
    shortfall = np.minimum(excess, 0.0)
    columns = (
        returns,
        returns**2,
        returns**3,
        returns**4,
        excess,
        excess**2,
        shortfall**2,
        active,
        active**2,
    )
    return np.stack(columns, axis=1)


@compiled
def running_sums(added: FloatArray) -> FloatArray:
    """Return the sums of the rows before each index, and what rounding took from them.

    ``added`` has shape (n, SUMS), the result (n + 1, 2, SUMS). The difference of two plain sums
    would keep the rounding of everything before: after a price has jumped five-fold, its fourth
    power would hide those of ordinary returns. Knuth's TwoSum keeps what is lost.
    """
    n, width = added.shape
    sums = np.zeros((n + 1, 2, width))
    for t in range(n):
        for k in range(width):
            before, new = sums[t, 0, k], added[t, k]
            after = before + new
            part = after - before
            sums[t + 1, 0, k] = after
            sums[t + 1, 1, k] = sums[t, 1, k] + ((before - (after - part)) + (new - part))
    return sums


@compiled
def range_table(close: FloatArray) -> FloatArray:
    """Return the disjoint sparse table of both assets' closes."""
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
                    table[asset, level, t] = (high, low, fall)
                high, low, fall = 0.0, np.inf, 0.0
                for t in range(middle, min(middle + half, n)):
                    high, low = max(high, price[t]), min(low, price[t])
                    fall = min(fall, price[t] / high - 1.0)
                    table[asset, level, t] = (high, low, fall)
    return table


@compiled
def next_true(answers: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return, for every row and session, the first session from there on that is true.

    ``answers`` has shape (m, n), the result (m, n + 1); n stands for never.
    """
    m, n = answers.shape
    following = np.empty((m, n + 1), dtype=np.int32)
    for row in range(m):
        following[row, n] = n
        for t in range(n - 1, -1, -1):
            following[row, t] = t if answers[row, t] else following[row, t + 1]
    return following

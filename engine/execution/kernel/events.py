"""The event-skipping kernel: from entry to leave to entry, nothing in between is walked over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel.columns import (
    A1,
    A2,
    DEEPEST,
    HELD,
    INSIDE,
    R1,
    R2,
    R3,
    R4,
    ROTATIONS,
    SHORTFALL,
    SUMS,
    TRADED,
    TRADES,
    WEALTH,
    WINS,
    X1,
    X2,
)
from engine.execution.kernel.compiled import compiled
from engine.execution.kernel.tables import DRAWDOWN, HIGH, LOW, Market

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

# Fowler, Noll and Vo's hash, variant 1a, 64 bits, over sessions instead of bytes.
FNV_OFFSET = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)


@compiled
def _add_session(out, market, t, value, excess_base):  # type: ignore[no-untyped-def]  # compiled
    """Add one session with a return of its own: one in which something is traded."""
    out[R1] += value
    out[R2] += value * value
    out[R3] += value * value * value
    out[R4] += value * value * value * value
    excess = value - excess_base
    out[X1] += excess
    out[X2] += excess * excess
    if excess < 0.0:
        out[SHORTFALL] += excess * excess
    active = value - market.core_return[t]
    out[A1] += active
    out[A2] += active * active


@compiled
def _hold(out, market, asset, first, last, wealth, peak):  # type: ignore[no-untyped-def]  # compiled
    """Hold an asset from the close of `first` to that of `last`; return wealth and its peak.

    `wealth` is that at the close of `first`. Adds the sessions after `first` to the sums, and
    looks for the deepest drawdown over all of them.
    """
    before, after = market.prefix[asset, first + 1], market.prefix[asset, last + 1]
    for k in range(SUMS):
        out[k] += (after[0, k] - before[0, k]) + (after[1, k] - before[1, k])
    close = market.close[asset]
    unit = wealth / close[first]
    if first == last:
        high, low, fall = close[first], close[first], 0.0
    else:
        level = 0
        differing = (first ^ last) >> 1
        while differing:
            differing >>= 1
            level += 1
        left, right = market.ranges[asset, level, first], market.ranges[asset, level, last]
        high, low = max(left[HIGH], right[HIGH]), min(left[LOW], right[LOW])
        fall = min(left[DRAWDOWN], right[DRAWDOWN], right[LOW] / left[HIGH] - 1.0)
    deepest = min(fall, unit * low / peak - 1.0)
    out[DEEPEST] = min(out[DEEPEST], deepest)
    return wealth * (close[last] / close[first]), max(peak, unit * high)


@compiled
def _trade(out, market, old, new, t, wealth):  # type: ignore[no-untyped-def]  # compiled
    """Fill a decision in session t; `old` is −1 for cash. Return wealth at the close of t."""
    before = wealth
    if old < 0:
        wealth *= 1.0 + market.cash_return[t]  # the account waited in cash for its first fill
    else:
        wealth = wealth / market.close[old, t - 1] * market.fill[old, t] * market.sale[old]
    wealth = wealth / (market.fill[new, t] * market.purchase[new]) * market.close[new, t]
    _add_session(out, market, t, wealth / before - 1.0, market.cash_return[t])
    return wealth


@compiled
def _first_leave(next_leave, parts, t):  # type: ignore[no-untyped-def]  # compiled
    """Return the first session from t on at which any part of a leave trigger fires."""
    first = next_leave.shape[1] - 1
    for part in parts:
        if part >= 0:
            first = min(first, next_leave[part, t])
    return first


@compiled
def _first_entry(next_enter, enter, next_leave, parts, t):  # type: ignore[no-untyped-def]
    """Return the first session from t on at which enter fires and leave does not."""
    n = next_enter.shape[1] - 1
    while True:
        entry = next_enter[enter, t]
        if entry >= n or _first_leave(next_leave, parts, entry) != entry:
            return entry
        t = entry + 1


@compiled
def _simulate(market, next_enter, enter, next_leave, parts, limits, out):  # type: ignore[no-untyped-def]
    """Run one parameter set; `limits` are max_holding (0: none) and cooldown.

    Returns a hash of the sessions of all fills: equal for equal position paths.
    """
    n = market.close.shape[1]
    path = FNV_OFFSET
    max_holding, cooldown = limits
    out[WEALTH] = 1.0
    wealth, peak = 1.0, 1.0
    entry = _first_entry(next_enter, enter, next_leave, parts, 0)
    asset = 1 if entry == 0 else 0
    path = (path ^ np.uint64(asset)) * FNV_PRIME
    wealth = _trade(out, market, -1, asset, 1, wealth)
    at = 1  # session of the last fill
    while at < n:
        if asset == 0:
            fill = entry + 1 if entry < n - 1 else n
        else:
            leave = _first_leave(next_leave, parts, entry + 1) if entry + 1 < n else n
            if max_holding > 0:
                leave = min(leave, entry + max_holding)
            fill = leave + 1 if leave < n - 1 else n
            out[INSIDE] += fill - at
        wealth, peak = _hold(out, market, asset, at, fill - 1, wealth, peak)
        if fill >= n:
            break
        if asset == 1:
            out[TRADES] += 1
            out[HELD] += fill - at
            bought = market.fill[1, at] * market.purchase[1]
            if market.fill[1, fill] * market.sale[1] > bought:
                out[WINS] += 1
            again = leave + 1 + cooldown
            entry = _first_entry(next_enter, enter, next_leave, parts, again) if again < n else n
        out[ROTATIONS] += 1
        out[TRADED] += 1
        wealth = _trade(out, market, asset, 1 - asset, fill, wealth)
        asset, at = 1 - asset, fill
        path = (path ^ np.uint64(fill)) * FNV_PRIME
    out[WEALTH] = wealth
    return path


@compiled
def simulate_sets(  # type: ignore[no-untyped-def]  # compiled
    market: Market,
    next_enter: IntArray,
    enters: IntArray,
    next_leave: IntArray,
    leaves: IntArray,
    limits: IntArray,
    out: FloatArray,
    paths: NDArray[np.uint64],
):
    """Run many parameter sets.

    Parameters
    ----------
    market : Market
    next_enter, next_leave : int32 arrays, shapes (triggers, n + 1)
        First session from each on at which a trigger fires
        (:func:`engine.execution.kernel.tables.next_true`).
    enters : int32 array, shape (m,)
        Row of `next_enter` of each set.
    leaves : int32 array, shape (m, parts)
        Rows of `next_leave` of which any leaves; −1: none.
    limits : int32 array, shape (m, 2)
        max_holding (0: without limit) and cooldown, in sessions.
    out : float64 array, shape (m, COLUMNS)
        Filled; see :mod:`engine.execution.kernel.columns`.
    paths : uint64 array, shape (m,)
        Filled: a hash of each set's position path.
    """
    for i in range(len(enters)):
        out[i] = 0.0
        paths[i] = _simulate(
            market, next_enter, enters[i], next_leave, leaves[i], limits[i], out[i]
        )

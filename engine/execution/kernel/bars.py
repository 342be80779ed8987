"""The bar-by-bar kernel: every set is walked over session by session, whatever its rule.

Three passes over the sessions of a set: what its rule decides, what the account is worth at each
close, and the sums over its returns. The state machine and the sizing rule are those of
:mod:`engine.rotation`, compiled as they stand, and the account is kept operation by operation as
in :mod:`engine.execution.bars`: where whole shares are rounded down, a last bit can be a share.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
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
from engine.execution.kernel.compiled import allocating, inner
from engine.execution.kernel.events import Runs
from engine.execution.kernel.tables import mixed
from engine.rotation.costs import bought, orders, quote, sold
from engine.rotation.switching import ENTERED, NOTHING, State, step

for _shared in (step, quote, orders, sold, bought):
    register_jitable(error_model="numpy")(_shared)  # what calls them compiled, compiles them

FloatArray = NDArray[np.float64]

LANES = 64
"""Every so many returns share a sum, and the sums are then added up: with as little rounding as a
sum of n / 64 numbers has, and in an order that lets the processor add several at once."""


class BarMarket(NamedTuple):
    """Prices and terms; n traded sessions, two assets (core, satellite).

    ``fill`` and ``close``: prices, shape (2, n). ``slippage`` and ``commission``: fractions per
    side, shape (2,). ``overnight``: what cash held after each session's fills earns until the
    next, fraction, shape (n,); ``earns``: whether that is ever anything. ``core_return``: return
    of the core benchmark's equity into each session, shape (n,). ``initial_cash`` in currency;
    ``fractional``: whether fractions of a share can be traded.
    """

    fill: FloatArray
    close: FloatArray
    slippage: FloatArray
    commission: FloatArray
    overnight: FloatArray
    earns: bool
    core_return: FloatArray
    initial_cash: float
    fractional: bool


class Stay(NamedTuple):
    """A stay in the satellite: session of its first fill (−1: none), cash paid and received."""

    since: int
    paid: float
    received: float


class Fills(NamedTuple):
    """Room for one set's fills: session and satellite's target weight of each, shapes (n,)."""

    session: NDArray[np.int64]
    weight: FloatArray


@inner
def _switch(enter, leave, limits, fills):  # type: ignore[no-untyped-def]  # compiled
    """Walk the state machine over all closes but the last, whose decision is never filled.

    Returns the number of fills and a hash of the position path: the one the event kernel gives.
    """
    state = State(False, 0, 0, NOTHING)
    count, path = 0, np.uint64(0)
    for t in range(len(enter) - 1):
        state = step(state, t, enter[t], leave[t], limits[0], limits[1])
        if t == 0 or state.event != NOTHING:
            fills.session[count] = t + 1
            fills.weight[count] = 1.0 if state.inside else 0.0
            count += 1
        if state.event != NOTHING:
            path += mixed(2 * t if state.event == ENTERED else 2 * t + 1)
    return count, path


@inner
def _follow(schedule, fills):  # type: ignore[no-untyped-def]  # compiled
    """Take the fills from a schedule of weights, NaN where nothing is decided.

    Returns the number of fills and a hash of their sessions and weights.
    """
    count, path = 0, np.uint64(0)
    bits = fills.weight.view(np.uint64)
    for t in range(len(schedule) - 1):
        decided = not np.isnan(schedule[t])
        if t == 0 or decided:
            fills.session[count] = t + 1
            fills.weight[count] = schedule[t] + 0.0 if decided else 0.0  # −0 is 0
            path += mixed(mixed(bits[count]) ^ np.uint64(t))
            count += 1
    return count, path


@inner
def _taken(size, at):  # type: ignore[no-untyped-def]  # compiled
    """Return the cash a trade takes; negative is what a sale brings."""
    cost = abs(size) * (at.purchase - at.price if size > 0.0 else at.price - at.sale)
    return size * at.price + cost


@inner
def _trade(market, prices, weight, cash, shares):  # type: ignore[no-untyped-def]  # compiled
    """Fill a decision; return cash and shares after it, and the cash the satellite took."""
    core = quote(prices[0], market.slippage[0], market.commission[0])
    satellite = quote(prices[1], market.slippage[1], market.commission[1])
    sizes = orders(weight, shares, cash, (core, satellite), market.fractional)
    taken = (_taken(sizes[0], core), _taken(sizes[1], satellite))
    first = 0 if sizes[0] <= sizes[1] else 1  # sales before purchases
    cash = cash - taken[first] - taken[1 - first]
    return cash, (shares[0] + sizes[0], shares[1] + sizes[1]), taken[1]


@inner
def _weight(prices, shares):  # type: ignore[no-untyped-def]  # compiled
    """Return the satellite's share of what is invested; 0 where nothing is."""
    core, satellite = shares[0] * prices[0], shares[1] * prices[1]
    invested = core + satellite
    return satellite / invested if invested > 0.0 else 0.0


@inner
def _stayed(stay, t, taken, satellite, out):  # type: ignore[no-untyped-def]  # compiled
    """Follow a stay through a fill in session t; count it once all of the satellite is sold."""
    if taken == 0.0:
        return stay
    since = t if stay.since < 0 else stay.since
    paid, received = stay.paid + max(taken, 0.0), stay.received + max(-taken, 0.0)
    if satellite != 0.0:
        return Stay(since, paid, received)
    out[TRADES] += 1
    out[HELD] += t - since
    if received / paid - 1.0 > 0.0:
        out[WINS] += 1
    return Stay(-1, 0.0, 0.0)


@inner
def _hold(market, first, last, cash, shares, equity):  # type: ignore[no-untyped-def]  # compiled
    """Hold shares and cash over the closes from `first` to before `last`; return the cash then."""
    close = market.close
    for t in range(first, last):
        equity[t] = cash + shares[0] * close[0, t] + shares[1] * close[1, t]
        if market.earns:  # the compiler makes two loops of it, one of them without this chain
            cash += cash * market.overnight[t]
    return cash


@inner
def _account(market, fills, count, equity, out):  # type: ignore[no-untyped-def]  # compiled
    """Turn fills into wealth at each close, and count what was traded."""
    n = len(equity)
    shares, stay = (0.0, 0.0), Stay(-1, 0.0, 0.0)
    cash = _hold(market, 0, 1, market.initial_cash, shares, equity)
    for k in range(count):
        t, weight = fills.session[k], fills.weight[k]
        until = fills.session[k + 1] if k + 1 < count else n
        prices = (market.fill[0, t], market.fill[1, t])
        before = _weight(prices, shares)
        cash, shares, taken = _trade(market, prices, weight, cash, shares)
        if k > 0:  # the first purchase is no rotation
            out[TRADED] += abs(_weight(prices, shares) - before)
            out[ROTATIONS] += weight != fills.weight[k - 1]
        out[INSIDE] += weight * (until - t)
        stay = _stayed(stay, t, taken, shares[1], out)
        cash = _hold(market, t, until, cash, shares, equity)
    out[WEALTH] = equity[n - 1] / market.initial_cash


@inner
def _deepest(equity):  # type: ignore[no-untyped-def]  # compiled
    """Return the deepest drawdown (fraction, ≤ 0); divides only where it gets deeper."""
    peak = bound = equity[0]
    deepest = 0.0
    for wealth in equity:
        if wealth > peak:
            peak = wealth
            bound = peak * (1.0 + deepest)
        elif wealth < bound:
            deepest = min(deepest, wealth / peak - 1.0)
            bound = wealth
    return deepest


@inner
def _sum_up(market, equity, lanes, out):  # type: ignore[no-untyped-def]  # compiled
    """Add up powers of the returns; `lanes` is room for partial sums, shape (SUMS · LANES,)."""
    n = len(equity)
    lanes[:] = 0.0
    for start in range(1, n, LANES):
        stop = min(start + LANES, n)
        now, before = equity[start:stop], equity[start - 1 : stop - 1]
        cash, core = market.overnight[start - 1 : stop - 1], market.core_return[start:stop]
        for lane in range(len(now)):
            value = now[lane] / before[lane] - 1.0
            square = value * value
            lanes[R1 * LANES + lane] += value
            lanes[R2 * LANES + lane] += square
            lanes[R3 * LANES + lane] += square * value
            lanes[R4 * LANES + lane] += square * square
            excess = value - cash[lane]
            lanes[X1 * LANES + lane] += excess
            lanes[X2 * LANES + lane] += excess * excess
            shortfall = excess if excess < 0.0 else 0.0
            lanes[SHORTFALL * LANES + lane] += shortfall * shortfall
            active = value - core[lane]
            lanes[A1 * LANES + lane] += active
            lanes[A2 * LANES + lane] += active * active
    for k in range(SUMS):
        for lane in range(LANES):
            out[k] += lanes[k * LANES + lane]


@inner
def _measure(market, fills, count, equity, lanes, out, returns):  # type: ignore[no-untyped-def]
    out[:] = 0.0
    _account(market, fills, count, equity, out)
    out[DEEPEST] = _deepest(equity)
    _sum_up(market, equity, lanes, out)
    for t in range(len(returns)):
        returns[t] = equity[t + 1] / equity[t] - 1.0


@allocating
def simulate_switching(  # type: ignore[no-untyped-def]  # compiled
    market: BarMarket,
    enters: NDArray[np.bool_],
    leaves: NDArray[np.bool_],
    runs: Runs,
    first: int,
    last: int,
    out: FloatArray,
    paths: NDArray[np.uint64],
    returns: FloatArray,
):
    """Make the runs of a switching rule numbered `first` to `last` − 1.

    Parameters
    ----------
    market : BarMarket
    enters, leaves : bool arrays, shapes (triggers, n)
        What each distinct enter trigger, and each part of a leave trigger, answers at each close.
    runs : Runs
    first, last : int
    out : float64 array, shape (m, COLUMNS)
        Filled; see :mod:`engine.execution.kernel.columns`.
    paths : uint64 array, shape (m,)
        Filled: a hash of each run's position path.
    returns : float64 array, shape (m, n − 1)
        Filled: what was earned in each session after the first (fraction); not if it is (m, 0).
    """
    n = market.close.shape[1]
    fills = Fills(np.empty(n, np.int64), np.empty(n))
    equity, lanes, leave = np.empty(n), np.empty(SUMS * LANES), np.empty(n, np.bool_)
    for i in range(first, last):
        leave[:] = False
        for part in runs.parts[runs.leave[i]]:
            if part >= 0:
                leave |= leaves[part]
        count, paths[i] = _switch(enters[runs.enter[i]], leave, runs.limits[runs.limit[i]], fills)
        if i > first and paths[i] == paths[i - 1]:  # a longer limit that was never reached
            out[i], returns[i] = out[i - 1], returns[i - 1]
            continue
        _measure(market, fills, count, equity, lanes, out[i], returns[i])


@allocating
def simulate_schedules(  # type: ignore[no-untyped-def]  # compiled
    market: BarMarket,
    schedules: FloatArray,
    out: FloatArray,
    paths: NDArray[np.uint64],
    returns: FloatArray,
):
    """Run the schedules of a weighting rule.

    Parameters
    ----------
    market : BarMarket
    schedules : float64 array, shape (m, n)
        Satellite's target weight decided at each close, NaN where nothing is.
    out, paths, returns
        As in :func:`simulate_switching`.
    """
    n = market.close.shape[1]
    fills = Fills(np.empty(n, np.int64), np.empty(n))
    equity, lanes = np.empty(n), np.empty(SUMS * LANES)
    for i in range(len(schedules)):
        count, paths[i] = _follow(schedules[i], fills)
        _measure(market, fills, count, equity, lanes, out[i], returns[i])

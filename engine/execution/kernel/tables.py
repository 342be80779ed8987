"""Tables of one market: what the kernel looks up instead of walking over sessions.

What a stay in the satellite changes, compared with holding the core throughout, is a sum of what
its entry and its leave change: for sums over sessions the prefix sums up to either of them, for
wealth a factor each. So a stay costs two rows, however long it is. Its deepest drawdown comes
from disjoint sparse tables: level by level, blocks of sessions with the running highest close,
lowest close and deepest drawdown outward from each block's middle, so that any range is two
look-ups.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel.compiled import compiled, inner

FloatArray = NDArray[np.float64]
Counts = NDArray[np.int64]

HIGH, LOW = range(2)

SUMMED = 7
"""Sums over sessions: powers 1 to 4 of the return, squares of excess, shortfall, and active."""
PATH = SUMMED
"""Column after them: what an entry or a leave adds to the hash of a position path."""
WIDTH = SUMMED + 1
CACHE_LINE = 64
"""Bytes; a row of WIDTH integers fills one."""

DIGITS = 62
"""Binary digits of a sum, sign apart; what a session adds is rounded to their last one."""
DIGITS_OF_REST = 40
"""Binary digits kept of what that rounding leaves."""
ENOUGH = 34
"""Binary digits of an ordinary session's share in a sum that make its rest negligible."""


class Market(NamedTuple):
    """Everything the kernel knows of prices; n traded sessions, two assets (core, satellite).

    Sums are counted in whole units: exact, in whatever order stays are added up.

    ``close``: shape (2, n). ``start``: units of the core that wealth 1 buys in session 1. ``enter``
    and ``leave``: what a decision at each close adds to the sums, and to the path, once it is
    filled, int64 of shape (n, WIDTH); the last row of ``leave`` is that of a stay that is still
    open. ``enter_rest`` and ``leave_rest``: what rounding to whole units left, likewise; looked
    at if ``wide``. ``factor``: what entering and leaving at each close multiply wealth per quote
    by, ``proceeds``: the cash that one unit of the satellite takes and brings, shape (2, n).
    ``held``: sums of the core held throughout
    and their rest, shape (2, SUMMED). ``unit`` and ``unit_of_rest``: shape (SUMMED,).
    ``cash``: sum of what cash earned. ``ranges``: disjoint
    sparse tables of HIGH and LOW, shape (2, levels, n, 2); ``falls``: of the deepest drawdown,
    shape (2, levels, n). ``level``: level of the tables for every ``first ^ last``, uint8.
    ``returns``: what a session earns in which the core is held, the satellite is held, it is
    entered, it is left, shape (4, n); session 1 buys with cash.
    """

    close: FloatArray
    start: float
    enter: Counts
    leave: Counts
    enter_rest: Counts
    leave_rest: Counts
    wide: bool
    factor: FloatArray
    proceeds: FloatArray
    held: Counts
    unit: FloatArray
    unit_of_rest: FloatArray
    cash: float
    ranges: FloatArray
    falls: FloatArray
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
    core, stayed, entering, leaving = returns
    core[1:], stayed[1:] = close[:, 1:] / close[:, :-1] - 1.0
    entering[1:] = sold[0, 1:] / close[0, :-1] * close[1, 1:] / bought[1, 1:] - 1.0
    leaving[1:] = sold[1, 1:] / close[1, :-1] * close[0, 1:] / bought[0, 1:] - 1.0
    # session 1 buys with the cash of session 0
    core[1:2] = waited * close[0, 1:2] / bought[0, 1:2] - 1.0
    entering[1:2] = waited * close[1, 1:2] / bought[1, 1:2] - 1.0
    shares = _shares(returns, cash_return)
    unit, unit_of_rest, wide = _units(shares, returns[:2, 1:])
    (enter, leave), (enter_rest, leave_rest) = _rows(n), _rows(n if wide else 0)
    held = np.zeros((2, SUMMED), np.int64)
    _fill_changes(shares, 1.0 / unit, enter, leave, held[0])
    if wide:
        whole = np.rint(shares / unit[:, None, None]) * unit[:, None, None]
        _fill_changes(shares - whole, 1.0 / unit_of_rest, enter_rest, leave_rest, held[1])
    start = waited / bought[0, min(1, n - 1)]
    factor, proceeds = np.ones((2, n)), np.zeros((2, n))
    factor[:, :-1] = sold[:, 1:] / bought[::-1, 1:]
    factor[0, :1] = waited / bought[1, min(1, n - 1)] / start
    proceeds[0, :-1], proceeds[1, :-1] = bought[1, 1:], sold[1, 1:]
    close = np.ascontiguousarray(close)
    ranges, falls = range_tables(close)
    return Market(
        close=close,
        start=float(start),
        enter=enter,
        leave=leave,
        enter_rest=enter_rest,
        leave_rest=leave_rest,
        wide=wide,
        factor=factor,
        proceeds=proceeds,
        held=held,
        unit=unit,
        unit_of_rest=unit_of_rest,
        cash=float(cash_return[1:].sum()),
        ranges=ranges,
        falls=falls,
        level=_levels(n),
        returns=returns,
    )


def _rows(n: int) -> Counts:
    """Return twice n rows of zeros, none of which lies across two cache lines; shape (2, n, 8)."""
    room = np.zeros((2 * n + 1) * WIDTH, np.int64)
    skipped = -room.ctypes.data % CACHE_LINE // room.itemsize
    return room[skipped : skipped + 2 * n * WIDTH].reshape(2, n, WIDTH)


@inner
def mixed(number):  # type: ignore[no-untyped-def]  # compiled
    """Return well-mixed bits of a number (the finaliser of Steele and others' SplitMix).

    Added up over twice every entry, and twice every leave and one, they tell paths apart.
    """
    bits = (np.uint64(number) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _units(shares: FloatArray, returns: FloatArray) -> tuple[FloatArray, FloatArray, bool]:
    """Return the unit of each sum, that of its rest, and whether the rest is needed.

    It is if a few huge values (a price jumped five-fold, its fourth power) make the unit large
    against what an ordinary session adds: its digits would be lost.
    """
    totals = np.array([np.abs(values).sum() for values in shares])
    unit = np.ldexp(1.0, np.frexp(totals)[1] - DIGITS)
    ordinary = min(_median(asset[asset > 0.0]) for asset in np.abs(returns))
    share = ordinary ** np.array([1, 2, 3, 4, 2, 2, 2])
    return unit, unit * 2.0**-DIGITS_OF_REST, bool((unit > share * 2.0**-ENOUGH).any())


def _median(values: FloatArray) -> float:
    return float(np.partition(values, len(values) // 2)[len(values) // 2]) if len(values) else 0.0


def _shares(returns: FloatArray, cash: FloatArray) -> FloatArray:
    """Return what each session adds to each sum, shape (SUMMED, 4, n).

    Powers 1 to 4 of the return, squares of the excess over cash, of the shortfall below cash,
    and of the return less the core benchmark's; nothing in session 0.
    """
    shares = np.empty((SUMMED, *returns.shape))
    excess = returns - cash
    shares[0], shares[1] = returns, returns * returns
    shares[2], shares[3] = shares[1] * returns, shares[1] * shares[1]
    for k, values in ((4, excess), (5, np.minimum(excess, 0.0)), (6, returns - returns[0])):
        np.multiply(values, values, out=shares[k])
    shares[:, :, 0] = 0.0
    return shares


@compiled
def _fill_changes(shares, per_unit, enter, leave, held):  # type: ignore[no-untyped-def]  # compiled
    """Fill in what entering and leaving at each close adds to the sums, and the core's sums.

    A stay decided at close e and left at close l replaces what the core would have added in
    sessions e + 1 to l + 1: by an entering session, stayed ones, and a leaving session.
    """
    n = len(enter)
    for k in range(SUMMED):
        before = np.int64(0)  # what staying in sessions 2 … t − 1 would have changed
        for t in range(1, n):
            core = np.int64(np.rint(shares[k, 0, t] * per_unit[k]))
            stayed = np.int64(np.rint(shares[k, 1, t] * per_unit[k]))
            entering = np.int64(np.rint(shares[k, 2, t] * per_unit[k]))
            leaving = np.int64(np.rint(shares[k, 3, t] * per_unit[k]))
            held[k] += core
            leave[t - 1, k] = leaving - core + before
            if t >= 2:
                before += stayed - core
            enter[t - 1, k] = entering - core - before
        leave[n - 1, k] = before
    for t in range(n - 1):
        enter[t, PATH], leave[t, PATH] = mixed(2 * t), mixed(2 * t + 1)


def range_tables(close: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the disjoint sparse tables of both assets' closes: of ranges, and of falls."""
    assets, n = close.shape
    levels = max((n - 1).bit_length(), 1)
    ranges, falls = np.empty((assets, levels, n, 2)), np.empty((assets, levels, n))
    _fill_ranges(close, ranges, falls)
    return ranges, falls


@compiled
def _fill_ranges(close, ranges, falls):  # type: ignore[no-untyped-def]  # compiled
    # element by element, no min or max: the assignment of a tuple to a row takes seconds to compile
    assets, levels, n = falls.shape
    for asset in range(assets):
        price = close[asset]
        for level in range(levels):
            half = 1 << level
            for middle in range(half, n + half, 2 * half):
                high, low, fall = 0.0, np.inf, 0.0
                last = middle if middle < n else n
                for t in range(last - 1, middle - half - 1, -1):
                    # leftward: a new first session can only be a peak for what follows it
                    now = price[t]
                    high, low = now if now > high else high, now if now < low else low
                    change = low / now - 1.0
                    fall = change if change < fall else fall
                    ranges[asset, level, t, HIGH] = high
                    ranges[asset, level, t, LOW] = low
                    falls[asset, level, t] = fall
                high, low, fall = 0.0, np.inf, 0.0
                last = middle + half if middle + half < n else n
                for t in range(middle, last):
                    now = price[t]
                    high, low = now if now > high else high, now if now < low else low
                    change = now / high - 1.0
                    fall = change if change < fall else fall
                    ranges[asset, level, t, HIGH] = high
                    ranges[asset, level, t, LOW] = low
                    falls[asset, level, t] = fall


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
        following[row, n] = first = n
        for t in range(n - 1, -1, -1):
            first = t if answers[row, t] else first
            following[row, t] = first

"""The event-skipping kernel: from entry to leave to entry, nothing in between is walked over."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel.columns import (
    A1,
    A2,
    COLUMNS,
    DEEPEST,
    HELD,
    INSIDE,
    R1,
    R2,
    R3,
    R4,
    ROTATIONS,
    SHORTFALL,
    TRADED,
    TRADES,
    WEALTH,
    WINS,
    X1,
    X2,
)
from engine.execution.kernel.compiled import compiled
from engine.execution.kernel.tables import CASH, DRAWDOWN, FACTOR, HIGH, LOW, Market, session_type

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


class Entries(NamedTuple):
    """At which closes the distinct enter triggers fire.

    ``sessions``: all of them in a row; those of trigger e are ``offsets[e]`` to ``offsets[e+1]``.
    ``first``: number among these of the first from each session on, shape (triggers, n + 1).
    """

    sessions: NDArray[Any]
    offsets: NDArray[np.int64]
    first: NDArray[Any]


class Runs(NamedTuple):
    """The runs to make, sorted by enter trigger, then leave trigger, then limits.

    ``enter``, ``leave``, ``limit``: int32 of shape (m,), rows of what follows. ``parts``: rows of
    the table of next leaves of which any leaves, shape (leaves, parts), −1 for none. ``limits``:
    max_holding and cooldown in sessions, shape (limits, 2); for one cooldown the longest first,
    n for no limit.
    """

    enter: IntArray
    leave: IntArray
    limit: IntArray
    parts: IntArray
    limits: IntArray


def entries_of(answers: NDArray[np.bool_]) -> Entries:
    """Return the entries of triggers whose answers have shape (triggers, n)."""
    m, n = answers.shape
    counts = answers.sum(axis=1)
    before = np.zeros((m, n + 1), dtype=session_type(n))
    np.cumsum(answers, axis=1, out=before[:, 1:])
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Entries(np.nonzero(answers)[1].astype(session_type(n)), offsets, before)


@compiled
def _prepare(entries, next_leave, parts, left, valid):  # type: ignore[no-untyped-def]  # compiled
    """Fill in when a stay from each entry is left, and the first entry from each on that counts.

    At a close at which the rule would leave as well nothing is entered.
    """
    never, m = next_leave.shape[1] - 1, len(entries)
    valid[m] = m
    for i in range(m - 1, -1, -1):
        t = entries[i]
        leaves_at_once, first = False, never
        for part in parts:
            if part >= 0:
                leaves_at_once |= next_leave[part, t] == t
                first = min(first, next_leave[part, t + 1])
        left[i] = first
        valid[i] = valid[i + 1] if leaves_at_once else i


@compiled
def _deepest(ranges, level, first, last, units, peak, deepest):  # type: ignore[no-untyped-def]
    """Hold units of an asset at the closes `first` to `last`: return peak and deepest drawdown."""
    block = level[first ^ last]
    high = max(ranges[block, first, HIGH], ranges[block, last, HIGH])
    low = min(ranges[block, first, LOW], ranges[block, last, LOW])
    across = ranges[block, last, LOW] / ranges[block, first, HIGH] - 1.0
    fall = min(ranges[block, first, DRAWDOWN], ranges[block, last, DRAWDOWN], across)
    if first == last:
        fall = 0.0
    deepest = min(deepest, fall, units * low / peak - 1.0)
    return max(peak, units * high), deepest


@compiled
def _mixed(t):  # type: ignore[no-untyped-def]  # compiled
    """Return well-mixed bits of a number (the finaliser of Steele and others' SplitMix)."""
    bits = (np.uint64(t) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@compiled
def _simulate(market, entries, first_entry, left, valid, limits, out):  # type: ignore[no-untyped-def]  # noqa: PLR0915
    """Run one parameter set; return the longest stay and a hash of the position path.

    The hash adds up mixed numbers of all entries and leaves: equal for equal paths.
    """
    core, satellite = market.ranges[0], market.ranges[1]
    entering, leaving, level = market.enter, market.leave, market.level
    n, m = len(entering), len(entries)
    max_holding, cooldown = limits
    r1, r2, r3, r4, x2, shortfall, a2 = market.held[0]
    s1, s2, s3, s4, s5, s6, s7 = market.held[1]
    units, peak, deepest, path = market.start, 1.0, 0.0, np.uint64(0)
    trades, wins, held, longest, inside, at_once = 0, 0, 0, 0, 0, 0
    at, t = 1, 0  # session of the last fill; first close at which an entry is looked at
    while t < n - 1:
        i = valid[first_entry[t]]
        if i >= m or entries[i] >= n - 1:
            break
        entry = entries[i]
        leave = min(left[i], entry + max_holding, n - 1)
        if entry >= at:
            peak, deepest = _deepest(core, level, at, entry, units, peak, deepest)
        else:
            at_once = 1
        units *= entering[entry, FACTOR]
        peak, deepest = _deepest(satellite, level, entry + 1, leave, units, peak, deepest)
        r1 += entering[entry, 0] + leaving[leave, 0]
        r2 += entering[entry, 1] + leaving[leave, 1]
        r3 += entering[entry, 2] + leaving[leave, 2]
        r4 += entering[entry, 3] + leaving[leave, 3]
        x2 += entering[entry, 4] + leaving[leave, 4]
        shortfall += entering[entry, 5] + leaving[leave, 5]
        a2 += entering[entry, 6] + leaving[leave, 6]
        s1 += entering[entry, 8] + leaving[leave, 8]
        s2 += entering[entry, 9] + leaving[leave, 9]
        s3 += entering[entry, 10] + leaving[leave, 10]
        s4 += entering[entry, 11] + leaving[leave, 11]
        s5 += entering[entry, 12] + leaving[leave, 12]
        s6 += entering[entry, 13] + leaving[leave, 13]
        s7 += entering[entry, 14] + leaving[leave, 14]
        path += _mixed(2 * entry)
        longest = max(longest, leave - entry)
        at = leave + 1
        if leave == n - 1:
            inside = leave - entry
            break
        path += _mixed(2 * leave + 1)
        units *= leaving[leave, FACTOR]
        trades += 1
        held += leave - entry
        wins += leaving[leave, CASH] > entering[entry, CASH]
        t = at + cooldown
    if at < n:
        peak, deepest = _deepest(core, level, at, n - 1, units, peak, deepest)
    out[R1], out[R2], out[R3], out[R4] = r1 + s1, r2 + s2, r3 + s3, r4 + s4
    out[X1], out[X2], out[SHORTFALL] = r1 + s1 - market.cash, x2 + s5, shortfall + s6
    out[A1], out[A2] = (r1 - market.held[0, 0]) + (s1 - market.held[1, 0]), a2 + s7
    out[WEALTH] = units * market.close[1 if inside else 0, n - 1] if n > 1 else 1.0
    out[DEEPEST], out[TRADES], out[WINS], out[HELD] = deepest, trades, wins, held
    out[INSIDE] = held + inside
    out[ROTATIONS] = 2 * trades + (inside > 0) - at_once
    out[TRADED] = out[ROTATIONS]
    return longest, path


@compiled
def simulate_runs(  # type: ignore[no-untyped-def]  # compiled
    market: Market,
    entries: Entries,
    next_leave: NDArray[Any],
    runs: Runs,
    first: int,
    last: int,
    out: FloatArray,
    paths: NDArray[np.uint64],
):
    """Make the runs numbered `first` to `last` − 1.

    Parameters
    ----------
    market : Market
    entries : Entries
    next_leave : unsigned array, shape (triggers, n + 1)
        First session from each on at which a part of a leave trigger fires
        (:func:`engine.execution.kernel.tables.next_true`).
    runs : Runs
    first, last : int
    out : float64 array, shape (m, COLUMNS)
        Filled; see :mod:`engine.execution.kernel.columns`.
    paths : uint64 array, shape (m,)
        Filled: a hash of each run's position path.
    """
    left = np.empty(next_leave.shape[1], next_leave.dtype)
    valid = np.empty(next_leave.shape[1] + 1, next_leave.dtype)
    longest, path = 0, np.uint64(0)
    for i in range(first, last):
        enter, leave = runs.enter[i], runs.leave[i]
        limits = runs.limits[runs.limit[i]]
        own = entries.sessions[entries.offsets[enter] : entries.offsets[enter + 1]]
        if i > first and enter == runs.enter[i - 1] and leave == runs.leave[i - 1]:
            before = runs.limits[runs.limit[i - 1]]
            if limits[1] == before[1] and longest <= limits[0] <= before[0]:
                for k in range(COLUMNS):  # the longer limit was never reached
                    out[i, k] = out[i - 1, k]
                paths[i] = path
                continue
        else:
            _prepare(own, next_leave, runs.parts[leave], left, valid)
        longest, path = _simulate(
            market, own, entries.first[enter], left, valid, (limits[0], limits[1]), out[i]
        )
        paths[i] = path


@compiled
def _next_stay(entries, first_entry, left, valid, max_holding, n, t):  # type: ignore[no-untyped-def]
    """Return at which closes the next stay begins and ends, looked for from close t on.

    A stay that is still open ends at the last close, n − 1; no stay is told by n. What
    :func:`_simulate` does in place, where a call would cost half as much as all the rest.
    """
    if t >= n - 1:
        return n, n
    i = valid[first_entry[t]]
    if i >= len(entries) or entries[i] >= n - 1:
        return n, n
    entry = entries[i]
    return entry, min(left[i], entry + max_holding, n - 1)


@compiled
def session_returns(  # type: ignore[no-untyped-def]  # compiled
    market: Market,
    entries: Entries,
    next_leave: NDArray[Any],
    runs: Runs,
    first: int,
    last: int,
    out: FloatArray,
):
    """Fill in what the runs `first` to `last` − 1 earned in each session, shape (m, n − 1).

    The sessions after the first, fills and costs included (fraction); see :func:`simulate_runs`.
    """
    n = len(market.enter)
    held, stayed, entering, leaving = market.returns
    left = np.empty(next_leave.shape[1], next_leave.dtype)
    valid = np.empty(next_leave.shape[1] + 1, next_leave.dtype)
    for i in range(first, last):
        enter = runs.enter[i]
        max_holding, cooldown = runs.limits[runs.limit[i]]
        own = entries.sessions[entries.offsets[enter] : entries.offsets[enter + 1]]
        _prepare(own, next_leave, runs.parts[runs.leave[i]], left, valid)
        out[i] = held[1:]
        t = 0
        while True:
            entry, leave = _next_stay(own, entries.first[enter], left, valid, max_holding, n, t)
            if entry == n:
                break
            out[i, entry] = entering[entry + 1]
            out[i, entry + 1 : leave] = stayed[entry + 2 : leave + 1]
            if leave < n - 1:
                out[i, leave] = leaving[leave + 1]
            t = leave + 1 + cooldown

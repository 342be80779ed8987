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
from engine.execution.kernel.tables import (
    CASH,
    FACTOR,
    HIGH,
    LOW,
    PATH,
    SUMMED,
    WIDTH,
    Market,
    session_type,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

ENTRY, LEAVE = range(2)
ADDED = (R1, R2, R3, R4, X2, SHORTFALL, A2)
"""Columns that the sums of a market's tables go to."""


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
def _prepare(entries, next_leave, parts, stays):  # type: ignore[no-untyped-def]  # compiled
    """Fill in the next stay from each entry on: the closes at which it begins and is left.

    At a close at which the rule would leave as well nothing is entered: the next entry counts.
    """
    never, m = next_leave.shape[1] - 1, len(entries)
    stays[m, ENTRY], stays[m, LEAVE] = never, never
    for i in range(m - 1, -1, -1):
        t = entries[i]
        leaves_at_once, first = False, never
        for part in parts:
            if part >= 0:
                leaves_at_once |= next_leave[part, t] == t
                first = min(first, next_leave[part, t + 1])
        stays[i, ENTRY] = stays[i + 1, ENTRY] if leaves_at_once else t
        stays[i, LEAVE] = stays[i + 1, LEAVE] if leaves_at_once else first


@compiled
def _fallen(ranges, falls, block, first, last):  # type: ignore[no-untyped-def]  # compiled
    """Return the deepest drawdown within the closes `first` to `last` of an asset."""
    if first == last:
        return 0.0
    across = ranges[block, last, LOW] / ranges[block, first, HIGH] - 1.0
    return min(falls[block, first], falls[block, last], across)


@compiled
def _simulate(market, enter, leave, first_entry, stays, limits, sums, out):  # type: ignore[no-untyped-def]  # noqa: PLR0915
    """Run one parameter set; return the longest stay. Rows of `enter` and `leave` are added up.

    Session numbers are unsigned, so that none is looked at from the end; and what is done for
    every stay is written out: a call here costs as much as all the rest.
    """
    core, satellite = market.ranges[0], market.ranges[1]
    core_falls, satellite_falls, level = market.falls[0], market.falls[1], market.level
    entered, left = market.entered, market.left
    max_holding, cooldown = np.uint64(limits[0]), np.uint64(limits[1])
    n, one, zero = np.uint64(len(enter)), np.uint64(1), np.uint64(0)
    end = n - one
    sums[:] = 0
    units, peak, deepest = market.start, 1.0, 0.0
    trades, wins, held, longest, inside, at_once = 0, 0, zero, zero, zero, 0
    at, t = one, zero  # session of the last fill; first close at which an entry is looked at
    while t < end:
        row = first_entry[t]
        entry = np.uint64(stays[row, ENTRY])
        if entry >= end:
            break
        leaving = min(np.uint64(stays[row, LEAVE]), entry + max_holding, end)
        if entry >= at:
            block = level[at ^ entry]
            top = max(peak, units * max(core[block, at, HIGH], core[block, entry, HIGH]))
            low = units * min(core[block, at, LOW], core[block, entry, LOW])
            if low < (1.0 + deepest) * top:  # else it cannot be deeper, wherever the peak was
                fall = _fallen(core, core_falls, block, at, entry)
                deepest = min(deepest, fall, low / peak - 1.0)
            peak = top
        else:
            at_once = 1
        units *= entered[entry, FACTOR]
        first = entry + one
        block = level[first ^ leaving]
        top = max(peak, units * max(satellite[block, first, HIGH], satellite[block, leaving, HIGH]))
        low = units * min(satellite[block, first, LOW], satellite[block, leaving, LOW])
        if low < (1.0 + deepest) * top:
            fall = _fallen(satellite, satellite_falls, block, first, leaving)
            deepest = min(deepest, fall, low / peak - 1.0)
        peak = top
        for k in range(WIDTH):
            sums[k] += enter[entry, k] + leave[leaving, k]
        longest = max(longest, leaving - entry)
        at = leaving + one
        if leaving == end:
            inside = leaving - entry
            break
        units *= left[leaving, FACTOR]
        trades += 1
        held += leaving - entry
        wins += left[leaving, CASH] > entered[entry, CASH]
        t = at + cooldown
    if at < n:
        block = level[at ^ end]
        low = units * min(core[block, at, LOW], core[block, end, LOW])
        fall = _fallen(core, core_falls, block, at, end)
        deepest = min(deepest, fall, low / peak - 1.0)
    out[WEALTH] = units * market.close[1 if inside else 0, n - one] if n > one else 1.0
    out[DEEPEST], out[TRADES], out[WINS], out[HELD] = deepest, trades, wins, held
    out[INSIDE] = held + inside
    out[ROTATIONS] = 2 * trades + (inside > zero) - at_once
    out[TRADED] = out[ROTATIONS]
    return longest


@compiled
def _scale(market, sums, rest, out):  # type: ignore[no-untyped-def]  # compiled
    """Fill in the sums over sessions, from what the stays change and what the core adds."""
    for k in range(SUMMED):
        whole, small = market.held[0, k] + sums[k], market.held[1, k] + rest[k]
        out[ADDED[k]] = whole * market.unit[k] + small * market.unit_of_rest[k]
    out[X1] = out[R1] - market.cash
    out[A1] = sums[0] * market.unit[0] + rest[0] * market.unit_of_rest[0]


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
    stays = np.empty((next_leave.shape[1] + 1, 2), next_leave.dtype)
    sums, rest = np.empty(WIDTH, np.int64), np.zeros(WIDTH, np.int64)
    longest, path = np.uint64(0), np.uint64(0)
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
            _prepare(own, next_leave, runs.parts[leave], stays)
        known = (entries.first[enter], stays, limits)
        if market.wide:
            _simulate(market, market.enter_rest, market.leave_rest, *known, rest, out[i])
        longest = _simulate(market, market.enter, market.leave, *known, sums, out[i])
        _scale(market, sums, rest, out[i])
        path = np.uint64(sums[PATH])
        paths[i] = path


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
    stays = np.empty((next_leave.shape[1] + 1, 2), next_leave.dtype)
    for i in range(first, last):
        enter = runs.enter[i]
        max_holding, cooldown = runs.limits[runs.limit[i]]
        own = entries.sessions[entries.offsets[enter] : entries.offsets[enter + 1]]
        _prepare(own, next_leave, runs.parts[runs.leave[i]], stays)
        out[i] = held[1:]
        t = 0
        while t < n - 1:
            row = entries.first[enter, t]
            entry = stays[row, ENTRY]
            if entry >= n - 1:
                break
            leave = min(stays[row, LEAVE], entry + max_holding, n - 1)
            out[i, entry] = entering[entry + 1]
            out[i, entry + 1 : leave] = stayed[entry + 2 : leave + 1]
            if leave < n - 1:
                out[i, leave] = leaving[leave + 1]
            t = leave + 1 + cooldown

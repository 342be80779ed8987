"""The event-skipping kernel: from entry to leave to entry, nothing in between is walked over."""

from __future__ import annotations

from typing import Any, NamedTuple

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
    TRADED,
    TRADES,
    WEALTH,
    WINS,
    X1,
    X2,
)
from engine.execution.kernel.compiled import allocating, compiled, inner
from engine.execution.kernel.stays import add_up, drawdown, prepare, walk, won
from engine.execution.kernel.tables import PATH, SUMMED, WIDTH, Counts, Market, session_type

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

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

    @property
    def pairs(self) -> NDArray[np.int64]:
        """A number for each run, equal for those of the same two triggers, in order."""
        return self.enter.astype(np.int64) * len(self.parts) + self.leave


class Scratch(NamedTuple):
    """Room that a thread needs for one run at a time.

    ``enters`` and ``leaves``: the next stay from every entry on, shape (n + 2,). ``turns``: closes
    at which a run enters and leaves, shape (n + 4,). ``sums`` and ``rest``: shape (WIDTH,).
    """

    enters: NDArray[Any]
    leaves: NDArray[Any]
    turns: NDArray[Any]
    sums: Counts
    rest: Counts

    @classmethod
    def of(cls, n: int) -> Scratch:
        """Return room for runs of n sessions."""
        kind = session_type(n)
        enters, leaves = np.empty((2, n + 2), kind)
        sums, rest = np.zeros((2, WIDTH), np.int64)
        return cls(enters, leaves, np.empty(n + 4, kind), sums, rest)


def entries_of(answers: NDArray[np.bool_]) -> Entries:
    """Return the entries of triggers whose answers have shape (triggers, n)."""
    m, n = answers.shape
    marks = np.ones((m, n + 1), dtype=bool)  # the end ends each row: its closes come after it
    marks[:, :n] = answers
    at = np.flatnonzero(marks)
    row, session = np.divmod(at, n + 1)
    starts = np.append(0, np.flatnonzero(session == n) + 1)
    place = (np.arange(len(at)) - starts[row]).astype(session_type(n))
    first = np.repeat(place, np.diff(at, prepend=-1)).reshape(m, n + 1)
    sessions = session[session < n].astype(first.dtype)
    return Entries(sessions, starts - np.arange(m + 1), first)


@inner
def _measure(market, turns, count, inside, sums, rest, out, i):  # type: ignore[no-untyped-def]  # compiled
    """Fill in what a run comes to: what its stays change, and what the core adds."""
    add_up(market.enter, market.leave, turns, sums)
    if market.wide:
        add_up(market.enter_rest, market.leave_rest, turns, rest)
    for k in range(SUMMED):
        whole, small = market.held[0, k] + sums[k], market.held[1, k] + rest[k]
        out[i, ADDED[k]] = whole * market.unit[k] + small * market.unit_of_rest[k]
    out[i, X1] = out[i, R1] - market.cash
    out[i, A1] = sums[0] * market.unit[0] + rest[0] * market.unit_of_rest[0]
    end = len(market.enter) - 1
    still_in = 1 if count > 0 and turns[count] == end else 0
    trades = np.int64(count // np.uint64(2)) - still_in
    units, out[i, DEEPEST] = drawdown(market, turns, count)
    out[i, WEALTH] = units * market.close[still_in, end] if end else 1.0
    out[i, TRADES], out[i, WINS] = trades, won(market.proceeds, turns, trades)
    out[i, INSIDE] = inside
    out[i, HELD] = inside - (turns[count] - turns[count - 1] if still_in else 0)
    at_once = 1 if count > 0 and turns[1] == 0 else 0  # no rotation: cash buys the satellite
    out[i, ROTATIONS] = out[i, TRADED] = 2 * trades + still_in - at_once


@inner
def _never_reached(runs, i, longest):  # type: ignore[no-untyped-def]  # compiled
    """Return whether a run differs from the one before in a limit alone that no stay reaches."""
    if runs.enter[i] != runs.enter[i - 1] or runs.leave[i] != runs.leave[i - 1]:
        return False
    now, before = runs.limit[i], runs.limit[i - 1]
    same_pause = runs.limits[now, 1] == runs.limits[before, 1]
    return same_pause and longest <= runs.limits[now, 0] <= runs.limits[before, 0]


@compiled
def simulate_runs(  # type: ignore[no-untyped-def]  # compiled
    market: Market,
    entries: Entries,
    next_leave: NDArray[Any],
    runs: Runs,
    scratch: Scratch,
    first: int,
    last: int,
    out: FloatArray,
    paths: NDArray[np.uint64],
    twins: IntArray,
):
    """Make the runs numbered `first` to `last` − 1.

    One that differs from the run before in a limit alone that no stay reaches is not made again.

    Parameters
    ----------
    market : Market
    entries : Entries
    next_leave : unsigned array, shape (triggers, n + 1)
        First session from each on at which a part of a leave trigger fires
        (:func:`engine.execution.kernel.tables.next_true`).
    runs : Runs
    scratch : Scratch
    first, last : int
    out : float64 array, shape (m, COLUMNS)
        Filled for the runs that are made; see :mod:`engine.execution.kernel.columns`.
    paths : uint64 array, shape (m,)
        Filled for these, too: a hash of each run's position path.
    twins : int32 array, shape (m,)
        Filled for each run: the one that was made for it.
    """
    enters, leaves, turns, sums, rest = scratch
    longest = np.uint64(0)
    for i in range(first, last):
        if i > first and _never_reached(runs, i, longest):
            twins[i] = twins[i - 1]
            continue
        enter, leave = runs.enter[i], runs.leave[i]
        if i == first or enter != runs.enter[i - 1] or leave != runs.leave[i - 1]:
            prepare(entries, enter, next_leave, runs.parts, leave, enters, leaves)
        count, longest, inside = walk(
            entries.first, enter, enters, leaves, runs.limits, runs.limit[i], turns
        )
        _measure(market, turns, count, inside, sums, rest, out, i)
        paths[i], twins[i] = np.uint64(sums[PATH]), i


@allocating
def session_returns(  # type: ignore[no-untyped-def]  # compiled
    market: Market,
    entries: Entries,
    next_leave: NDArray[Any],
    runs: Runs,
    scratch: Scratch,
    first: int,
    last: int,
    out: FloatArray,
):
    """Fill in what the runs `first` to `last` − 1 earned in each session, shape (m, n − 1).

    The sessions after the first, fills and costs included (fraction); see :func:`simulate_runs`.
    """
    end = len(market.enter) - 1
    held, stayed, entering, leaving = market.returns
    enters, leaves, turns, _, _ = scratch
    for i in range(first, last):
        enter = runs.enter[i]
        prepare(entries, enter, next_leave, runs.parts, runs.leave[i], enters, leaves)
        count, _, _ = walk(entries.first, enter, enters, leaves, runs.limits, runs.limit[i], turns)
        out[i] = held[1:]
        for turn in range(1, count, 2):
            entry, leave = turns[turn], turns[turn + 1]
            out[i, entry] = entering[entry + 1]
            out[i, entry + 1 : leave] = stayed[entry + 2 : leave + 1]
            if leave < end:
                out[i, leave] = leaving[leave + 1]

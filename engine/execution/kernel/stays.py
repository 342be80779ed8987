"""The stays of a run: from entry to leave to entry, nothing in between is walked over.

Sessions, n of them, are numbered from 0; what is decided at close t is filled in session t + 1.
The numbers are unsigned, so that none is looked at from the end of an array. What is the lesser of
two is written out: a call of ``min`` would be compiled for itself. Arrays that several functions
share:

``entries``, ``next_leave``, ``parts``, ``limits``
    See :mod:`engine.execution.kernel.events`.
``enters``, ``leaves``
    Shape (n + 2,): closes at which the next stay from each entry on begins and is left, n: never.
``turns``
    Shape (n + 4,): closes at which it is decided to enter, to leave, to enter and so on, from
    place 1 on; the last close of all stands after them, twice.
"""

from __future__ import annotations

import numpy as np

from engine.execution.kernel.compiled import inner
from engine.execution.kernel.tables import HIGH, LOW, WIDTH


@inner
def prepare(entries, enter, next_leave, parts, leave, enters, leaves):  # type: ignore[no-untyped-def]  # compiled
    """Fill in the next stay from each entry on: the closes at which it begins and is left.

    At a close at which the rule would leave as well nothing is entered: the next entry counts.
    """
    sessions, never, one = entries.sessions, next_leave.shape[1] - 1, np.uint64(1)
    first, last = np.uint64(entries.offsets[enter]), np.uint64(entries.offsets[enter + 1])
    count = last - first
    for i in range(count):
        leaves[i] = never
    for part in parts[leave]:
        if part >= 0:
            for i in range(count):
                leaving = next_leave[part, sessions[first + i]]
                leaves[i] = leaving if leaving < leaves[i] else leaves[i]
    enters[count] = leaves[count] = never
    for back in range(one, count + one):
        row = count - back
        close = sessions[first + row]
        at_once = leaves[row] == close
        enters[row] = enters[row + one] if at_once else close
        leaves[row] = leaves[row + one] if at_once else leaves[row]


@inner
def walk(first_entry, enter, enters, leaves, limits, limit, turns):  # type: ignore[no-untyped-def]  # compiled
    """Fill in the turns of a run; return their number, the longest stay, and sessions inside."""
    one, end = np.uint64(1), np.uint64(first_entry.shape[1] - 2)
    max_holding, pause = np.uint64(limits[limit, 0]), np.uint64(limits[limit, 1]) + one
    count, longest, inside = np.uint64(0), np.uint64(0), np.uint64(0)
    i = np.uint64(first_entry[enter, 0])
    entry = np.uint64(enters[i])
    while entry < end:
        latest = entry + max_holding if entry + max_holding < end else end
        leaving = np.uint64(leaves[i])
        leaving = leaving if leaving < latest else latest
        turns[count + one] = entry
        count += np.uint64(2)
        turns[count] = leaving
        stay, again = leaving - entry, leaving + pause
        longest = stay if stay > longest else longest
        inside += stay
        i = np.uint64(first_entry[enter, again if again < end else end])
        entry = np.uint64(enters[i])
    turns[0], turns[count + one], turns[count + np.uint64(2)] = 0, end, end
    return count, longest, inside


@inner
def add_up(enter, leave, turns, sums):  # type: ignore[no-untyped-def]  # compiled
    """Fill in the sums over all stays of what their entries and leaves add to each."""
    one, end = np.uint64(1), np.uint64(len(enter) - 1)
    for k in range(WIDTH):
        sums[k] = 0
    i = one
    entry = np.uint64(turns[i])
    while entry < end:
        leaving = np.uint64(turns[i + one])
        for k in range(WIDTH):
            sums[k] += enter[entry, k] + leave[leaving, k]
        i += np.uint64(2)
        entry = np.uint64(turns[i])


@inner
def won(proceeds, turns, trades):  # type: ignore[no-untyped-def]  # compiled
    """Return how many completed stays brought more cash than they took."""
    wins, one = 0, np.uint64(1)
    for trade in range(np.uint64(trades)):
        i = np.uint64(2) * trade + one
        entry, leaving = np.uint64(turns[i]), np.uint64(turns[i + one])
        wins += proceeds[1, leaving] > proceeds[0, entry]
    return wins


@inner
def drawdown(market, turns, count):  # type: ignore[no-untyped-def]  # compiled
    """Return what a run ends with, in quotes of the asset it then holds, and its deepest drawdown.

    Core and satellite are held in turns. The range of wealth in between is looked up; its fall
    only where it can be the deepest. The drawdown is a fraction of the peak, ≤ 0; the peak begins
    with the cash at the start, 1.
    """
    ranges, falls, level, factor = market.ranges, market.falls, market.level, market.factor
    units, peak, deepest = market.start, 1.0, 0.0
    one, first = np.uint64(1), np.uint64(1)
    for i in range(one, count + np.uint64(2), np.uint64(2)):
        for asset in range(np.uint64(2)):  # two rounds: the compiler writes out one for each
            last = np.uint64(turns[i + asset])
            if first <= last:  # else it is entered at the first close, or still held at the last
                block = level[first ^ last]
                before, after = ranges[asset, block, first], ranges[asset, block, last]
                high = after[HIGH] if after[HIGH] > before[HIGH] else before[HIGH]
                low = after[LOW] if after[LOW] < before[LOW] else before[LOW]
                high, low = units * high, units * low
                top = high if high > peak else peak
                if low < (1.0 + deepest) * top:  # else none is deeper, wherever the peak was
                    fall = fallen(ranges, falls, asset, block, first, last)
                    deepest = fall if fall < deepest else deepest
                    fall = low / peak - 1.0
                    deepest = fall if fall < deepest else deepest
                peak = top
            units *= factor[asset, last]  # at the last close, 1
            first = last + one
    return units, deepest


@inner
def fallen(ranges, falls, asset, block, first, last):  # type: ignore[no-untyped-def]  # compiled
    """Return the deepest drawdown within the closes `first` to `last` of an asset."""
    if first == last:
        return 0.0
    deepest = ranges[asset, block, last, LOW] / ranges[asset, block, first, HIGH] - 1.0
    before, after = falls[asset, block, first], falls[asset, block, last]
    deepest = before if before < deepest else deepest
    return after if after < deepest else deepest

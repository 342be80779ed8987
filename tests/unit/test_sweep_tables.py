"""The kernel's look-ups against doing it the long way, for every range of short series."""

import math
import tracemalloc

import numpy as np
import pytest

from engine.execution.kernel.events import entries_of
from engine.execution.kernel.numbering import distinct, keys_of
from engine.execution.kernel.stays import fallen
from engine.execution.kernel.tables import (
    HIGH,
    LOW,
    PATH,
    SUMMED,
    build_market,
    next_true,
)

SIZES = (2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33)


def market_of(close, cash=0.0):
    free = np.ones(2)
    return build_market(close, close, free, free, np.full(close.shape[1], cash))


def closes(n, seed=0, spread=0.2):
    return np.exp(np.cumsum(np.random.default_rng(seed).normal(0, spread, (2, n)), axis=1))


def deepest(values):
    """Every peak against every later value."""
    return min(
        values[j] / values[i] - 1.0 for i in range(len(values)) for j in range(i, len(values))
    )


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("spread", [0.2, 0.0])
def test_any_range_has_its_extremes_and_drawdown(n, spread):
    close = closes(n, n, spread)
    market = market_of(close)
    for asset in (0, 1):
        for first in range(n):
            for last in range(first, n):
                held = close[asset, first : last + 1]
                block = market.level[first ^ last]
                of_first, of_last = market.ranges[asset, block, [first, last]]
                assert max(of_first[HIGH], of_last[HIGH]) == held.max()
                assert min(of_first[LOW], of_last[LOW]) == held.min()
                fall = fallen.py_func(market.ranges, market.falls, asset, block, first, last)
                assert fall == pytest.approx(min(deepest(held), 0.0), abs=1e-14)


def path_returns(fill, close, sale, purchase, cash, entry, leave):
    """Return what each session earns, from 1 on: the core, but for one stay in the satellite."""
    wealth, units, asset = [1.0], 0.0, None
    for t in range(1, close.shape[1]):
        target = 1 if entry is not None and entry < t <= leave else 0
        if target != asset:
            money = units * fill[asset, t] * sale[asset] if t > 1 else 1.0 + cash[1]
            units, asset = money / (fill[target, t] * purchase[target]), target
        wealth.append(units * close[asset, t])
    return np.diff(wealth) / wealth[:-1]


@pytest.mark.parametrize("jump", [1.0, 5.0])
def test_any_stay_changes_the_sums_by_what_its_sessions_earn(jump):
    """Also after a price has jumped: its fourth power must not hide those of ordinary returns."""
    n = 12
    close = closes(n, 3, 0.01)
    close[:, 6:] *= np.array([[jump], [jump**0.5]])
    fill = close * 1.001
    sale, purchase = np.array([0.999, 0.998]), np.array([1.001, 1.003])
    cash = np.where(np.arange(n) > 0, 1e-4, 0.0)
    market = build_market(fill, close, sale, purchase, cash)
    core = path_returns(fill, close, sale, purchase, cash, None, None)

    def sums(returns):
        excess = returns - cash[1:]
        below, active = np.minimum(excess, 0.0), returns - core
        powers = [returns**power for power in (1, 2, 3, 4)]
        return [math.fsum(x) for x in (*powers, excess**2, below**2, active**2)]

    assert market.wide == (jump > 1.0)

    def scaled(whole, rest):
        return whole * market.unit + (rest * market.unit_of_rest if market.wide else 0.0)

    assert scaled(*market.held).tolist() == pytest.approx(sums(core), rel=1e-12)
    assert market.cash == pytest.approx(cash.sum())
    for entry in range(n - 1):
        for leave in range(entry + 1, n):
            changes = (market.enter[entry] + market.leave[leave])[:SUMMED]
            rest = np.zeros(SUMMED)
            if market.wide:
                rest = (market.enter_rest[entry] + market.leave_rest[leave])[:SUMMED]
            found = scaled(market.held[0] + changes, market.held[1] + rest)
            returns = path_returns(fill, close, sale, purchase, cash, entry, leave)
            assert found.tolist() == pytest.approx(sums(returns), rel=1e-11, abs=1e-16)
            wealth = market.start * market.factor[0, entry]
            last = 1 if leave == n - 1 else 0
            wealth *= market.factor[1, leave] * close[last, -1]
            assert wealth == pytest.approx(np.prod(1.0 + returns), rel=1e-13)


def test_paths_are_told_apart_by_every_entry_and_leave():
    """The hash of a path is a sum: any two different stays must add something different."""
    market = market_of(closes(40, 8, 0.05))
    added = {
        (entry, leave): int(market.enter[entry, PATH]) + int(market.leave[leave, PATH])
        for entry in range(39)
        for leave in range(entry + 1, 40)
    }
    assert len(set(added.values())) == len(added)


def test_rows_of_changes_lie_in_one_cache_line():
    close = closes(33)
    close[:, 20:] *= 1e6  # a jump that makes the rest count
    market = market_of(close)
    assert market.wide
    for rows in (market.enter, market.leave, market.enter_rest, market.leave_rest):
        assert rows.ctypes.data % 64 == 0
        assert rows.strides == (64, 8)


@pytest.mark.parametrize("n", [1, *SIZES])
def test_next_true_is_the_first_from_there_on(n):
    rng = np.random.default_rng(n)
    answers = np.stack([rng.random(n) < p for p in (0.0, 0.1, 0.5, 1.0)])
    found = next_true(answers)
    assert found.shape == (4, n + 1)
    for row in range(4):
        for t in range(n + 1):
            later = np.flatnonzero(answers[row, t:])
            assert found[row, t] == (t + later[0] if len(later) else n)


@pytest.mark.parametrize("n", [1, *SIZES])
def test_entries_are_listed_and_numbered(n):
    rng = np.random.default_rng(n)
    answers = np.stack([rng.random(n) < p for p in (0.0, 0.5, 1.0, 0.1)])
    found = entries_of(answers)
    for row in range(4):
        own = found.sessions[found.offsets[row] : found.offsets[row + 1]]
        assert own.tolist() == np.flatnonzero(answers[row]).tolist()
        assert found.first[row].tolist() == [int((own < t).sum()) for t in range(n + 1)]


def test_sessions_beyond_two_bytes_are_numbered_too():
    n = 70_000
    answers = np.zeros((1, n), dtype=bool)
    answers[0, [3, 66_000]] = True
    assert entries_of(answers).sessions.tolist() == [3, 66_000]
    assert next_true(answers)[0, [0, 4, 66_001]].tolist() == [3, 66_000, n]


def test_keys_tell_apart_what_differs_and_nothing_else():
    """Three axes: the first two choose the enter trigger, the last the leave; 1, 2 cannot."""
    sizes = np.array([2, 3, 2])
    strides = np.array([[3, 1, 0], [0, 0, 1], [0, 1, 0]])
    enters = np.array([0, 1, 0, 1, 1, -1], dtype=np.int32)
    leaves, limits = np.array([1, 0], dtype=np.int32), np.array([0, 0, 1], dtype=np.int32)
    numbers = np.arange(12)[::-1].copy()
    keys = keys_of(numbers, sizes, strides, (enters, leaves, limits), (2, 2))
    expected = []
    for number in numbers:
        a, b, c = np.unravel_index(number, sizes)
        enter = enters[3 * a + b]
        expected.append(-1 if enter < 0 else (enter * 2 + leaves[c]) * 2 + limits[b])
    assert keys.tolist() == expected


@pytest.mark.parametrize("sizes", [(), (7,), (1, 1), (1, 9, 1, 2), (30, 1, 2), (2, 1, 40)])
def test_keys_are_those_of_all_axes_whatever_their_sizes(sizes):
    """Each trigger depends on every axis: then a set's number is that of all three."""
    count = math.prod(sizes)
    strides = [math.prod(sizes[k + 1 :]) for k in range(len(sizes))]
    each = np.arange(count, dtype=np.int32)
    numbers = np.arange(count)
    keys = keys_of(
        numbers, np.array(sizes, int), np.array([strides] * 3, int), (each,) * 3, (count, count)
    )
    assert keys.tolist() == ((numbers * count + numbers) * count + numbers).tolist()


def test_keys_of_a_long_last_axis_take_little_memory():
    sizes, few = np.array([40, 50_000]), np.arange(40, dtype=np.int32)
    none = np.zeros(50_000, dtype=np.int32)
    tracemalloc.start()
    keys = keys_of(
        np.array([1_999_999]), sizes, np.array([[1, 0], [0, 1], [0, 0]]), (few, none, none), (1, 1)
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert keys.tolist() == [39]
    assert peak < 5_000_000


@pytest.mark.parametrize("count", [10, 10_000])
def test_distinct_keys_with_and_without_sorting(count):
    keys = np.array([7, 3, 3, 9, 7, 0])
    found, which = distinct(keys, count)
    assert found.tolist() == [0, 3, 7, 9]
    assert found[which].tolist() == keys.tolist()
    assert which.dtype == np.int32


def test_the_tables_do_not_touch_what_they_are_made_of():
    close = closes(20)
    before = close.copy()
    market_of(close)
    assert close.tobytes() == before.tobytes()

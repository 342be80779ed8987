"""The kernel's look-ups against doing it the long way, for every range of short series."""

import math

import numpy as np
import pytest

from engine.execution.kernel import columns
from engine.execution.kernel.columns import SUMS
from engine.execution.kernel.events import DEEPEST, _hold
from engine.execution.kernel.tables import build_market, next_true, running_sums

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
def test_any_range_has_its_extremes_drawdown_and_sums(n, spread):
    close = closes(n, n, spread)
    market = market_of(close, cash=0.001)
    returns = close[:, 1:] / close[:, :-1] - 1.0
    for asset in (0, 1):
        for first in range(n):
            for last in range(first, n):
                held = close[asset, first : last + 1] / close[asset, first]
                for peak in (0.5, 1.0, 3.0):
                    out = np.zeros(SUMS + 7)
                    wealth, highest = _hold(out, market, asset, first, last, 1.0, peak)
                    assert wealth == pytest.approx(held[-1], rel=1e-14)
                    assert highest == pytest.approx(max(peak, held.max()), rel=1e-14)
                    fall = min(deepest(held), held.min() / peak - 1.0, 0.0)
                    assert out[DEEPEST] == pytest.approx(fall, abs=1e-14)
                own = returns[asset, first:last]
                for power, column in enumerate((columns.R1, columns.R2, columns.R3, columns.R4), 1):
                    assert out[column] == pytest.approx((own**power).sum(), abs=1e-13)
                excess = own - 0.001
                assert out[columns.X1] == pytest.approx(excess.sum(), abs=1e-13)
                assert out[columns.X2] == pytest.approx((excess**2).sum(), abs=1e-13)
                below = np.minimum(excess, 0.0)
                assert out[columns.SHORTFALL] == pytest.approx((below**2).sum(), abs=1e-13)


def test_the_core_benchmark_pays_for_its_purchase():
    """Its first return is from cash, which earned interest, to the close after the first fill."""
    close = np.array([[10.0, 12.0, 15.0], [1.0, 1.0, 1.0]])
    fill = np.array([[9.0, 11.0, 14.0], [1.0, 1.0, 1.0]])
    cash = np.array([0.0, 0.01, 0.01])
    market = build_market(fill, close, np.array([0.9, 0.9]), np.array([1.25, 1.25]), cash)
    first = 1.01 * 12.0 / (11.0 * 1.25) - 1.0
    assert market.core_return.tolist() == pytest.approx([0.0, first, 0.25])


def test_running_sums_keep_what_rounding_takes():
    """Differences of them are exact sums, even of what is tiny beside what came before."""
    rng = np.random.default_rng(2)
    added = rng.normal(0.0, 1.0, (40, SUMS)) * 10.0 ** rng.integers(-12, 12, (40, SUMS))
    sums = running_sums(added)
    assert sums.shape == (41, 2, SUMS)
    for first in range(40):
        for last in range(first, 41):
            found = (sums[last, 0] - sums[first, 0]) + (sums[last, 1] - sums[first, 1])
            for k in range(SUMS):
                exact = math.fsum(added[first:last, k])
                scale = max(abs(added[first:last, k]), default=0.0)
                assert abs(found[k] - exact) <= 1e-14 * scale + 1e-17


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


def test_the_tables_do_not_touch_what_they_are_made_of():
    close = closes(20)
    before = close.copy()
    market_of(close)
    assert close.tobytes() == before.tobytes()

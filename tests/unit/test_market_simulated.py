"""The invented market keeps what its module promises, for any seed."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.market.calendar import sessions_between
from engine.market.pair import check_pair
from engine.market.sources.simulated import simulated_quotes

# the first draw of seed 6 has two runs of 13 sessions, that of seed 25 one of 16
SEEDS = [1, 6, 25, 20260121]
ARRAYS = ("open", "high", "low", "close", "adjusted_close", "volume")


def market(seed):
    return tuple(
        simulated_quotes(name, seed, is_satellite=name == "SMALL") for name in ("LARGE", "SMALL")
    )


def returns(prices):
    return prices[1:] / prices[:-1] - 1


def autocorrelation(values, lag):
    centred = values - values.mean()
    return (centred[lag:] * centred[:-lag]).mean() / centred.var()


def excess_kurtosis(values):
    centred = values - values.mean()
    return (centred**4).mean() / centred.var() ** 2 - 3


def streaks(lead):
    """Signed streaks, counted the slow and plain way."""
    counts, count = [], 0
    for value in lead:
        sign = 0 if abs(value) <= 1e-12 else (1 if value > 0 else -1)
        count = count + sign if sign and count * sign >= 0 else sign
        counts.append(count)
    return np.array(counts)


@pytest.fixture(params=SEEDS)
def pair(request):
    return market(request.param)


def test_it_covers_every_session_of_its_span(pair):
    expected = sessions_between(np.datetime64("2000-01-03"), np.datetime64("2026-01-30"))
    for fund in pair:
        np.testing.assert_array_equal(fund.sessions, expected)
    assert len(expected) == 6559


def test_it_says_what_it_is(pair):
    core, satellite = pair
    assert core.simulated
    assert satellite.simulated
    assert core.recognised_as == "simulated large-cap fund"
    assert satellite.recognised_as == "simulated small-cap fund"
    assert core.notes == ("planted: 13 sessions of outperformance to 2026-01-21",)


def test_bars_are_consistent_and_in_cents(pair):
    for fund in pair:
        assert (fund.high >= np.maximum(fund.open, fund.close)).all()
        assert (fund.low <= np.minimum(fund.open, fund.close)).all()
        assert (fund.low > 0).all()
        for name in ("open", "high", "low", "close"):
            prices = getattr(fund, name)
            np.testing.assert_array_equal(prices, np.round(prices, 2))
        assert (fund.volume >= 100).all()
        np.testing.assert_array_equal(fund.volume % 100, 0)


def test_it_passes_the_gate(pair):
    for basis in ("total_return", "price"):
        errors = [f for f in check_pair(*pair, price_basis=basis) if f.severity == "error"]
        assert errors == []


def test_volatility_and_correlation_are_like_the_real_pairs(pair):
    core, satellite = (returns(fund.adjusted_close) for fund in pair)
    assert core.std() * np.sqrt(252) == pytest.approx(0.191, rel=0.02)
    assert satellite.std() * np.sqrt(252) == pytest.approx(0.239, rel=0.03)
    assert np.corrcoef(core, satellite)[0, 1] == pytest.approx(0.886, abs=0.015)


def test_growth_is_plausible(pair):
    for fund in pair:
        growth = fund.adjusted_close[-1] / fund.adjusted_close[0]
        assert 0.05 <= growth ** (252 / len(fund)) - 1 <= 0.12


def test_no_session_is_wilder_than_any_real_one(pair):
    for fund in pair:
        assert 0.05 < np.abs(returns(fund.adjusted_close)).max() <= 0.20


def test_returns_have_fat_tails_and_clustered_volatility(pair):
    for fund in pair:
        changes = returns(fund.adjusted_close)
        assert 2 < excess_kurtosis(changes) < 40
        assert 0.08 < autocorrelation(changes**2, 1) < 0.5
        assert 0.03 < autocorrelation(changes**2, 20) < 0.4
        assert abs(autocorrelation(changes, 1)) < 0.06


def test_losses_make_volatility(pair):
    changes = returns(pair[0].adjusted_close)
    after_loss = np.abs(changes[1:])[changes[:-1] < 0].mean()
    after_gain = np.abs(changes[1:])[changes[:-1] > 0].mean()
    assert after_loss > 1.02 * after_gain


def test_gaps_over_night_are_like_the_real_pairs(pair):
    gaps = [np.log(fund.open[1:] / fund.close[:-1]) for fund in pair]
    assert gaps[0].std() * np.sqrt(252) == pytest.approx(0.112, rel=0.12)
    assert gaps[1].std() * np.sqrt(252) == pytest.approx(0.133, rel=0.12)
    assert np.corrcoef(*gaps)[0, 1] == pytest.approx(0.91, abs=0.05)


def test_ranges_of_sessions_are_like_the_real_pairs(pair):
    ranges = [np.log(fund.high / fund.low).mean() for fund in pair]
    assert ranges == pytest.approx([0.0130, 0.0177], rel=0.2)


def test_dividends_are_quarterly_and_make_up_the_yield(pair):
    for fund, yearly in zip(pair, (0.018, 0.012), strict=True):
        factor = fund.adjusted_close / fund.close
        steps = -np.diff(np.log(factor))
        paid = np.flatnonzero(np.abs(steps) > 1e-4)
        assert len(paid) == 104
        months = fund.sessions[paid + 1].astype("M8[M]").astype(int) % 12
        assert set(months.tolist()) == {2, 5, 8, 11}
        assert -steps[paid].sum() / 26 == pytest.approx(yearly, rel=0.05)
        assert factor[-1] == 1.0


@pytest.mark.parametrize("basis", ["close", "adjusted_close"])
def test_the_planted_streak_is_the_longest(pair, basis):
    core, satellite = (returns(getattr(fund, basis)) for fund in pair)
    counts = streaks(satellite - core)
    dates = pair[0].sessions[1:]
    assert counts.max() == 13
    assert dates[counts == 13].astype(str).tolist() == ["2026-01-21"]
    assert counts[dates == np.datetime64("2026-01-22")][0] < 0


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    code = (
        "from engine.market.sources.simulated import simulated_quotes as q;"
        "print(q('A', 7, is_satellite=False).sha256, q('B', 7, is_satellite=True).sha256)"
    )
    environment = os.environ | {"PYTHONHASHSEED": "3", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.split() == [fund.sha256 for fund in market(7)]


def test_another_seed_gives_another_market():
    hashes = {fund.sha256 for seed in SEEDS for fund in market(seed)}
    assert len(hashes) == 2 * len(SEEDS)


def test_arrays_cannot_be_changed():
    core, _ = market(1)
    for name in ARRAYS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(core, name)[0] = 1.0


def test_symbols_are_names_only():
    one = simulated_quotes("A", 1, is_satellite=False)
    other = simulated_quotes("B", 1, is_satellite=False)
    assert dataclasses.replace(one, symbol="B").sha256 == other.sha256
    np.testing.assert_array_equal(one.close, other.close)

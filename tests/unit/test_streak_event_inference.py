"""p-values, intervals and adjustment of the event study: against oracles, and calibrated."""

import numpy as np
import pytest
from panels import panel_of
from scipy import stats
from statsmodels.stats.multitest import multipletests

from engine.evaluation.streak_study.event_inference import (
    bootstrap_intervals,
    holm,
    shift_p_values,
    shifted_differences,
)
from engine.evaluation.streak_study.events import event_study
from engine.signals.streaks import outperformance_streak


def drawn(seed, n=200, triggers=3, series=2, share=0.15):
    rng = np.random.default_rng(seed)
    occurred = rng.random((triggers, n)) < share
    occurred[:, 5] = True
    return occurred, rng.standard_t(5, (series, n)) * 0.01 + 0.002


def fat_tailed_market(seed, n, clustered):
    """Return a panel whose returns are independent of all that was before, in sign and mean."""
    rng = np.random.default_rng([seed, n])
    shocks = rng.standard_t(4, (4, n)) * np.array([[0.003], [0.006], [0.001], [0.005]])
    if clustered:
        log_volatility = np.zeros(n)
        for t, shock in enumerate(rng.normal(0.0, 0.15, n - 1), start=1):
            log_volatility[t] = 0.97 * log_volatility[t - 1] + shock
        shocks *= np.exp(log_volatility)
    nights, sessions = [shocks[0], shocks[0] + shocks[2]], [shocks[1], shocks[1] + shocks[3]]
    closes = [np.cumsum(night + session) for night, session in zip(nights, sessions, strict=True)]
    opens = [c - session for c, session in zip(closes, sessions, strict=True)]
    return panel_of(*np.exp(closes), opens=np.exp(opens))


@pytest.mark.parametrize("n", [97, 200])
def test_shifts_against_rolling_the_calendar(n):
    occurred, forward = drawn(1, n)
    shifted = shifted_differences(occurred, forward)
    assert shifted.shape == (3, 2, n)
    for trigger, series, s in np.ndindex(shifted.shape):
        after = forward[series, np.roll(occurred[trigger], s)]
        expected = after.mean() - forward[series].mean()
        assert shifted[trigger, series, s] == pytest.approx(expected, abs=1e-14)
    np.testing.assert_allclose(shifted.mean(axis=2), 0.0, atol=1e-15)


@pytest.mark.parametrize("backward", [0, 8])
def test_p_values_against_the_moments_of_the_shifts(backward):
    occurred, forward = drawn(2, triggers=20)
    found = shift_p_values(occurred, forward, np.full(20, backward))
    normal = 0
    for trigger, series in np.ndindex(found.shape):
        calendars = [np.roll(occurred[trigger], s) for s in range(200 - backward)]
        differences = np.array([forward[series, c].mean() for c in calendars])
        differences -= forward[series].mean()
        spread = np.sqrt(np.mean(differences**2))
        excess = np.mean((differences / spread) ** 4) - 3
        if excess > 0:
            freedom = 4 + 6 / excess
            law = stats.t(freedom, scale=np.sqrt((freedom - 2) / freedom))
            assert law.stats("mvk") == pytest.approx((0, 1, excess))  # the moments it stands for
        else:
            law, normal = stats.norm(), normal + 1
        expected = 2 * law.sf(abs(differences[0]) / spread)
        assert found[trigger, series] == pytest.approx(expected, rel=1e-8)
    assert 0 < normal < found.size


def test_p_values_agree_with_the_share_of_shifts():
    rng = np.random.default_rng(3)
    n, horizon = 3000, 10
    returns = rng.standard_t(4, n + horizon) * 0.01
    forward = np.convolve(returns, np.ones(horizon), "valid")[None, :n]
    occurred = rng.random((60, n)) < 0.03
    extreme = np.abs(shifted_differences(occurred, forward))
    share = (extreme >= extreme[:, :, :1]).mean(axis=2)
    found = shift_p_values(occurred, forward, np.zeros(60, dtype=int))
    np.testing.assert_allclose(found, share, atol=0.03)
    assert share.min() < 0.05
    assert share.max() > 0.95


def test_intervals_against_resampling_one_session_at_a_time():
    occurred, forward = drawn(5, n=120, share=0.05)
    horizon, resamples, seed, length, n = 8, 40, 77, 8, 120
    independent = np.array([2, 5, 40])
    low, high = bootstrap_intervals(
        occurred, forward, horizon=horizon, independent=independent, resamples=resamples, seed=seed
    )
    starts = np.random.default_rng([seed, horizon]).integers(0, n, (15, resamples))
    for trigger, series in np.ndindex(low.shape):
        differences = []
        for b in range(resamples):
            rows = np.concatenate([(s + np.arange(length)) % n for s in starts[:, b]])
            happened, returns = occurred[trigger, rows], forward[series, rows]
            if happened.any():
                differences.append(returns[happened].mean() - returns.mean())
        m = independent[trigger]
        tail = stats.norm.cdf(-np.sqrt(m / (m - 1)) * stats.t.ppf(0.975, m - 1))
        expected = np.quantile(differences, [tail, 1 - tail])
        np.testing.assert_allclose([low[trigger, series], high[trigger, series]], expected)


def test_few_events_widen_the_interval():
    occurred, forward = drawn(6, triggers=1, series=1)
    width = [
        float(np.diff(bootstrap_intervals(
            occurred, forward, horizon=1, independent=np.array([m]), resamples=4000, seed=1,
        ), axis=0).item())
        for m in (5, 15, 10_000)
    ]  # fmt: skip
    assert width[0] > 1.3 * width[2]
    assert width[0] > width[1] > width[2]


def test_blocks_longer_than_the_span_are_the_span():
    occurred, forward = drawn(7, n=12)
    low, high = bootstrap_intervals(
        occurred, forward, horizon=50, independent=np.full(3, 9), resamples=5, seed=1
    )
    assert np.isfinite([low, high]).all()


@pytest.mark.parametrize("m", [1, 2, 17, 300])
def test_holm_against_statsmodels(m):
    p_values = np.random.default_rng(m).beta(0.3, 2.0, m)
    p_values[m // 2] = p_values[0]  # a tie
    expected = multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(holm(p_values), expected, rtol=1e-14)


def test_holm_leaves_out_what_was_not_tested():
    p_values = np.array([np.nan, 0.04, 0.01, np.nan, 0.03])
    given = p_values.copy()
    np.testing.assert_allclose(holm(p_values), [np.nan, 0.06, 0.03, np.nan, 0.06])
    np.testing.assert_array_equal(p_values, given)
    assert np.isnan(holm(np.array([np.nan, np.nan]))).all()
    assert holm(np.array([])).shape == (0,)


def test_without_a_link_one_test_in_twenty_rejects():
    """On markets, calm and clustered, whose past says nothing of what follows.

    Winning mirrors losing there. Each of the 36 rates is of 1,600 tests: ± 0.5 % by chance.
    """
    markets, cells, any_rejected = 800, {}, 0
    for seed in range(markets):
        panel = fat_tailed_market(seed, 700, clustered=seed % 2 == 0)
        streak = outperformance_streak(panel.core.close, panel.satellite.close)
        rows = event_study(panel, streak, (3, 5), (1, 10, 42), resamples=1)
        for row in rows:
            if row.p_value == row.p_value:
                where = (row.kind, row.k, row.horizon, row.series)
                cells.setdefault(where, []).append(row.p_value < 0.05)
        any_rejected += any(row.verdict in {"continuation", "reversal"} for row in rows)
    assert len(cells) == 36
    assert min(len(rejected) for rejected in cells.values()) > 1400
    rates = {where: np.mean(rejected) for where, rejected in cells.items()}
    assert {where: rate for where, rate in rates.items() if not 0.03 <= rate <= 0.07} == {}
    assert np.mean(list(rates.values())) == pytest.approx(0.05, abs=0.005)
    assert any_rejected / markets <= 0.05


def test_intervals_hold_what_is_true_nineteen_times_in_twenty():
    """Without a link the true difference is 0."""
    held = {}
    for seed in range(150):
        panel = fat_tailed_market(seed, 700, clustered=True)
        streak = outperformance_streak(panel.core.close, panel.satellite.close)
        for row in event_study(panel, streak, (3, 5), (1, 10, 42), resamples=400):
            if row.p_value == row.p_value:
                held.setdefault((row.k, row.horizon), []).append(row.low <= 0 <= row.high)
    assert len(held) == 6
    for where, inside in held.items():
        assert 0.92 <= np.mean(inside) <= 0.98, where

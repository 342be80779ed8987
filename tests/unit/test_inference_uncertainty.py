"""What is known of one rule: the same figures as the metrics, sensible and reproducible bounds."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.inference import histories
from engine.evaluation.inference.sharpe import probabilistic_sharpe, record_of
from engine.evaluation.inference.uncertainty import METHODS, uncertainty_of
from engine.evaluation.metrics import evaluate, evaluate_against
from engine.store.files import inference_json


def wealth(returns):
    return 1e5 * np.cumprod(np.concatenate([[1.0], 1.0 + np.asarray(returns)]))


def market(seed, n=400, edge=0.0):
    rng = np.random.default_rng(seed)
    core = rng.standard_t(5, n) * 0.008 + 0.0003
    own = core + rng.standard_normal(n) * 0.003 + edge
    return wealth(own), wealth(core), rng.uniform(0.0, 0.0002, n)


def known(equity, core, cash, **changes):
    return uncertainty_of(equity, core, cash, **{"seed": 1, "resamples": 300, **changes})


def metrics_of(equity, core, cash):
    n = len(equity)
    return evaluate(
        equity,
        np.datetime64("2001-01-01") + np.arange(n) * np.timedelta64(1, "D"),
        cash_returns=cash,
        rotations=0,
        trade_returns=[],
        trade_lengths=[],
        exposure=np.zeros(n - 1),
        traded_weight=np.zeros(n),
    ) | evaluate_against(equity, core, cash)


@given(st.integers(0, 10_000), st.integers(2, 300))
def test_estimates_are_the_metrics(seed, n):
    given_to = market(seed, n)
    found, metrics = known(*given_to, resamples=3), metrics_of(*given_to)
    assert found.intervals.keys() == METHODS.keys() <= metrics.keys()
    for key, interval in found.intervals.items():
        assert interval.estimate == pytest.approx(metrics[key], rel=1e-9, abs=1e-12)


def test_intervals_hold_the_estimates_and_widen_with_the_level():
    given_to = market(1)
    wide, narrow = known(*given_to, level=0.99), known(*given_to, level=0.5)
    for key, interval in narrow.intervals.items():
        assert interval.method == METHODS[key]
        assert wide.intervals[key].low < interval.low < interval.high < wide.intervals[key].high
        assert wide.intervals[key].low < interval.estimate < wide.intervals[key].high
    assert wide.intervals["max_drawdown"].high < 0.0


def test_probabilities_are_of_the_right_returns():
    equity, core, cash = market(2, edge=0.0008)
    found = known(equity, core, cash)
    own, other = (histories.returns_of(w) for w in (equity, core))
    assert found.sharpe_probability == probabilistic_sharpe(record_of(own - cash))
    assert found.active_probability == probabilistic_sharpe(record_of(own - other))
    assert found.active_probability > 0.95
    assert found.active_p_value == pytest.approx(1.0 - found.active_probability, abs=0.02)
    assert 10.0 < found.minimum_track_record < 400.0


def test_errors_are_annual():
    found = known(*market(3))
    for error in asdict(found.sharpe_errors).values():
        assert error == pytest.approx(math.sqrt(252 / 400), rel=0.2)


def test_a_rule_like_the_core_has_no_active_figures():
    equity, _, cash = market(4)
    found = known(equity, equity, cash)
    assert math.isnan(found.active_probability)
    assert math.isnan(found.minimum_track_record)
    active = found.intervals["active_return"]
    assert (active.low, active.estimate, active.high) == (0.0, 0.0, 0.0)
    assert found.active_p_value == 1.0


@pytest.mark.parametrize("n", [1, 2, 3, 49])
def test_short_records_have_estimates_but_no_intervals(n):
    found = known(*market(5, n))
    assert found.returns == n
    assert math.isnan(found.block_length)
    assert math.isnan(found.active_p_value)
    for interval in found.intervals.values():
        assert math.isnan(interval.low)
        assert math.isnan(interval.high)
    assert math.isfinite(found.intervals["cagr"].estimate)


def test_a_ruined_rule_has_no_figures_and_no_crash():
    equity, core, cash = market(6)
    equity[200:] = 0.0
    found = known(equity, core, cash)
    assert math.isnan(found.block_length)
    assert math.isnan(found.sharpe_probability)


def test_a_rule_that_stands_still_is_certain():
    _, core, _ = market(7)
    found = known(np.full(401, 1e5), core, np.zeros(400))
    assert found.intervals["cagr"].estimate == 0.0
    assert found.intervals["max_drawdown"].low == found.intervals["max_drawdown"].high == 0.0
    assert math.isnan(found.intervals["sharpe"].estimate)
    assert math.isnan(found.sharpe_errors.iid)


def test_what_is_stored_holds_no_nan():
    stored = inference_json(known(*market(8, 20)))
    assert stored["intervals"]["sharpe"]["low"] is None
    assert stored["block_length"] is None
    assert stored["resamples"] == 300


def test_seed_decides_and_inputs_stay():
    given_to = market(9)
    before = [array.copy() for array in given_to]
    one, again, other = (known(*given_to, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one.intervals["sharpe"] != other.intervals["sharpe"]
    assert all(map(np.array_equal, given_to, before))

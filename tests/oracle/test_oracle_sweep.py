"""The event kernel gives what running every set on its own gives, metric by metric."""

import numpy as np
import pytest
from drawn_rules import Planted, PlantedParams, parameters_of, planted_rule, terms_for
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import panel_of, panels, random_panel
from sweep_reference import assert_sweep_is_right, one_by_one

from engine.evaluation.trial_keys import KEYS
from engine.evaluation.trial_metrics import trial_metrics
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.execution.sweeping import SweepEngine
from engine.rules.expression import expression_rule
from engine.rules.registry import rule_named, shipped_rules
from engine.rules.rule import Rule

SWITCHING = sorted(name for name in shipped_rules() if rule_named(name).is_switching)
LIMITS = {"max_holding": (None, 1, 2, 7, 10**12), "cooldown": (0, 1, 3, 10**12)}


def fractional_terms(n):
    return terms_for(n).map(_fractional)


def _fractional(terms):
    return Terms(
        core=terms.core,
        satellite=terms.satellite,
        fill=terms.fill,
        initial_cash=terms.initial_cash,
        overnight_rates=terms.overnight_rates,
    )


def axes_of(sets):
    """Return the values that some parameter sets have, by parameter."""
    return {
        name: tuple(dict.fromkeys(getattr(params, name) for params in sets))
        for name in type(sets[0]).model_fields
    }


@pytest.mark.parametrize("name", SWITCHING)
@settings(max_examples=60)
@given(data=st.data())
def test_every_shipped_switching_rule(name, data):
    rule = rule_named(name)
    panel = data.draw(panels(least=2))
    axes = axes_of([data.draw(parameters_of(rule)) for _ in range(2)])
    assert_sweep_is_right(panel, rule, axes, data.draw(fractional_terms(len(panel))))


@settings(max_examples=150)
@given(data=st.data())
def test_triggers_that_fire_anywhere(data):
    """Entries at either end, holdings of one session, both triggers at once, two ways to leave."""
    panel = data.draw(panels(least=2, most=40))
    n = len(panel)
    often = st.sampled_from([0.05, 0.5, 0.95])
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    enter, one, other = (rng.random(n) < data.draw(often) for _ in range(3))
    rule = Rule(
        "planted",
        PlantedParams,
        lambda f, p: Planted(enter),
        lambda f, p: Planted(one) | Planted(other),
    )
    terms = data.draw(fractional_terms(n))
    assert_sweep_is_right(panel, rule, LIMITS, terms, most=20)


@settings(max_examples=60)
@given(data=st.data())
def test_rules_of_expressions_with_swept_parameters(data):
    rule = expression_rule(
        "streak >= entry and rsi(satellite, period) < 2 * guard",
        "streak <= -exit or rsi(satellite, period) >= hot or momentum(core, exit) < -0.02",
        {"entry": 1, "exit": 1, "period": 2, "guard": 40, "hot": 60, "hold": 3, "wait": 0},
        max_holding="hold",
        cooldown="wait",
    )
    panel = data.draw(panels(least=2))
    axes = {"entry": (1, 2), "exit": (1, 3), "period": (2, 5), "hot": (50, 70.5, 100)}
    axes |= {"hold": (1, 4), "wait": (0, 2)}
    terms = data.draw(fractional_terms(len(panel)))
    assert_sweep_is_right(panel, rule, axes, terms, most=12)


@pytest.mark.parametrize("name", SWITCHING)
def test_backtrader_agrees(name):
    rule = rule_named(name)
    panel = random_panel(17, 90, start_index=15)
    terms = Terms(
        AssetCosts(0.001, 0.0005), AssetCosts(0.001, 0.003), overnight_rates=np.full(90, 1e-4)
    )
    axes = {
        "streak": {"entry_streak": (1, 2), "exit_streak": (1, 2), "max_holding": (None, 2)},
        "streak_rsi": {"entry_streak": (1, 2), "guard": (50.0, 80.0), "overbought": (60.0, 90.0)},
        "rsi_threshold": {"asset": ("core", "ratio"), "rsi_period": (2, 9)},
        "ratio_trend": {"period": (5, 10), "band": (0.0, 0.01), "cooldown": (0, 4)},
        "relative_momentum": {"lookback": (3, 10), "band": (0.0, 0.02)},
        "streak_reversal": {"home": ("core", "satellite"), "sessions_away": (1, 4)},
        "buy_and_hold": {"asset": ("core", "satellite")},
    }[name]
    assert_sweep_is_right(panel, rule, axes, terms, most=4, run=run_backtrader)


def test_two_sessions_have_one_return():
    """What needs two returns is undefined; what one return tells is measured."""
    panel = panel_of([100.0, 110.0], [50.0, 40.0], opens=([100.0, 104.0], [50.0, 45.0]))
    for enter in ([0, 0], [1, 0], [0, 1]):
        trials = assert_sweep_is_right(panel, planted_rule(enter, [0, 1]), LIMITS, Terms(), most=20)
        found = trial_metrics(trials, 1, 1000.0)
        for key in ("volatility", "sharpe", "sortino", "skew", "kurtosis", "tracking_error"):
            assert np.isnan(found[key]).all(), key
    assert found["final_equity"] == pytest.approx(1000.0 * 110.0 / 104.0)


@pytest.mark.parametrize("growth", [0.0, 0.001, 0.01, -0.003])
@pytest.mark.parametrize("n", [3, 50, 1500])
def test_constant_returns_have_no_deviation(growth, n):
    """The sums of powers cancel but for rounding; that rounding is no volatility."""
    close = 100.0 * np.cumprod(np.full(n, 1.0 + growth))
    opens = np.concatenate([close[:1], close[:-1]])
    panel = panel_of(close, close / 3.0, opens=(opens, opens / 3.0))
    rule = planted_rule(np.arange(n) % 7 == 3, np.arange(n) % 5 == 1)
    trials = assert_sweep_is_right(panel, rule, LIMITS, Terms(), most=20)
    found = trial_metrics(trials, n - 1, 1.0)
    assert found["volatility"].tolist() == [0.0] * len(trials.which)
    assert np.isnan(found["sharpe"]).all()
    assert np.isnan(found["kurtosis"]).all()


def test_growth_beyond_all_floats_is_undefined():
    panel = panel_of([1.0, 1.0, 1e7], [1.0, 1.0, 1.0])
    trials = assert_sweep_is_right(
        panel, planted_rule([0, 0, 0], [0, 0, 0]), {"cooldown": (0,)}, Terms()
    )
    assert np.isnan(trial_metrics(trials, 2, 1.0)["cagr"]).all()


@pytest.mark.parametrize("jump", [5.0, 1000.0, 1e-3])
def test_a_jump_elsewhere_does_not_blur_the_moments(jump):
    """The core is held when the satellite jumps: fourth powers of ordinary returns are small."""
    ordinary = random_panel(8, 600)
    satellite = ordinary.satellite.close * np.where(np.arange(600) >= 300, jump, 1.0)
    panel = panel_of(ordinary.core.close, satellite)
    sessions = np.arange(600)
    leave = (sessions % 4 == 3) | (abs(sessions - 300) < 5)
    trials = assert_sweep_is_right(panel, planted_rule(sessions % 4 == 0, leave), LIMITS, Terms())
    assert np.abs(trial_metrics(trials, 599, 1.0)["kurtosis"]).max() < 3.0


def test_costs_that_eat_most_of_the_wealth():
    panel = random_panel(2, 120)
    rule = planted_rule(np.ones(120), np.zeros(120))
    dear = Terms(AssetCosts(0.1, 0.1), AssetCosts(0.05, 0.1), fill="next_close")
    trials = assert_sweep_is_right(panel, rule, LIMITS, dear, most=20)
    assert trial_metrics(trials, 119, 1.0)["max_drawdown"].min() < -0.999


def test_paths_are_equal_where_the_weights_are():
    """Over a whole grid: as many hashes as there are different series of target weights."""
    rule = rule_named("streak")
    panel = random_panel(9, 160, start_index=20)
    axes = {
        "entry_streak": tuple(range(1, 8)),
        "exit_streak": (1, 2, 3, 9),
        "overbought": (60.0, 75.0, 90.0, 100.0),
        "max_holding": (None, 1, 5, 200),
    }
    trials = assert_sweep_is_right(panel, rule, axes, Terms(), most=10_000)
    assert 20 < len(np.unique(trials.paths)) < len(trials.which) / 4


@settings(max_examples=40)
@given(data=st.data())
def test_workers_and_chunks_change_no_bit(data):
    rule = rule_named("streak")
    panel = data.draw(panels(least=2))
    axes = {"entry_streak": (1, 2, 3), "exit_streak": (1, 2), "max_holding": (None, 1, 4)}
    engine = SweepEngine(panel, rule, dict(rule.parameters({})), axes, Terms())
    numbers = np.arange(18)
    whole = engine.run(numbers)
    order = np.array(data.draw(st.permutations(range(18))))
    shuffled = engine.run(order, workers=data.draw(st.integers(2, 5)))
    alone = [engine.run(numbers[i : i + 1]) for i in range(18)]
    rows = whole.sums[whole.which]
    assert shuffled.sums.tobytes() == whole.sums.tobytes()  # the same sets share a run
    assert shuffled.which.tobytes() == whole.which[order].tobytes()
    assert shuffled.set_paths.tobytes() == whole.set_paths[order].tobytes()
    assert b"".join(one.sums.tobytes() for one in alone) == rows.tobytes()


def test_no_sets_give_no_rows():
    rule = rule_named("streak")
    engine = SweepEngine(random_panel(1, 30), rule, dict(rule.parameters({})), {}, Terms())
    trials = engine.run(np.zeros(0, dtype=np.int64))
    assert trials.sums.shape[0] == len(trials.which) == 0
    assert {len(values) for values in trial_metrics(trials, 29, 1.0).values()} == {0}


def test_what_is_compared_is_what_a_sweep_gives():
    """The comparisons above cover every metric, and none of them is undefined throughout."""
    rule = rule_named("streak")
    metrics, *_ = one_by_one(
        random_panel(3, 200), rule, rule.parameters({"entry_streak": 2}), Terms()
    )
    assert tuple(metrics) == KEYS
    assert np.isfinite(list(metrics.values())).all()

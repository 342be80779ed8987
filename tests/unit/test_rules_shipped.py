"""Every rule in strategies/: what each must be, so that a new file is covered by being there."""

import importlib
import inspect
import pickle
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from panels import panel_of, sessions_of, walk
from pydantic import ValidationError

import strategies
from engine.execution.bars import decisions_of
from engine.rules.registry import rule_named, rule_names
from engine.rules.rule import History, RuleParams
from engine.signals.catalogue import Closes

FOLDER = Path(strategies.__file__).parent
FILES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
each_rule = pytest.mark.parametrize("name", FILES)
CLASS = re.compile(r'__getattr__ = RULE\.strategy_attribute\("(\w+)"\)')


def module_of(name):
    return importlib.import_module(f"strategies.{name}")


def class_name_of(name):
    return CLASS.search((FOLDER / f"{name}.py").read_text("utf-8"))[1]


def class_of(name):
    return getattr(module_of(name), class_name_of(name))


def test_every_file_is_a_rule():
    assert tuple(FILES) == rule_names()


@each_rule
def test_the_file_is_named_like_the_rule(name):
    rule = module_of(name).RULE
    assert rule.name == name
    assert rule is rule_named(name)
    assert repr(rule) == f"<Rule {name}>"


@each_rule
def test_it_explains_itself(name):
    rule = rule_named(name)
    assert rule.explanation == inspect.cleandoc(module_of(name).__doc__)
    assert rule.summary == rule.explanation.splitlines()[0]
    assert rule.summary.endswith(".")


@each_rule
def test_every_parameter_has_default_unit_and_description(name):
    params = rule_named(name).params
    assert issubclass(params, RuleParams)
    for field, info in params.model_fields.items():
        assert not info.is_required(), field
        assert info.description, field
        assert info.json_schema_extra["unit"], field


@each_rule
def test_parameters_are_strict_frozen_and_closed(name):
    rule = rule_named(name)
    defaults = rule.parameters({})
    field = next(iter(rule.params.model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(defaults, field, getattr(defaults, field))
    with pytest.raises(ValidationError, match="Extra inputs"):
        rule.parameters({"no_such_parameter": 1})
    with pytest.raises(ValidationError):
        rule.parameters({field: object()})


@each_rule
def test_its_class_is_a_genuine_strategy(name):
    import backtrader as bt

    strategy = class_of(name)
    assert issubclass(strategy, bt.Strategy)
    assert strategy.__name__ == class_name_of(name)
    assert strategy.__module__ == f"strategies.{name}"
    assert strategy.__doc__ == rule_named(name).explanation
    assert strategy.rule is rule_named(name)


@each_rule
def test_its_class_is_made_once_and_pickles(name):
    strategy = class_of(name)
    assert class_of(name) is strategy
    assert rule_named(name).strategy_class(class_name_of(name)) is strategy
    assert pickle.loads(pickle.dumps(strategy)) is strategy


@each_rule
def test_its_class_has_the_rules_parameters_and_defaults(name):
    strategy = class_of(name)
    defaults = rule_named(name).parameters({}).model_dump()
    own = {"trade_from": None, "fractional_shares": True}
    assert dict(strategy.params._getitems()) == {**defaults, **own}


@each_rule
def test_a_misspelt_class_is_an_attribute_error(name):
    with pytest.raises(AttributeError) as raised:
        _ = module_of(name).NoSuchClass
    assert str(raised.value) == f"module 'strategies.{name}' has no attribute 'NoSuchClass'"


def test_reading_rules_loads_nothing_heavy():
    """`streak rules` and `streak --help` must not wait for Backtrader or pandas."""
    imports = "\n".join(f"import strategies.{name}" for name in FILES)
    code = f"import sys\n{imports}\nprint(sorted({{'backtrader', 'pandas'}} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


# -- what some of them promise -----------------------------------------------------------------


def weights_of(name, closes, start_index=0, **given):
    rule = rule_named(name)
    n = len(closes[0])
    history = History(sessions_of(n, 3), Closes(*closes), start_index)
    return rule.weights(history, rule.parameters(given))


def decided(name, core, satellite, **given):
    rule = rule_named(name)
    panel = panel_of(core, satellite)
    return {d.session: d.weight for d in decisions_of(panel, rule, rule.parameters(given))}


def closes_of_streaks(*streaks):
    """Return closes with the given outperformance streak: each session is won or lost by 1 %."""
    satellite = 100.0 * np.cumprod([1.0, *(1.0 + 0.01 * np.sign(s) for s in streaks)])
    return np.full(len(satellite), 50.0), satellite


UP = closes_of_streaks(1, 2, 3, 4, 5, -1, -2, 1, 2, -1)


def test_streak_enters_after_a_run_and_leaves_when_it_breaks():
    given = {"entry_streak": 3, "exit_streak": 2, "overbought": 100.0, "rsi_period": 9}
    assert decided("streak", *UP, **given) == {0: 0.0, 3: 1.0, 7: 0.0}


def test_streak_leaves_when_it_ages():
    given = {"entry_streak": 2, "exit_streak": 9, "overbought": 100.0, "max_holding": 2}
    assert decided("streak", *UP, **given) == {0: 0.0, 2: 1.0, 4: 0.0, 5: 1.0, 7: 0.0, 9: 1.0}


def test_streak_does_not_enter_what_is_overbought():
    given = {"entry_streak": 3, "rsi_period": 2, "overbought": 99.0}
    assert decided("streak", *UP, **given) == {0: 0.0}


def test_streak_rsi_waits_below_its_guard():
    given = {"entry_streak": 2, "exit_streak": 1, "rsi_period": 2, "overbought": 100.0}
    assert decided("streak_rsi", *UP, guard=99.0, **given) == {0: 0.0, 9: 1.0, 10: 0.0}


def test_streak_reversal_steps_aside_and_comes_back():
    """At home in the satellite: out at a run of 3, shut for 4 sessions, back once it is over."""
    given = {"overextension": 3, "sessions_away": 4}
    assert decided("streak_reversal", *UP, **given) == {0: 0.0, 1: 1.0, 3: 0.0, 7: 1.0}


def test_streak_reversal_mirrored():
    core, satellite = closes_of_streaks(-1, -2, -3, 1, 2, -1, -2, -3)
    given = {"home": "core", "overextension": 3, "sessions_away": 2}
    assert decided("streak_reversal", core, satellite, **given) == {0: 0.0, 3: 1.0, 5: 0.0, 8: 1.0}


def test_rsi_threshold_has_hysteresis():
    core = np.full(7, 50.0)
    satellite = np.array([100.0, 99.0, 98.0, 97.0, 97.5, 99.5, 103.0])
    given = {"rsi_period": 2, "oversold": 10.0, "overbought": 95.0}
    assert decided("rsi_threshold", core, satellite, **given) == {0: 0.0, 2: 1.0}
    given["overbought"] = 80.0
    assert decided("rsi_threshold", core, satellite, **given) == {0: 0.0, 2: 1.0, 5: 0.0}
    calm = np.array([100.0, 101.0, 100.0, 101.0, 100.5])  # an RSI between the thresholds
    assert decided("rsi_threshold", core[:5], calm, **given) == {0: 0.0}


def test_relative_momentum_follows_the_better_asset_beyond_its_band():
    core = np.full(7, 50.0)
    satellite = np.array([100.0, 103.0, 101.0, 102.0, 99.0, 95.0, 96.0])
    given = {"lookback": 2, "band": 0.02}  # over two sessions: +1, -1, -2, -6.9, -3.0 %
    assert decided("relative_momentum", core, satellite, **given) == {0: 0.0}
    given["band"] = 0.005
    assert decided("relative_momentum", core, satellite, **given) == {0: 0.0, 2: 1.0, 3: 0.0}
    given["band"] = 0.0099
    assert decided("relative_momentum", core[::-1], satellite, **given) == {0: 0.0, 2: 1.0, 4: 0.0}


def test_ratio_trend_follows_the_ratio_not_the_asset():
    """The satellite rises all the time, and its ratio to the core only at first."""
    satellite = np.array([100.0, 101.0, 102.0, 103.0, 104.0, 105.0])
    core = satellite / np.array([1.0, 1.0, 1.1, 1.1, 0.9, 0.9])
    assert decided("ratio_trend", core, satellite, period=2) == {0: 0.0, 2: 1.0, 4: 0.0}
    assert decided("ratio_trend", core, satellite, period=2, band=0.2) == {0: 0.0}


def test_buy_and_hold_buys_once():
    assert decided("buy_and_hold", *UP) == {0: 0.0}
    assert decided("buy_and_hold", *UP, asset="satellite") == {0: 1.0}


def test_fixed_mix_rebalances_in_each_months_first_session():
    close = np.full(40, 100.0)
    weights = weights_of("fixed_mix", (close, close), start_index=5, satellite_weight=0.3)
    months = sessions_of(40, 3).astype("datetime64[M]")
    expected = [t for t in range(40) if t in (0, 5) or months[t] != months[t - 1]]
    assert np.flatnonzero(~np.isnan(weights)).tolist() == expected
    assert set(weights[expected]) == {0.3}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("rotations", "stays"), [(0, 0), (1, 1), (6, 3), (7, 4)])
def test_random_rotation_makes_as_many_rotations_as_asked(seed, rotations, stays):
    given = {"rotations": rotations, "holding": 5, "seed": seed}
    closes = (walk(np.random.default_rng(1), 60),) * 2
    weights = weights_of("random_rotation", closes, start_index=10, **given)
    entries, leaves = np.flatnonzero(weights == 1.0), np.flatnonzero(weights == 0.0)
    assert (len(entries), len(leaves)) == (stays, rotations - stays)
    assert (leaves == entries[: len(leaves)] + 5).all()
    assert (entries >= 10).all(), "no stay begins before trading does"
    assert (np.append(entries, leaves) < 59).all(), "every rotation can be filled"


def test_random_rotation_is_random_by_its_seed():
    closes = (walk(np.random.default_rng(1), 300),) * 2
    given = {"rotations": 10, "holding": 4}
    runs = [weights_of("random_rotation", closes, seed=seed, **given) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2], equal_nan=True)


def test_random_rotation_draws_every_arrangement():
    """Two stays of one in six fillable sessions, one in the core after each: equally likely."""
    closes = (np.full(7, 1.0),) * 2
    counts = Counter(
        tuple(np.flatnonzero(weights == 1.0).tolist())
        for weights in (
            weights_of("random_rotation", closes, seed=seed, rotations=4, holding=1)
            for seed in range(600)
        )
    )
    assert set(counts) == {(a, b) for a in range(4) for b in range(a + 2, 5)}
    assert min(counts.values()) > 70


def test_random_rotation_refuses_what_does_not_fit():
    closes = (np.full(20, 1.0),) * 2
    message = "4 rotations with a holding of 9 sessions do not fit into 19 sessions"
    with pytest.raises(ValueError, match=message):
        weights_of("random_rotation", closes, rotations=4, holding=9)

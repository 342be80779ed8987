"""The contract of a rule: what it takes to be one, and how its failures read."""

import subprocess
import sys

import numpy as np
import pytest
from drawn_rules import planted_rule, weighted_rule
from panels import random_panel

from engine.errors import RuleError
from engine.execution.bars import decisions_of, history_of
from engine.rules import ALWAYS, NEVER, Features, Rule, RuleParams, SwitchingParams, parameter
from engine.rules.decisions import Decider
from engine.rules.registry import rule_named

PANEL = random_panel(1, 40)

NEITHER = "rule x: give either enter and leave, or weights"


def none(*_):
    return None


@pytest.mark.parametrize(
    "functions",
    [
        {},
        {"enter": none},
        {"leave": none},
        {"enter": none, "leave": none, "weights": none},
        {"leave": none, "weights": none},
    ],
    ids=lambda functions: " ".join(functions) or "nothing",
)
def test_a_rule_is_triggers_or_weights(functions):
    with pytest.raises(RuleError) as raised:
        Rule("x", RuleParams, **functions)
    assert str(raised.value) == NEITHER


def test_a_rule_has_no_side_it_was_not_given():
    with pytest.raises(RuleError) as raised:
        rule_named("streak").weights(None, None)
    assert str(raised.value) == "rule streak has triggers, not weights"
    with pytest.raises(RuleError) as raised:
        rule_named("fixed_mix").switching(None)
    assert str(raised.value) == "rule fixed_mix has weights, not triggers"


def test_every_parameter_needs_a_default():
    class Params(RuleParams):
        run: int

    with pytest.raises(RuleError) as raised:
        Rule("x", Params, none, none)
    assert str(raised.value) == "rule x: every parameter needs a default; run has none"


def test_a_rule_that_fails_says_so():
    def broken(f, p):
        return f.streak() >= p.no_such

    rule = Rule("x", RuleParams, broken, lambda f, p: NEVER)
    with pytest.raises(RuleError) as raised:
        rule.switching(rule.parameters({}))
    assert str(raised.value).startswith("rule x fails: AttributeError: ")


def test_a_wrong_feature_keeps_its_own_words():
    rule = Rule("x", RuleParams, lambda f, p: f.rsi("core", 0) > 1, lambda f, p: NEVER)
    with pytest.raises(RuleError) as raised:
        rule.switching(rule.parameters({}))
    assert str(raised.value) == "rsi(core, 0): period must be at least 2"


@pytest.mark.parametrize("side", ["enter", "leave"])
def test_a_side_that_is_no_trigger_says_so(side):
    sides = {"enter": lambda f, p: ALWAYS, "leave": lambda f, p: NEVER, side: lambda f, p: True}
    rule = Rule("x", RuleParams, **sides)
    with pytest.raises(RuleError) as raised:
        rule.switching(rule.parameters({}))
    assert str(raised.value) == (
        f"rule x: {side} must return a trigger, for example f.streak() >= 5, not True"
    )


@pytest.mark.parametrize(
    "weights", [[1.5] * 40, [-0.1] * 40, [np.inf] * 40, [0.5] * 39, 0.5], ids=lambda w: str(w)[:8]
)
def test_weights_that_are_none_say_so(weights):
    rule = Rule("x", RuleParams, weights=lambda h, p: weights)
    with pytest.raises(RuleError) as raised:
        decisions_of(PANEL, rule, RuleParams())
    message = "rule x: weights must be one number per session, from 0 to 1 or NaN"
    assert str(raised.value) == message


def test_a_plan_that_does_not_fit_says_so():
    rule = rule_named("random_rotation")
    with pytest.raises(RuleError) as raised:
        decisions_of(PANEL, rule, rule.parameters({"rotations": 50, "holding": 2}))
    assert str(raised.value) == (
        "rule random_rotation: 50 rotations with a holding of 2 sessions do not fit into "
        "39 sessions"
    )


def test_limits_are_optional():
    bare = Rule("x", RuleParams, lambda f, p: ALWAYS, lambda f, p: NEVER)
    switching = bare.switching(bare.parameters({}))
    assert (switching.max_holding, switching.cooldown) == (0, 0)
    rule = Rule("y", SwitchingParams, lambda f, p: ALWAYS, lambda f, p: NEVER)
    switching = rule.switching(rule.parameters({"max_holding": 7, "cooldown": 2}))
    assert (switching.max_holding, switching.cooldown) == (7, 2)


def test_parameters_take_their_bounds():
    class Params(SwitchingParams):
        run: int = parameter(3, ge=1, unit="sessions", description="a run")

    rule = Rule("x", Params, none, none)
    assert rule.parameters({"run": 1}).run == 1
    for given in ({"run": 0}, {"run": 2.5}, {"run": "3"}, {"max_holding": 0}, {"cooldown": -1}):
        with pytest.raises(ValueError, match="1 validation error for Params"):
            rule.parameters(given)


def test_the_class_name_of_a_rule_comes_from_its_name():
    assert planted_rule([0], [0]).strategy_class().__name__ == "PlantedRotation"


# -- what a rule decides, and why ----------------------------------------------------------------


def decider(**given):
    rule = rule_named("streak")
    params = rule.parameters({"rsi_period": 5, "overbought": 70.0, "max_holding": 3, **given})
    return Decider(rule, params, history_of(PANEL))


def decided(**given):
    walker = decider(**given)
    made = (walker.decide(t) for t in range(len(PANEL)))
    return walker, [decision for decision in made if decision is not None]


def test_every_decision_says_which_trigger_fired_with_which_values():
    walker, made = decided(entry_streak=2, exit_streak=2)
    features = {str(f): values for f, values in walker.features().items()}
    assert list(features) == ["streak", "rsi(satellite, 5)"]
    seen = set()
    for t, weight, trigger, values in made:
        if trigger == "max_holding 3":
            assert (weight, values) == (0.0, (("held", 3.0),))
            seen.add("age")
            continue
        assert dict(values) == pytest.approx({n: features[n][t] for n, _ in values}, nan_ok=True)
        fired = set()
        if weight == 1.0:
            assert features["streak"][t] >= 2
            fired.add("streak >= 2")
        else:
            if features["streak"][t] <= -2:
                fired.add("streak <= -2")
            if features["rsi(satellite, 5)"][t] >= 70.0:
                fired.add("rsi(satellite, 5) >= 70")
        assert set(trigger.split("; ")) == fired
        seen |= fired
    assert {"streak >= 2", "streak <= -2"} <= seen


def test_triggers_are_told_for_the_log():
    walker, _ = decided()
    answers = walker.triggers()
    assert list(answers) == ["enter", "leave"]
    assert [a.shape for a in answers.values()] == [(40,), (40,)]


def test_a_schedule_has_no_triggers():
    walker = Decider(weighted_rule([0.5] * 40), RuleParams(), history_of(PANEL))
    assert (walker.features(), walker.triggers()) == ({}, {})
    decision = walker.decide(0)
    assert decision == (0, 0.5, "schedule", ())


def test_a_rule_without_features_is_explained_by_its_trigger():
    rule = rule_named("buy_and_hold")
    (decision,) = decisions_of(PANEL, rule, rule.parameters({"asset": "satellite"}))
    assert decision == (0, 1.0, "always", ())


def test_a_rule_that_says_nothing_holds_the_core():
    (decision,) = decisions_of(PANEL, weighted_rule([np.nan] * 40), RuleParams())
    assert decision == (0, 0.0, "the core is held by default", ())


def test_features_hold_no_prices():
    assert vars(Features()) == {}


def test_rules_do_not_load_backtrader():
    code = "import sys, engine.rules, engine.rules.registry; print('backtrader' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

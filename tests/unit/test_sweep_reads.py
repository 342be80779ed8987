"""Which parameters a trigger depends on is found out by building it, whatever the rule does."""

import itertools

import numpy as np
import pytest
from panels import random_panel
from pydantic import PrivateAttr, model_validator
from sweep_reference import assert_sweep_is_right

from engine.errors import RuleError
from engine.execution.costs import AssetCosts, Terms
from engine.execution.sweeping import SweepEngine
from engine.rules import NEVER, Rule, RuleParams, SwitchingParams, parameter
from engine.rules.reading import Copies, names_read, noting
from engine.rules.registry import rule_named

TERMS = Terms(AssetCosts(1e-4, 1e-4), AssetCosts(1e-4, 2e-4))
PANEL = random_panel(11, 140, start_index=30)
EVERY = 10_000


def number(default, **bounds):
    return parameter(default, unit="sessions", description="a number", **bounds)


class Params(SwitchingParams):
    run: int = number(2, ge=1)
    period: int = number(5, ge=2)
    other: int = number(3, ge=2)
    hot: float = number(60.0)

    @property
    def doubled(self):
        return 2 * self.other

    def either(self, wanted):
        return self.period if wanted else self.doubled


AXES = {"run": (1, 2, 3), "period": (3, 8), "other": (2, 6), "hot": (45.0, 60.0, 75.0)}


def leave_when_hot(f, p):
    return f.rsi("satellite", 4) >= p.hot


def branches_on_a_number(f, p):
    """The first value of the axis takes the branch that reads least."""
    if p.run > 2:
        return f.rsi("satellite", p.period) < 50
    if p.run > 1:
        return f.rsi("core", p.other) < p.hot
    return f.streak() >= 1


def branches_twice(f, p):
    """What decides which parameter is read is itself read only for some values."""
    if p.run < 3:
        return f.streak() >= p.run
    if p.period < 8:
        return f.rsi("ratio", p.period) < 50
    return f.rsi("ratio", p.other) < p.hot


RULES = {
    "a number decides": branches_on_a_number,
    "two numbers decide": branches_twice,
    "a property": lambda f, p: f.rsi("satellite", p.doubled) < 50,
    "a method": lambda f, p: f.rsi("satellite", p.either(p.run > 2)) < p.hot,
    "a dump": lambda f, p: f.rsi("core", p.model_dump()["period"]) < p.model_dump()["hot"],
    "its dict": lambda f, p: f.rsi("core", dict(p)["period"]) < vars(p)["hot"],
    "a copy": lambda f, p: f.rsi("core", p.model_copy(update={"run": 1}).period) < 50,
    "by name": lambda f, p: f.rsi("core", getattr(p, ["period", "other"][p.run % 2])) < 50,
    "a limit": lambda f, p: f.streak() >= (p.max_holding or 1),
    "nothing": lambda f, p: f.streak() >= 1,
}


@pytest.mark.parametrize("name", RULES)
def test_whatever_a_trigger_reads_counts(name):
    rule = Rule("mine", Params, RULES[name], leave_when_hot)
    axes = {**AXES, "max_holding": (None, 2)}
    assert_sweep_is_right(PANEL, rule, axes, TERMS, most=EVERY)


@pytest.mark.parametrize("name", RULES)
def test_whatever_leaving_reads_counts(name):
    rule = Rule("mine", Params, lambda f, p: f.streak() >= p.run, lambda f, p: ~RULES[name](f, p))
    assert_sweep_is_right(PANEL, rule, AXES, TERMS, most=EVERY)


def test_a_switch_decides_what_is_read():
    rule = rule_named("streak_reversal")
    axes = {"home": ("satellite", "core"), "overextension": (1, 2, 4), "sessions_away": (1, 2, 9)}
    trials = assert_sweep_is_right(PANEL, rule, axes, TERMS, most=EVERY)
    assert len(np.unique(trials.paths)) > 12


class OwnLimits(RuleParams):
    slow: int = number(4, ge=1)
    fast: int = number(2, ge=1)

    @property
    def max_holding(self):
        return self.slow if self.fast > 1 else None

    @property
    def cooldown(self):
        return self.fast if self.slow > 3 else 0


def test_limits_may_be_properties_of_several_parameters():
    rule = Rule("mine", OwnLimits, lambda f, p: f.streak() >= 1, lambda f, p: NEVER)
    axes = {"slow": (1, 3, 4, 9), "fast": (1, 2, 5)}
    trials = assert_sweep_is_right(PANEL, rule, axes, TERMS, most=EVERY)
    assert len(np.unique(trials.paths)) == 1 + 2 + 4  # no limit; no cooldown; both


def test_triggers_are_built_once_for_what_they_read():
    """Not for every set: a million sets of the streak rule have some hundreds of triggers."""
    built = []
    shipped = rule_named("streak")

    def enter(f, p):
        built.append("enter")
        return f.streak() >= p.entry_streak

    rule = Rule("mine", shipped.params, enter, lambda f, p: f.streak() <= -p.exit_streak)
    axes = {"entry_streak": tuple(range(1, 11)), "exit_streak": tuple(range(1, 11))}
    axes |= {"max_holding": tuple(range(1, 101)), "cooldown": tuple(range(100))}
    SweepEngine(PANEL, rule, dict(rule.parameters({})), axes, TERMS)
    assert len(built) <= 11


class Ordered(SwitchingParams):
    slow: int = number(6, ge=2)
    fast: int = number(3, ge=1)

    @model_validator(mode="after")
    def _ordered(self):
        if self.fast + 2 > self.slow:
            raise ValueError("slow must exceed fast by 2")
        return self


def difference_rule():
    """Return a rule that cannot be built for combinations its validator refuses."""
    return Rule(
        "mine",
        Ordered,
        lambda f, p: f.rsi("satellite", p.slow - p.fast) < 50,
        lambda f, p: f.rsi("satellite", p.slow - p.fast) > 60,
    )


def test_combinations_that_are_refused_need_not_build():
    axes = {"slow": (3, 5, 8), "fast": (6, 1, 3)}
    assert_sweep_is_right(PANEL, difference_rule(), axes, TERMS, most=EVERY)


def test_a_rule_that_fails_for_a_set_is_told_when_the_set_is_run():
    rule = difference_rule()
    axes = {"slow": (5, 3), "fast": (1, 3)}
    engine = SweepEngine(PANEL, rule, dict(rule.parameters({})), axes, TERMS)
    engine.run(np.array([0, 1]))
    with pytest.raises(RuleError, match="period must be at least 2"):
        engine.run(np.arange(4))


def test_equal_triggers_of_different_sets_give_the_same_as_apart():
    """Thresholds that no value lies between are one trigger; dropping doubles changes nothing."""
    rule = rule_named("streak")
    given = dict(rule.parameters({}))
    axes = {"entry_streak": (2, 3, 50, 60), "overbought": (70.0, 70.0000001, 99.0, 99.5)}
    together = SweepEngine(PANEL, rule, given, axes, TERMS).run(np.arange(16))
    assert len(np.unique(together.paths)) < 16
    for i, (entry, hot) in enumerate(itertools.product(*axes.values())):
        one = {"entry_streak": (entry,), "overbought": (hot,)}
        alone = SweepEngine(PANEL, rule, given, one, TERMS).run(np.array([0]))
        assert alone.sums.tobytes() == together.sums[together.which[i]].tobytes()
        assert alone.paths[0] == together.set_paths[i]


class Plain(RuleParams):
    length: int = 3
    limit: float = 50.0


class Prepared(RuleParams):
    length: int = 3
    limit: float = 50.0
    _double: int = PrivateAttr(0)

    def model_post_init(self, context):
        self._double = 2 * self.length


@pytest.mark.parametrize("params", [Plain, Prepared])
def test_copies_are_what_constructing_them_gives(params):
    """They hold every value and default, are equal, and have done what their class does at last."""
    copies = Copies(noting(params), {"length": 5})
    for changed in ({}, {"limit": 1.5}, {"length": 7, "limit": 2.5}):
        made = copies.changed(changed)
        expected = noting(params).model_construct(**{"length": 5, **changed})
        assert made == expected
        assert made.model_dump() == expected.model_dump()
        assert repr(made) == repr(expected)
        if params is Prepared:
            assert made._double == 2 * made.length


def test_copies_note_what_is_read():
    made = Copies(noting(Plain), {}).changed({"length": 4})
    names_read().clear()
    assert made.length == 4
    assert names_read() == {"length"}

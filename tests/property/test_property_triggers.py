"""The trigger algebra: laws that every combination of comparisons keeps."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import walk
from triggers import comparisons, features, triggers

from engine.rules.expression import Expression
from engine.rules.features import FeatureValues
from engine.rules.trigger import ALWAYS, NEVER, Comparison, Feature
from engine.signals.catalogue import Closes

N = 60
KNOWN = FeatureValues(Closes(walk(np.random.default_rng(1), N), walk(np.random.default_rng(2), N)))


def ready(comparison):
    """Say at which closes all that is compared is known."""
    return ~np.isnan([KNOWN.feature(f) for f in comparison.features()]).any(axis=0)


def naive(trigger, t):
    """Answer one close by Python's own logic; None where a feature is not known."""
    if isinstance(trigger, Comparison):
        values = [float(KNOWN.feature(f)[t]) for f in trigger.features()]
        if np.isnan(values).any():
            return False
        right = values[1] if isinstance(trigger.threshold, Feature) else trigger.threshold
        return eval(f"{values[0]!r} {trigger.comparison} {right!r}")
    if hasattr(trigger, "parts"):
        answers = [naive(part, t) for part in trigger.parts]
        return all(answers) if type(trigger).__name__ == "Every" else any(answers)
    return trigger is ALWAYS or trigger == ALWAYS


@settings(max_examples=300)
@given(triggers)
def test_answers_are_what_python_would_say(trigger):
    expected = [naive(trigger, t) for t in range(N)]
    answers = KNOWN.answers(trigger)
    assert answers.dtype == np.bool_
    assert answers.tolist() == expected


@settings(max_examples=300)
@given(triggers)
def test_not_is_the_complement_wherever_everything_is_known(trigger):
    known = np.ones(N, dtype=bool)
    for comparison in trigger.comparisons():
        known &= ready(comparison)
    yes, no = KNOWN.answers(trigger), KNOWN.answers(~trigger)
    np.testing.assert_array_equal(yes[known], ~no[known])


@given(comparisons)
def test_a_feature_in_warm_up_triggers_nothing_negated_or_not(comparison):
    known = ready(comparison)
    for trigger in (comparison, ~comparison, ~~comparison):
        assert not KNOWN.answers(trigger)[~known].any()


@settings(max_examples=200)
@given(triggers)
def test_not_twice_is_the_trigger_itself(trigger):
    assert ~~trigger == trigger
    assert hash(~~trigger) == hash(trigger)
    assert ~trigger != trigger


@settings(max_examples=200)
@given(triggers, triggers)
def test_de_morgan(one, other):
    assert ~(one & other) == (~one | ~other)
    assert ~(one | other) == (~one & ~other)


@given(triggers, triggers, triggers)
def test_grouping_makes_no_difference(a, b, c):
    assert (a & b) & c == a & (b & c)
    assert (a | b) | c == a | (b | c)
    assert hash((a & b) & c) == hash(a & (b & c))


@given(triggers, triggers)
def test_and_or_are_answer_by_answer(one, other):
    first, second = KNOWN.answers(one), KNOWN.answers(other)
    np.testing.assert_array_equal(KNOWN.answers(one & other), first & second)
    np.testing.assert_array_equal(KNOWN.answers(one | other), first | second)


@settings(max_examples=400)
@given(triggers)
def test_the_text_of_a_trigger_is_its_expression(trigger):
    again = Expression(str(trigger)).trigger({})
    assert again == trigger
    assert hash(again) == hash(trigger)
    assert str(again) == str(trigger)


@given(features, st.floats(-1e6, 1e6, allow_subnormal=False))
def test_thresholds_survive_as_text(feature, threshold):
    trigger = feature >= threshold
    again = Expression(str(trigger)).trigger({})
    assert again.threshold == threshold


@given(features, features)
def test_features_are_equal_by_name_and_arguments(one, other):
    same = (one.name, one.arguments) == (other.name, other.arguments)
    assert (one == other) == same
    assert (str(one) == str(other)) == same
    if same:
        assert hash(one) == hash(other)


def test_constants():
    assert KNOWN.answers(ALWAYS).all()
    assert not KNOWN.answers(NEVER).any()
    assert (~ALWAYS, ~NEVER) == (NEVER, ALWAYS)


def test_each_feature_is_computed_once_and_cannot_be_changed(monkeypatch):
    calls = []
    compute = Feature.values
    monkeypatch.setattr(Feature, "values", lambda f, closes: calls.append(f) or compute(f, closes))
    known = FeatureValues(
        Closes(walk(np.random.default_rng(1), N), walk(np.random.default_rng(2), N))
    )
    trigger = (Feature("streak") >= 3) & (Feature("streak") < 9) | (Feature("streak") <= -2)
    known.answers(trigger)
    known.answers(~trigger)
    assert calls == [Feature("streak")]
    assert not known.feature(Feature("streak")).flags.writeable

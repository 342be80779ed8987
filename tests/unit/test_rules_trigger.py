"""Features and triggers: what they refuse, and how they read."""

import pickle

import numpy as np
import pytest

from engine.errors import RuleError
from engine.rules.features import Features, FeatureValues
from engine.rules.trigger import ALWAYS, NEVER, Comparison, Feature
from engine.signals.catalogue import Closes

f = Features()
STREAK, RSI = f.streak(), f.rsi("satellite", 14)


@pytest.mark.parametrize(
    ("feature", "text"),
    [
        (f.streak(), "streak"),
        (f.streak("core"), "streak(core)"),
        (f.rsi("ratio", 14), "rsi(ratio, 14)"),
        (f.momentum("core", 126), "momentum(core, 126)"),
        (f.relative_momentum(126), "relative_momentum(126)"),
        (f.distance_to_average("ratio", 200), "distance_to_average(ratio, 200)"),
        (f.volatility("core", 21), "volatility(core, 21)"),
    ],
)
def test_every_feature_reads_as_its_expression(feature, text):
    assert str(feature) == text


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Feature("streek"),
            "there is no feature streek (allowed streak, rsi, momentum, relative_momentum, "
            "distance_to_average, volatility)",
        ),
        (lambda: Feature("rsi"), "rsi has 0 arguments; write rsi(asset, period)"),
        (lambda: Feature("streak", ("core", 3)), "streak(core, 3) has 2 arguments; write streak"),
        (
            lambda: f.rsi("bonds", 14),
            "rsi(bonds, 14): bonds is no asset (allowed core, satellite, ratio)",
        ),
        (lambda: f.streak("ratio"), "streak(ratio): ratio is no asset (allowed core, satellite)"),
        (lambda: f.rsi("core", 1), "rsi(core, 1): period must be at least 2"),
        (lambda: f.volatility("core", 1), "volatility(core, 1): lookback must be at least 2"),
        (lambda: f.momentum("core", 0), "momentum(core, 0): lookback must be at least 1"),
        (
            lambda: f.rsi("core", 14.0),
            "rsi(core, 14.0): period must be a whole number, not 14.0",
        ),
        (
            lambda: f.rsi("core", True),
            "rsi(core, True): period must be a whole number, not True",
        ),
    ],
)
def test_features_that_do_not_exist(make, message):
    with pytest.raises(RuleError) as raised:
        make()
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("trigger", "text"),
    [
        (STREAK >= 5, "streak >= 5"),
        (STREAK > RSI, "streak > rsi(satellite, 14)"),
        (STREAK.equals(3), "streak == 3"),
        (~STREAK.equals(3), "streak != 3"),
        (~(STREAK >= 5), "streak < 5"),
        (~(STREAK <= 5), "streak > 5"),
        ((STREAK >= 5) & (RSI < 70.0), "streak >= 5 and rsi(satellite, 14) < 70"),
        ((STREAK >= 5) | (RSI < 70) & (STREAK > 0), "streak >= 5 or rsi(satellite, 14) < 70 and "),
        (((STREAK >= 5) | (RSI < 70)) & (STREAK > 0), "(streak >= 5 or rsi(satellite, 14) < 70) "),
        (~((STREAK >= 5) & (RSI < 70)), "streak < 5 or rsi(satellite, 14) >= 70"),
        (STREAK >= 0.1 + 0.2, "streak >= 0.30000000000000004"),
        (STREAK >= 1e-12, "streak >= 1e-12"),
        (STREAK <= -0.0, "streak <= 0"),
        (ALWAYS | NEVER, "always or never"),
    ],
)
def test_every_trigger_reads_as_its_expression(trigger, text):
    assert str(trigger).startswith(text)


def test_and_or_not_of_python_are_refused():
    """``a and b`` would silently be ``b``."""
    message = "combine triggers with &, | and ~, not with and, or, not"
    for combine in (
        lambda: (STREAK > 1) and (RSI > 1),
        lambda: (STREAK > 1) or (RSI > 1),
        lambda: not (STREAK > 1),
        lambda: 1 < STREAK < 5,
    ):
        with pytest.raises(TypeError) as raised:
            combine()
        assert str(raised.value) == message


def test_triggers_are_values():
    """Equal, hashable and picklable: a sweep computes each of them once, in any process."""
    one, other = (STREAK >= 5) & (RSI < 70), (f.streak() >= 5) & (f.rsi("satellite", 14) < 70)
    assert one is not other
    assert (one, hash(one)) == (other, hash(other))
    assert len({one, other, one | (STREAK < 0), STREAK >= 5, STREAK > 5, STREAK >= 6}) == 5
    assert pickle.loads(pickle.dumps(one)) == one


def test_comparisons_are_listed_from_left_to_right():
    a, b, c = STREAK >= 5, RSI < 70, STREAK <= RSI
    assert list(((a & b) | c).comparisons()) == [a, b, c]
    assert list(c.features()) == [STREAK, RSI]
    assert list(ALWAYS.comparisons()) == []


def test_unequal_is_not_true_of_warm_up():
    """NaN differs from every number, but what is not known yet triggers nothing."""
    known = FeatureValues(Closes(np.array([1.0, 3.0]), np.array([1.0, 4.0])))
    assert known.answers(~STREAK.equals(7)).tolist() == [False, True]
    assert known.answers(Comparison(STREAK, "!=", f.momentum("core", 1))).tolist() == [False, True]

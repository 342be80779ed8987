"""Signals on closes one can check by hand, and what holds for every one of them."""

import numpy as np
import pytest

from engine.signals.catalogue import SIGNALS, Closes
from engine.signals.momentum import distance_to_average, momentum, relative_momentum
from engine.signals.rsi import wilder_rsi
from engine.signals.streaks import (
    TIE_TOLERANCE,
    absolute_streak,
    outperformance_streak,
    signed_run_lengths,
    simple_returns,
)
from engine.signals.volatility import realised_volatility

NAN = np.nan
CLOSE = np.array([100.0, 110.0, 121.0, 121.0, 60.5])


def test_returns_are_simple_and_close_to_close():
    np.testing.assert_allclose(simple_returns(CLOSE), [NAN, 0.1, 0.1, 0.0, -0.5], atol=1e-15)


def test_a_run_is_counted_with_its_sign():
    difference = np.array([NAN, 0.1, 0.2, 0.1, -0.1, -0.2, 0.3, -0.1])
    assert signed_run_lengths(difference)[1:].tolist() == [1, 2, 3, -1, -2, 1, -1]


@pytest.mark.parametrize("tie", [0.0, TIE_TOLERANCE, -TIE_TOLERANCE, 5e-13])
def test_a_tie_breaks_a_run(tie):
    counts = signed_run_lengths(np.array([0.1, 0.1, tie, 0.1, tie, tie, -0.1]))
    assert counts.tolist() == [1, 2, 0, 1, 0, 0, -1]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_little_more_than_a_tie_does_not(sign):
    counts = signed_run_lengths(sign * np.array([0.1, 1.0001e-12, 0.1]))
    assert counts.tolist() == [sign, 2 * sign, 3 * sign]


def test_not_known_yet_is_not_a_tie():
    np.testing.assert_array_equal(
        signed_run_lengths(np.array([NAN, NAN, 0.1, NAN, 0.1])), [NAN, NAN, 1, NAN, 1]
    )


def test_the_streak_counts_the_satellite_against_the_core():
    core = np.array([10.0, 10.0, 11.0, 11.0])
    satellite = np.array([10.0, 11.0, 12.1, 12.0])
    np.testing.assert_array_equal(outperformance_streak(core, satellite), [NAN, 1, 0, -1])
    np.testing.assert_array_equal(outperformance_streak(satellite, core), [NAN, -1, 0, 1])


def test_two_falling_assets_have_a_winner():
    core, satellite = np.array([10.0, 8.0]), np.array([10.0, 9.0])
    assert outperformance_streak(core, satellite)[1] == 1


def test_the_absolute_streak_counts_rises_and_falls():
    np.testing.assert_array_equal(absolute_streak(CLOSE), [NAN, 1, 2, 0, -1])


def test_momentum():
    np.testing.assert_allclose(momentum(CLOSE, 2), [NAN, NAN, 0.21, 0.1, -0.5], rtol=1e-12)
    other = np.array([1.0, 1.0, 2.0, 2.0, 2.0])
    expected = [NAN, NAN, 0.21 - 1.0, 0.1 - 1.0, -0.5]
    np.testing.assert_allclose(relative_momentum(other, CLOSE, 2), expected, rtol=1e-12)


def test_distance_to_average():
    expected = [NAN, 110 / 105 - 1, 121 / 115.5 - 1, 0.0, 60.5 / 90.75 - 1]
    np.testing.assert_allclose(distance_to_average(CLOSE, 2), expected, atol=1e-14)


def test_volatility_is_a_sample_deviation_a_year():
    returns = np.array([0.1, 0.1, 0.0, -0.5])
    expected = [NAN] * 3 + [returns[:3].std(ddof=1), returns[1:].std(ddof=1)]
    actual = realised_volatility(CLOSE, 3) / np.sqrt(252)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


ARGUMENTS = {"asset": "core", "sessions": 7}


FORMS = [
    (signal, tuple(ARGUMENTS[parameter.kind] for parameter in form))
    for signal in SIGNALS.values()
    for form in signal.forms
]
every_form = pytest.mark.parametrize(
    ("signal", "arguments"), FORMS, ids=[f"{signal.name}{given}" for signal, given in FORMS]
)


@every_form
@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 9, 13])
def test_every_signal_takes_any_length(signal, arguments, n):
    """Fewer closes than the lookback: all warm-up, whatever the length."""
    close = np.linspace(50.0, 60.0, n)
    values = signal.compute(Closes(close, close[::-1].copy()), *arguments)
    assert values.shape == (n,)
    assert values.dtype == np.float64
    if n <= 6 and 7 in arguments:
        assert np.isnan(values).all()


@every_form
def test_no_signal_touches_its_input(signal, arguments):
    close = np.linspace(50.0, 60.0, 30)
    close.setflags(write=False)
    first = signal.compute(Closes(close, close), *arguments)
    assert first.flags.writeable
    assert not np.shares_memory(first, close)


def test_every_signal_says_what_it_is():
    for name, signal in SIGNALS.items():
        assert signal.name == name
        assert signal.unit
        assert signal.meaning
        assert signal.forms


def test_the_ratio_is_satellite_over_core():
    closes = Closes(np.array([1.0, 2.0]), np.array([3.0, 5.0]))
    assert closes.of("ratio").tolist() == [3.0, 2.5]
    assert closes.of("core").tolist() == [1.0, 2.0]
    assert closes.of("satellite").tolist() == [3.0, 5.0]


def test_rsi_warms_up_for_exactly_its_period():
    close = np.linspace(1.0, 2.0, 6)
    assert np.isnan(wilder_rsi(close, 5)).tolist() == [True] * 5 + [False]
    assert np.isnan(wilder_rsi(close[:5], 5)).all()


def test_compiled_loops_change_no_bit(monkeypatch):
    """Sweeps compile what single runs do in plain Python."""
    from engine.execution.kernel.compiled import compiled
    from engine.signals.loops import Loop

    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 3000)))
    found = []
    for compiler in (lambda function: None, compiled):
        for loop in Loop.known:
            monkeypatch.setattr(loop, "compiled", compiler(loop.function))
        found.append([wilder_rsi(close, period).tobytes() for period in (2, 3, 14, 200, 2999)])
    assert found[0] == found[1]

"""Character of streaks: each rule at its boundaries, and nothing known too early."""

import numpy as np
import pytest
from panels import panel_of, random_panel, sessions_of

from engine.errors import DataError
from engine.evaluation.streak_study.character import (
    CharacterRules,
    regimes,
    rules_in_words,
    tag_of,
)
from engine.market.rates import yearly_rates
from engine.signals.volatility import realised_volatility

RULES = CharacterRules()
FAST = CharacterRules(volatility_lookback=3, volatility_history=10, rate_lookback=4)


@pytest.mark.parametrize(
    ("satellite", "core", "tag"),
    [
        (0.01, 0.0, "risk-on"),
        (0.01, 0.02, "risk-on"),
        (0.01, -0.001, "mixed"),
        (0.0, 0.0, "mixed"),
        (-0.01, 0.0, "mixed"),
        (0.0, -0.01, "defensive"),
        (-0.01, -0.05, "defensive"),
        (1e-13, -0.05, "defensive"),  # rounding is no rise
        (0.01, -1e-13, "risk-on"),
    ],
)
def test_tags(satellite, core, tag):
    assert tag_of(satellite, core, RULES) == tag


@pytest.mark.parametrize(
    ("satellite", "core", "tag"),
    [
        (0.003, 0.05, "mixed"),
        (0.0051, -0.005, "risk-on"),
        (0.005, -0.0051, "defensive"),
        (0.0051, -0.0051, "mixed"),
        (-0.05, -0.005, "mixed"),
    ],
)
def test_tags_with_a_tolerance(satellite, core, tag):
    assert tag_of(satellite, core, CharacterRules(flat=0.005)) == tag


@pytest.mark.parametrize("tail", [None, 61, 200])
def test_volatility_is_compared_with_the_thirds_of_its_past(tail):
    """The label at t is the third of the values up to t, whatever comes later."""
    panel = random_panel(2, 260)
    close = panel.core.close.copy()
    if tail is not None:
        close[tail:] *= np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.2, 260 - tail)))
    labels = regimes(panel_of(close, close[::-1]), FAST).volatility
    values = realised_volatility(panel.core.close, 3)
    assert set(labels[:12]) == {""}
    for t in range(12, 260 if tail is None else tail):
        low, high = np.quantile(values[3 : t + 1], [1 / 3, 2 / 3], method="inverted_cdf")
        expected = "calm" if values[t] <= low else "stressed" if values[t] > high else "normal"
        if (t - 2) % 3 == 0:  # thirds are whole numbers of values: no convention needed
            assert labels[t] == expected
        assert labels[t] != ""


@pytest.mark.parametrize(("growth", "label"), [(1.5, "stressed"), (0.5, "calm")])
def test_the_outer_thirds_hold_their_edges(growth, label):
    """Of three volatilities the highest alone is stressed, the lowest alone calm."""
    moves = 0.01 * growth ** np.arange(4) * [1, -1, 1, -1]
    close = 100 * np.cumprod([1.0, *(1 + moves)])
    rules = CharacterRules(volatility_lookback=2, volatility_history=3)
    assert regimes(panel_of(close, close), rules).volatility.tolist() == [""] * 4 + [label]


def test_volatility_needs_a_year_of_values():
    labels = regimes(random_panel(3, 300), RULES).volatility
    assert set(labels[: 21 + 251]) == {""}
    assert "" not in labels[21 + 251 :]


def test_a_market_without_movement_is_neither_calm_nor_stressed():
    flat = np.full(40, 100.0)
    assert set(regimes(panel_of(flat, flat), FAST).volatility) == {"", "normal"}


def test_warm_up_counts_as_history_of_the_volatility():
    panel = random_panel(3, 300)
    later = random_panel(3, 300, start_index=280)
    np.testing.assert_array_equal(
        regimes(panel, RULES).volatility, regimes(later, RULES).volatility
    )


def test_vix_levels():
    vix = np.array([14.999, 15.0, 24.999, 25.0, np.nan, 80.0])
    panel = random_panel(1, 6)
    expected = ["calm", "normal", "normal", "stressed", "", "stressed"]
    assert regimes(panel, RULES, vix=vix).vix.tolist() == expected
    other = CharacterRules(vix_calm=14, vix_stressed=14)
    assert regimes(panel, other, vix=vix).vix.tolist() == ["stressed"] * 4 + ["", "stressed"]


def test_a_rate_is_known_one_session_after_its_date():
    rate = np.full(12, 0.05)
    rate[7:] = 0.03
    labels = regimes(random_panel(1, 12), FAST, fed_funds=rate).rate.tolist()
    # a rate of session 7 is known at close 8, and 4 sessions later it is the one compared with
    assert labels == [""] * 5 + ["unchanged"] * 3 + ["lower"] * 4
    rises = regimes(random_panel(1, 12), FAST, fed_funds=rate[::-1]).rate.tolist()
    assert rises == [""] * 5 + ["unchanged"] + ["higher"] * 4 + ["unchanged"] * 2


@pytest.mark.parametrize("lag", [0, 3])
def test_the_lag_can_be_set(lag):
    rate = np.full(12, 0.05)
    rate[7:] = 0.06
    rules = CharacterRules(rate_lookback=4, rate_lag=lag)
    labels = regimes(random_panel(1, 12), rules, fed_funds=rate).rate.tolist()
    assert labels.index("higher") == 7 + lag
    assert labels.index("unchanged") == 4 + lag


def test_small_wiggles_of_the_rate_are_no_change():
    panel = random_panel(1, 8)
    for change, label in [(0.001, "unchanged"), (-0.001, "unchanged"), (0.0011, "higher")]:
        rate = np.where(np.arange(8) < 4, 0.0451, 0.0451 + change)
        assert regimes(panel, FAST, fed_funds=rate).rate[-1] == label
        strict = CharacterRules(rate_lookback=4, rate_unchanged=0.0)
        assert regimes(panel, strict, fed_funds=rate).rate[-1] == (
            "lower" if change < 0 else "higher"
        )


@pytest.mark.parametrize("n", [2, 5, 6, 126, 127, 128])
def test_short_panels_have_no_rate_regime_until_there_are_two_rates(n):
    labels = regimes(random_panel(1, n), RULES, fed_funds=np.full(n, 0.05)).rate
    assert labels.tolist() == [""] * min(n, 127) + ["unchanged"] * (n - 127)


def test_a_panel_shorter_than_the_lag_has_no_rate_regime():
    rules = CharacterRules(rate_lookback=1, rate_lag=6)
    labels = regimes(random_panel(1, 5), rules, fed_funds=np.full(5, 0.05)).rate
    assert labels.tolist() == [""] * 5


def test_a_series_not_given_is_not_known():
    found = regimes(random_panel(1, 5), RULES)
    assert set(found.vix) == set(found.rate) == {""}
    character = found.character("mixed", 3)
    assert (character.tag, character.volatility, character.vix, character.rate) == (
        "mixed",
        None,
        None,
        None,
    )


def test_the_labels_at_the_end_are_given():
    vix = np.array([10.0, 20.0, 30.0])
    found = regimes(random_panel(1, 3), RULES, vix=vix)
    assert [found.character("mixed", i).vix for i in range(3)] == ["calm", "normal", "stressed"]


def test_a_gap_in_a_file_of_rates_is_one_clear_message(tmp_path):
    path = tmp_path / "rates.csv"
    path.write_text("Date,Value\n2001-01-01,5.0\n2001-06-01,4.0\n")
    with pytest.raises(DataError) as caught:
        yearly_rates(path, sessions_of(100))
    assert str(caught.value).startswith(f"{path}:2: 2001-01-01: the next rate comes more than 62")
    assert "2001-03-05" in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"flat": -0.1}, "flat is -0.1; at least 0 is needed"),
        ({"flat": float("nan")}, "flat is nan; at least 0 is needed"),
        ({"volatility_lookback": 1}, "volatility_lookback is 1; at least 2 is needed"),
        ({"volatility_history": 0}, "volatility_history is 0; at least 1 is needed"),
        ({"vix_calm": 30.0}, "vix_stressed is 25.0; at least 30.0 is needed"),
        ({"rate_lookback": 0}, "rate_lookback is 0; at least 1 is needed"),
        ({"rate_lag": -1}, "rate_lag is -1; at least 0 is needed"),
        ({"rate_unchanged": -1.0}, "rate_unchanged is -1.0; at least 0 is needed"),
    ],
)
def test_thresholds_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        CharacterRules(**wrong)


def test_every_threshold_is_said_in_words():
    said = " ".join(rules_in_words(RULES))
    for tag in ("risk-on", "defensive", "mixed", "calm", "stressed", "higher", "unchanged"):
        assert tag in said
    for name, value, shown in [
        ("flat", 0.0123, "±1.23 %"),
        ("volatility_lookback", 33, "over 33 sessions"),
        ("volatility_history", 777, "at least 777 values"),
        ("vix_calm", 11.5, "below 11.5"),
        ("vix_stressed", 44.0, "from 44 on"),
        ("rate_lookback", 99, "than 99 sessions earlier"),
        ("rate_lag", 25, "published 25 sessions after"),
        ("rate_unchanged", 0.0007, "±7 bp"),
    ]:
        assert shown not in said
        assert shown in " ".join(rules_in_words(CharacterRules(**{name: value})))


def test_a_single_session_is_said_in_the_singular():
    assert "published 1 session after its date" in " ".join(rules_in_words(CharacterRules()))

"""No look-ahead: what is known at a close does not change when the future does.

The future after many cuts is replaced by a fresh random path, or cut off; every value up to the
cut must stay the same, bit for bit. Final decisions alone would hardly show a leak (a rotation is
rare), so it is the features that are tried; the harness is shown to see planted leaks.
"""

import numpy as np
import pytest
from drawn_rules import SHIPPED, assume_fits, parameters_of, planted_rule
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import panel_of, random_panel, walk

from engine.execution.bars import decisions_of, history_of
from engine.rules.features import FeatureValues
from engine.rules.registry import rule_named
from engine.rules.rule import History
from engine.rules.trigger import Feature, Trigger
from engine.signals.catalogue import SIGNALS, Closes
from engine.signals.rsi import wilder_rsi
from engine.signals.streaks import outperformance_streak

N = 120
CUTS = range(5, N - 1)


def history(seed=1):
    rng = np.random.default_rng(seed)
    sessions = np.datetime64("2001-01-01") + np.cumsum(rng.integers(1, 8, N))
    return History(sessions, Closes(walk(rng, N), walk(rng, N)))


def with_another_future(known, cut, seed):
    """Replace all closes after the cut by random walks that go on from there."""
    rng = np.random.default_rng((seed, cut))
    futures = []
    for close in known.closes:
        path = close.copy()
        path[cut + 1 :] = close[cut] * np.exp(np.cumsum(rng.normal(0, 0.05, N - cut - 1)))
        futures.append(path)
    return known._replace(closes=Closes(*futures))


def without_future(known, cut):
    return History(known.sessions[: cut + 1], Closes(*(c[: cut + 1] for c in known.closes)))


def cuts_that_show_a_leak(compute, change, cuts=CUTS):
    """Return the cuts at which something known by then changes with the future."""
    known = history()
    values = compute(known)
    seen = []
    for cut in cuts:
        others = compute(change(known, cut))
        pairs = zip(values, others, strict=True)
        if any(a[: cut + 1].tobytes() != b[: cut + 1].tobytes() for a, b in pairs):
            seen.append(cut)
    return seen


def replaced(known, cut):
    return with_another_future(known, cut, seed=7)


both_futures = pytest.mark.parametrize("change", [replaced, without_future])


@pytest.mark.parametrize("shifted", [outperformance_streak, lambda c, s: wilder_rsi(s, 14)])
@both_futures
def test_the_harness_sees_a_leak_of_one_bar(shifted, change):
    def leaky(known):
        values = shifted(*known.closes)
        return [np.append(values[1:], 0.0)]

    late = [cut for cut in cuts_that_show_a_leak(leaky, change) if cut >= 14]
    assert len(late) > 0.4 * (N - 15)


@both_futures
def test_the_harness_sees_what_knows_the_whole_sample(change):
    def leaky(known):
        return [known.closes.core - known.closes.core.mean()]

    assert len(cuts_that_show_a_leak(leaky, change)) == len(CUTS)


@st.composite
def features(draw, signal):
    form = draw(st.sampled_from(signal.forms))
    return Feature(
        signal.name,
        tuple(
            draw(
                st.sampled_from(parameter.assets)
                if parameter.kind == "asset"
                else st.integers(parameter.least, parameter.least + 40)
            )
            for parameter in form
        ),
    )


@pytest.mark.parametrize("name", sorted(SIGNALS))
@both_futures
@settings(max_examples=8)
@given(data=st.data())
def test_every_signal_is_causal(name, change, data):
    feature = data.draw(features(SIGNALS[name]))
    assert cuts_that_show_a_leak(lambda known: [feature.values(known.closes)], change) == []


def known_to_a_rule(rule, params):
    """Return what a rule goes by: its features and its triggers' answers, or its weights."""

    def compute(known):
        if not rule.is_switching:
            return [rule.weights(known, params)]
        switching, values = rule.switching(params), FeatureValues(known.closes)
        triggers = (switching.enter, switching.leave)
        looked_at = (f for trigger in triggers for c in trigger.comparisons() for f in c.features())
        return [*map(values.feature, looked_at), *map(values.answers, triggers)]

    return compute


@pytest.mark.parametrize("name", SHIPPED)
@both_futures
@settings(max_examples=8)
@given(data=st.data())
def test_every_rule_knows_only_the_past(name, change, data):
    rule = rule_named(name)
    params = data.draw(parameters_of(rule))
    known = history()
    assume_fits(panel_of(*known.closes), rule, params)
    if rule.plans_ahead and change is without_future:
        return  # knows how many sessions there are, and says so
    assert cuts_that_show_a_leak(known_to_a_rule(rule, params), change) == []


def decided(rule, params, panel):
    """Return the target weight decided at each close; NaN where nothing is."""
    weights = np.full(len(panel), np.nan)
    for decision in decisions_of(panel, rule, params):
        weights[panel.start_index + decision.session] = decision.weight
    return weights


def leaky_cuts(rule, params, panel):
    weights = decided(rule, params, panel)
    known = history_of(panel)
    cuts = []
    for cut in range(panel.start_index, N - 1):
        closes = with_another_future(known, cut, seed=11).closes
        other = panel_of(*closes, start_index=panel.start_index)
        changed = decided(rule, params, other)
        if weights[: cut + 1].tobytes() != changed[: cut + 1].tobytes():
            cuts.append(cut)
    return cuts


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=5)
@given(data=st.data())
def test_every_decision_is_causal(name, data):
    rule = rule_named(name)
    core, satellite = history().closes
    panel = panel_of(core, satellite, start_index=data.draw(st.sampled_from([0, 30])))
    params = data.draw(parameters_of(rule))
    assume_fits(panel, rule, params)
    assert leaky_cuts(rule, params, panel) == []


def test_decisions_that_know_tomorrow_are_seen():
    core, satellite = history().closes

    def leave(f, p):
        return Feature("momentum", ("satellite", 1)) < 0.0

    rule = planted_rule(np.ones(N), np.zeros(N))
    rule._leave = lambda f, p: _Tomorrow(leave(f, p))
    panel = panel_of(core, satellite)
    assert len(leaky_cuts(rule, rule.parameters({}), panel)) > 0.3 * N


class _Tomorrow(Trigger):
    """A trigger that answers one close too early."""

    def __init__(self, trigger):
        self._trigger = trigger

    def answers(self, known, n):
        return np.append(self._trigger.answers(known, n)[1:], False)

    def comparisons(self):
        return self._trigger.comparisons()


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=10)
@given(data=st.data())
def test_where_trading_starts_changes_no_signal(name, data):
    """Features and triggers are computed on everything loaded, whatever is traded of it."""
    rule = rule_named(name)
    params = data.draw(parameters_of(rule))
    if not rule.is_switching:
        return  # a schedule may begin with the first traded session
    one, other = (
        known_to_a_rule(rule, params)(history_of(random_panel(5, N, start_index)))
        for start_index in (0, data.draw(st.integers(1, N - 2)))
    )
    assert [a.tobytes() for a in one] == [b.tobytes() for b in other]

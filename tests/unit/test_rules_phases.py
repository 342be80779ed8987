"""A rule whose parameters change at given sessions: positions go on, only what decides changes."""

import numpy as np
import pytest
from drawn_rules import SHIPPED, PlantedParams, assume_fits, parameters_of, planted_rule
from hypothesis import given, settings
from hypothesis import strategies as st
from own_cerebro import run_own
from panels import panels, random_panel

from engine.execution.bars import decisions_of, history_of, run_bars
from engine.execution.costs import AssetCosts, Terms
from engine.rules.phases import Phase, PhasedParams, phased_decisions, phased_rule
from engine.rules.registry import rule_named
from engine.rules.resolve import ResolvedRule

N = 90
PANEL = random_panel(3, N, start_index=10)
TERMS = Terms(AssetCosts(1e-4, 1e-4), AssetCosts(1e-4, 2e-4))


def shipped(name, **given_params):
    rule = rule_named(name)
    return ResolvedRule(rule, rule.parameters(given_params))


def phase(panel, session, found):
    return Phase(panel.sessions[session], found)


def decided(panel, phases):
    """Return (session, weight) of what phases decide; sessions count from the first traded one."""
    made = decisions_of(panel, phased_rule("phased", phases), PhasedParams())
    return [(one.session, one.weight) for one in made]


def plainly(panel, found):
    return [(d.session, d.weight) for d in decisions_of(panel, found.rule, found.params)]


@st.composite
def planted_phases(draw):
    """Draw starts, and for each a planted rule with limits of its own."""
    starts = sorted(draw(st.sets(st.integers(PANEL.start_index, N - 1), max_size=5)))
    drawn = []
    for start in starts:
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        enter, leave = rng.random((2, N)) < draw(st.sampled_from([0.05, 0.3]))
        limits = draw(st.sampled_from([None, 1, 4, 20])), draw(st.sampled_from([0, 0, 3]))
        drawn.append((start, enter, leave, *limits))
    return drawn


def walked(drawn, first, n):
    """Walk over the sessions with a position and two counters, nothing else."""
    inside, age, wait, made = False, 0, 0, []
    in_force = None
    for t in range(first, n):
        for one in drawn:
            in_force = one if one[0] == t else in_force
        wait = max(wait - 1, 0)
        age += inside
        if in_force is None:
            continue
        _, enter, leave, most, cooldown = in_force
        if inside and (leave[t] or (most is not None and age >= most)):
            inside, wait = False, 1 + cooldown
            made.append((t - first, 0.0))
        elif not inside and not wait and enter[t] and not leave[t]:
            inside, age = True, 0
            made.append((t - first, 1.0))
    return made


@settings(max_examples=100)
@given(drawn=planted_phases())
def test_the_position_and_its_age_go_on_across_phases(drawn):
    phases = [
        phase(
            PANEL,
            start,
            ResolvedRule(
                planted_rule(enter, leave), PlantedParams(max_holding=most, cooldown=cooldown)
            ),
        )
        for start, enter, leave, most, cooldown in drawn
    ]
    expected = walked(drawn, PANEL.start_index, N)
    if not expected or expected[0][0] > 0:
        expected.insert(0, (0, 0.0))  # the first close buys the core
    assert decided(PANEL, phases) == expected


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=5)
@given(data=st.data(), panel=panels(least=12))
def test_the_same_parameters_in_all_phases_are_the_plain_rule(name, data, panel):
    rule = rule_named(name)
    params = data.draw(parameters_of(rule))
    assume_fits(panel, rule, params)
    found = ResolvedRule(rule, params)
    first = panel.start_index
    later = data.draw(st.sets(st.integers(first, len(panel) - 1), max_size=4))
    phases = [phase(panel, start, found) for start in sorted({first, *later})]
    assert decided(panel, phases) == plainly(panel, found)


def test_before_the_first_phase_the_core_is_held():
    always = ResolvedRule(
        planted_rule(np.ones(N, bool), np.zeros(N, bool)), PlantedParams(max_holding=None)
    )
    assert decided(PANEL, [phase(PANEL, 40, always)]) == [(0, 0.0), (30, 1.0)]
    assert decided(PANEL, []) == [(0, 0.0)]


def test_a_schedule_is_taken_over_where_it_stands():
    """The mix changes at the first close of the new phase, not at the next month's."""
    low, high = (shipped("fixed_mix", satellite_weight=weight) for weight in (0.25, 0.75))
    months = [session for session, _ in plainly(PANEL, low)]
    change = next(t for t in range(30, 80) if t not in months) + PANEL.start_index
    changed = dict(decided(PANEL, [phase(PANEL, 10, low), phase(PANEL, change, high)]))
    at = change - PANEL.start_index
    assert sorted(changed) == sorted({*months, at})
    assert all(weight == (0.25 if session < at else 0.75) for session, weight in changed.items())


def test_a_phase_that_begins_before_the_traded_sessions_decides_from_the_first_of_them():
    early, late = shipped("streak", entry_streak=1), shipped("streak", entry_streak=2)
    phases = [phase(PANEL, 0, early), phase(PANEL, 5, late)]
    assert decided(PANEL, phases) == plainly(PANEL, late)


def test_a_decision_says_which_trigger_of_which_phase_fired():
    phases = [
        phase(PANEL, 10, shipped("streak", entry_streak=1, exit_streak=1)),
        phase(PANEL, 50, shipped("streak", entry_streak=2, exit_streak=2)),
    ]
    made = list(phased_decisions(phases, history_of(PANEL)))
    entries = {(d.session >= 50, d.trigger) for d in made if d.weight == 1.0}
    assert entries == {(False, "streak >= 1"), (True, "streak >= 2")}
    values = {name: value for d in made[:1] for name, value in d.features}
    assert values == {"streak": 1.0}


@pytest.mark.parametrize("cut", range(12, N - 1, 7))
def test_what_is_decided_knows_nothing_of_the_future(cut):
    phases = [
        phase(PANEL, 10, shipped("streak", entry_streak=1, exit_streak=1)),
        phase(PANEL, 33, shipped("fixed_mix", satellite_weight=0.3)),
        phase(PANEL, 60, shipped("rsi_threshold", rsi_period=3)),
    ]
    known = history_of(PANEL)
    whole = phased_rule("phased", phases).weights(known, PhasedParams())
    closes = type(known.closes)(*(close[: cut + 1] for close in known.closes))
    earlier = known._replace(sessions=known.sessions[: cut + 1], closes=closes)
    told = phased_rule("phased", phases).weights(earlier, PhasedParams())
    assert told.tobytes() == whole[: cut + 1].tobytes()


@pytest.mark.parametrize("cerebro", [{}, {"preload": False, "runonce": False}])
def test_it_runs_in_anyone_s_cerebro_fed_bar_by_bar_or_at_once(cerebro):
    panel = random_panel(3, N)
    phases = [
        phase(panel, 0, shipped("streak", entry_streak=1, exit_streak=1, max_holding=3)),
        phase(panel, 40, shipped("streak", entry_streak=2, exit_streak=2)),
    ]
    rule = phased_rule("phased", phases)
    expected = run_bars(panel, rule, PhasedParams(), Terms(initial_cash=10_000.0))
    run, wealth, _ = run_own(panel, rule.strategy_class(), cerebro=cerebro)
    np.testing.assert_allclose(wealth, expected.equity, rtol=1e-9)
    assert len(run.fills) == len(expected.trades) > 20


def test_costs_are_paid_only_when_the_held_asset_changes():
    """Ten changes of parameters while the satellite is held through cost nothing."""
    enter = np.zeros(N, bool)
    enter[12] = True
    phases = [
        phase(
            PANEL,
            start,
            ResolvedRule(planted_rule(enter, np.zeros(N, bool)), PlantedParams(max_holding=age)),
        )
        for start, age in zip(range(10, 80, 7), range(1000, 2000, 100), strict=True)
    ]
    ran = run_bars(PANEL, phased_rule("phased", phases), PhasedParams(), TERMS)
    assert [trade.session for trade in ran.trades] == [1, 3, 3]

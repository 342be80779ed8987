"""Every variation of a parameter set against a backtest of its own."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panels import random_panel, sessions_of
from short_studies import snapshot, study_in_memory

from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.stability import (
    COST_MULTIPLES,
    LATER,
    even_starts,
    rule_stability,
    year_starts,
)
from engine.evaluation.tear_sheet.sensitivity import delayed
from engine.execution.bars import decisions_of, run_bars, simulate
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts
from engine.execution.terms import terms_of
from engine.pipeline.running import run
from engine.rules.registry import rule_named
from engine.rules.resolve import resolve

STARTS = (40, 90, 133)
CLOSE = {"rel": 1e-9, "abs": 1e-12, "nan_ok": True}


def case(seed=3, **execution):
    costs = {"commission_bps": 4.0, "slippage_bps": {"CORE": 1.0, "SAT": 3.0}, "cash_rate": 0.02}
    study = study_in_memory(
        data={"source": "simulated", "core": "CORE", "satellite": "SAT"},
        execution={**costs, **execution},
        benchmarks=["core"],
    )
    return study, random_panel(seed, 320, start_index=25)


def found(study, panel, **options):
    return rule_stability(panel, resolve(study.rule), study.execution, **options)


def variations(result, kind):
    return {one.value: one for one in result.table if one.kind == kind}


def check(one, ran, core):
    """Compare a variation with the metrics of a backtest and of the core held."""
    expected = {**measure(ran, ran), **measure_against(ran, core)}
    for key, value in one.metrics.items():
        assert value == pytest.approx(expected[key], **CLOSE), key
    of_core = measure(core, core)
    for key, value in one.core.items():
        assert value == pytest.approx(of_core[key], **CLOSE), key
    assert one.first_session == str(ran.sessions[0])
    assert one.last_session == str(ran.sessions[-1])
    assert one.sessions == len(ran.sessions)


def core_held(panel, terms):
    hold = rule_named("buy_and_hold")
    return run_bars(panel, hold, hold.parameters({"asset": "core"}), terms)


def test_as_run_is_the_run():
    study, panel = case()
    first = found(study, panel, metric="calmar").table[0]
    result = run(study, panel)
    assert (first.kind, first.value) == ("as run", None)
    assert list(first.metrics)[-1] == "calmar"
    for key, value in first.metrics.items():
        assert value == pytest.approx(result.metrics[key], **CLOSE), key
    for key, value in first.core.items():
        assert value == pytest.approx(result.benchmarks["core"].metrics[key], **CLOSE), key


def test_costs_are_multiples_of_each_assets_own():
    study, panel = case()
    rule, params = resolve(study.rule).rule, resolve(study.rule).params
    costs = variations(found(study, panel), "costs")
    assert tuple(costs) == COST_MULTIPLES
    for multiple, one in costs.items():
        terms = dataclasses.replace(
            terms_of(study.execution, panel),
            core=AssetCosts(4e-4 * multiple, 1e-4 * multiple),
            satellite=AssetCosts(4e-4 * multiple, 3e-4 * multiple),
        )
        check(one, run_backtrader(panel, rule, params, terms), core_held(panel, terms))
    equity = [one.metrics["final_equity"] for one in costs.values()]
    assert equity == sorted(equity, reverse=True)


def test_where_trading_is_free_no_multiple_of_costs_is_tried():
    study, panel = case(commission_bps=0.0, slippage_bps=0.0)
    assert variations(found(study, panel), "costs") == {}
    study, panel = case(commission_bps=0.0, slippage_bps={"SAT": 1.0})
    assert tuple(variations(found(study, panel), "costs")) == COST_MULTIPLES


@pytest.mark.parametrize(
    ("own", "other"), [("next_open", "next_close"), ("next_close", "next_open")]
)
def test_fills_are_later_or_at_the_other_price(own, other):
    study, panel = case(fill=own)
    rule, params = resolve(study.rule).rule, resolve(study.rule).params
    terms, decisions = terms_of(study.execution, panel), decisions_of(panel, rule, params)
    fills = variations(found(study, panel), "fill")
    assert list(fills) == [LATER, other]
    late = simulate(panel, delayed(decisions, panel), terms)
    check(fills[LATER], late, core_held(panel, terms))
    elsewhere = dataclasses.replace(terms, fill=other)
    ran = run_backtrader(panel, rule, params, elsewhere)
    check(fills[other], ran, core_held(panel, elsewhere))


def test_a_start_is_a_run_of_its_own_warmed_up_by_what_came_before():
    study, panel = case()
    starts = variations(found(study, panel, starts=STARTS), "start")
    assert list(starts) == [str(panel.traded_sessions[t]) for t in STARTS]
    for t, one in zip(STARTS, starts.values(), strict=True):
        later = dataclasses.replace(panel, start_index=panel.start_index + t)
        result = run(study, later)
        check(one, result.simulation, result.benchmarks["core"].simulation)


def test_other_prices_are_decided_on_anew():
    study, panel = case()
    other = random_panel(99, 320, start_index=25)
    bases = variations(found(study, panel, others={"price": other}), "price basis")
    result = run(study, other)
    check(bases["price"], result.simulation, result.benchmarks["core"].simulation)


def test_rules_that_give_weights_can_be_varied_too():
    study, panel = case()
    mixed = study.model_copy(
        update={"rule": type(study.rule).model_validate({"name": "fixed_mix"})}
    )
    result = found(mixed, panel, starts=STARTS)
    assert len(result.table) == 1 + len(COST_MULTIPLES) + 2 + len(STARTS)
    assert all(math.isfinite(one.metrics["sharpe"]) for one in result.table)


def test_starts_a_rule_does_not_fit_are_left_out():
    """Twenty random stays of ten sessions, and one at least between them."""
    study, panel = case()
    plan = {"name": "random_rotation", "rotations": 40, "holding": 10}
    planned = study.model_copy(update={"rule": type(study.rule).model_validate(plan)})
    result = found(planned, panel, starts=STARTS)
    assert list(variations(result, "start")) == [str(panel.traded_sessions[STARTS[0]])]
    assert [reason[:16] for reason in result.left_out] == [
        f"start {panel.traded_sessions[t]}" for t in STARTS[1:]
    ]
    assert "do not fit into" in result.left_out[0]


def test_the_lead_and_its_end():
    """As run, ahead or not; and the cost at which that turns."""
    ends = set()
    for seed in range(8):
        study, panel = case(seed)
        result = found(study, panel)
        free = variations(result, "costs")[0.0]
        assert result.beats_without_costs == free.is_ahead
        assert free.is_ahead == (free.metrics["final_equity"] > free.core["final_equity"])
        assert math.isnan(result.break_even_bps) != result.beats_without_costs
        ends.add(result.beats_without_costs)
    assert ends == {True, False}


def test_nothing_given_is_changed():
    study, panel = case()
    before = snapshot(panel)
    found(study, panel, starts=STARTS)
    assert snapshot(panel) == before


def test_years_start_at_their_first_session():
    sessions = np.array(
        ["2001-12-28", "2002-01-03", "2002-01-04", "2003-01-02", "2004-12-31"], "datetime64[D]"
    )
    assert year_starts(sessions, least=1) == [1, 3, 4]
    assert year_starts(sessions, least=2) == [1, 3]
    assert year_starts(sessions, least=4) == [1]
    assert year_starts(sessions) == []


@given(n=st.integers(1, 400), count=st.integers(1, 40), least=st.integers(1, 100))
def test_even_starts_are_apart_and_leave_enough(n, count, least):
    starts = even_starts(sessions_of(n), count, least)
    assert len(starts) == min(count, max(n - least, 0))
    steps = np.diff([0, *starts])
    assert (steps > 0).all()
    assert np.ptp(steps) <= 1 if len(starts) else n <= least
    assert not starts or starts[-1] == n - least

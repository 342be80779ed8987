"""Costs, delay and the break-even cost: the same decisions on other terms."""

import dataclasses
import math

import numpy as np
import pytest
from panels import random_panel
from short_studies import study_in_memory

from engine.evaluation.tear_sheet.sensitivity import (
    COSTS_BPS,
    break_even_cost,
    delayed,
    sensitivity,
    with_cost,
)
from engine.execution.bars import decisions_of, simulate
from engine.execution.terms import terms_of
from engine.rules.decisions import Decision
from engine.rules.resolve import resolve

CORE = (Decision(0, 0.0, "", ()),)


def decided(panel, **rule):
    study = study_in_memory(rule={"name": "streak", "entry_streak": 2, "exit_streak": 1, **rule})
    found = resolve(study.rule)
    return decisions_of(panel, found.rule, found.params), terms_of(study.execution, panel)


@pytest.fixture(scope="module")
def winning():
    """A panel on which the rule beats the core where trading is free."""
    for seed in range(50):
        panel = random_panel(seed, 400)
        decisions, terms = decided(panel)
        free = with_cost(terms, 0.0)
        rule, core = (simulate(panel, made, free).equity[-1] for made in (decisions, CORE))
        if rule > 1.1 * core:
            return panel, decisions, terms
    raise AssertionError("no panel found")


def test_as_run_is_the_run(winning):
    panel, decisions, terms = winning
    found = sensitivity(panel, decisions, terms)
    run = simulate(panel, decisions, terms)
    assert found.as_run.metrics["final_equity"] == run.equity[-1]
    assert [v.cost_bps for v in found.costs] == list(COSTS_BPS)
    for variant in found.costs:
        again = simulate(panel, decisions, with_cost(terms, variant.cost_bps))
        assert variant.metrics["final_equity"] == again.equity[-1]
        held = simulate(panel, CORE, with_cost(terms, variant.cost_bps)).equity
        assert variant.core_cagr == pytest.approx(
            (held[-1] / held[0]) ** (252 / (len(held) - 1)) - 1, rel=1e-12
        )


def test_costs_are_per_side_and_all_in(winning):
    """One purchase at c bp of its value: (1 + c) shares' worth of cash buys one."""
    panel, _, terms = winning
    paid = simulate(panel, CORE, with_cost(terms, 50.0)).equity[-1]
    free = simulate(panel, CORE, with_cost(terms, 0.0)).equity[-1]
    assert free / paid == pytest.approx(1.005, rel=1e-9)


def test_at_the_break_even_cost_the_rule_is_level_with_the_core(winning):
    panel, decisions, terms = winning
    cost = break_even_cost(panel, decisions, terms)
    assert 0.0 < cost < 1000.0
    for step, ahead in ((-0.01, True), (0.01, False)):
        at = with_cost(terms, cost + step)
        rule, core = (simulate(panel, made, at).equity[-1] for made in (decisions, CORE))
        assert bool(rule > core) is ahead


def test_the_break_even_cost_in_closed_form(winning):
    """All in: a rotation keeps (1 − c)/(1 + c) of wealth, so the lead is a power of it."""
    panel, decisions, terms = winning
    cost = break_even_cost(panel, decisions, terms) * 1e-4
    free = with_cost(terms, 0.0)
    run = simulate(panel, decisions, free)
    lead = run.equity[-1] / simulate(panel, CORE, free).equity[-1]
    rotations = len(run.rotations)
    assert lead * ((1 - cost) / (1 + cost)) ** rotations == pytest.approx(1.0, abs=1e-6)


def test_without_a_lead_there_is_no_break_even_cost():
    panel = random_panel(3, 200)
    decisions, terms = decided(panel, entry_streak=50)
    found = sensitivity(panel, decisions, terms)
    assert math.isnan(found.break_even_bps)
    assert not found.beats_without_costs


def test_a_delay_moves_every_rotation_but_not_the_first_purchase(winning):
    panel, decisions, terms = winning
    later = delayed(decisions, panel)
    assert later[0] == decisions[0]
    last = len(panel) - panel.start_index - 1
    assert [d.session for d in later[1:]] == [
        d.session + 1 for d in decisions[1:] if d.session < last
    ]
    assert [d.weight for d in later] == [d.weight for d in decisions[: len(later)]]
    found = sensitivity(panel, decisions, terms)
    assert found.delayed.metrics["final_equity"] == simulate(panel, later, terms).equity[-1]
    assert found.delayed.metrics["final_equity"] != found.as_run.metrics["final_equity"]


def test_a_decision_at_the_last_close_cannot_be_delayed():
    panel = random_panel(1, 5)
    made = (*CORE, Decision(3, 1.0, "", ()), Decision(4, 0.0, "", ()))
    assert [d.session for d in delayed(made, panel)] == [0, 4]


def test_nothing_given_is_changed(winning):
    panel, decisions, terms = winning
    before = (decisions, dataclasses.asdict(terms))
    sensitivity(panel, decisions, terms)
    assert decisions == before[0]
    after = dataclasses.asdict(terms)
    for key, value in before[1].items():
        assert np.array_equal(after[key], value), key

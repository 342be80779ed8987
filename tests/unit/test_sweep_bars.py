"""Sweeps through the compiled bars: what the event kernel cannot run, and what it can."""

import numpy as np
import pytest
from panels import random_panel
from short_studies import study_in_memory
from sweep_reference import assert_same_metrics

from engine.evaluation.trial_keys import KEYS
from engine.execution.bar_sweeping import BarSweepEngine
from engine.execution.costs import Terms
from engine.pipeline.running import run
from engine.pipeline.sweeping import sweep
from engine.pipeline.variation import varied
from engine.rules.registry import rule_named

WHOLE = {"execution": {"fractional_shares": False, "initial_cash": 3_000.0, "cash_rate": 0.02}}
MIX = {"rule": {"name": "fixed_mix"}, "sweep": {"rule.satellite_weight": [0.2, 0.5, 0.8]}}
STREAK = {"sweep": {"rule.entry_streak": [1, 2], "rule.max_holding": [None, 2]}}


@pytest.fixture(scope="module")
def panel():
    return random_panel(5, 160, start_index=20)


@pytest.mark.parametrize("sections", [MIX, MIX | WHOLE, STREAK | WHOLE], ids=["mix", "both", "few"])
def test_every_row_is_the_run_of_its_parameters(panel, sections):
    study = study_in_memory(**sections)
    found = sweep(study, panel, confirm=99)
    assert found.engine == "bars"
    assert len(found.confirmations) == len(found)
    assert found.max_difference < 1e-9
    for row in range(len(found)):
        values = {axis: found.row(row)[axis] for axis in found.axes}
        alone = run(varied(study, values), panel)
        assert_same_metrics(found.row(row), {key: alone.metrics[key] for key in KEYS}, values)


def test_costs_beside_parameters_are_axes(panel):
    axes = {"execution.commission_bps": [0, 500], **MIX["sweep"]}
    found = sweep(study_in_memory(**(MIX | {"sweep": axes})), panel, confirm=0)
    equity = found.columns["final_equity"].reshape(2, 3)
    assert (equity[0] > equity[1]).all()


def test_events_and_bars_know_the_same_paths(panel):
    axes = {"rule.entry_streak": [1, 2, 3, 40], "rule.max_holding": [None, 1, 5, 300]}
    study = study_in_memory(sweep=axes)
    events, bars = (sweep(study, panel, engine=name, confirm=0) for name in ("events", "bars"))
    assert bars.engine == "bars"
    assert bars.columns["path"].tolist() == events.columns["path"].tolist()
    assert 4 < len(np.unique(bars.columns["path"])) < 16


def test_workers_change_no_byte(panel):
    rule = {"name": "random_rotation", "rotations": 4, "holding": 3}
    study = study_in_memory(rule=rule, sweep={"rule.seed": {"from": 1, "to": 150}}, **WHOLE)
    one, other = (sweep(study, panel, confirm=0, workers=n) for n in (1, 3))
    for key, column in one.columns.items():
        assert column.tobytes() == other.columns[key].tobytes(), key


def test_tables_of_the_event_kernel_are_not_built(panel, monkeypatch):
    monkeypatch.setattr("engine.execution.sweeping.build_market", None)
    axes = {"entry_streak": [1, 2], "max_holding": [None, 2]}
    found = BarSweepEngine(panel, rule_named("streak"), {}, axes, Terms()).run(np.arange(4))
    assert found.sums[found.which].shape[0] == 4

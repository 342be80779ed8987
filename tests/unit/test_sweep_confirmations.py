"""What Backtrader says of a sweep: which sets are run again, and what a difference leads to."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from panels import random_panel
from short_studies import study_in_memory

from engine.execution import broker
from engine.execution.kernel import columns
from engine.execution.sweeping import SweepEngine
from engine.pipeline.sweeping import confirming, sweep
from engine.pipeline.sweeping import plan as planning
from engine.pipeline.sweeping.ahead import compile_kernel
from engine.pipeline.sweeping.confirming import failures
from engine.pipeline.sweeping.in_memory import swept as swept_by_plan
from engine.pipeline.sweeping.plan import Plan
from engine.pipeline.sweeping.progress import Silence
from engine.pipeline.sweeping.workers import Workers
from engine.store.ranking import leaders


@pytest.fixture(scope="module")
def panel():
    return random_panel(5, 120, start_index=20)


def swept(panel, axes, confirm):
    return sweep(study_in_memory(sweep=axes), panel, confirm=confirm)


def test_the_sample_is_drawn_by_the_seed(panel):
    axes = {"rule.entry_streak": [1, 2, 3, 4, 5, 30, 31], "rule.cooldown": list(range(6))}

    def sampled(seed):
        study = study_in_memory(sweep=axes, seed=seed)
        found = sweep(study, panel, confirm=5)
        return [(c.row, c.chosen) for c in found.confirmations]

    one, again, other = sampled(1), sampled(1), sampled(2)
    assert one == again != other
    assert [row for row, _ in one] == sorted({row for row, _ in one})
    assert sum(chosen == "sample" for _, chosen in one) == 5
    assert 1 <= sum(chosen == "top" for _, chosen in one) <= 10


def test_the_best_are_always_confirmed(panel):
    found = swept(panel, {"rule.entry_streak": list(range(1, 9))}, confirm=1)
    best = {c.row for c in found.confirmations if c.chosen == "top"}
    drawn = {c.row for c in found.confirmations if c.chosen == "sample"}
    assert set(leaders(found.columns, "sharpe", 10)) == best | (
        drawn & set(leaders(found.columns, "sharpe", 10))
    )


def test_a_sweep_runs_sets_in_backtrader_itself_while_its_process_is_at_work(panel, monkeypatch):
    """The process beside it is held up until a set has been run here."""
    here, ask, run = threading.Event(), Workers._asked, broker.run_backtrader

    def held_up(self, function, *given):
        if function is not compile_kernel:  # which comes before, where nothing is compiled
            assert here.wait(timeout=60), "nothing was run in this process"
        return ask(self, function, *given)

    def run_here(*given):
        here.set()
        return run(*given)

    monkeypatch.setattr(Workers, "_asked", held_up)
    monkeypatch.setattr(broker, "run_backtrader", run_here)
    axes = {"rule.entry_streak": [1, 2, 3, 4, 5], "rule.cooldown": list(range(6))}
    found = sweep(study_in_memory(sweep=axes), panel, confirm=20, workers=2)
    assert len(found.confirmations) >= 20
    assert found.max_difference < 1e-9


def test_no_confirmation_on_request(panel, monkeypatch):
    monkeypatch.setattr(confirming, "in_backtrader", None)
    found = swept(panel, {"rule.entry_streak": [1, 2]}, confirm=0)
    assert found.confirmations == ()
    assert np.isnan(found.max_difference)
    assert failures(found) == []


class Noting(Workers):
    """Notes what is asked of the processes, in order."""

    def __init__(self):
        super().__init__(0)
        self.asked = []

    def submit(self, function, *arguments):
        self.asked.append((function.__name__, *arguments))
        return super().submit(function, *arguments)


# costs are an axis outside of the rule
AXES = {
    "rule.entry_streak": [1, 2, 3, 4],
    "execution.commission_bps": [0.0, 5.0],
    "rule.exit_streak": [1, 2, 3],
}


BOUNDS = {"rule.oversold": [30, 45, 60], "rule.overbought": [40, 50, 55, 70]}  # some cross


@pytest.mark.parametrize(
    ("rule", "axes"),
    [
        ("streak", {"rule.entry_streak": list(range(1, 40))}),
        ("streak", AXES),
        ("rsi_threshold", BOUNDS),
    ],
)
def test_what_is_drawn_is_begun_before_anything_is_measured(panel, monkeypatch, rule, axes):
    noting = Noting()
    before = []
    measure = Plan.measured

    def measured(self, *arguments):
        before.append(list(noting.asked))
        return measure(self, *arguments)

    monkeypatch.setattr(Plan, "measured", measured)
    plan = Plan(study_in_memory(rule={"name": rule}, sweep=axes, seed=3), panel)
    found = swept_by_plan(plan, noting, "sharpe", 7, Silence())
    assert (found.skipped > 0) == (axes is BOUNDS)
    drawn = [c.parameters for c in found.confirmations if c.chosen == "sample"]
    begun = [values for name, *values in before[0] if name == "in_backtrader"]
    assert before[0][0] == ("reference",)
    assert len(begun) == 7
    assert all([one] in begun for one in drawn)
    asked = [values for name, *values in noting.asked if name == "in_backtrader"]
    assert len(asked) == len(found.confirmations)  # each of them once
    assert all([c.parameters] in asked for c in found.confirmations)


def test_a_grid_of_several_chunks_draws_the_same_way_whenever_it_asks(panel, monkeypatch):
    monkeypatch.setitem(planning.CHUNK, "events", 5)
    noting = Noting()
    plan = Plan(study_in_memory(sweep=AXES, seed=3), panel)
    assert plan.chunks > 1
    found = swept_by_plan(plan, noting, "sharpe", 7, Silence())
    assert len(noting.asked) == len(found.confirmations) + 1
    assert failures(found) == []


def test_longest_runs_are_begun_first(panel):
    noting = Noting()
    plan = Plan(study_in_memory(sweep={"rule.entry_streak": list(range(1, 40))}, seed=3), panel)
    found = swept_by_plan(plan, noting, "sharpe", 2, Silence())
    rows = found.columns["rule.entry_streak"].tolist()
    turns = [
        found.columns["rotations"][rows.index(values["rule.entry_streak"])]
        for _, values in noting.asked[3:]
    ]
    assert turns == sorted(turns, reverse=True)
    assert len(set(turns)) > 1


def broken_kernel(column, change):
    """Return trials of the kernel with a mistake in one of its columns."""
    sound = SweepEngine.run

    def run_wrongly(self, numbers, workers=1):
        trials = sound(self, numbers, workers)
        trials.sums[:, column] = change(trials.sums[:, column])
        return trials

    return run_wrongly


@pytest.mark.parametrize(
    ("column", "change", "metric"),
    [
        (columns.ROTATIONS, lambda x: x + 1.0, "rotations"),
        (columns.WEALTH, lambda x: x * (1 + 1e-8), "final_equity"),
        (columns.TRADES, lambda x: x * 0.0, "average_holding"),  # undefined in the kernel alone
        (columns.WEALTH, lambda x: x * np.nan, "final_equity"),
    ],
)
def test_a_mistake_of_the_kernel_is_found(panel, monkeypatch, column, change, metric):
    wrong = broken_kernel(column, change)
    monkeypatch.setattr("engine.execution.sweeping.SweepEngine.run", wrong)
    found = swept(panel, {"rule.entry_streak": [1, 2]}, confirm=2)
    assert [c.parameters for c in failures(found)] == [
        {"rule.entry_streak": 1},
        {"rule.entry_streak": 2},
    ]
    assert found.max_difference > 1e-9
    for one in found.confirmations:
        assert one.differences[metric] > 1e-9
        assert one.differences["exposure"] < 1e-9
        assert one.largest == one.differences[one.worst] == max(one.differences.values())


def test_nothing_that_studies_a_grid_is_loaded_before_processes_are_asked():
    """Others wait for their first task meanwhile."""
    code = (
        "import sys; from engine.pipeline.sweeping import concluding, on_disk, plan; "
        "print([name for name in sys.modules if name.startswith('engine.evaluation.grid_study')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

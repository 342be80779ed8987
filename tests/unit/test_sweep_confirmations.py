"""What Backtrader says of a sweep: which sets are run again, and what a difference leads to."""

import numpy as np
import pytest
from panels import random_panel
from short_studies import study_in_memory

from engine.execution.kernel import columns
from engine.execution.sweeping import SweepEngine
from engine.pipeline.sweeping import confirming, sweep
from engine.pipeline.sweeping.confirming import failures
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


def test_no_confirmation_on_request(panel, monkeypatch):
    monkeypatch.setattr(confirming, "_in_backtrader", None)
    found = swept(panel, {"rule.entry_streak": [1, 2]}, confirm=0)
    assert found.confirmations == ()
    assert np.isnan(found.max_difference)
    assert failures(found) == []


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

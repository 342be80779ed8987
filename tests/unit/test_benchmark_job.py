"""Every engine that is timed gets the same job: grid, terms, prices, positions."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from panels import random_panel

from benchmarks import job, processes
from benchmarks.peers.client import write_job
from benchmarks.peers.serving import job_from
from engine.execution.bars import decisions_of
from engine.execution.terms import terms_of
from engine.study.grid import Grid
from engine.study.loader import load_study

ROOT = Path(__file__).parents[2]
AXES = {
    "entry_streak": [1, 2, 4],
    "exit_streak": [1, 3],
    "rsi_period": [3],
    "overbought": [60.0, 90.0],
    "max_holding": [1, 4, None],
}


@pytest.fixture
def prices():
    return random_panel(5, 400)


@pytest.mark.parametrize("sets", job.LENGTHS)
def test_a_grid_has_as_many_sets_as_it_says_and_the_rule_takes_them(sets):
    axes = job.axes_of(sets)
    assert job.count_of(axes) == sets
    assert list(axes) == list(job.AXES)
    for name, values in axes.items():
        assert len(set(values)) == len(values)
        assert set(values) <= set(job.AXES[name])
        for value in values:
            assert getattr(job.rule().parameters({name: value}), name) == value


def test_the_process_that_is_timed_sweeps_the_same_grid_on_the_same_terms(tmp_path, monkeypatch):
    monkeypatch.delenv("STREAKLAB_REAL_DATA", raising=False)
    study = load_study(processes.write_study(tmp_path, 100)).study
    swept = {f"rule.{name}": values for name, values in job.axes_of(100).items()}
    assert {key: list(axis) for key, axis in Grid(study.sweep).axes.items()} == swept
    assert study.rule.name == job.RULE
    terms = terms_of(study.execution, job.simulated_panel(100))
    assert (terms.core, terms.satellite) == (job.TERMS.core, job.TERMS.satellite)
    assert (terms.fill, terms.fractional_shares) == ("next_open", True)
    assert terms.initial_cash == job.TERMS.initial_cash
    assert not terms.rates_for(100).any()


def test_the_grid_goes_as_far_as_that_of_the_study_that_is_shipped():
    shipped = Grid(load_study(ROOT / "configs" / "sweep_streak.yaml").study.sweep).axes
    assert {f"rule.{name}" for name in job.AXES} == set(shipped)
    for name, values in job.AXES.items():
        axis = list(shipped[f"rule.{name}"])
        assert min(axis) <= min(values) <= max(values) <= max(axis)


def test_peers_read_the_prices_terms_and_positions_that_were_written(tmp_path, prices):
    write_job(tmp_path / "job.npz", prices, AXES)
    read = job_from(str(tmp_path / "job.npz"))
    for asset, bars in enumerate((prices.core, prices.satellite)):
        np.testing.assert_array_equal(read.open[:, asset], bars.open)
        np.testing.assert_array_equal(read.close[:, asset], bars.close)
    costs = (job.TERMS.core, job.TERMS.satellite)
    assert read.commission.tolist() == [one.commission for one in costs]
    assert read.slippage.tolist() == [one.slippage for one in costs]
    assert read.initial_cash == job.TERMS.initial_cash
    np.testing.assert_array_equal(read.positions, job.positions(prices, AXES))


def test_positions_are_the_engines_decisions(prices):
    positions = job.positions(prices, AXES)
    assert 0.02 < positions.mean() < 0.98
    for values, found in zip(product(*AXES.values()), positions, strict=True):
        params = job.rule().parameters(dict(zip(AXES, values, strict=True)))
        wanted = np.zeros(len(prices))
        for decision in decisions_of(prices, job.rule(), params):
            wanted[decision.session :] = decision.weight
        np.testing.assert_array_equal(found, wanted == 1.0)


def test_a_longer_market_is_several_one_after_the_other():
    first = len(job.simulated_panel(10_000)) - 1
    assert first == 9_999
    short, long = job.simulated_panel(500), job.simulated_panel(10_000)
    assert len(short) == 500
    np.testing.assert_array_equal(long.core.close[:500], short.core.close)
    for bars in (long.core, long.satellite):
        returns = bars.close[1:] / bars.close[:-1] - 1.0
        assert np.abs(returns).max() < 0.2  # nothing jumps where one market follows another
        assert (bars.high >= bars.low).all()
    assert long.simulated


def test_prices_are_simulated_where_no_real_ones_are_given(monkeypatch):
    monkeypatch.delenv("STREAKLAB_REAL_DATA", raising=False)
    monkeypatch.setattr(job, "panel", job.panel.__wrapped__)
    assert len(job.panel()) == job.SESSIONS
    assert "simulated market, not history, 6,598 sessions" in job.prices_label()

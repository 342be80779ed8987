"""The strategies of a sweep, derived anew: which there are, and what they earned."""

import numpy as np
import pytest
from short_studies import RULE_FILE, SHORT, write_study

from engine.errors import UsageError
from engine.evaluation.trial_keys import PATH
from engine.pipeline.evidence import strategies as module
from engine.pipeline.evidence.strategies import SweptStrategies, searched
from engine.pipeline.sweeping.plan import Plan
from engine.pipeline.variation import varied
from engine.rules.studies import load_study

AXES = """\
sweep:
  rule.entry_streak: [1, 2, 3, 40, 50]
  execution.slippage_bps.SMALL: [0, 5]
  rule.max_holding: [null, 2, 3]
"""
DATES = """\
sweep:
  rule.entry_streak: [1, 2]
  data.start: [2000-02-01, 2000-06-01]
  data.price_basis: [total_return, price]
"""
WHOLE = SHORT.replace("execution:\n", "execution:\n  fractional_shares: false\n  cash_rate: 0.04\n")


def planned(folder, axes=AXES, text=SHORT, **options):
    return Plan(load_study(write_study(folder, text=text + axes)), **options)


def whole_table(plan):
    numbers, columns = plan.measured(np.arange(plan.grid.count))
    return numbers, columns, plan.split(numbers)[0]


def run(plan, number):
    """Return a set's simulation and the core's, from a study of its own."""
    study = varied(plan.study, plan.grid[number]).model_copy(update={"sweep": {}})
    part = Plan(study).part(0)
    return part.by_bars(0), part.core


@pytest.mark.parametrize("chunk", [3, 7, 1000])
def test_strategies_are_what_differs_in_path_or_terms(tmp_path, monkeypatch, chunk):
    plan = planned(tmp_path)
    numbers, columns, outer = whole_table(plan)
    expected = {}
    for number, path, terms in zip(numbers, columns[PATH], outer, strict=True):
        expected.setdefault((path, terms), int(number))
    monkeypatch.setattr(Plan, "chunk_size", chunk)
    found = searched(plan, "sharpe")
    assert found.allowed.tolist() == numbers.tolist()
    assert found.distinct.tolist() == sorted(expected.values())
    assert len(found.distinct) < len(numbers)  # entries at 40 and 50 never come


@pytest.mark.parametrize("chunk", [3, 1000])
@pytest.mark.parametrize("metric", ["sharpe", "volatility", "rotations"])
def test_the_winner_is_the_first_of_the_best(tmp_path, monkeypatch, metric, chunk):
    plan = planned(tmp_path)
    numbers, columns, _ = whole_table(plan)
    monkeypatch.setattr(Plan, "chunk_size", chunk)
    winner = searched(plan, metric).winner
    best = columns[metric].min() if metric == "volatility" else columns[metric].max()
    row = int(np.flatnonzero(columns[metric] == best)[0])
    assert (winner.row, winner.number) == (row, numbers[row])
    assert winner.values == plan.grid[winner.number]
    assert winner.metrics["cagr"] == columns["cagr"][row]


def test_no_winner_without_a_value(tmp_path):
    plan = planned(tmp_path, axes="sweep:\n  rule.entry_streak: [40, 50]\n")
    with pytest.raises(UsageError, match="average_holding is undefined for every set"):
        searched(plan, "average_holding")


@pytest.mark.parametrize("text", [SHORT, WHOLE], ids=["fractions", "whole shares"])
@pytest.mark.parametrize("together", [2, 512])
def test_returns_are_those_of_every_set_run_alone(tmp_path, monkeypatch, together, text):
    monkeypatch.setattr(module, "TOGETHER", together)
    plan = planned(tmp_path, text=text)
    distinct = searched(plan, "sharpe").distinct
    strategies = SweptStrategies(plan, distinct, seed=1)
    parts = list(strategies.parts())
    excess = np.concatenate([part.excess for part in parts], axis=1)
    active = np.concatenate([part.active for part in parts], axis=1)
    assert excess.shape == (len(plan.panel) - 1, len(distinct)) == active.shape
    ordered = np.concatenate([distinct[plan.split(distinct)[0] == outer] for outer in (0, 1)])
    for column, number in enumerate(ordered.tolist()):
        ran, core = run(plan, number)
        earned = ran.equity[1:] / ran.equity[:-1] - 1.0
        held = core.equity[1:] / core.equity[:-1] - 1.0
        np.testing.assert_allclose(excess[:, column], earned - ran.cash_returns, atol=1e-12)
        np.testing.assert_allclose(active[:, column], earned - held, atol=1e-12)
        np.testing.assert_array_equal(strategies.of(number).excess[:, 0], excess[:, column])
        expected = (held - ran.cash_returns)[:, None]
        np.testing.assert_array_equal(strategies.core(number), expected)


def test_only_sessions_that_all_sets_have_are_looked_at(tmp_path):
    plan = planned(tmp_path, axes=DATES)
    distinct = searched(plan, "sharpe").distinct
    strategies = SweptStrategies(plan, distinct, seed=1)
    assert str(strategies.sessions[0]) == "2000-06-02"
    for number in distinct.tolist():
        ran, _ = run(plan, number)
        earned = ran.equity[1:] / ran.equity[:-1] - 1.0
        expected = earned[-len(strategies.sessions) :]
        np.testing.assert_allclose(strategies.of(number).excess[:, 0], expected, atol=1e-12)
    assert sum(part.active.shape[1] for part in strategies.parts()) == len(distinct)
    for seed in range(4):  # of one set alone there would often be more sessions
        sample = SweptStrategies(plan, distinct, seed).sample(1)
        assert sample.sessions.tolist() == strategies.sessions.tolist()
        assert next(sample.parts()).active.shape == (len(strategies.sessions), 1)


def test_sets_without_common_sessions_are_refused(tmp_path):
    axes = "sweep:\n  data.start: [2000-02-01, 2001-03-29]\n  rule.entry_streak: [1, 2]\n"
    plan = planned(tmp_path, axes=axes)
    with pytest.raises(UsageError, match="no two sessions in common"):
        SweptStrategies(plan, searched(plan, "rotations").distinct, seed=1)


def test_samples_are_drawn_by_the_seed_without_replacement(tmp_path):
    plan = planned(tmp_path)
    distinct = searched(plan, "sharpe").distinct

    def drawn(seed):
        return SweptStrategies(plan, distinct, seed).sample(5)._numbers.tolist()

    assert drawn(1) == drawn(1)
    assert len({tuple(drawn(seed)) for seed in range(6)}) > 1
    assert len(set(drawn(1))) == 5
    assert set(drawn(1)) <= set(distinct.tolist())
    assert len(SweptStrategies(plan, distinct, 1).sample(len(distinct))) == len(distinct)


def test_rules_of_weights_have_returns_as_well(tmp_path):
    text = SHORT.replace("name: streak\n", "name: fixed_mix\n")
    lines = [line for line in text.splitlines() if "_streak" not in line and "max_h" not in line]
    axes = "sweep:\n  rule.satellite_weight: [0.2, 0.5]\n"
    plan = planned(tmp_path, axes=axes, text="\n".join(lines) + "\n")
    strategies = SweptStrategies(plan, searched(plan, "sharpe").distinct, seed=1)
    ran, _ = run(plan, 1)
    (part,) = strategies.parts()
    earned = ran.equity[1:] / ran.equity[:-1] - 1.0
    np.testing.assert_allclose(part.excess[:, 1], earned, atol=1e-12)


def test_rule_files_are_found_from_the_folder_of_the_study(tmp_path):
    (tmp_path / "mine.py").write_text(RULE_FILE, "utf-8")
    text = SHORT[: SHORT.index("rule:")] + "rule:\n  file: mine.py\n"
    plan = planned(tmp_path, axes="sweep:\n  rule.run: [2, 3, 4]\n", text=text)
    assert searched(plan, "sharpe").winner.values.keys() == {"rule.run"}

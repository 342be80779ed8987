"""What walking forward over real prices says: searching for parameters has earned nothing."""

import os
from pathlib import Path

import numpy as np
import pytest

from engine.execution.bars import run_bars
from engine.execution.terms import terms_of
from engine.market.load import load_panel
from engine.pipeline.walking import walk_forward
from engine.pipeline.walking.stitching import rule_of
from engine.rules.studies import load_study

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
STUDY = Path(__file__).parents[2] / "configs" / "walk_forward.yaml"
OVERRIDES = (
    f"data={{source: csv, directory: {FOLDER}, core: SPY, satellite: IWM, start: 2000-05-26, "
    "end: 2026-01-22}",
    "execution.slippage_bps={SPY: 1, IWM: 2}",
)
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")


@pytest.fixture(scope="module")
def study():
    return load_study(STUDY, overrides=OVERRIDES)


@pytest.fixture(scope="module")
def panel(study):
    return load_panel(study.data)


@pytest.fixture(scope="module")
def found(study, panel):
    return walk_forward(study, panel, workers=2)


def test_parameters_chosen_every_year_trail_the_core_and_most_other_sets(found):
    assert (len(found.folds), found.sets) == (21, 9984)
    assert found.metrics["active_return"] < 0.0 < found.summary.in_sample_active_return
    assert found.summary.percentile < 0.5
    assert found.summary.beating_core < 0.5
    assert found.verdict.level == "no evidence"
    assert found.simulation.rejected_orders == 0
    assert found.max_difference < 1e-9


def test_the_winner_of_each_training_window_beats_sets_drawn_from_the_grid(found, study, panel):
    """The kernel's choice among 9,984 is never worse than a few sets run bar by bar."""
    rng = np.random.default_rng(1)
    axes = {key: tuple(axis) for key, axis in study.sweep.items()}
    for fold in found.folds[::5]:
        window = panel.window(*fold.choice.windows.train)
        terms = terms_of(study.execution, window)
        for _ in range(5):
            values = {key: of[rng.integers(len(of))] for key, of in axes.items()}
            rule = rule_of(study, values)
            ran = run_bars(window, rule.rule, rule.params, terms)
            returns = ran.equity[1:] / ran.equity[:-1] - 1.0
            sharpe = returns.mean() / returns.std(ddof=1) * np.sqrt(252)
            assert sharpe <= fold.choice.in_sample["sharpe"] + 1e-9


def test_later_prices_change_no_earlier_fold(found, study, panel):
    shorter = panel.window(0, 3000)
    early = walk_forward(study, shorter)
    assert len(early.folds) == 7
    for one, same in zip(early.folds[:-1], found.folds, strict=False):
        assert repr(one) == repr(same)
    known = early.simulation.equity
    assert known.tobytes() == found.simulation.equity[: len(known)].tobytes()

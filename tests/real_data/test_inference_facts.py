"""What real prices say of the main study: not a trace of an edge over the core."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from engine.evaluation.inference import histories
from engine.market.load import load_panel
from engine.pipeline.comparing import compare
from engine.pipeline.running import run
from engine.rules.registry import rule_named
from engine.rules.resolve import ResolvedRule
from engine.rules.studies import read_study

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
STUDY = Path(__file__).parents[2] / "configs" / "great_rotation_2026.yaml"
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")


@pytest.fixture(scope="module")
def study():
    return read_study(STUDY, data_dir=Path(FOLDER)).study


@pytest.fixture(scope="module")
def panel(study):
    return load_panel(study.data)


@pytest.fixture(scope="module")
def result(study, panel):
    return run(study, panel)


def test_the_streak_rule_shows_no_evidence_of_an_edge(result):
    known = result.uncertainty
    assert result.verdict.level == "no evidence"
    assert known.intervals["active_return"].high < 0.01
    assert known.active_p_value > 0.9
    assert math.isnan(known.minimum_track_record)


def test_probabilities_and_errors_by_the_textbook(result):
    """Every term of the formulas by scipy, from the equity alone."""
    own = np.diff(result.simulation.equity) / result.simulation.equity[:-1]
    core = result.benchmarks["core"].simulation.equity
    active = own - np.diff(core) / core[:-1]
    for returns, told in (
        (own, result.uncertainty.sharpe_probability),
        (active, result.uncertainty.active_probability),
    ):
        ratio = returns.mean() / returns.std(ddof=1)
        factor = 1.0 - stats.skew(returns) * ratio + (stats.kurtosis(returns) + 2) / 4 * ratio**2
        z = ratio * math.sqrt(len(returns) - 1) / math.sqrt(factor)
        assert told == pytest.approx(stats.norm.cdf(z), rel=1e-9)
    error = math.sqrt((1.0 + result.metrics["sharpe"] ** 2 / 252 / 2.0) / len(own) * 252)
    assert result.uncertainty.sharpe_errors.iid == pytest.approx(error)


def test_intervals_are_near_those_of_arch(result):
    from arch.bootstrap import StationaryBootstrap

    simulation, known = result.simulation, result.uncertainty
    own = histories.returns_of(simulation.equity)
    active = own - histories.returns_of(result.benchmarks["core"].simulation.equity)

    def figures(own, active):
        wealth = histories.wealth_of(own)
        drawdown = histories.deepest_drawdown(wealth)
        return np.array(
            [histories.growth(wealth), histories.annual_sharpe(own), drawdown, 252 * active.mean()]
        )

    blocks = StationaryBootstrap(round(known.block_length), own, active, seed=1)
    low, high = blocks.conf_int(figures, 2_000, method="percentile")
    for (key, interval), below, above in zip(known.intervals.items(), low, high, strict=True):
        width = above - below
        assert interval.low == pytest.approx(below, abs=0.1 * width), key
        assert interval.high == pytest.approx(above, abs=0.1 * width), key


def test_no_shipped_rule_beats_holding_the_core(study, panel):
    names = ("streak", "streak_reversal", "rsi_threshold", "relative_momentum", "ratio_trend")
    rules = [(name, rule_named(name)) for name in names]
    found = compare(
        [(name, ResolvedRule(rule, rule.parameters({}))) for name, rule in rules], study, panel
    ).tests
    assert found.benchmark == "SPY held"
    assert found.superiority.rules == len(names)
    assert found.superiority.p_value > 0.1
    assert found.superior == ()
    assert found.confidence_set["SPY held"] > found.size

"""What a search says of its winner: against the figures of all returns at once."""

import math

import numpy as np
import pytest

import engine.evaluation.search_evidence as module
from engine.evaluation.inference.overfitting import backtest_overfitting, block_sums
from engine.evaluation.inference.sharpe import probabilistic_sharpe, record_of
from engine.evaluation.inference.superiority import superior_predictive_ability
from engine.evaluation.inference.trials import (
    effective_trials_by_eigenvalues,
    expected_maximum,
    minimum_backtest_length,
)
from engine.evaluation.search_evidence import Returns, search_findings

YEAR = math.sqrt(252)


class InMemory:
    """Strategies all of whose returns are at hand, told a few at a time."""

    def __init__(self, excess, active, together=4):
        self.excess, self.active, self.together = excess, active, together

    def __len__(self):
        return self.excess.shape[1]

    def parts(self):
        for first in range(0, len(self), self.together):
            rows = slice(first, first + self.together)
            yield Returns(self.excess[:, rows], self.active[:, rows])

    def sample(self, most):
        return self if len(self) <= most else InMemory(self.excess[:, :most], self.active[:, :most])


def market(seed, strategies=11, n=320, edge=0.0):
    """Return strategies near a core, one of them with an edge a session, and the core."""
    rng = np.random.default_rng(seed)
    core = rng.normal(4e-4, 0.01, (n, 1))
    active = rng.standard_t(5, (n, strategies)) * 0.003 - 1e-4
    active[:, 2] += edge
    return InMemory(core + active, active), core


def findings(strategies, core, **changes):
    best = int(np.argmax(strategies.excess.mean(axis=0) / strategies.excess.std(axis=0)))
    winner = Returns(strategies.excess[:, [best]], strategies.active[:, [best]])
    given = {"basis": "excess", "blocks": 8, "block_length": 4.0, "seed": 5, "say": lambda _: None}
    return search_findings(strategies, winner, core, **given | changes), winner


@pytest.mark.parametrize("together", [1, 4, 100])
def test_parts_give_what_all_returns_at_once_give(together):
    strategies, core = market(1)
    strategies.together = together
    found, _ = findings(strategies, core)
    whole = backtest_overfitting(block_sums(strategies.excess, 8), block_sums(core, 8))
    assert found.overfitting.probability == whole.probability
    assert found.overfitting.behind == whole.behind
    assert found.overfitting.logits.tolist() == whole.logits.tolist()
    spa = superior_predictive_ability(-core[:, 0], [-strategies.excess], length=4.0, seed=5)
    assert found.superiority.p_value == spa.p_value
    assert found.superiority.statistic == pytest.approx(spa.statistic)
    assert (found.returns, found.strategies, found.correlated) == (320, 11, 11)


@pytest.mark.parametrize(("basis", "at"), [("active", 0), ("excess", 1)])
def test_ratios_are_deflated_by_all_trials_and_by_effective_ones(basis, at):
    strategies, core = market(2)
    found, winner = findings(strategies, core)
    one, returns = found.deflated[at], getattr(strategies, basis)
    ratios = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
    best = record_of(winner.over(basis)[:, 0])
    assert one.basis == basis
    assert one.sharpe == pytest.approx(best.sharpe * YEAR)
    assert one.mean == pytest.approx(ratios.mean() * YEAR)
    assert one.deviation == pytest.approx(ratios.std(ddof=1) * YEAR)
    counted = {"eigenvalues": effective_trials_by_eigenvalues(returns), "all": 11.0}
    assert [e.method for e in one.estimates] == list(counted)
    for estimate in one.estimates:
        trials = counted[estimate.method]
        luck = expected_maximum(trials) * ratios.std(ddof=1)
        assert estimate.trials == pytest.approx(trials)
        assert estimate.expected_best == pytest.approx(luck * YEAR)
        assert estimate.probability == pytest.approx(probabilistic_sharpe(best, luck))
        years = minimum_backtest_length(trials, best.sharpe * YEAR)
        assert estimate.minimum_length == pytest.approx(years)


def test_all_figures_see_an_edge_and_none_sees_the_luck_of_many():
    strategies, core = market(3, strategies=40, n=1500, edge=0.0015)
    found, _ = findings(strategies, core)
    assert found.deflated[0].estimates[1].probability > 0.99
    assert found.superiority.p_value < 0.01
    assert found.overfitting.probability < 0.05
    assert found.overfitting.behind < 0.05
    strategies, core = market(3, strategies=40, n=1500)
    found, winner = findings(strategies, core)
    assert probabilistic_sharpe(record_of(winner.active[:, 0])) > 0.8  # alone it looks well
    assert found.deflated[0].estimates[1].probability < 0.6
    assert found.superiority.p_value > 0.1
    assert found.overfitting.probability > 0.2


def test_a_search_by_returns_over_the_core_is_cross_validated_by_them():
    strategies, core = market(4)
    found, _ = findings(strategies, core, basis="active")
    whole = backtest_overfitting(block_sums(strategies.active, 8))
    assert found.overfitting_basis == "active"
    assert found.overfitting.out_of_sample.tolist() == whole.out_of_sample.tolist()
    assert found.overfitting.behind == whole.loss


def test_what_is_the_core_itself_is_no_trial():
    strategies, core = market(5)
    strategies.active[:, 3:9] = 0.0
    strategies.excess[:, 3:9] = core
    found, _ = findings(strategies, core)
    active, excess = found.deflated
    assert (active.estimates[1].trials, excess.estimates[1].trials) == (5.0, 11.0)
    assert found.superiority.rules == 5


def test_nothing_to_choose_from_is_undefined_not_zero():
    strategies, core = market(6, strategies=3)
    alone = InMemory(core, np.zeros_like(core))
    found, _ = findings(alone, core, block_length=math.nan)
    assert found.overfitting is None
    assert math.isnan(found.superiority.p_value)
    active, excess = found.deflated
    assert math.isnan(active.sharpe)
    assert all(math.isnan(estimate.probability) for estimate in active.estimates)
    assert [estimate.trials for estimate in excess.estimates] == [1.0, 1.0]
    assert excess.estimates[1].expected_best == 0.0
    assert findings(strategies, core, blocks=162)[0].overfitting is None  # 320 returns
    losing = InMemory(strategies.excess - 0.01, strategies.active - 0.01)
    assert math.isnan(findings(losing, core)[0].deflated[0].estimates[1].minimum_length)


def test_correlations_of_a_sample_stand_for_those_of_all(monkeypatch):
    rng = np.random.default_rng(7)
    common = rng.normal(0.0, 0.01, (2_000, 1))
    active = common + rng.normal(0.0, 0.01, (2_000, 300))
    strategies = InMemory(active, active, together=50)
    whole, _ = findings(strategies, common)
    monkeypatch.setattr(module, "CORRELATED", 60)
    monkeypatch.setattr(module, "RANKED", 90)
    drawn, _ = findings(strategies, common)
    assert (drawn.correlated, drawn.overfitting.strategies, drawn.strategies) == (60, 90, 300)
    exact, estimate = (one.deflated[0].estimates[0].trials for one in (whole, drawn))
    assert exact == pytest.approx(3.9, abs=0.3)  # each pair shares half of its variance
    assert estimate == pytest.approx(exact, rel=0.02)
    assert drawn.superiority == whole.superiority

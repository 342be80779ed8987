"""Rules against each other: paired differences, the step-wise test, the model confidence set."""

import dataclasses
import json
import math

import numpy as np
import pytest

from engine.evaluation.inference import histories, rules
from engine.evaluation.inference.rules import Contestant, rule_tests
from engine.store.files import inference_json

N = 400
NO_CASH = np.zeros(N)


def wealth(returns):
    return 1e5 * np.cumprod(np.concatenate([[1.0], 1.0 + np.asarray(returns)]))


def rows_of(seed, *edges, copies=False):
    """Return a core held, and a rule near it for every edge a session."""
    rng = np.random.default_rng(seed)
    core = rng.standard_t(6, N) * 0.01 + 0.0003
    noise = rng.standard_normal((1 if copies else len(edges), N)) * 0.003
    noise = np.broadcast_to(noise - noise.mean(axis=1, keepdims=True), (len(edges), N))
    found = [
        Contestant(f"rule {i}", True, wealth(core + own + edge))
        for i, (own, edge) in enumerate(zip(noise, edges, strict=True))
    ]
    return [*found, Contestant("core", False, wealth(core))]


def against_core(rows, benchmark="core", cash=NO_CASH, **changes):
    return rule_tests(rows, cash, benchmark, **{"resamples": 400, **changes})


def test_a_rule_with_an_edge_is_told_from_those_without():
    rows = rows_of(1, 0.0, 0.003, -0.001)
    found = against_core(rows)
    assert found.benchmark == "core"
    assert found.superiority.best == 1
    assert found.superiority.p_value < 0.01
    assert found.superior == ("rule 1",)
    assert found.confidence_set.keys() == {"rule 0", "rule 1", "rule 2", "core"}
    assert [label for label, p in found.confidence_set.items() if p > found.size] == ["rule 1"]


def test_without_an_edge_nothing_is_found():
    found = against_core(rows_of(2, 0.0, 0.00005, 0.0))
    assert found.superiority.p_value > 0.3
    assert found.superior == ()
    assert min(found.confidence_set.values()) > found.size


def test_a_small_sure_edge_is_not_drowned_by_noisy_rules():
    """Differences are divided by their standard errors, or the noisiest rule sets the bar."""
    rows = rows_of(3, 0.0008)
    rng = np.random.default_rng(3)
    core = histories.returns_of(rows[-1].equity)
    noisy = [
        Contestant(f"noisy {i}", True, wealth(core + 0.03 * (draw - draw.mean())))
        for i, draw in enumerate(rng.standard_normal((5, N)))
    ]
    assert against_core([*noisy, *rows]).superior == ("rule 0",)


def test_pairs_are_each_rule_with_those_after_it_and_with_every_benchmark():
    first, second, core = rows_of(4, 0.0, 0.0)
    mixed = [first, core, second, dataclasses.replace(core, label="other benchmark")]
    pairs = [(d.one, d.other) for d in against_core(mixed).differences]
    assert pairs == [
        ("rule 0", "core"),
        ("rule 0", "rule 1"),
        ("rule 0", "other benchmark"),
        ("rule 1", "core"),
        ("rule 1", "other benchmark"),
    ]


def test_differences_are_those_of_the_metrics():
    rng = np.random.default_rng(5)
    cash = rng.uniform(0.0, 0.0003, N)
    rows = rows_of(5, 0.001)
    own, core = (histories.returns_of(row.equity) for row in rows)
    (found,) = against_core(rows, cash=cash).differences
    ratios = [(r - cash).mean() / (r - cash).std(ddof=1) * math.sqrt(252) for r in (own, core)]
    assert found.sharpe.estimate == pytest.approx(ratios[0] - ratios[1])
    growths = [(row.equity[-1] / row.equity[0]) ** (252 / N) - 1.0 for row in rows]
    assert found.cagr.estimate == pytest.approx(growths[0] - growths[1])
    assert found.sharpe.low < found.sharpe.estimate < found.sharpe.high
    assert found.cagr.low < found.cagr.estimate < found.cagr.high


def test_pairing_cancels_what_moves_both():
    """Both Sharpe ratios are known to ±1.6; their difference to a tenth of that."""
    (found,) = against_core(rows_of(6, 0.0)).differences
    assert found.sharpe.high - found.sharpe.low < 1.0
    assert found.sharpe.low < 0.0 < found.sharpe.high
    alone = rows_of(6, 0.0)[0]
    flat = Contestant("cash", False, wealth(np.random.default_rng(0).normal(0.0, 1e-5, N)))
    (growth,) = against_core([alone, flat], None).differences
    assert growth.cagr.high - growth.cagr.low > 3.0 * (found.cagr.high - found.cagr.low)


def test_without_the_core_there_is_no_test_against_it():
    found = against_core(rows_of(7, 0.0, 0.0), None)
    assert (found.benchmark, found.superiority, found.superior) == (None, None, None)
    assert len(found.confidence_set) == 3
    assert len(found.differences) == 3


def test_a_rule_alone_is_compared_with_nobody():
    found = against_core(rows_of(8, 0.0)[:1], None)
    assert found.differences == ()
    assert found.confidence_set == {"rule 0": 1.0}


def test_equal_rules_are_one():
    found = against_core(rows_of(9, 0.0, 0.0, copies=True))
    assert found.confidence_set["rule 0"] == found.confidence_set["rule 1"]
    between = next(d for d in found.differences if d.other == "rule 1")
    assert (between.sharpe.low, between.sharpe.estimate, between.sharpe.high) == (0.0, 0.0, 0.0)
    held = rows_of(9)[0]
    found = against_core([Contestant("as the core", True, held.equity), held])
    assert found.superior == ()
    assert math.isnan(found.superiority.p_value)
    assert found.confidence_set == {"as the core": 1.0, "core": 1.0}


def test_too_few_sessions_are_not_resampled():
    rows = [dataclasses.replace(row, equity=row.equity[:40]) for row in rows_of(10, 0.0, 0.0)]
    found = against_core(rows, cash=NO_CASH[:39])
    assert math.isnan(found.block_length)
    assert found.superiority is found.superior is found.confidence_set is None
    assert all(math.isfinite(d.sharpe.estimate) for d in found.differences)
    assert all(math.isnan(d.sharpe.low) for d in found.differences)


def test_the_library_is_given_losses(monkeypatch):
    """Were returns handed over, the worst rule would be the best."""
    monkeypatch.setattr(rules, "superior_predictive_ability", lambda *_, **__: None)
    found = against_core(rows_of(11, 0.003, -0.003))
    assert found.superior == ("rule 0",)
    assert found.confidence_set["rule 0"] == 1.0
    assert found.confidence_set["rule 1"] < 0.01


def test_the_same_rows_give_the_same_tests_in_any_order_of_benchmarks():
    rows = rows_of(12, 0.0005, 0.0)
    one = json.dumps(inference_json(against_core(rows)), allow_nan=False)
    assert one == json.dumps(inference_json(against_core(rows)), allow_nan=False)
    assert against_core([rows[2], *rows[:2]]).superiority == against_core(rows).superiority

"""Hansen's test: against arch on the same resamples, calibrated, and about losses."""

import math

import numpy as np
import pytest

from engine.evaluation.inference import superiority as module
from engine.evaluation.inference.resampling import resample_weights
from engine.evaluation.inference.superiority import standard_errors, superior_predictive_ability

LENGTH = 6


def market(seed, n=240, rules=5, edge=0.0):
    """Return returns of a benchmark and of rules near it; the last one has an edge a session."""
    rng = np.random.default_rng(seed)
    benchmark = rng.standard_t(5, n) * 0.01
    rules = benchmark[:, None] + rng.standard_normal((n, rules)) * np.linspace(0.002, 0.02, rules)
    rules[:, -1] += edge
    return benchmark, rules


def strangers(benchmark, rules):
    """Return returns of rules that have nothing in common but the benchmark, and no edge."""
    noise = np.random.default_rng(0).standard_normal((len(benchmark), rules))
    return benchmark[:, None] + 0.01 * (noise - noise.mean(axis=0))


def spa_of(benchmark, rules, **changes):
    given = {"length": LENGTH, "resamples": 300, "seed": 1, **changes}
    return superior_predictive_ability(-benchmark, [-rules], **given)


def weights_of_arch(n, length, resamples, seed):
    from arch.bootstrap import StationaryBootstrap

    drawn = StationaryBootstrap(length, np.arange(n), seed=seed).bootstrap(resamples)
    return np.array([np.bincount(given[0], minlength=n) for given, _ in drawn]) / n


@pytest.mark.parametrize("seed", range(8))
def test_p_values_are_those_of_arch(seed, monkeypatch):
    """On the same histories, with differences divided by their standard errors for arch."""
    from arch.bootstrap import SPA

    benchmark, rules = market(seed, edge=0.001)
    advantage = rules - benchmark[:, None]
    spa = SPA(
        np.zeros(len(benchmark)),
        -advantage / standard_errors(advantage, LENGTH),
        block_size=LENGTH,
        reps=300,
        seed=9,
    )
    spa.compute()
    monkeypatch.setattr(module, "resample_weights", weights_of_arch)
    found = spa_of(benchmark, rules, seed=9)
    assert found.statistic > 0.0
    expected = [(1 + round(300 * p)) / 301 for p in spa.pvalues]
    assert [found.lower, found.p_value, found.upper] == pytest.approx(expected)


@pytest.mark.parametrize("n", [100, 101])
@pytest.mark.parametrize("length", [1.0, 4.0, 60.0])
def test_standard_errors_are_those_of_arch_and_of_resampled_means(n, length):
    from arch.bootstrap import SPA

    benchmark, rules = market(3, n)
    differences = rules - benchmark[:, None]
    found = standard_errors(differences, length)
    spa = SPA(benchmark, rules, block_size=length, reps=2, seed=0)
    spa.compute()
    np.testing.assert_allclose(found, np.sqrt(spa._loss_diff_var / n), rtol=1e-9)
    means = resample_weights(n, length, 6_000, 1) @ differences
    np.testing.assert_allclose(found, means.std(axis=0), rtol=0.05)


def test_it_takes_losses():
    """A rule with an edge is found by its losses; by its returns it is the worst there is."""
    benchmark, rules = market(4, edge=0.006)
    right = superior_predictive_ability(-benchmark, [-rules], length=LENGTH, seed=1)
    wrong = superior_predictive_ability(benchmark, [rules], length=LENGTH, seed=1)
    assert (right.best, right.p_value < 0.01) == (4, True)
    assert wrong.best != 4
    assert wrong.p_value > 0.2


def test_one_in_twenty_searches_without_an_edge_rejects():
    found = [spa_of(*market(seed, 300), length=1.5, resamples=199).p_value for seed in range(500)]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.025)


def test_more_useless_rules_make_the_same_edge_less_convincing():
    benchmark, rules = market(5, edge=0.0015)
    alone = spa_of(benchmark, rules[:, -1:]).p_value
    among = spa_of(benchmark, np.append(strangers(benchmark, 300), rules[:, -1:], axis=1)).p_value
    assert alone < 0.05 < among


def test_hopeless_rules_do_not_count_in_the_consistent_p_value():
    benchmark, rules = market(6, edge=0.003)
    found = spa_of(benchmark, np.append(strangers(benchmark, 300) - 0.01, rules, axis=1))
    assert found.lower <= found.p_value < found.upper
    assert found.p_value == pytest.approx(spa_of(benchmark, rules).p_value, abs=0.02)


def test_rules_may_come_some_at_a_time():
    benchmark, rules = market(7, edge=0.004)
    parts = (-rules[:, part] for part in (slice(2), slice(2, 3), slice(3, None)))
    found = superior_predictive_ability(-benchmark, parts, length=LENGTH, resamples=300, seed=1)
    whole = spa_of(benchmark, rules)
    assert (found.rules, found.best, whole.best) == (5, 4, 4)
    assert found.p_value == whole.p_value
    assert found.statistic == pytest.approx(whole.statistic)


def test_scale_does_not_matter():
    benchmark, rules = market(8, edge=0.002)
    one, other = spa_of(benchmark, rules), spa_of(100 * benchmark, 100 * rules)
    assert one.p_value == other.p_value
    assert one.statistic == pytest.approx(other.statistic)


def test_where_no_rule_is_better_there_is_nothing_to_explain():
    benchmark, rules = market(9)
    found = spa_of(benchmark, rules - 0.01)
    assert (found.statistic, found.lower, found.p_value, found.upper) == (0.0, 1.0, 1.0, 1.0)


def test_rules_that_are_the_benchmark_are_left_out():
    benchmark, rules = market(10, edge=0.002)
    copies = np.repeat(benchmark[:, None], 2, axis=1)
    found = spa_of(benchmark, np.concatenate([copies, rules], axis=1))
    whole = spa_of(benchmark, rules)
    assert (found.rules, found.best) == (5, whole.best + 2)
    assert found.p_value == whole.p_value
    nothing = spa_of(benchmark, copies)
    assert (nothing.rules, nothing.best) == (0, None)
    assert math.isnan(nothing.p_value)

"""The search re-run where there is nothing to be found."""

import itertools

import numpy as np
import pytest
from panels import panel_of

from engine.evaluation.no_edge import history
from engine.evaluation.resampled_search import Search, best_of, search_p_value, winners
from engine.execution.bars import run_bars
from engine.execution.costs import Terms
from engine.rules.registry import rule_named

AXES = {"entry_streak": (1, 2, 3, 4), "exit_streak": (1, 2, 3), "max_holding": (None, 5)}


def market(seed, edge, n=700):
    """Return a panel; with an edge, a session's winner tends to win the next one as well."""
    rng = np.random.default_rng(seed)
    core = rng.normal(3e-4, 0.008, n)
    size, sign = np.abs(rng.normal(0, 0.006, n)), np.ones(n)
    for t in range(1, n):
        sign[t] = sign[t - 1] if rng.random() < 0.5 + edge else -sign[t - 1]
    closes = [100 * np.exp(np.cumsum(r)) for r in (core, core + size * sign)]
    return panel_of(*closes, opens=tuple(np.concatenate([c[:1], c[:-1]]) for c in closes))


def searched(panel):
    rule = rule_named("streak")
    sets = int(np.prod([len(values) for values in AXES.values()]))
    return Search(panel, rule, dict(rule.parameters({})), AXES, Terms(), np.arange(sets))


def p_value(panel, null, histories=39):
    search = searched(panel)
    found = winners([search], "sharpe", null, range(histories), length=1.0, seed=7)
    return search_p_value(search.best("sharpe"), found, "sharpe")


@pytest.mark.parametrize("null", ["bootstrap", "sign-flips"])
def test_a_planted_edge_is_found(null):
    assert p_value(market(1, 0.2), null) == pytest.approx(1 / 40)


@pytest.mark.parametrize("null", ["bootstrap", "sign-flips"])
def test_no_edge_gives_p_values_all_over_the_place(null):
    values = [p_value(market(seed, 0.0), null, histories=19) for seed in range(12)]
    assert 0.3 < np.mean(values) < 0.8
    assert min(values) < 0.5 < max(values)


def test_winners_depend_on_their_numbers_alone():
    search = searched(market(2, 0.0, n=200))

    def found(numbers, workers=1):
        return winners(
            [search], "cagr", "bootstrap", numbers, length=3.0, seed=5, workers=workers
        ).tolist()

    whole = found(range(8))
    assert found(range(8), workers=3) == whole
    assert found([6, 1, 3]) == [whole[6], whole[1], whole[3]]
    assert len(set(whole)) == 8


def test_the_winner_is_the_best_of_all_parts():
    """Two costs are two parts of one search, on the same draw of each history."""
    panel = market(3, 0.0, n=200)
    free = searched(panel)
    dear = Search(panel, free.rule, free.given, AXES, Terms(initial_cash=10.0), free.numbers)
    alone = winners([free], "final_equity", "sign-flips", range(5), length=1.0, seed=1)
    both = winners([dear, free], "final_equity", "sign-flips", range(5), length=1.0, seed=1)
    assert both.tolist() == alone.tolist()
    only = winners([dear], "final_equity", "sign-flips", range(5), length=1.0, seed=1)
    assert only.tolist() == pytest.approx((alone * 10.0 / Terms().initial_cash).tolist())


def test_p_values_count_the_history_itself_and_know_which_way_is_better():
    found = np.array([1.0, 2.0, 3.0, np.nan])
    assert search_p_value(2.0, found, "sharpe") == pytest.approx(3 / 5)
    assert search_p_value(9.0, found, "sharpe") == pytest.approx(1 / 5)
    assert search_p_value(2.0, found, "volatility") == pytest.approx(3 / 5)
    assert search_p_value(0.5, found, "volatility") == pytest.approx(1 / 5)
    assert np.isnan(search_p_value(float("nan"), found, "sharpe"))


def test_the_best_leaves_out_what_is_undefined():
    assert best_of([np.nan, 1.0, 3.0], "sharpe") == 3.0
    assert best_of([np.nan, 1.0, 3.0], "volatility") == 1.0
    assert np.isnan(best_of([np.nan], "sharpe"))
    assert np.isnan(best_of([], "sharpe"))


def test_rules_the_event_kernel_cannot_run_are_searched_bar_by_bar():
    """Whole shares, and weights: the best of each set run alone on the same history."""
    panel = market(4, 0.0, n=150)
    few = Terms(fractional_shares=False, initial_cash=1_000.0)
    rule = rule_named("streak")
    given, axes = dict(rule.parameters({})), {"entry_streak": (1, 2), "max_holding": (3, 5)}
    mix = rule_named("fixed_mix")
    searches = [
        Search(panel, rule, given, axes, few, np.arange(4)),
        Search(panel, mix, {}, {"satellite_weight": (0.1, 0.7)}, Terms(), np.arange(2)),
    ]
    for search in searches:
        (found,) = winners([search], "final_equity", "bootstrap", [3], length=1.0, seed=2)
        other = history(panel, "bootstrap", 3, length=1.0, seed=2)
        combinations = itertools.product(*search.axes.values())
        best = max(
            run_bars(
                other,
                search.rule,
                search.rule.parameters(
                    {**search.given, **dict(zip(search.axes, values, strict=True))}
                ),
                search.terms,
            ).equity[-1]
            for values in combinations
        )
        assert found == pytest.approx(best, rel=1e-9)

"""The choice of a fold, where it stands in the test, and what all folds say together."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from engine.evaluation.walk_forward.choosing import (
    Choice,
    Standing,
    best_set,
    order_kept,
    standing,
)
from engine.evaluation.walk_forward.folds import Drift, Fold, drifts, summarised
from engine.evaluation.walk_forward.windows import FoldWindows, Window
from engine.store.ranking import ranked

NAN = math.nan
values_of_sets = st.lists(
    st.one_of(st.just(NAN), st.integers(-8, 8).map(lambda n: n / 4)), min_size=1, max_size=30
).map(np.array)
metrics = st.sampled_from(["sharpe", "volatility", "max_drawdown"])


@settings(max_examples=100)
@given(values=values_of_sets, metric=metrics, fewest=st.integers(1, 4))
def test_the_best_set_is_the_first_of_a_ranking(values, metric, fewest):
    defined = int((~np.isnan(values)).sum())
    expected = int(ranked({metric: values}, metric)[0]) if defined >= fewest else None
    assert best_set(values, metric, fewest) == expected


@settings(max_examples=100)
@given(values=values_of_sets, metric=metrics, data=st.data())
def test_a_standing_is_scipy_s(values, metric, data):
    place = data.draw(st.integers(0, len(values) - 1))
    found = standing(values, place, metric)
    own, sign = values[place], -1 if metric == "volatility" else 1
    others = np.delete(values, place)
    others = sign * others[~np.isnan(others)]
    if math.isnan(own):
        assert found.rank is None
        assert math.isnan(found.percentile)
        return
    assert found.sets == len(others) + 1
    assert found.rank == stats.rankdata(-np.append(others, sign * own), "min")[-1]
    if len(others):
        percent = stats.percentileofscore(others, sign * own, kind="mean")
        assert found.percentile == pytest.approx(percent / 100.0, abs=1e-12)
    else:
        assert math.isnan(found.percentile)


def test_what_differs_by_rounding_is_a_tie():
    assert standing(np.array([0.5, 0.5 + 1e-12, 0.1]), 0, "sharpe") == Standing(1, 3, 0.75)


@settings(max_examples=50)
@given(pairs=st.lists(st.tuples(*[st.floats(-2, 2) | st.just(NAN)] * 2), max_size=30))
def test_the_order_kept_is_spearman_s_over_sets_that_have_both(pairs):
    trained, tested = np.array(pairs, dtype=float).reshape(-1, 2).T
    both = ~np.isnan(trained) & ~np.isnan(tested)
    found = order_kept(trained, tested)
    constant = any(len(np.unique(side[both])) < 2 for side in (trained, tested))
    if both.sum() < 3 or constant:
        assert math.isnan(found)
    else:
        expected = stats.spearmanr(trained[both], tested[both]).statistic
        assert found == pytest.approx(expected, abs=1e-12)


def fold(number, returns, *, chosen=0, before=(0.1, 0.5), after=0.25, percentile=0.4, gains=(0, 0)):
    """Return a fold whose test earned so many returns; CAGR and Sharpe before, Sharpe after."""
    windows = FoldWindows(Window(0, 9), Window(9, 9 + returns), Window(9, 10 + returns))
    inside = {"cagr": before[0], "active_return": 0.02, "sharpe": before[1]}
    choice = Choice(
        windows=windows,
        number=chosen,
        values={},
        in_sample={} if chosen is None else inside,
        out_of_sample={} if chosen is None else {"sharpe": after},
        trained_sets=5,
        test_standing=Standing(None, 0, NAN) if chosen is None else Standing(2, 5, percentile),
        test_median=0.0,
        order_kept=0.1,
    )
    return Fold(number, choice, number, *gains, rotations=0)


FOLDS = [
    fold(1, 300, chosen=3, before=(0.1, 0.5), after=0.25, percentile=0.9, gains=(0.2, 0.1)),
    fold(2, 100, chosen=4, before=(0.3, 1.5), after=-0.75, percentile=0.5, gains=(-0.1, -0.2)),
    fold(3, 250, chosen=None, gains=(0.05, 0.05)),
    fold(4, 0, chosen=3, before=(9.0, 9.0), after=NAN, percentile=NAN, gains=(NAN, NAN)),
]


def test_means_weigh_choices_by_what_their_tests_earned_and_shares_count_folds():
    found = summarised(FOLDS, "sharpe", {"cagr": 0.06})
    assert (found.folds, found.choices, found.distinct_sets) == (4, 3, 2)
    assert found.in_sample_cagr == pytest.approx((3 * 0.1 + 0.3) / 4)
    assert found.efficiency == pytest.approx(0.06 / 0.15)
    assert found.in_sample_active_return == pytest.approx(0.02)
    assert found.in_sample_metric == pytest.approx((3 * 0.5 + 1.5) / 4)
    assert found.out_of_sample_metric == pytest.approx(0.0, abs=1e-15)
    assert found.percentile == pytest.approx((3 * 0.9 + 0.5) / 4)
    assert found.above_middle == pytest.approx(1 / 2)
    assert found.profitable == pytest.approx(2 / 3)
    assert found.beating_core == pytest.approx(2 / 3)
    assert found.order_kept == pytest.approx(0.1)


def test_a_set_without_the_metric_in_the_test_counts_on_neither_side():
    lost = fold(2, 200, before=(0.1, 7.0), after=NAN)
    found = summarised([FOLDS[0], lost], "sharpe", {"cagr": 0.06})
    assert (found.in_sample_metric, found.out_of_sample_metric) == (0.5, 0.25)
    assert found.metric_kept == pytest.approx(0.5)


@pytest.mark.parametrize("promised", [0.0, -0.1])
def test_there_is_no_efficiency_of_what_promised_no_gain(promised):
    loser = fold(1, 100, before=(promised, promised))
    found = summarised([loser], "sharpe", {"cagr": 0.05})
    assert math.isnan(found.efficiency)
    assert math.isnan(found.metric_kept)


def test_no_share_is_kept_of_a_metric_that_is_better_when_lower():
    calm = fold(1, 100)
    sides = {side: {**getattr(calm.choice, side), "volatility": 0.2} for side in SIDES}
    calm = dataclasses.replace(calm, choice=dataclasses.replace(calm.choice, **sides))
    found = summarised([calm], "volatility", {"cagr": 0.05})
    assert math.isnan(found.metric_kept)
    assert found.out_of_sample_metric == pytest.approx(0.2)


SIDES = ("in_sample", "out_of_sample")


def test_without_a_choice_nothing_is_known():
    found = summarised([fold(1, 100, chosen=None)], "sharpe", {"cagr": 0.05})
    unknown = (found.efficiency, found.in_sample_metric, found.percentile, found.above_middle)
    assert all(map(math.isnan, unknown))
    assert (found.choices, found.profitable) == (0, 0.0)


def test_drift_is_the_mean_step_as_a_share_of_the_axis():
    axes = {"rule.a": [1, 2, 3, 5, 8], "rule.b": [7], "rule.c": [True, False]}
    chosen = [{"rule.a": a, "rule.b": 0, "rule.c": c} for a, c in [(0, 0), (4, 1), (3, 1), (3, 0)]]
    along_a, along_b, along_c = drifts(axes, chosen)
    assert along_a == Drift("rule.a", 2, 3, pytest.approx((4 + 1 + 0) / 3 / 4))
    assert (along_b.changes, along_b.distinct) == (0, 1)
    assert math.isnan(along_b.mean_step)
    assert along_c == Drift("rule.c", 2, 2, pytest.approx(2 / 3))


@pytest.mark.parametrize("count", [0, 1])
def test_one_choice_does_not_drift(count):
    (found,) = drifts({"rule.a": [1, 2]}, [{"rule.a": 1}] * count)
    assert (found.changes, found.distinct) == (0, count)
    assert math.isnan(found.mean_step)


def test_choices_by_chance_drift_by_about_a_third():
    drawn = np.random.default_rng(1).integers(0, 50, 20_000).tolist()
    (found,) = drifts({"rule.a": range(50)}, [{"rule.a": one} for one in drawn])
    assert found.mean_step == pytest.approx(51 / 150, abs=0.01)

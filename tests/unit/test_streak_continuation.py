"""Continuation, survival and outlook of streaks, against plain counting and against SciPy."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.evaluation.streak_study.continuation import (
    continuation,
    outlook,
    product_limit,
    survival,
    wilson,
)
from engine.signals.streaks import signed_run_lengths

# Signs of the sessions: won, lost, tied
SIGNS = st.lists(st.sampled_from([1.0, 1.0, -1.0, -1.0, 0.0]), min_size=1, max_size=80)


def streak_of(signs):
    return signed_run_lengths(np.asarray(signs, dtype=float))


def finished_and_open(streak, side):
    """Return (lengths of the ended runs of a side, length of the open one or 0)."""
    steps = [int(side * s) for s in streak]
    ended = [now for now, after in pairwise(steps) if now > 0 and after <= 0]
    return ended, max(steps[-1], 0)


def both_sides(rows, side):
    return [row for row in rows if row.streak * side > 0]


# --- continuation


@given(SIGNS)
def test_continuation_counts_what_came_next(signs):
    streak = streak_of(signs)
    pairs = [*pairwise(streak)]
    rows = continuation(streak)
    top, bottom = max(0, *streak), max(0, *-streak)
    assert [row.streak for row in rows] == [
        *range(1, int(top) + 1),
        *range(-1, -int(bottom) - 1, -1),
    ]
    for row in rows:
        sequels = [after for now, after in pairs if now == row.streak]
        assert row.n == len(sequels)
        onward = row.streak + (1 if row.streak > 0 else -1)
        assert row.continued == sequels.count(onward)
        np.testing.assert_equal(row.probability, row.continued / row.n if row.n else np.nan)
        assert row.coin == np.mean([s * row.streak > 0 for s in streak])


def test_continuation_of_a_short_history():
    rows = continuation(streak_of([1, 1, 0, 1, -1, -1, 1]))
    plain = [(row.streak, row.n, row.continued) for row in rows]
    assert plain == [(1, 2, 1), (2, 1, 0), (-1, 1, 1), (-2, 1, 0)]
    assert [row.coin for row in rows] == [4 / 7, 4 / 7, 2 / 7, 2 / 7]


def test_the_present_length_of_the_open_streak_has_no_sequel_yet():
    (one, two, three) = continuation(streak_of([1, 1, 1]))
    assert (one.n, one.continued, two.n, two.continued) == (1, 1, 1, 1)
    assert (three.n, three.continued) == (0, 0)
    assert np.isnan([three.probability, three.low, three.high]).all()


def test_a_streak_under_way_at_the_beginning_counts_from_there():
    rows = continuation(np.array([3.0, 4.0, -1.0, 1.0, -1.0]))
    assert [(row.streak, row.n) for row in rows] == [(1, 1), (2, 0), (3, 1), (4, 1), (-1, 1)]


def test_the_first_session_may_be_unknown_but_no_later_one():
    known = streak_of([1, 1, -1, 1])
    assert continuation(np.array([np.nan, np.nan, *known])) == continuation(known)
    for ask in (continuation, survival, lambda streak: outlook(streak, 1)):
        with pytest.raises(ValueError, match="unknown after it was known"):
            ask(np.array([np.nan, 1.0, np.nan, 1.0]))


@pytest.mark.parametrize("streak", [[], [np.nan], [0.0], [0.0, 0.0]])
def test_without_streaks_there_are_no_rows(streak):
    assert continuation(np.array(streak)) == ()
    assert survival(np.array(streak)) == ()
    assert outlook(np.array(streak), 2).n == 0


# --- Wilson


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (0, 40), (3, 7), (825, 1660), (9, 9)])
def test_wilson_is_scipys(successes, n):
    oracle = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    share, low, high = wilson(successes, n)
    assert share == successes / n
    assert (low, high) == pytest.approx((oracle.low, oracle.high), rel=1e-12, abs=1e-15)
    assert 0.0 <= low <= share <= high <= 1.0


def test_wilson_of_nothing():
    assert np.isnan(wilson(0, 0)).all()


@given(SIGNS)
def test_rows_carry_their_interval(signs):
    streak = streak_of(signs)
    for row in (*continuation(streak), outlook(streak, 1), outlook(streak, -2)):
        found = (row.probability, row.low, row.high)
        np.testing.assert_equal(found, wilson(row.continued, row.n))


# --- survival

# Freireich et al. (1963), 6-MP arm: weeks in remission; the second list is censored
REMISSION = (6, 6, 6, 7, 10, 13, 16, 22, 23)
CENSORED = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)


def risk_table(ended, censored):
    lengths = range(1, max(*ended, *censored) + 1)
    at_risk = [sum(x >= k for x in (*ended, *censored)) for k in lengths]
    return np.array(at_risk), np.array([ended.count(k) for k in lengths])


def test_product_limit_of_the_remission_data():
    estimate, low, high = product_limit(*risk_table(REMISSION, CENSORED))
    weeks = np.array([6, 7, 10, 13, 16, 22, 23])
    published = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    np.testing.assert_allclose(estimate[weeks - 1], published, atol=5e-5)
    assert (estimate[:5] == 1.0).all()
    curve = stats.ecdf(
        stats.CensoredData.right_censored(
            (*REMISSION, *CENSORED), [False] * len(REMISSION) + [True] * len(CENSORED)
        )
    ).sf
    interval = curve.confidence_interval(0.95, method="log-log")
    for k in weeks:
        at = list(curve.quantiles).index(k)
        assert low[k - 1] == pytest.approx(interval.low.probabilities[at], rel=1e-10)
        assert high[k - 1] == pytest.approx(interval.high.probabilities[at], rel=1e-10)


def test_product_limit_is_undefined_once_nobody_is_left():
    estimate, low, high = product_limit(np.array([4, 2, 0, 1]), np.array([0, 1, 0, 1]))
    np.testing.assert_array_equal(estimate, [1.0, 0.5, np.nan, np.nan])
    assert np.isnan(low[[0, 2, 3]]).all()
    assert 0.0 < low[1] < 0.5 < high[1] < 1.0
    zero, *interval = product_limit(np.array([2]), np.array([2]))
    assert zero == [0.0]
    assert np.isnan(interval).all()


@given(SIGNS)
def test_survival_is_kaplan_meier_with_the_open_streak_censored(signs):
    """An open streak of c sessions is known to outlast c − 1, so SciPy's time of it is c − 1."""
    streak = streak_of(signs)
    for side in (1, -1):
        ended, still_open = finished_and_open(streak, side)
        rows = both_sides(survival(streak), side)
        assert [abs(row.streak) for row in rows] == [
            *range(1, max([*ended, still_open], default=0) + 1)
        ]
        if not ended:
            continue
        times = [*ended, *([still_open - 1] if still_open else [])]
        flags = [False] * len(ended) + [True] * bool(still_open)
        curve = stats.ecdf(stats.CensoredData.right_censored(times, flags)).sf
        for row in rows:
            k = abs(row.streak)
            assert row.at_risk == sum(time >= k for time in times)
            assert row.ended == ended.count(k)
            assert row.censored == (still_open == k)
            if row.at_risk:
                assert row.survival == pytest.approx(float(curve.evaluate(k)), abs=1e-12)
                assert row.hazard == row.ended / row.at_risk
            else:
                assert np.isnan([row.survival, row.hazard]).all()


@given(SIGNS)
def test_survival_and_continuation_tell_one_story(signs):
    streak = streak_of(signs)
    pairs = zip(survival(streak), continuation(streak), strict=True)
    for lived, went_on in pairs:
        assert (lived.streak, lived.at_risk) == (went_on.streak, went_on.n)
        assert lived.at_risk - lived.ended == went_on.continued
        np.testing.assert_allclose(1 - lived.hazard, went_on.probability, atol=1e-15)
        assert lived.coin_hazard == 1 - went_on.coin
        assert lived.coin_survival == went_on.coin ** abs(went_on.streak)


def test_an_open_record_says_nothing_of_its_own_end():
    """Both streaks reached 3; one ended there, the other stands there."""
    history = streak_of([1, 1, 1, -1, 1, 1, 1])
    third = both_sides(survival(history), 1)[2]
    assert (third.at_risk, third.ended, third.censored) == (1, 1, 1)
    assert (third.hazard, third.survival) == (1.0, 0.0)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng, p, k, histories = np.random.default_rng(8), 0.55, 3, 400
    lived, went_on = 0, 0
    for _ in range(histories):
        streak = streak_of(np.where(rng.random(800) < p, 1.0, -1.0))
        curve, share = survival(streak)[k - 1], continuation(streak)[k - 1]
        assert (curve.streak, share.streak) == (k, k)
        lived += curve.low <= p**k <= curve.high
        went_on += share.low <= p <= share.high
    assert 0.92 < lived / histories < 0.98
    assert 0.92 < went_on / histories < 0.98


# --- outlook


@given(SIGNS, st.integers(-5, 5))
def test_outlook_follows_every_streak_that_stood_there(signs, current):
    streak = streak_of(signs)
    side = 1 if current > 0 else -1
    ended, still_open = finished_and_open(streak, side)
    reached = [length for length in ended if current and length >= abs(current)]
    found = outlook(streak, current)
    assert found.streak == current
    assert found.ended == len(reached)
    assert found.n == len(reached) + bool(current and still_open > abs(current))
    assert found.continued == found.n - reached.count(abs(current))
    further = [length - abs(current) for length in reached]
    expected = np.mean(further) if further else np.nan
    np.testing.assert_allclose(found.mean_further, expected, rtol=1e-12)


def test_outlook_after_a_tie_is_undefined():
    found = outlook(streak_of([1, 0, 1, 0]), 0)
    assert (found.n, found.continued, found.ended) == (0, 0, 0)
    assert np.isnan([found.probability, found.low, found.high, found.mean_further]).all()


def test_outlook_of_a_streak_under_way_at_the_beginning():
    found = outlook(np.array([4.0, 5.0, -1.0, 1.0, 2.0, -1.0]), 2)
    assert (found.n, found.continued, found.ended, found.mean_further) == (1, 0, 1, 0.0)


# --- all of them


def test_results_are_plain_and_frozen_and_inputs_stay():
    streak = streak_of([1, 1, -1, 0, 1, -1, -1, -1])
    before = streak.copy()
    streak.setflags(write=False)
    rows = [*continuation(streak), *survival(streak), outlook(streak, 1)]
    np.testing.assert_array_equal(streak, before)
    for row in rows:
        assert {type(value) for value in dataclasses.asdict(row).values()} == {int, float}
        with pytest.raises(dataclasses.FrozenInstanceError):
            row.streak = 0


def test_a_long_streak_is_no_burden():
    rows = survival(np.arange(1.0, 3001.0))
    assert len(rows) == 3000
    assert [row.survival for row in rows[:-1]] == [1.0] * 2999
    assert np.isnan(rows[-1].survival)

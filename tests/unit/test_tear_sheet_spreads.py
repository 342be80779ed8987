"""Histograms, holding lengths, and the long streaks as spans."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.streak_study.runs import run_lengths
from engine.evaluation.tear_sheet.distribution import histogram, length_counts
from engine.evaluation.tear_sheet.streak_spans import streak_spans
from engine.signals.streaks import signed_run_lengths

NAN = float("nan")


def test_shares_are_those_numpy_counts_and_what_lies_outside_is_at_the_ends():
    rng = np.random.default_rng(2)
    returns = {"rule": rng.normal(0, 0.01, 4000), "core": rng.normal(0, 0.02, 4000)}
    found = histogram(returns)
    every = np.abs(np.concatenate([returns["rule"], returns["core"]]))
    assert found.edges[-1] == pytest.approx(np.percentile(every, 99.5))
    assert found.edges[0] == -found.edges[-1]
    for name, values in returns.items():
        counts, _ = np.histogram(values, found.edges)
        np.testing.assert_allclose(found.shares[name][1:-1], counts[1:-1] / 4000)
        assert found.shares[name].sum() == pytest.approx(1.0, rel=1e-12)
        assert found.outside[name] == np.mean(np.abs(values) > found.edges[-1])
    assert found.outside["core"] > 0.005 > found.outside["rule"]


def test_undefined_returns_are_left_out():
    found = histogram({"rule": np.array([0.01, NAN, -0.01]), "core": np.array([NAN])})
    assert found.shares.keys() == {"rule"}
    assert found.shares["rule"].sum() == 1.0


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [NAN]])
def test_without_movement_there_is_no_histogram(values):
    assert histogram({"rule": np.array(values)}) is None


def test_every_length_up_to_the_longest_is_counted():
    lengths, counts = length_counts(np.array([3.0, 1.0, 3.0]))
    assert lengths.tolist() == [1, 2, 3]
    assert counts.tolist() == [1, 0, 2]
    nothing = length_counts(np.array([]))
    assert [part.tolist() for part in nothing] == [[], []]


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), max_size=60), st.integers(1, 6))
def test_spans_are_the_runs_that_are_long_enough(moves, shortest):
    streak = signed_run_lengths(np.array(moves))
    spans = streak_spans(streak, shortest)
    for side in (1.0, -1.0):
        wins = np.array(moves) == side
        expected = [n for n in run_lengths(wins).tolist() if n >= shortest]
        assert [abs(s.length) for s in spans if s.length * side > 0] == expected
        for span in spans:
            if span.length * side > 0:
                assert wins[span.first : span.last + 1].all()
                assert span.last - span.first + 1 == abs(span.length)
    assert sorted(spans) == list(spans)


def test_a_streak_from_before_the_first_session_starts_there():
    streak = np.array([4.0, 5.0, 6.0, -1.0, NAN])
    assert [tuple(span) for span in streak_spans(streak, 5)] == [(0, 2, 6)]
    assert streak_spans(np.array([NAN, NAN]), 1) == ()
    assert streak_spans(np.array([]), 1) == ()

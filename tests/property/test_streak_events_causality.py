"""No event and no forward return sees more than it may, whatever the market."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from panels import panel_of, panels, walk

from engine.evaluation.streak_study.event_inference import shifted_differences
from engine.evaluation.streak_study.events import KINDS, event_study, events_of, forward_returns
from engine.signals.streaks import outperformance_streak

LENGTHS = st.sampled_from([-4, -3, -2, -1, 1, 2, 3, 4])
SEEDS = st.integers(0, 2**32 - 1)


def streak_of(panel):
    return outperformance_streak(panel.core.close, panel.satellite.close)


def rebuilt(panel, opens, closes):
    return panel_of(*closes, opens=opens, start_index=panel.start_index)


def prices(panel):
    """Return opens and closes of core and satellite, as copies."""
    bars = (panel.core, panel.satellite)
    return [b.open.copy() for b in bars], [b.close.copy() for b in bars]


def with_another_future(panel, last, seed):
    """Return the panel with every price after session `last` replaced by a fresh random path."""
    rng = np.random.default_rng(seed)
    opens, closes = prices(panel)
    for one in (*opens, *closes):
        one[last + 1 :] = walk(rng, len(one) - last - 1)
    return rebuilt(panel, opens, closes)


@given(panels(), SEEDS, st.data(), LENGTHS, st.sampled_from(KINDS))
def test_an_event_is_known_at_its_close(panel, seed, data, k, kind):
    last = data.draw(st.integers(1, len(panel) - 1))
    streak = streak_of(panel)
    known = events_of(streak, k, kind)
    known = known[known <= last].tolist()
    assert events_of(streak[: last + 1], k, kind).tolist() == known
    other = events_of(streak_of(with_another_future(panel, last, seed)), k, kind)
    assert other[other <= last].tolist() == known


@given(panels(), SEEDS, st.data(), st.integers(1, 12))
def test_a_forward_return_ends_at_its_horizon(panel, seed, data, horizon):
    last = data.draw(st.integers(1, len(panel) - 1))
    valued = max(last - horizon + 1 - panel.start_index, 0)  # sessions whose window is over by then
    one = forward_returns(panel, horizon)
    other = forward_returns(with_another_future(panel, last, seed), horizon)
    assert one.shape == other.shape
    np.testing.assert_array_equal(one[:, :valued], other[:, :valued])


@given(panels(), SEEDS, st.data(), st.integers(1, 12))
def test_a_forward_return_begins_at_the_next_open(panel, seed, data, horizon):
    """Nothing up to the close of the event's own session is part of it."""
    event = data.draw(st.integers(panel.start_index, len(panel) - 1))
    rng = np.random.default_rng(seed)
    opens, closes = prices(panel)
    for one in (*opens, *closes):
        one[: event + 1] = walk(rng, event + 1)
    other = forward_returns(rebuilt(panel, opens, closes), horizon)
    one = forward_returns(panel, horizon)
    since = event - panel.start_index
    np.testing.assert_array_equal(one[:, since:], other[:, since:])


@given(panels(least=40), st.data())
def test_as_of_an_evening_only_whole_horizons_count(panel, data):
    """Cutting the panel at a session leaves the events valued by then, and no other."""
    last = data.draw(st.integers(panel.start_index + 1, len(panel) - 1))
    opens, closes = prices(panel)
    cut = rebuilt(panel, [o[: last + 1] for o in opens], [c[: last + 1] for c in closes])
    known = event_study(cut, streak_of(cut), (1, 2), (1, 4), resamples=2)
    streak = streak_of(panel)
    for row in known:
        k = row.k if row.side == "winning" else -row.k
        events = events_of(streak, k, row.kind)
        events = events[(events >= panel.start_index) & (events <= last)]
        assert row.n_events == np.sum(events + row.horizon <= last)
        assert row.n_events + row.n_unfinished == len(events)
        assert row.n_non_overlapping <= row.n_events


@given(panels(), LENGTHS)
def test_every_long_streak_is_reached_once_and_then_ended_once(panel, k):
    streak = streak_of(panel)
    reached, ended = events_of(streak, k, "reached"), events_of(streak, k, "ended")
    assert len(reached) - len(ended) in {0, 1}
    np.testing.assert_array_less(reached[: len(ended)], ended)
    np.testing.assert_array_less(ended[: len(reached) - 1], reached[1:])
    is_long = np.abs(np.nan_to_num(streak)) >= abs(k)
    assert len(reached) == np.sum(is_long & (np.sign(streak) == np.sign(k)) & (streak == k))


@given(st.integers(2, 60), SEEDS)
def test_all_shifts_together_cancel(n, seed):
    """Over a whole turn, every event meets every session once."""
    rng = np.random.default_rng(seed)
    occurred = rng.random((2, n)) < 0.3
    occurred[:, 0] = True
    shifted = shifted_differences(occurred, rng.normal(0.0, 1.0, (1, n)))
    np.testing.assert_allclose(shifted.sum(axis=2), 0.0, atol=1e-12)

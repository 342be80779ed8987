"""The event study: which sessions are events, what followed them, and what is made of it."""

import math
import time
from collections import Counter
from itertools import product

import numpy as np
import pytest
from panels import panel_of, random_panel

from engine.evaluation.streak_study.event_inference import shift_p_values
from engine.evaluation.streak_study.events import (
    HORIZONS,
    KINDS,
    SERIES,
    event_study,
    events_of,
    forward_returns,
)
from engine.signals.streaks import outperformance_streak

COUNT = np.array([np.nan, 1, 2, 3, -1, -2, 1, 2, 0, 1, 2, 3, 4, -1, -2, -3, 1, 2])


def streak_of(panel):
    return outperformance_streak(panel.core.close, panel.satellite.close)


def study(panel, ks=(1, 2, 3), horizons=(1, 3, 10), **how):
    return event_study(panel, streak_of(panel), ks, horizons, **{"resamples": 50, **how})


def cell(rows, **wanted):
    (row,) = (r for r in rows if all(getattr(r, name) == v for name, v in wanted.items()))
    return row


def market_with_memory(boost, n=6600, seed=0, length=3, lasts=5):
    """Return a panel whose satellite drifts by `boost` a session after streaks of ±`length`."""
    rng = np.random.default_rng(seed)
    core, noise = rng.normal(0.0, 0.01, (2, n))
    relative, count, left, side = noise.copy(), 0, 0, 0
    for t in range(n):
        if left:
            relative[t] += side * boost
            left -= 1
        sign = 1 if relative[t] > 0 else -1
        count = count + sign if count * sign > 0 else sign
        if abs(count) == length:
            left, side = lasts, sign
    closes = [100.0 * np.cumprod(1.0 + returns) for returns in (core, core + relative)]
    opens = [np.concatenate([close[:1], close[:-1]]) for close in closes]
    return panel_of(*closes, opens=opens)


@pytest.mark.parametrize(
    ("k", "kind", "sessions"),
    [
        (1, "reached", [1, 6, 9, 16]),
        (2, "reached", [2, 7, 10, 17]),
        (3, "reached", [3, 11]),
        (4, "reached", [12]),
        (5, "reached", []),
        (-1, "reached", [4, 13]),
        (-3, "reached", [15]),
        (1, "ended", [4, 8, 13]),  # the one still open at the end has not ended
        (2, "ended", [4, 8, 13]),
        (3, "ended", [4, 13]),
        (4, "ended", [13]),
        (-1, "ended", [6, 16]),
        (-3, "ended", [16]),
    ],
)
def test_events_by_hand(k, kind, sessions):
    assert events_of(COUNT, k, kind).tolist() == sessions


def test_a_tie_ends_a_streak():
    assert events_of(np.array([np.nan, -1.0, -2.0, 0.0, -1.0]), -2, "ended").tolist() == [3]


def test_what_is_not_known_ends_nothing():
    assert events_of(np.array([1.0, 2.0, np.nan, 1.0]), 2, "ended").tolist() == []


@pytest.mark.parametrize(("k", "kind"), [(0, "reached"), (3, "broken")])
def test_unknown_events_are_refused(k, kind):
    with pytest.raises(ValueError, match=r"no event is of length .*reached.*ended"):
        events_of(COUNT, k, kind)


def test_forward_returns_run_from_the_next_open():
    opens = ([10.0, 11.0, 12.0, 13.0], [20.0, 40.0, 50.0, 80.0])
    panel = panel_of([10.5, 11.5, 12.5, 26.0], [30.0, 44.0, 75.0, 100.0], opens=opens)
    core = [11.5 / 11 - 1, 12.5 / 12 - 1, 1.0]
    satellite = [44 / 40 - 1, 0.5, 0.25]
    one = forward_returns(panel, 1)
    np.testing.assert_allclose(one, [satellite, core, np.subtract(satellite, core)], rtol=1e-15)
    np.testing.assert_allclose(forward_returns(panel, 3)[:2, 0], [100 / 40 - 1, 26 / 11 - 1])
    assert forward_returns(panel, 4).shape == (3, 0)
    for beyond in (5, 6, 7, 9, 252):  # however much longer than the history
        assert forward_returns(panel, beyond).shape == (3, 0)


def test_forward_returns_begin_where_the_study_does():
    late, early = random_panel(5, 40, start_index=12), random_panel(5, 40)
    np.testing.assert_array_equal(forward_returns(late, 7), forward_returns(early, 7)[:, 12:])


def naive_events(streak, k, sign, kind, start):
    """Return event sessions by walking over runs, one session at a time."""
    found, run = [], 0
    for e in range(len(streak)):
        goes_on = not math.isnan(streak[e]) and streak[e] * sign > 0
        before, run = run, run + 1 if goes_on else 0
        is_event = run == k if kind == "reached" else before >= k and run == 0
        if is_event and e >= start:
            found.append(e)
    return found


@pytest.mark.parametrize("start", [0, 17])
def test_the_figures_of_every_cell_against_naive_loops(start):
    panel = random_panel(3, 120, start_index=start)
    streak, n = streak_of(panel), len(panel)
    rows = study(panel)
    cells = product((1, -1), KINDS, (1, 2, 3), (1, 3, 10), SERIES)
    for row, (sign, kind, k, h, series) in zip(rows, cells, strict=True):
        assert (row.side == "winning") == (sign == 1)
        assert (row.kind, row.k, row.horizon, row.series) == (kind, k, h, series)

        def earned(e, h=h, series=series):
            one, two = (b.close[e + h] / b.open[e + 1] - 1 for b in (panel.satellite, panel.core))
            return {"satellite": one, "core": two, "difference": one - two}[series]

        events = naive_events(streak, k, sign, kind, start)
        whole = [e for e in events if e + h < n]
        apart = whole[:1]
        for e in whole:
            if e - apart[-1] >= h:
                apart.append(e)
        after = [earned(e) for e in whole]
        usual = [earned(e) for e in range(start, n - h)]
        assert (row.n_events, row.n_unfinished) == (len(whole), len(events) - len(whole))
        assert row.n_non_overlapping == len(apart)
        expected = [np.mean(after), np.median(after), np.mean(np.array(after) > 0)]
        expected += [np.mean(usual), np.median(usual), np.mean(np.array(usual) > 0)]
        expected += [np.mean(after) - np.mean(usual)]
        found = [row.mean, row.median, row.hit_rate, row.any_mean, row.any_median]
        found += [row.any_hit_rate, row.difference]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-16)
    assert sum(row.n_unfinished for row in rows) > 0


def test_a_streak_that_began_in_the_warm_up_counts():
    core = np.full(12, 100.0)
    satellite = np.array([100, 101, 102, 103, 104, 103, 102, 103, 102, 103, 102, 103.0])
    panel = panel_of(core, satellite, start_index=4)  # four in a row at session 4, broken at 5
    rows = study(panel, ks=(3, 4), horizons=(1,))
    reached = {"side": "winning", "kind": "reached", "series": "satellite"}
    assert cell(rows, **reached, k=3).n_events == 0
    assert cell(rows, **reached, k=4).n_events == 1
    assert cell(rows, **(reached | {"kind": "ended"}), k=4).n_events == 1


def test_too_few_events_are_not_tested_and_do_not_count():
    panel = random_panel(11, 400)
    rows = study(panel, ks=(1, 2, 8, 300), horizons=(1, 21, 390))
    few = [row for row in rows if row.n_non_overlapping < 5]
    tested = [row for row in rows if row.n_non_overlapping >= 5]
    assert min(len(few), len(tested)) > 20
    for row in few:
        assert row.verdict == "too few events"
        assert np.isnan([row.low, row.high, row.p_value, row.p_holm]).all()
    least = min(tested, key=lambda row: row.p_value)
    assert least.p_holm == min(1.0, least.p_value * len(tested))
    for row in tested:
        assert row.verdict == "indistinguishable"
        assert row.low < row.difference < row.high
        assert 0 < row.p_value <= row.p_holm <= 1


def test_no_event_leaves_nothing_but_what_is_usual():
    row = cell(study(random_panel(1, 60), ks=(50,), horizons=(1,)), side="losing", kind="ended",
               series="core")  # fmt: skip
    assert (row.n_events, row.n_unfinished, row.n_non_overlapping) == (0, 0, 0)
    assert np.isnan([row.mean, row.median, row.hit_rate, row.difference]).all()
    assert math.isfinite(row.any_mean)


def test_a_horizon_longer_than_the_data_leaves_nothing():
    for row in study(random_panel(1, 30), ks=(1,), horizons=(30, 500)):
        assert row.n_events == 0 < row.n_unfinished
        assert np.isnan([row.mean, row.any_mean, row.any_hit_rate, row.difference]).all()
        assert row.verdict == "too few events"


def test_prices_that_never_move_give_no_p_value():
    n = 80
    count = np.where(np.arange(n) % 2, -1.0, 1.0)
    rows = event_study(panel_of(np.full(n, 7.0), np.full(n, 9.0)), count, (1,), (1, 5))
    assert all(row.n_non_overlapping >= 5 for row in rows)
    assert all(math.isnan(row.p_value) for row in rows)
    assert {row.verdict for row in rows} == {"indistinguishable"}


@pytest.mark.parametrize(
    ("boost", "verdict"),
    [(0.004, "continuation"), (-0.004, "reversal"), (0.0, "indistinguishable")],
)
def test_a_planted_memory_is_found_among_hundreds_of_cells(boost, verdict):
    rows = study(market_with_memory(boost), (3, 5, 7, 10, 13), HORIZONS, resamples=300)
    assert len(rows) == 420
    for side in ("winning", "losing"):
        planted = cell(rows, side=side, kind="reached", k=3, horizon=5, series="difference")
        assert planted.verdict == verdict
        assert (planted.low > 0 or planted.high < 0) == (boost != 0.0)
        sign = 1 if side == "winning" else -1
        if boost:
            assert planted.p_value < 1e-4 < 0.05 / 252  # beyond what a share of shifts resolves
            assert planted.difference == pytest.approx(5 * sign * boost, rel=0.3)
    verdicts = Counter(row.verdict for row in rows if row.series == "core")
    assert set(verdicts) == {"indistinguishable", "too few events"}


def test_the_level_decides():
    panel = market_with_memory(0.002, n=2500)
    where = {"side": "winning", "kind": "reached", "series": "difference"}
    cells = [
        cell(study(panel, ks=(3,), horizons=(5,), significance=level), **where)
        for level in (0.999, 1e-12)
    ]
    assert [row.verdict for row in cells] == ["continuation", "indistinguishable"]
    assert cells[0].p_holm == cells[1].p_holm


def test_the_number_of_events_that_is_enough_can_be_set():
    panel = random_panel(2, 300)
    rows = study(panel, ks=(3,), horizons=(10,), minimum_events=15)
    counts = {row.n_non_overlapping for row in rows}
    assert min(counts) < 15 in counts
    for row in rows:
        assert (row.verdict == "too few events") == (row.n_non_overlapping < 15)
        assert math.isnan(row.p_value) == (row.n_non_overlapping < 15)


@pytest.mark.parametrize(("kind", "left_out"), [("reached", 3 + 5 - 1), ("ended", 4 + 5 - 1)])
def test_shifts_whose_windows_would_hold_the_streak_are_left_out(kind, left_out):
    panel = random_panel(12, 400)
    forward = forward_returns(panel, 5)
    events = events_of(streak_of(panel), 3, kind)
    for earlier in (left_out, left_out + 1):  # the last to see a session of the streak, and not
        first_window = np.arange(events[0] + 1, events[0] + 6) - earlier
        made_of = np.arange(events[0] - (3 if kind == "ended" else 2), events[0] + 1)
        assert bool(set(first_window) & set(made_of)) == (earlier == left_out)
    calendar = np.zeros((1, forward.shape[1]), dtype=bool)
    calendar[0, events[events < forward.shape[1]]] = True
    expected = shift_p_values(calendar, forward, np.array([left_out]))[0]
    assert not np.isclose(expected, shift_p_values(calendar, forward, np.array([0]))[0]).any()
    rows = [r for r in study(panel, (3,), (5,)) if (r.side, r.kind) == ("winning", kind)]
    np.testing.assert_allclose([row.p_value for row in rows], expected, rtol=1e-9)


def test_same_input_same_rows_whatever_is_computed_beside():
    panel = random_panel(4, 500)
    streak = streak_of(panel)
    given = streak.tobytes()
    rows = event_study(panel, streak, (2, 3, 4), (5, 1, 21), resamples=80, seed=9)
    assert repr(event_study(panel, streak, (2, 3, 4), (5, 1, 21), resamples=80, seed=9)) == repr(
        rows
    )
    assert streak.tobytes() == given
    alone = event_study(panel, streak, (3,), (5,), resamples=80, seed=9)
    for row in alone:
        where = {n: getattr(row, n) for n in ("side", "kind", "k", "horizon", "series")}
        beside = cell(rows, **where)
        assert (row.low, row.high) == (beside.low, beside.high)
        assert row.p_value == pytest.approx(beside.p_value, rel=1e-9)
    other = event_study(panel, streak, (3,), (5,), resamples=80, seed=10)
    assert [(r.low, r.p_value) for r in other] != [(r.low, r.p_value) for r in alone]
    assert [r.p_value for r in other] == [r.p_value for r in alone]


def test_the_unit_of_prices_does_not_matter():
    panel = random_panel(6, 300)
    bars = (panel.core, panel.satellite)
    scaled = panel_of(*(8.0 * b.close for b in bars), opens=[8.0 * b.open for b in bars])
    streak = streak_of(panel)
    rows = [event_study(p, streak, (2,), (1, 5), resamples=30) for p in (panel, scaled)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"streak": np.zeros(7)}, r"streak has shape \(7,\); \(60,\) fits the panel"),
        ({"ks": ()}, r"ks are \(\); distinct lengths of 1 or more"),
        ({"ks": (3, 3)}, r"ks are \(3, 3\)"),
        ({"ks": (-3,)}, r"ks are \(-3,\)"),
        ({"horizons": (0, 1)}, r"horizons are \(0, 1\)"),
        ({"resamples": 0}, "resamples is 0; at least 1"),
        ({"minimum_events": 1}, "minimum_events is 1; at least 2"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    panel = random_panel(0, 60)
    how = {"streak": streak_of(panel), "ks": (3,), "horizons": (1,)} | change
    with pytest.raises(ValueError, match=message):
        event_study(panel, **how)


def test_the_full_study_is_quick():
    panel = random_panel(8, 6600)
    begun = time.process_time()
    rows = study(panel, (3, 5, 7, 10, 13), HORIZONS, resamples=2000)
    assert time.process_time() - begun < 4.0
    assert len(rows) == 420

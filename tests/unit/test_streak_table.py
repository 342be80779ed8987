"""The table of streaks: against a session-by-session reference, and values worked out by hand."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panels import panel_of, panels, random_panel

from engine.errors import UsageError
from engine.evaluation.metrics import to_json_value
from engine.evaluation.streak_study.character import CharacterRules
from engine.evaluation.streak_study.table import (
    KINDS,
    current_streak,
    longest,
    select,
    streak_table,
)
from engine.market.panel import Bars, PricePanel
from engine.signals.rsi import wilder_rsi


def panel_from(satellite, core=None, start_index=0):
    """Return a panel from returns of each session after the first (fractions)."""
    core = [0.0] * len(satellite) if core is None else core
    closes = [100.0 * np.cumprod([1.0, *(1.0 + np.array(r))]) for r in (core, satellite)]
    return panel_of(*closes, start_index=start_index)


def signs(text, size=0.01):
    """Return returns from a text of + - 0."""
    return [size * {"+": 1, "-": -1, "0": 0}[letter] for letter in text]


def cut(panel, n):
    def bars(of):
        return Bars(of.symbol, of.open[:n], of.high[:n], of.low[:n], of.close[:n], of.volume[:n])

    start = min(panel.start_index, n - 2)
    return PricePanel(panel.sessions[:n], bars(panel.core), bars(panel.satellite), start)


def reference(panel, kind):
    """Return (start, end) of every run that ends from start_index on, one session at a time."""
    core, satellite = panel.core.close, panel.satellite.close
    runs, start = [], None
    for t in range(1, len(panel) + 1):
        counts = False
        if t < len(panel):
            own = {"s": satellite[t] / satellite[t - 1] - 1, "c": core[t] / core[t - 1] - 1}
            move = {
                "outperformance": own["s"] - own["c"],
                "underperformance": -(own["s"] - own["c"]),
                "satellite_up": own["s"],
                "satellite_down": -own["s"],
                "core_up": own["c"],
                "core_down": -own["c"],
            }[kind]
            counts = move > 1e-12
        if counts and start is None:
            start = t
        if not counts and start is not None:
            runs.append((start, t - 1))
            start = None
    return [run for run in runs if run[1] >= panel.start_index]


@given(panels(), st.sampled_from(KINDS))
def test_runs_are_those_found_one_session_at_a_time(panel, kind):
    table = streak_table(panel, kind)
    assert [(s.start_index, s.end_index) for s in table] == reference(panel, kind)
    for s in table:
        assert s.kind == kind
        assert s.length == s.end_index - s.start_index + 1
        assert (s.start, s.end) == tuple(panel.sessions[[s.start_index, s.end_index]])
        assert s.open == (s.end_index == len(panel) - 1)
        assert s.start_unknown == (s.start_index == 1)
        assert 0 < s.largest_share <= 1


@given(panels(), st.sampled_from(KINDS))
def test_order_within_the_table(panel, kind):
    table = streak_table(panel, kind)
    sign = -1 if kind == "underperformance" else 1
    for i, s in enumerate(table):
        assert s.rank_by_length == 1 + sum(o.length > s.length for o in table)
        better = sum(sign * o.outperformance > sign * s.outperformance for o in table)
        assert s.rank_by_outperformance == 1 + better
        as_long = [o.end_index for o in table[:i] if o.length >= s.length]
        expected = s.start_index - as_long[-1] if as_long else math.nan
        np.testing.assert_equal(s.sessions_since_as_long, expected)


def test_figures_by_hand():
    panel = panel_from([-0.01, 0.03, 0.02, -0.01, -0.05], [0.0, 0.01, 0.01, -0.02, 0.0])
    (streak,) = streak_table(panel, "outperformance")
    assert (streak.start_index, streak.end_index, streak.length) == (2, 4, 3)
    assert not streak.open
    assert streak.mean_bps == pytest.approx((200 + 100 + 100) / 3)
    assert streak.satellite_return == pytest.approx(1.03 * 1.02 * 0.99 - 1)
    assert streak.core_return == pytest.approx(1.01 * 1.01 * 0.98 - 1)
    assert streak.outperformance == streak.satellite_return - streak.core_return
    assert streak.largest_share == pytest.approx(0.5)
    assert (streak.rank_by_length, streak.rank_by_outperformance) == (1, 1)
    assert math.isnan(streak.sessions_since_as_long)


def test_an_asset_s_own_streak_counts_its_own_returns():
    panel = panel_from([0.01, -0.03, -0.01, 0.02], [0.01, 0.01, 0.01, -0.02])
    (down,) = streak_table(panel, "satellite_down")
    assert (down.start_index, down.length) == (2, 2)
    assert down.mean_bps == pytest.approx(-200)
    assert down.largest_share == pytest.approx(0.75)
    assert down.outperformance == pytest.approx(0.97 * 0.99 - 1.01**2)
    (up,) = streak_table(panel, "core_up")
    assert (up.start_index, up.length, up.mean_bps) == (1, 3, pytest.approx(100))
    (fell,) = streak_table(panel, "core_down")
    assert (fell.length, fell.open, fell.mean_bps) == (1, True, pytest.approx(-200))


def test_trailing_has_negative_figures_and_ranks_the_worst_first():
    panel = panel_from([-0.01, -0.01, 0.02, -0.05, 0.01])
    shallow, deep = streak_table(panel, "underperformance")
    assert (shallow.mean_bps, deep.mean_bps) == (pytest.approx(-100), pytest.approx(-500))
    assert (shallow.rank_by_outperformance, deep.rank_by_outperformance) == (2, 1)
    assert (shallow.rank_by_length, deep.rank_by_length) == (1, 2)


def test_a_tie_breaks_a_streak():
    table = streak_table(panel_from(signs("++0++-")), "outperformance")
    assert [(s.start_index, s.end_index) for s in table] == [(1, 2), (4, 5)]


def test_equal_lengths_share_the_smallest_rank():
    table = streak_table(panel_from(signs("++-+-++-")), "outperformance")
    assert [s.rank_by_length for s in table] == [1, 3, 1]
    assert [str(s.sessions_since_as_long) for s in table] == ["nan", "2.0", "4.0"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [(3, [(2, 4), (6, 6)]), (4, [(2, 4), (6, 6)]), (5, [(6, 6)])],
)
def test_a_streak_under_way_at_the_start_is_taken_whole(start, expected):
    panel = panel_from(signs("-+++-+-"), start_index=start)
    table = streak_table(panel, "outperformance")
    assert [(s.start_index, s.end_index) for s in table] == expected
    assert not any(s.start_unknown for s in table)
    if len(expected) == 2:
        assert table[0].satellite_return == pytest.approx(1.01**3 - 1)


def test_what_ended_before_the_start_does_not_rank():
    panel = panel_from(signs("+++++-++-"), start_index=7)
    (streak,) = streak_table(panel, "outperformance")
    assert streak.rank_by_length == 1
    assert math.isnan(streak.sessions_since_as_long)


def test_the_first_return_of_the_data_may_belong_to_an_older_streak():
    first, second = streak_table(panel_from(signs("++-+-")), "outperformance")
    assert (first.start_unknown, second.start_unknown) == (True, False)


def test_rsi_is_that_of_the_satellite_at_the_end_on_everything_loaded():
    panel = random_panel(4, 80, start_index=40)
    expected = wilder_rsi(panel.satellite.close, 14)
    table = streak_table(panel, "core_up")
    assert len(table) > 5
    assert [s.rsi for s in table] == [expected[s.end_index] for s in table]
    early = streak_table(random_panel(4, 80), "core_up")[0]
    assert early.end_index < 14
    assert math.isnan(early.rsi)


def test_character_speaks_of_the_end_of_the_streak():
    panel = random_panel(9, 60)
    vix = np.linspace(10.0, 40.0, 60)
    rules = CharacterRules(rate_lookback=2)
    table = streak_table(panel, "outperformance", rules, vix=vix, fed_funds=vix / 100)
    for s in table:
        level = vix[s.end_index]
        expected = "calm" if level < 15 else "stressed" if level >= 25 else "normal"
        assert s.character.vix == expected
        assert s.character.rate == (None if s.end_index < 3 else "higher")
        up, core_up = s.satellite_return > 0, s.core_return >= 0
        expected = "risk-on" if up and core_up else "mixed" if up or core_up else "defensive"
        assert s.character.tag == expected
    assert {s.character.tag for s in table} == {"risk-on", "mixed", "defensive"}
    wide = streak_table(panel, "outperformance", CharacterRules(flat=0.99))
    assert {s.character.tag for s in wide} == {"mixed"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_said_of_an_ended_streak_stays(kind):
    """As of an earlier session, all but ranks is what it is in the full table."""
    panel = random_panel(5, 400)
    vix, rates = np.random.default_rng(1).uniform((10, 0), (30, 0.05), (400, 2)).T
    table = streak_table(panel, kind, vix=vix, fed_funds=rates)

    def unranked(streaks):
        """A row's text: NaN is not equal to itself."""
        return [repr(replace(s, rank_by_length=0, rank_by_outperformance=0)) for s in streaks]

    for n in (2, 3, 57, 300, 301, 302, 399):
        earlier = streak_table(cut(panel, n), kind, vix=vix[:n], fed_funds=rates[:n])
        ended = [s for s in earlier if not s.open]
        assert unranked(ended) == unranked(s for s in table if s.end_index < n - 1)
        under_way = [s for s in table if s.start_index < n <= s.end_index + 1]
        assert [s.start_index for s in earlier if s.open] == [s.start_index for s in under_way]


@pytest.mark.parametrize(
    ("moves", "length"), [("-++", 2), ("++-", None), ("++0", None), ("+-+", 1), ("00", None)]
)
def test_current_streak(moves, length):
    streak = current_streak(streak_table(panel_from(signs(moves)), "outperformance"))
    assert (streak and streak.length) == length


def test_current_streak_of_the_other_side():
    table = streak_table(panel_from(signs("++--")), "underperformance")
    assert current_streak(table).length == 2
    assert current_streak(table).open


def test_select_gives_the_longest_first_and_equals_in_order_of_time():
    table = streak_table(panel_from(signs("++-+-+++-++-+")), "outperformance")
    assert [s.start_index for s in select(table)] == [6, 1, 10, 4, 13]
    assert [s.start_index for s in select(table, min_length=2)] == [6, 1, 10]
    assert [s.start_index for s in select(table, top=2)] == [6, 1]
    assert [s.start_index for s in select(table, min_length=2, top=9)] == [6, 1, 10]
    assert select(table, min_length=4) == ()


@pytest.mark.parametrize("wrong", [{"top": 0}, {"top": -1}, {"min_length": 0}])
def test_select_refuses_numbers_below_one(wrong):
    ((name, number),) = wrong.items()
    with pytest.raises(UsageError, match=f"^{name} is {number}; it must be at least 1$"):
        select((), **wrong)


def test_all_the_longest_are_named():
    table = streak_table(panel_from(signs("++-+-++-")), "outperformance")
    assert [s.start_index for s in longest(table)] == [1, 6]
    assert longest(()) == ()


def test_no_streak_at_all():
    panel = panel_from(signs("000"))
    assert [streak_table(panel, kind) for kind in KINDS] == [()] * 6
    assert current_streak(()) is None


def test_an_unknown_kind_is_refused():
    with pytest.raises(UsageError) as caught:
        streak_table(panel_from(signs("+-")), "satelite_up")
    assert str(caught.value) == (
        'no kind of streak "satelite_up" (allowed outperformance, underperformance, satellite_up, '
        'satellite_down, core_up, core_down; did you mean "satellite_up"?)'
    )


def test_a_series_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"vix has shape \(2,\); the panel has \(3,\)"):
        streak_table(panel_from(signs("+-")), "core_up", vix=np.ones(2))


def test_a_row_is_flat_and_fits_json():
    (streak,) = streak_table(panel_from(signs("-+")), "outperformance", vix=np.full(3, 30.0))
    row = to_json_value(streak.as_row())
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert (row["start"], row["end"]) == ("2001-01-04", "2001-01-04")
    assert (row["character"], row["vix_regime"]) == ("risk-on", "stressed")
    assert (row["rate_regime"], row["volatility_regime"], row["rsi"]) == (None, None, None)
    assert {"length", "open", "mean_bps", "satellite_return", "core_return"} <= set(row)

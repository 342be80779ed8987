"""Rarity and continuation of IWM's streaks against SPY, on real prices."""

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation.streak_study.continuation import continuation, outlook, survival
from engine.evaluation.streak_study.rarity import rarity, sentence
from engine.evaluation.streak_study.run_bootstrap import automatic_block_length
from engine.evaluation.streak_study.runs import winning_and_losing
from engine.market.load import load_panel
from engine.signals.streaks import outperformance_streak, simple_returns
from engine.study.models import FileData

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")


def panel_to(end):
    section = FileData(
        source="csv",
        directory=Path(FOLDER),
        core="SPY",
        satellite="IWM",
        price_basis="price",
        end=end,
    )
    return load_panel(section)


@pytest.fixture(scope="module")
def difference():
    panel = panel_to(dt.date(2026, 8, 21))
    return (simple_returns(panel.satellite.close) - simple_returns(panel.core.close))[1:]


@pytest.fixture(scope="module")
def found(difference):
    won, _ = winning_and_losing(difference)
    return rarity(won, block_length=automatic_block_length(difference), seed=20260121)


def test_a_run_of_thirteen_is_a_one_in_three_event(found):
    assert (found.sessions, found.wins, found.longest) == (6597, 3318, 14)
    assert found.win_rate == pytest.approx(0.502956, abs=5e-7)
    by_length = {row.k: row for row in found.rows}
    assert by_length[13].coin_probability == pytest.approx(0.3507, abs=5e-5)
    assert by_length[14].coin_probability == pytest.approx(0.1951, abs=5e-5)
    assert by_length[13].coin_expected == pytest.approx(0.431, abs=5e-4)
    assert [by_length[k].observed for k in (10, 13, 14, 15)] == [3, 2, 1, 0]


def test_the_honest_headline(found):
    assert sentence(found, 1, "SPY", "IWM") == (
        "IWM's longest run of outperformance against SPY is 14 sessions; a coin with the "
        "observed win rate (50.3 %) would give a run at least that long somewhere in 6,597 "
        "sessions with probability 19.5 % (expected number 0.22): not remarkable."
    )


def test_no_model_calls_the_long_runs_strange(found):
    """The sessions behave nearly like a coin, so chain and bootstrap must come out near it."""
    assert abs(found.runs_test.z) < 1.0
    assert found.markov.after_win == pytest.approx(found.markov.after_other, abs=0.02)
    for row in found.rows[:16]:
        assert row.bootstrap_low <= row.observed <= row.bootstrap_high
        assert row.markov_probability == pytest.approx(row.coin_probability, abs=0.03)


def test_the_mirror_has_its_own_coin(difference, found):
    won, lost = winning_and_losing(difference)
    mirror = rarity(lost, block_length=found.block_length, resamples=0)
    assert mirror.wins == np.count_nonzero(difference < 0)
    assert mirror.wins + found.wins + np.count_nonzero(~(won | lost)) == 6597
    assert mirror.longest == 13


def test_an_open_record_has_only_the_older_ones_to_go_by():
    """On the evening of 2026-01-21 a streak of 13 was seen once before, and that one ended."""
    panel = panel_to(dt.date(2026, 1, 21))
    streak = outperformance_streak(panel.core.close, panel.satellite.close)
    assert streak[-1] == 13
    asked = outlook(streak, 13)
    assert (asked.n, asked.continued, asked.ended, asked.mean_further) == (1, 0, 1, 0.0)
    tens = outlook(streak, 10)
    assert (tens.n, tens.continued, tens.ended) == (3, 2, 2)
    assert tens.mean_further == 1.5  # 2003 ended at 10, 2008 at 13
    last = [row for row in survival(streak) if row.streak == 13]
    assert [(row.at_risk, row.ended, row.censored) for row in last] == [(1, 1, 1)]


def test_continuation_keeps_close_to_the_coin(difference):
    panel = panel_to(dt.date(2026, 8, 21))
    rows = continuation(outperformance_streak(panel.core.close, panel.satellite.close))
    often = [row for row in rows if row.n >= 400]
    assert len(often) == 6
    assert sum(row.low <= row.coin <= row.high for row in often) >= 5
    assert rows[0].n + rows[0].coin > 1000
    assert rows[0].coin == np.mean(difference > 0)

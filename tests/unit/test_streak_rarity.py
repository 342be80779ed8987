"""Observed runs beside coin, Markov chain and bootstrap; the sentence that sums them up."""

import dataclasses
import json
import subprocess
import sys
import time
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluation.metrics import to_json_value
from engine.evaluation.streak_study import rarity as module
from engine.evaluation.streak_study.chance import expected_runs, fit_chain, probability_of_run
from engine.evaluation.streak_study.rarity import THRESHOLDS, Rarity, RarityRow, rarity, sentence
from engine.evaluation.streak_study.run_bootstrap import automatic_block_length, resampled_runs
from engine.evaluation.streak_study.runs import run_lengths, runs_test

BOOLS = st.lists(st.booleans(), min_size=1, max_size=60)


def tosses(n, p=0.5, seed=7):
    return np.random.default_rng(seed).random(n) < p


def blocks_of(wins, **changes):
    given_to = {"block_length": 3, "resamples": 50, "seed": 11, **changes}
    return resampled_runs(np.asarray(wins, bool), 20, **given_to)


# --- the bootstrap


def test_resamples_are_counted_as_arch_draws_them():
    from arch.bootstrap import StationaryBootstrap

    wins, depth = tosses(200), 9
    counts = []
    for (drawn,), _ in StationaryBootstrap(5, np.arange(200), seed=3).bootstrap(40):
        lengths = [len([*run]) for won, run in groupby(wins[drawn]) if won]
        counts.append([sum(length >= k for length in lengths) for k in range(1, depth + 1)])
    bands = resampled_runs(wins, depth, block_length=5, resamples=40, seed=3)
    counts = np.array(counts)
    np.testing.assert_allclose(bands.mean, counts.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(bands.low, np.quantile(counts, 0.025, axis=0), rtol=1e-14)
    np.testing.assert_allclose(bands.high, np.quantile(counts, 0.975, axis=0), rtol=1e-14)
    longest_reaches = [(counts[:, k] > 0).mean() for k in range(depth)]
    np.testing.assert_allclose(bands.probability, longest_reaches, rtol=1e-14)


def test_blocks_of_one_session_are_a_coin():
    wins = tosses(300, p=0.6)
    rate = wins.mean()
    bands = blocks_of(wins, block_length=1, resamples=1500)
    for k in range(1, 12):
        expected, probability = expected_runs(300, rate, k), probability_of_run(300, rate, k)
        error = 5 * np.sqrt(max(expected, 0.01) / 1500)
        assert bands.mean[k - 1] == pytest.approx(expected, abs=error)
        assert bands.probability[k - 1] == pytest.approx(probability, abs=0.06)


def test_long_blocks_keep_dependence_and_single_sessions_lose_it():
    alternating = np.arange(400) % 2 == 0
    kept = blocks_of(alternating, block_length=200)
    lost = blocks_of(alternating, block_length=1)
    assert kept.mean[0] > 190  # of 200 runs of one session each
    assert kept.probability[3] == 0.0
    assert lost.mean[0] < 120
    assert lost.probability[3] == 1.0


def test_same_seed_same_bands_and_another_seed_others():
    wins = tosses(150)
    one, again, other = blocks_of(wins), blocks_of(wins), blocks_of(wins, seed=12)
    for name in ("mean", "low", "high", "probability"):
        np.testing.assert_array_equal(getattr(one, name), getattr(again, name))
    assert (one.mean != other.mean).any()


def test_both_sides_are_counted_in_the_same_resamples():
    """Without ties runs of the sides alternate, so their numbers differ by one at most."""
    wins = tosses(80)
    for seed in range(20):
        won = blocks_of(wins, resamples=1, seed=seed).mean[0]
        lost = blocks_of(~wins, resamples=1, seed=seed).mean[0]
        assert abs(won - lost) <= 1


def test_progress_is_told_now_and_then_and_at_the_end():
    told = []
    blocks_of(tosses(20), resamples=250, progress=lambda done, total: told.append((done, total)))
    assert told == [(100, 250), (200, 250), (250, 250)]


def test_no_resamples_leave_the_columns_undefined_and_arch_alone():
    code = (
        "import sys, numpy as np\n"
        "from engine.evaluation.streak_study.rarity import rarity\n"
        "found = rarity(np.array([True, False]), block_length=1, resamples=0)\n"
        "assert np.isnan(found.rows[0].bootstrap_mean), found\n"
        "assert np.isnan(found.rows[0].bootstrap_probability), found\n"
        "heavy = {'arch', 'pandas', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("wins", "changes", "words"),
    [
        ([], {}, "of 0 sessions"),
        ([True], {"block_length": 0}, "blocks of 0"),
        ([True], {"resamples": -1}, "draw -1 resamples"),
    ],
)
def test_a_bootstrap_that_makes_no_sense_is_refused(wins, changes, words):
    with pytest.raises(ValueError, match=words):
        blocks_of(wins, **changes)


# --- the block length


def test_block_length_is_what_politis_and_white_recommend_rounded_up():
    from arch.bootstrap import optimal_block_length

    noise = np.random.default_rng(4).normal(size=2000)
    smooth = np.convolve(noise, np.ones(12), mode="valid")
    recommended = float(optimal_block_length(smooth)["stationary"].iloc[0])
    assert recommended % 1 < 0.5  # so that rounding to the nearest would shorten it
    assert recommended > 10
    found = automatic_block_length(smooth)
    assert found == int(np.ceil(recommended))
    assert automatic_block_length(noise) < found
    assert type(found) is int


@pytest.mark.parametrize("n", [1, 2, 5, 8, 10, 27, 49, 50, 51])
def test_block_length_of_few_sessions(n):
    found = automatic_block_length(np.random.default_rng(n).normal(size=n))
    assert 1 <= found <= n
    if n < 50:
        assert found == round(n ** (1 / 3))


def test_block_length_of_returns_that_never_vary():
    assert automatic_block_length(np.zeros(1000)) == 10
    assert automatic_block_length(np.array([])) == 1


# --- the result


@settings(deadline=None)  # the first example imports arch
@given(BOOLS)
def test_rows_put_the_parts_side_by_side(flags):
    wins = np.array(flags)
    found = rarity(wins, block_length=2, resamples=5, seed=4)
    n, lengths, chain = len(wins), run_lengths(wins), fit_chain(wins)
    longest = int(lengths.max(initial=0))
    assert (found.sessions, found.wins, found.longest) == (n, wins.sum(), longest)
    assert found.win_rate == wins.mean()
    assert [row.k for row in found.rows] == [*range(1, max(longest, 15) + 2)]
    assert (repr(found.markov), repr(found.runs_test)) == (repr(chain), repr(runs_test(wins)))
    assert (found.block_length, found.resamples, found.seed) == (2, 5, 4)
    for row in found.rows:
        assert row.observed == (lengths >= row.k).sum()
        assert row.coin_expected == expected_runs(n, found.win_rate, row.k)
        assert row.coin_probability == probability_of_run(n, found.win_rate, row.k)
        np.testing.assert_equal(row.markov_expected, chain.expected_runs(n, row.k))
        np.testing.assert_equal(row.markov_probability, chain.probability_of_run(n, row.k))
        assert row.bootstrap_low <= row.bootstrap_high
    assert found.rows[-1].observed == 0


def test_bootstrap_columns_belong_to_their_length():
    wins = tosses(120)
    found = rarity(wins, block_length=3, resamples=60, seed=2)
    bands = resampled_runs(wins, len(found.rows), block_length=3, resamples=60, seed=2)
    for name in ("mean", "low", "high", "probability"):
        column = [getattr(row, f"bootstrap_{name}") for row in found.rows]
        assert column == getattr(bands, name).tolist()


def test_the_history_is_left_as_it_was():
    wins = tosses(60)
    before = wins.copy()
    wins.setflags(write=False)
    one = rarity(wins, block_length=2, resamples=5)
    assert one == rarity(wins.tolist(), block_length=2, resamples=5)
    np.testing.assert_array_equal(wins, before)


def test_a_side_that_always_wins_has_no_chain():
    found = rarity(np.ones(20, bool), block_length=2, resamples=5)
    row = found.rows[19]
    assert (row.k, row.observed, row.coin_probability, row.coin_expected) == (20, 1, 1.0, 1.0)
    assert np.isnan([row.markov_expected, row.markov_probability, found.runs_test.z]).all()
    assert found.rows[20].coin_probability == 0.0


def test_no_session_no_rarity():
    with pytest.raises(ValueError, match="0 sessions"):
        rarity(np.array([], dtype=bool), block_length=1)


def test_the_result_is_plain_and_frozen():
    found = rarity(tosses(30), block_length=2, resamples=5)
    record = dataclasses.asdict(found)
    kinds = {type(value) for row in record["rows"] for value in row.values()}
    kinds |= {type(value) for part in ("markov", "runs_test") for value in record[part].values()}
    assert kinds == {int, float}
    assert json.loads(json.dumps(to_json_value(record), allow_nan=False))["sessions"] == 30
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.wins = 0


def test_a_long_history_takes_little_time():
    wins = tosses(6600)
    start = time.process_time()
    rarity(wins, block_length=4, resamples=2000)
    assert time.process_time() - start < 5.0


# --- the sentence


def verdict_on(probability, *, longest=2, expected=0.3, sessions=6597, rate=0.5):
    row = RarityRow(longest, 1, expected, probability, *[np.nan] * 8)
    filler = RarityRow(1, 9, 99.0, 0.99, *[np.nan] * 8)
    return Rarity(
        sessions=sessions,
        wins=1,
        win_rate=rate,
        longest=longest,
        rows=(*[filler] * (longest - 1), row, filler),
        runs_test=runs_test(np.array([True])),
        markov=fit_chain(np.array([True])),
        block_length=1,
        resamples=0,
        seed=1,
    )


def test_the_sentence_tells_probability_from_expected_number():
    found = verdict_on(0.19511, longest=14, expected=0.21697, rate=0.502956)
    assert sentence(found, 1, "SPY", "IWM") == (
        "IWM's longest run of outperformance against SPY is 14 sessions; a coin with the "
        "observed win rate (50.3 %) would give a run at least that long somewhere in 6,597 "
        "sessions with probability 19.5 % (expected number 0.22): not remarkable."
    )


def test_the_sentence_for_the_mirror():
    text = sentence(verdict_on(0.2, rate=0.4, longest=1, sessions=1), -1, "C", "S")
    assert text.startswith("S's longest run of underperformance against C is 1 session; ")
    assert "observed loss rate (40.0 %)" in text
    assert "somewhere in 1 session with" in text


@pytest.mark.parametrize(
    ("probability", "end"),
    [
        (1.0, "probability 100.0 % (expected number 0.30): not remarkable."),
        (0.9995, "probability above 99.9 % (expected number 0.30): not remarkable."),
        (0.1, "probability 10.0 % (expected number 0.30): not remarkable."),
        (0.0999, "probability 10.0 % (expected number 0.30): noteworthy."),
        (0.05, "probability 5.0 % (expected number 0.30): noteworthy."),
        (0.049, "probability 4.9 % (expected number 0.30): remarkable."),
        (0.0004, "probability below 0.1 % (expected number 0.30): remarkable."),
    ],
)
def test_the_words_follow_the_probability(probability, end):
    text = sentence(verdict_on(probability), 1, "C", "S")
    assert text.endswith(end)


@pytest.mark.parametrize(
    ("expected", "words"),
    [(0.004, "number below 0.01)"), (0.005, "number 0.01)"), (1649.4453, "number 1,649.45)")],
)
def test_expected_numbers_are_written_as_numbers(expected, words):
    assert words in sentence(verdict_on(0.5, expected=expected), 1, "C", "S")


def test_the_thresholds_are_said_with_their_figures(monkeypatch):
    assert "remarkable" in THRESHOLDS
    assert "below 5 %" in THRESHOLDS
    assert "below 10 %" in THRESHOLDS
    monkeypatch.setattr(module, "REMARKABLE", 0.5)
    assert sentence(verdict_on(0.4), 1, "C", "S").endswith(": remarkable.")


def test_without_a_run_there_is_nothing_to_judge():
    never = rarity(np.zeros(1200, bool), block_length=1, resamples=0)
    assert sentence(never, 1, "SPY", "IWM") == (
        "IWM never beat SPY in 1,200 sessions: no run to judge."
    )
    assert sentence(never, -1, "SPY", "IWM") == (
        "IWM never trailed SPY in 1,200 sessions: no run to judge."
    )

"""Runs of yes/no sequences, and the chance of long ones: closed forms against enumeration."""

from fractions import Fraction
from itertools import combinations, groupby, pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.streak_study.chance import (
    MarkovChain,
    coin,
    expected_runs,
    fit_chain,
    probability_of_run,
)
from engine.evaluation.streak_study.runs import (
    observed_runs,
    run_lengths,
    runs_at_least,
    runs_test,
    winning_and_losing,
)

RATES = st.floats(0.0, 1.0)
INNER_RATES = st.floats(0.01, 0.99)


def lengths_of(wins):
    return [len([*run]) for won, run in groupby(wins) if won]


# --- runs


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 8))
def test_runs_are_those_a_reader_would_count(flags, k):
    lengths = lengths_of(flags)
    wins = np.array(flags, dtype=bool)
    assert run_lengths(wins).tolist() == lengths
    assert observed_runs(wins, k) == sum(length >= k for length in lengths)
    table = runs_at_least(run_lengths(wins), k)
    assert table.tolist() == [sum(length >= j for length in lengths) for j in range(1, k + 1)]


def test_a_run_of_no_session_is_refused():
    with pytest.raises(ValueError, match="at least 1 session, not 0"):
        observed_runs(np.array([True]), 0)


def test_a_tie_is_neither_won_nor_lost():
    difference = np.array([0.01, 1e-12, -1e-12, 0.0, -0.01, 2e-12, -2e-12])
    before = difference.copy()
    won, lost = winning_and_losing(difference)
    assert won.tolist() == [True, False, False, False, False, True, False]
    assert lost.tolist() == [False, False, False, False, True, False, True]
    np.testing.assert_array_equal(difference, before)


def test_an_unknown_session_is_not_lost():
    with pytest.raises(ValueError, match="without a return"):
        winning_and_losing(np.array([np.nan, 0.01]))


# --- the runs test

# NIST/SEMATECH e-Handbook of Statistical Methods, data set LEW.DAT (beam deflections)
LEW = np.fromstring(
    """
    -213 -564 -35 -15 141 115 -420 -360 203 -338 -431 194 -220 -513 154 -125 -559 92 -21 -579
    -52 99 -543 -175 162 -457 -346 204 -300 -474 164 -107 -572 -8 83 -541 -224 180 -420 -374
    201 -236 -531 83 27 -564 -112 131 -507 -254 199 -311 -495 143 -46 -579 -90 136 -472 -338
    202 -287 -477 169 -124 -568 17 48 -568 -135 162 -430 -422 172 -74 -577 -13 92 -534 -243
    194 -355 -465 156 -81 -578 -64 139 -449 -384 193 -198 -538 110 -44 -577 -6 66 -552 -164
    161 -460 -344 205 -281 -504 134 -28 -576 -118 156 -437 -381 200 -220 -540 83 11 -568 -160
    172 -414 -408 188 -125 -572 -32 139 -492 -321 205 -262 -504 142 -83 -574 0 48 -571 -106
    137 -501 -266 190 -391 -406 194 -186 -553 83 -13 -577 -49 103 -515 -280 201 300 -506 131
    -45 -578 -80 138 -462 -361 201 -211 -554 32 74 -533 -235 187 -372 -442 182 -147 -566 25
    68 -535 -244 194 -351 -463 174 -125 -570 15 72 -550 -190 172 -424 -385 198 -218 -536 96
    """,
    sep=" ",
)


def test_runs_test_of_the_beam_deflections():
    """The handbook gives Z = 2.6938 for runs above and below the median."""
    assert len(LEW) == 200
    found = runs_test(np.median(LEW) < LEW)
    assert found.expected == 101.0
    assert found.z == pytest.approx(2.6938, abs=5e-5)
    assert found.p == pytest.approx(0.00706, abs=5e-6)


@pytest.mark.parametrize(("won", "lost"), [(1, 4), (3, 4), (5, 2), (6, 6)])
def test_runs_test_rests_on_the_mean_and_variance_of_all_orders(won, lost):
    n = won + lost
    orders = np.zeros((0, n), dtype=bool)
    for places in combinations(range(n), won):
        row = np.zeros((1, n), dtype=bool)
        row[0, list(places)] = True
        orders = np.vstack([orders, row])
    runs = np.array([sum(1 for _ in groupby(order)) for order in orders.tolist()])
    for order, count in zip(orders[:50], runs, strict=False):
        found = runs_test(order)
        assert found.runs == count
        assert found.expected == pytest.approx(runs.mean(), rel=1e-12)
        assert found.z == pytest.approx((count - runs.mean()) / runs.std(), rel=1e-12)


def test_p_of_the_runs_test_is_two_sided():
    from scipy.stats import norm

    rng = np.random.default_rng(3)
    for rate in (0.2, 0.5, 0.8):
        found = runs_test(rng.random(500) < rate)
        assert found.p == pytest.approx(2 * norm.sf(abs(found.z)), rel=1e-12)
    assert runs_test(np.arange(40) % 2 == 0).z > 5  # many short runs
    assert runs_test(np.arange(40) < 20).z < -5  # few long ones


@pytest.mark.parametrize("wins", [[True], [False] * 9, [True] * 4, [True, False]])
def test_runs_test_of_what_cannot_vary_is_undefined(wins):
    found = runs_test(np.array(wins))
    assert found.runs == len(set(wins))
    assert np.isnan([found.z, found.p]).all()


def test_runs_test_of_nothing():
    found = runs_test(np.array([], dtype=bool))
    assert found.runs == 0
    assert np.isnan([found.expected, found.z, found.p]).all()


# --- coin and chain


def weigh_all(n, first, after_win, after_other):
    """Yield (probability, run lengths) of every sequence of n sessions."""
    for flags in product([False, True], repeat=n):
        weight = first if flags[0] else 1 - first
        for before, now in pairwise(flags):
            win = after_win if before else after_other
            weight *= win if now else 1 - win
        yield weight, lengths_of(flags)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 11])
@pytest.mark.parametrize(
    ("after_win", "after_other"), [(0.45, 0.45), (0.7, 0.2), (0.1, 0.9), (0.0, 0.6), (0.9, 1.0)]
)
def test_every_sequence_enumerated(n, after_win, after_other):
    first = after_other / (1 - after_win + after_other)
    everything = [*weigh_all(n, first, after_win, after_other)]
    chain = MarkovChain(after_win, after_other)
    assert chain.win_rate == pytest.approx(first, rel=1e-12)
    for k in range(1, n + 2):
        expected = sum(w * sum(length >= k for length in runs) for w, runs in everything)
        probability = sum(w for w, runs in everything if max(runs, default=0) >= k)
        assert chain.expected_runs(n, k) == pytest.approx(expected, rel=1e-11, abs=1e-15)
        assert chain.probability_of_run(n, k) == pytest.approx(probability, rel=1e-11, abs=1e-15)


def test_published_figures():
    assert expected_runs(12, 0.45, 2) == pytest.approx(1.31625, rel=1e-13)
    assert expected_runs(12, 0.45, 3) == pytest.approx(0.54219375, rel=1e-13)
    assert probability_of_run(12, 0.45, 2) == pytest.approx(0.85253576, abs=5e-9)
    assert probability_of_run(12, 0.45, 3) == pytest.approx(0.47792557, abs=5e-9)
    assert probability_of_run(200, 0.5, 7) == pytest.approx(0.543708, abs=5e-7)
    assert expected_runs(200, 0.5, 7) == pytest.approx(0.761719, abs=5e-7)


def embedded_chain(n, k, after_win, after_other):
    """P(longest ≥ k) by a power of the transition matrix of the run length (Fu and Koutras)."""
    step = np.zeros((k + 1, k + 1))
    step[:k, 0] = 1 - after_win
    step[0, 0] = 1 - after_other
    step[range(1, k), range(2, k + 1)] = after_win
    step[0, 1] = after_other
    step[k] = 0.0
    step[k, k] = 1.0
    start = np.zeros(k + 1)
    start[1] = after_other / (1 - after_win + after_other)
    start[0] = 1 - start[1]
    return (start @ np.linalg.matrix_power(step, n - 1))[k]


@pytest.mark.parametrize(("after_win", "after_other"), [(0.5, 0.5), (0.62, 0.41), (0.2, 0.3)])
@pytest.mark.parametrize("k", [1, 4, 13, 30])
def test_long_histories_stay_exact(k, after_win, after_other):
    found = MarkovChain(after_win, after_other).probability_of_run(100_000, k)
    assert found == pytest.approx(embedded_chain(100_000, k, after_win, after_other), rel=1e-9)


def test_tiny_probabilities_keep_their_digits():
    half, n, k = Fraction(1, 2), 300, 60
    reached = [Fraction(0)] * k + [half**k]
    for m in range(k + 1, n + 1):
        reached.append(reached[-1] + half ** (k + 1) * (1 - reached[m - k - 1]))
    assert 0 < reached[-1] < Fraction(1, 10**15)
    assert probability_of_run(n, 0.5, k) == pytest.approx(float(reached[-1]), rel=1e-12)


def test_rounding_never_makes_more_than_certain():
    """The sum of 5,000 terms comes out one step above 1 here."""
    assert probability_of_run(5000, 0.9870497179280261, 3) == 1.0


def test_many_simulated_histories_agree():
    chain, n, k, histories = MarkovChain(0.65, 0.35), 120, 6, 4000
    rng = np.random.default_rng(17)
    wins = np.zeros((histories, n), dtype=bool)
    wins[:, 0] = rng.random(histories) < 0.5
    for t in range(1, n):
        wins[:, t] = rng.random(histories) < np.where(wins[:, t - 1], 0.65, 0.35)
    counts = np.array([observed_runs(row, k) for row in wins])
    expected, probability = chain.expected_runs(n, k), chain.probability_of_run(n, k)
    assert counts.mean() == pytest.approx(expected, abs=5 * counts.std() / histories**0.5)
    assert (counts > 0).mean() == pytest.approx(probability, abs=0.04)


@given(st.integers(1, 200), RATES, st.integers(1, 30))
def test_a_probability_it_is_and_never_more_than_the_expected_number(n, p, k):
    probability = probability_of_run(n, p, k)
    assert 0.0 <= probability <= 1.0
    assert probability <= expected_runs(n, p, k) * (1 + 1e-12)
    assert probability_of_run(n, p, k + 1) <= probability + 1e-15
    assert probability_of_run(n + 1, p, k) >= probability - 1e-15


@given(st.integers(1, 120), INNER_RATES, INNER_RATES, st.integers(1, 15))
def test_a_chain_gives_probabilities_in_order_too(n, after_win, after_other, k):
    chain = MarkovChain(after_win, after_other)
    probability = chain.probability_of_run(n, k)
    assert 0.0 <= probability <= 1.0
    assert probability <= chain.expected_runs(n, k) * (1 + 1e-10)
    assert chain.probability_of_run(n, k + 1) <= probability + 1e-14
    assert chain.probability_of_run(n + 1, k) >= probability - 1e-14


@pytest.mark.parametrize(
    ("n", "p", "k", "expected", "probability"),
    [
        (5, 0.3, 6, 0.0, 0.0),
        (5, 0.5, 5, 0.03125, 0.03125),
        (5, 1.0, 5, 1.0, 1.0),
        (9, 1.0, 2, 1.0, 1.0),
        (9, 0.0, 1, 0.0, 0.0),
        (0, 0.5, 1, 0.0, 0.0),
        (1, 0.25, 1, 0.25, 0.25),
    ],
)
def test_edges(n, p, k, expected, probability):
    assert expected_runs(n, p, k) == pytest.approx(expected, rel=1e-15)
    assert probability_of_run(n, p, k) == pytest.approx(probability, rel=1e-15)


def test_what_is_unknown_stays_unknown():
    assert np.isnan(expected_runs(10, np.nan, 2))
    assert np.isnan(probability_of_run(10, np.nan, 2))
    assert np.isnan(MarkovChain(1.0, 0.0).win_rate)  # it stays where it began, wherever that is
    assert np.isnan(MarkovChain(1.0, 0.0).probability_of_run(10, 2))


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_a_rate_outside_its_range_is_refused(p):
    for ask in (expected_runs, probability_of_run):
        with pytest.raises(ValueError, match=f"between 0 and 1, not at {p}"):
            ask(10, p, 2)


@pytest.mark.parametrize("ask", [coin(0.5).expected_runs, coin(0.5).probability_of_run])
def test_a_length_below_one_is_refused(ask):
    with pytest.raises(ValueError, match="at least 1 session, not 0"):
        ask(10, 0)


def test_the_chain_is_fitted_by_counting_what_follows():
    wins = np.array([1, 1, 0, 1, 1, 1, 0, 0, 1], dtype=bool)
    assert fit_chain(wins) == MarkovChain(3 / 5, 2 / 3, 5, 3)


def test_what_never_happened_is_not_fitted():
    always, never = fit_chain(np.ones(5, bool)), fit_chain(np.zeros(5, bool))
    assert (always.after_win, always.wins_followed, always.others_followed) == (1.0, 4, 0)
    assert (never.after_other, never.wins_followed, never.others_followed) == (0.0, 0, 4)
    assert np.isnan([always.after_other, never.after_win]).all()
    assert np.isnan([always.expected_runs(5, 2), never.probability_of_run(5, 2)]).all()

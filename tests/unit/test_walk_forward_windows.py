"""How history is cut into folds: walked over session by session, the plain way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluation.walk_forward.windows import Window, fold_windows

cuts = st.fixed_dictionaries(
    {
        "sessions": st.integers(0, 60),
        "train": st.integers(2, 20),
        "test": st.integers(1, 15),
        "anchored": st.booleans(),
        "purge": st.integers(0, 5),
        "embargo": st.integers(0, 5),
    }
).filter(lambda cut: cut["train"] - cut["purge"] >= 2)


def by_hand(sessions, train, test, anchored, purge, embargo):
    """Return (training sessions, tested closes, sessions that earn) of every fold, as lists."""
    folds = []
    begin = train + embargo
    while begin < sessions and sessions - (train + embargo) >= 2:
        known = [t for t in range(sessions) if t < begin - embargo - purge]
        tested = [t for t in range(begin, begin + test) if t < sessions]
        earning = [t + 1 for t in tested if t + 1 < sessions]
        folds.append((known if anchored else known[-(train - purge) :], tested, earning))
        begin += test
    return folds


@settings(max_examples=200)
@given(cut=cuts)
def test_windows_are_those_counted_by_hand(cut):
    found = [
        (
            list(range(*fold.train)),
            list(range(*fold.test)),
            list(range(fold.earned.first + 1, fold.earned.stop)),
        )
        for fold in fold_windows(**cut)
    ]
    assert found == by_hand(**cut)


@settings(max_examples=100)
@given(cut=cuts)
def test_every_session_out_of_sample_earns_once_and_no_training_sees_its_test(cut):
    folds = fold_windows(**cut)
    earning = [t for fold in folds for t in range(fold.earned.first + 1, fold.earned.stop)]
    first = cut["train"] + cut["embargo"]
    assert earning == (list(range(first + 1, cut["sessions"])) if folds else [])
    for fold in folds:
        assert fold.test.first - fold.train.stop == cut["purge"] + cut["embargo"]
        assert fold.train.sessions >= 2


def test_rolling_windows_move_on_and_anchored_ones_grow():
    cut = {"sessions": 1000, "train": 500, "test": 200}
    rolling = fold_windows(**cut, anchored=False)
    anchored = fold_windows(**cut, anchored=True)
    assert [fold.train for fold in rolling] == [(0, 500), (200, 700), (400, 900)]
    assert [fold.train for fold in anchored] == [(0, 500), (0, 700), (0, 900)]
    assert [fold.test for fold in rolling] == [(500, 700), (700, 900), (900, 1000)]
    assert [fold.earned for fold in anchored] == [(500, 701), (700, 901), (900, 1000)]


def test_a_purge_shortens_the_training_and_an_embargo_delays_the_test():
    cut = {"sessions": 1000, "train": 500, "test": 200, "anchored": False}
    plain, purged, late = (
        fold_windows(**cut, **gap)[1] for gap in ({}, {"purge": 21}, {"embargo": 21})
    )
    assert (purged.train, purged.test) == ((200, 679), plain.test)
    assert (late.train, late.test) == (plain.train, (721, 921))


@pytest.mark.parametrize(("sessions", "folds"), [(500, 0), (501, 0), (502, 1), (700, 1), (701, 2)])
def test_a_test_needs_a_session_to_decide_in_and_one_to_earn_in(sessions, folds):
    """A last close with nothing after it still decides, where a fold came before."""
    assert len(fold_windows(sessions, train=500, test=200, anchored=False)) == folds


def test_a_window_counts_its_sessions():
    assert Window(3, 10).sessions == 7

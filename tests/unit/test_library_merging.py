"""New rows laid over stored ones: every difference is found, and only those."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from library_market import changed, whole_table, without

from engine.market.library.merging import changes, merged, revised_volumes
from engine.market.library.table import Table

WHOLE = whole_table()
N = len(WHOLE)


def told(stored, new, **how):
    return [str(change) for change in changes(stored, new, **how)]


def test_rows_that_appear_and_rows_that_vanish():
    close, date = WHOLE["close"][7], WHOLE.dates[7]
    assert told(without(WHOLE, 7), WHOLE) == [f"{date} Close none → {close:.10g}"]
    assert told(WHOLE, without(WHOLE, 7)) == [f"{date} Close {close:.10g} → none"]


def test_rows_before_and_after_what_is_stored_are_no_change():
    middle = WHOLE.rows(np.isin(np.arange(N), range(100, 200)))
    assert told(middle, WHOLE) == []


def test_rows_outside_of_the_new_ones_count_only_for_a_whole():
    late = WHOLE.rows(np.arange(N) >= N - 3)
    assert told(WHOLE, late) == []
    assert len(told(WHOLE, late, whole=True)) == N - 3


def test_volumes_are_counted_apart():
    other = changed(WHOLE, "volume", 3, 1.0)
    assert told(WHOLE, other) == []
    assert revised_volumes(WHOLE, other) == 1
    assert revised_volumes(WHOLE, WHOLE) == 0


def test_a_column_that_comes_or_goes_is_a_change_of_every_row():
    adjusted = Table(WHOLE.dates, {**WHOLE.columns, "adjusted_close": WHOLE["close"]})
    assert len(told(WHOLE, adjusted)) == N
    assert len(told(adjusted, WHOLE)) == N


def test_an_adjusted_close_may_be_scaled_but_not_bent():
    adjusted = Table(WHOLE.dates, {**WHOLE.columns, "adjusted_close": WHOLE["close"]})
    scaled = Table(WHOLE.dates, {**WHOLE.columns, "adjusted_close": 0.7 * WHOLE["close"]})
    assert told(adjusted, scaled) == []
    bent = changed(scaled, "adjusted_close", 5, 0.71 * WHOLE["close"][5])
    assert [text.split()[:2] for text in told(adjusted, bent)] == [[str(WHOLE.dates[5]), "Adj"]]


@given(st.integers(1, N), st.integers(0, N - 1), st.integers(1, N))
def test_laying_a_part_of_the_truth_over_another_gives_their_union(end, start, stop):
    stored = WHOLE.rows(np.arange(N) < end)
    new = WHOLE.rows((np.arange(N) >= start) & (np.arange(N) < max(stop, start + 1)))
    result = merged(stored, new)
    expected = np.union1d(stored.dates, new.dates)
    np.testing.assert_array_equal(result.dates, expected)
    assert result.equals(WHOLE.rows(np.isin(WHOLE.dates, expected)))
    assert changes(stored, new) == ()


@given(
    st.integers(0, N - 1),
    st.sampled_from(["open", "high", "low", "close", "dividend", "split"]),
    st.floats(1e-5, 10.0),
)
def test_every_changed_number_is_found(row, column, by):
    other = changed(WHOLE, column, row, WHOLE[column][row] * (1 + by) + by)
    (change,) = changes(WHOLE, other)
    assert change.date == str(WHOLE.dates[row])
    assert change.column.lower() == column
    assert (change.stored, change.now) == (WHOLE[column][row], other[column][row])

"""What evidence keeps of a walk-forward: which sessions are drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.store.walk_forward_brief import POINTS, drawn_sessions


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20_000))
def test_a_line_of_few_points_has_both_ends_and_equal_steps(count):
    drawn = drawn_sessions(count)
    assert (drawn[0], drawn[-1]) == (0, count - 1)
    assert len(drawn) <= POINTS + 1
    steps = np.diff(drawn)
    assert len(set(steps[:-1].tolist())) <= 1
    assert (steps > 0).all()
    assert len(drawn) == count or len(drawn) > POINTS // 2


@pytest.mark.parametrize(("count", "drawn"), [(1, 1), (300, 300), (301, 151), (601, 201)])
def test_no_more_are_left_out_than_needed(count, drawn):
    assert len(drawn_sessions(count)) == drawn

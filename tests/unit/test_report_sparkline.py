"""Equity in a line of text: heights, widths, and terminals without room."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.report.sparkline import BLOCKS, equity_lines, sparkline
from engine.report.text import width_of


def test_heights_are_logarithmic():
    """Each doubling is as high a step as any other."""
    values = np.array([2.0**k for k in range(8)])
    assert sparkline(values, 8, 1.0, 2.0**8) == BLOCKS


@pytest.mark.parametrize("width", [1, 2, 5, 100])
def test_first_and_last_are_shown_and_no_more_than_there_is_room_for(width):
    values = np.geomspace(1.0, 100.0, 20)
    text = sparkline(values, width, 1.0, 100.0)
    assert len(text) == min(width, 20)
    if width > 1:
        assert (text[0], text[-1]) == (BLOCKS[0], BLOCKS[-1])


@given(
    st.lists(st.floats(-10.0, 1e9), min_size=1, max_size=50),
    st.integers(1, 60),
)
def test_any_equity_is_drawn(values, width):
    lines = equity_lines({"a": np.array(values), "b": np.array(values[:1])}, width + 40)
    assert all(width_of(line) <= width + 40 for line in lines)
    assert all("\n" not in line for line in lines)


def test_ruin_leaves_a_gap():
    assert sparkline(np.array([4.0, 0.0, -1.0, 4.0]), 9, 1.0, 5.0).count(" ") == 2


def test_curves_share_one_scale():
    low, high = np.full(50, 1.0), np.full(50, 100.0)
    one, other = equity_lines({"low": low, "high": high}, 80)
    assert one.startswith(f"low   {BLOCKS[0]}")
    assert other.startswith(f"high  {BLOCKS[-1]}")
    assert one.endswith("    1 →   1")
    assert other.endswith("  100 → 100")


def test_a_terminal_without_room_shows_nothing():
    assert equity_lines({"a name": np.array([1.0, 2.0])}, 20) == []
    assert equity_lines({"a": np.zeros(3)}, 80) == []


def test_names_cannot_steer_the_terminal():
    (line,) = equity_lines({"\x1b[31mred\n": np.array([1.0, 2.0])}, 80)
    assert "\x1b" not in line
    assert "\n" not in line

"""How values are written for readers."""

import math

import pytest

from engine.errors import UsageError
from engine.evaluation.definitions import METRICS
from engine.report.format import format_basis_points, format_interval, format_metric, format_value
from engine.report.text import align, one_line, width_of


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0688044467, "fraction", "6.88 %"),
        (-0.5757108435, "fraction", "−57.57 %"),
        (12.5, "fraction", "1,250.00 %"),
        (-0.00004, "fraction", "0.00 %"),
        (-0.00006, "fraction", "−0.01 %"),
        (-0.0, "fraction", "0.00 %"),
        (0, "fraction", "0.00 %"),
        (549252.845325, "currency", "549,253"),
        (-1234.5678, "currency", "−1,235"),
        (-0.4, "currency", "0"),
        (0.4384320987, "ratio", "0.438"),
        (-0.0001, "ratio", "0.000"),
        (-12.3456, "ratio", "−12.346"),
        (187, "count", "187"),
        (12345, "count", "12,345"),
        (7.3037, "per_year", "7.3"),
        (-0.04, "per_year", "0.0"),
        (14.21, "sessions", "14.2"),
        (1234, "sessions", "1,234"),
        (21.0, "sessions", "21.0"),
        ("2026-01-22", "date", "2026-01-22"),
    ],
)
def test_value_by_unit(value, unit, text):
    assert format_value(value, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (-0.0212, 0.1, "fraction", "−2.12 % to 10.00 %"),
        (1598, 1682, "count", "1,598 to 1,682"),
        (math.nan, math.nan, "ratio", "–"),
        (None, None, "fraction", "–"),
        (0.5, math.inf, "ratio", "0.500 to –"),
    ],
)
def test_an_interval_is_written_as_a_span(low, high, unit, text):
    assert format_interval(low, high, unit) == text


@pytest.mark.parametrize("unit", sorted({metric.unit for metric in METRICS}))
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_undefined_is_a_dash_in_every_unit(value, unit):
    assert format_value(value, unit) == "–"


def test_a_metric_knows_its_unit():
    assert format_metric("cagr", 0.0688) == "6.88 %"
    assert format_metric("sharpe", 0.0688) == "0.069"
    assert format_metric("max_drawdown_end", None) == "–"
    with pytest.raises(UsageError, match='did you mean "cagr"'):
        format_metric("cagrr", 0.0)


@pytest.mark.parametrize(
    ("bps", "text"),
    [
        (1.0, "1 bp"),
        (0, "0 bp"),
        (0.25, "0.25 bp"),
        (1e-07, "1e−07 bp"),
        ({"SPY": 1.0, "IWM": 2.5}, "IWM 2.5 bp, SPY 1 bp"),
        ({}, "0 bp"),
    ],
)
def test_basis_points(bps, text):
    assert format_basis_points(bps) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  two \n lines\t\r\n", "two lines"),
        ("a\u2028b\x85c", "a b c"),
        ("\x1b[31mred", "�[31mred"),
        ("nul\x00", "nul�"),
        ("\u202ereversed\u2066", "�reversed�"),
        ("\udc80", "�"),
        ("größe 中文 e\u0301", "größe 中文 e\u0301"),
    ],
)
def test_one_line_is_harmless(text, line):
    assert one_line(text) == line
    line.encode("utf-8")


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("中文", 4), ("e\u0301", 1), ("−†–", 3)])
def test_width_in_terminal_cells(text, width):
    assert width_of(text) == width


def test_alignment_counts_cells_not_characters():
    assert align(["中文", "abc"], right=False) == ["中文", "abc "]
    assert align(["中文", "abc"], right=True) == ["中文", " abc"]

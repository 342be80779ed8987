"""Summary tables on terminals from narrow to wide."""

import io
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from engine.market.panel import SIMULATED_NOTICE
from engine.report.format import format_metric
from engine.report.tables import DEFAULT_COLUMNS, Row, Table, to_rich

COLUMNS = ("final_equity", "cagr", "sharpe", "max_drawdown", "rotations", "information_ratio")
VALUES = {
    "final_equity": 549252.8,
    "cagr": 0.0688,
    "sharpe": 0.438,
    "max_drawdown": -0.5757,
    "rotations": 187,
    "information_ratio": -0.1,
}
HELD = VALUES | {"final_equity": 779093.0, "cagr": 0.0835, "sharpe": 0.514, "rotations": 0}
HELD |= {"max_drawdown": -0.5519, "information_ratio": -0.14}
ROWS = (Row("streak_reversal", "rule", VALUES), Row("SPY", "benchmark", HELD))


def shown(table, width, *, color=False, **options):
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        _environ={},
    )
    console.print(to_rich(table, width, **options))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def numbers_in(table):
    return [format_metric(key, row.metrics.get(key)) for row in table.rows for key in table.columns]


def test_80_cells_hold_the_table_as_asked():
    assert shown(Table(ROWS, COLUMNS), 80) == [
        "                    Final                         Max             Information",
        "Rule               equity     CAGR  Sharpe   drawdown  Rotations        ratio",
        "─────────────────────────────────────────────────────────────────────────────",
        "streak_reversal   549,253   6.88 %   0.438   −57.57 %        187      *−0.100",
        "SPY †            *779,093  *8.35 %  *0.514  *−55.19 %          0       −0.140",
        "",
        "* best value · † benchmark",
    ]


def test_60_cells_turn_the_table_over():
    assert shown(Table(ROWS, COLUMNS), 60) == [
        "Metric             streak_reversal      SPY †",
        "─────────────────────────────────────────────",
        "Final equity               549,253   *779,093",
        "CAGR                        6.88 %    *8.35 %",
        "Sharpe                       0.438     *0.514",
        "Max drawdown              −57.57 %  *−55.19 %",
        "Rotations                      187          0",
        "Information ratio          *−0.100     −0.140",
        "",
        "* best value · † benchmark",
    ]


def test_120_cells_keep_the_layout_asked_for():
    assert shown(Table(ROWS, ("cagr", "rotations")), 120, transposed=True) == [
        "Metric     streak_reversal    SPY †",
        "───────────────────────────────────",
        "CAGR                6.88 %  *8.35 %",
        "Rotations              187        0",
        "",
        "* best value · † benchmark",
    ]


def test_blocks_repeat_the_labels_where_neither_layout_fits():
    rows = tuple(Row(f"rule {i}", "rule", VALUES | {"cagr": i / 100}) for i in range(1, 6))
    assert shown(Table(rows, (*COLUMNS[1:4], "volatility", "skew", "kurtosis")), 34) == [
        "                              Max",
        "Rule       CAGR  Sharpe  drawdown",
        "─────────────────────────────────",
        "rule 1   1.00 %   0.438  −57.57 %",
        "rule 2   2.00 %   0.438  −57.57 %",
        "rule 3   3.00 %   0.438  −57.57 %",
        "rule 4   4.00 %   0.438  −57.57 %",
        "rule 5  *5.00 %   0.438  −57.57 %",
        "",
        "                            Excess",
        "Rule    Volatility  Skew  kurtosis",
        "──────────────────────────────────",
        "rule 1           –     –         –",
        "rule 2           –     –         –",
        "rule 3           –     –         –",
        "rule 4           –     –         –",
        "rule 5           –     –         –",
        "",
        "* best value",
    ]


def test_a_long_label_wraps_and_its_numbers_stay():
    rows = (Row("a rule whose name has no end", "rule", VALUES), ROWS[1])
    assert shown(Table(rows, COLUMNS[:1]), 24) == [
        "             Final",
        "Rule        equity",
        "──────────────────",
        "a rule     549,253",
        "whose",
        "name has",
        "no end",
        "SPY †     *779,093",
        "",
        "* best value · †",
        "benchmark",
    ]


def test_the_notice_stands_first_and_the_rest_below():
    table = Table(
        ROWS, ("cagr",), caption="price basis price", notes=("one.", "two."), simulated=True
    )
    lines = shown(table, 60)
    assert lines[:2] == [SIMULATED_NOTICE, ""]
    assert lines[-4:] == [
        "* best value · † benchmark",
        "price basis price",
        "Note: one.",
        "Note: two.",
    ]
    assert SIMULATED_NOTICE not in shown(Table(ROWS, ("cagr",)), 60)


@pytest.mark.parametrize("label", ["[red]x[/red]", "[/]", ":smile:", "[link=http://y]x[/link]"])
def test_labels_are_not_markup(label):
    rows = (Row(label, "rule", VALUES),)
    table = Table(rows, ("cagr",), caption=label, notes=(label,))
    text = "\n".join(shown(table, 80))
    assert text.count(label) == 3


def test_control_characters_never_reach_the_terminal():
    rows = (Row("\x1b[2Jx\x07\n", "rule", VALUES),)
    text = "".join(shown(Table(rows, ("cagr",)), 80))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", text)
    assert "�[2Jx�" in text


def test_best_values_are_bold_green_where_there_is_colour():
    text = "\n".join(shown(Table(ROWS, ("cagr",)), 80, color=True))
    assert re.search(r"\x1b\[1;32m\s*\*8\.35 %", text)
    assert not re.search(r"\x1b\[1;32m\s*6\.88 %", text)


@given(
    width=st.integers(24, 200),
    count=st.integers(0, 8),
    columns=st.permutations(DEFAULT_COLUMNS),
    label=st.text(alphabet="ab _中é", max_size=40),
    transposed=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_every_number_is_whole_at_any_width(width, count, columns, label, transposed):
    rows = tuple(
        Row(f"{label}{i}", "rule", dict.fromkeys(columns, (i + 1) * 1234.567)) for i in range(count)
    )
    table = Table(rows, tuple(columns))
    lines = shown(table, width, transposed=transposed)
    assert max(map(cell_len, lines)) <= width
    found = Counter(number for line in lines for number in re.findall(r"\d[\d,.]*\d(?: %)?", line))
    assert not Counter(numbers_in(table)) - found


@pytest.mark.parametrize("width", [1, 5, 12])
def test_absurdly_narrow_terminals_break_numbers_but_cut_none(width):
    lines = shown(Table(ROWS, COLUMNS), width)
    assert max(map(cell_len, lines)) <= width
    assert "…" not in "".join(lines)

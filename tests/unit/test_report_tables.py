"""Summary tables: best values, order, and every form but the terminal's."""

import csv
import io
import itertools
import json
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from engine.errors import UsageError
from engine.evaluation.definitions import METRIC_KEYS, METRICS
from engine.market.panel import SIMULATED_NOTICE
from engine.report.summary import lay_out
from engine.report.tables import (
    DEFAULT_COLUMNS,
    Row,
    Table,
    describe_setting,
    metric_reference,
    sort_rows,
    to_csv,
    to_json_rows,
    to_markdown,
    to_text,
)
from engine.report.text import one_line

NAN = math.nan
COLUMNS = ("final_equity", "cagr", "max_drawdown", "volatility", "rotations", "hit_rate")
STREAK = {
    "final_equity": 549252.8,
    "cagr": 0.0688,
    "max_drawdown": -0.5757,
    "volatility": 0.1954,
    "rotations": 187,
    "hit_rate": 0.55,
}
HELD = {
    "final_equity": 779093.0,
    "cagr": 0.0835,
    "max_drawdown": -0.5519,
    "volatility": 0.1921,
    "rotations": 0,
    "hit_rate": NAN,
}
CAPTION = describe_setting(
    price_basis="total_return",
    sessions=6452,
    first_session="2000-05-26",
    last_session="2026-01-22",
    commission_bps=1.0,
    slippage_bps={"SPY": 1.0, "IWM": 2.0},
    fill="next_open",
)
ROWS = (Row("streak", "rule", STREAK), Row("SPY", "benchmark", HELD))
TABLE = Table(ROWS, COLUMNS, caption=CAPTION, notes=("3 sessions had no volume.",), simulated=True)


def labels(rows):
    return [row.label for row in rows]


def rows_of(key, *values):
    return tuple(Row(f"r{i}", "rule", {key: value}) for i, value in enumerate(values))


def best_of(key, *values):
    (column,) = lay_out(Table(rows_of(key, *values), (key,)), transposed=False).columns
    return [i for i, cell in enumerate(column.cells) if cell.best]


def rendered_cells(markdown):
    """Return header and rows of a Markdown table as a browser would show their texts."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    rows = []
    tokens = parser.parse(markdown)
    for before, token in itertools.pairwise(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif before.type in {"th_open", "td_open"}:
            kinds = {child.type for child in token.children}
            assert kinds <= {"text", "text_special", "strong_open", "strong_close"}
            rows[-1].append("".join(child.content for child in token.children))
    return rows


def test_the_caption_says_what_all_rows_share():
    assert CAPTION == (
        "price basis total_return · 6,452 sessions, 2000-05-26 to 2026-01-22 · "
        "commission 1 bp, slippage IWM 2 bp, SPY 1 bp per side · fill next_open"
    )


def test_markdown_exactly():
    assert to_markdown(TABLE) == (
        "**SIMULATED DATA, not market history**\n"
        "\n"
        "| Rule | Final equity | CAGR | Max drawdown | Volatility | Rotations | Hit rate |\n"
        "| :--- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| streak | 549,253 | 6.88 % | −57.57 % | 19.54 % | 187 | 55.00 % |\n"
        "| SPY † | **779,093** | **8.35 %** | **−55.19 %** | **19.21 %** | 0 | – |\n"
        "\n"
        "bold: best value · † benchmark\n"
        "\n"
        f"{CAPTION}\n"
        "\n"
        "Note: 3 sessions had no volume.\n"
    )


def test_markdown_transposed_exactly():
    table = Table(ROWS, ("cagr", "rotations"))
    assert to_markdown(table, transposed=True) == (
        "| Metric | streak | SPY † |\n"
        "| :--- | ---: | ---: |\n"
        "| CAGR | 6.88 % | **8.35 %** |\n"
        "| Rotations | 187 | 0 |\n"
        "\n"
        "bold: best value · † benchmark\n"
    )


def test_text_exactly():
    assert to_text(TABLE) == (
        "SIMULATED DATA, not market history\n"
        "\n"
        "Rule    Final equity     CAGR  Max drawdown  Volatility  Rotations  Hit rate\n"
        "------  ------------  -------  ------------  ----------  ---------  --------\n"
        "streak       549,253   6.88 %      −57.57 %     19.54 %        187   55.00 %\n"
        "SPY †       *779,093  *8.35 %     *−55.19 %    *19.21 %          0         –\n"
        "\n"
        "* best value · † benchmark\n"
        f"{CAPTION}\n"
        "Note: 3 sessions had no volume."
    )


def test_text_transposed_exactly():
    assert to_text(Table(ROWS, ("cagr", "rotations")), transposed=True) == (
        "Metric     streak    SPY †\n"
        "---------  ------  -------\n"
        "CAGR       6.88 %  *8.35 %\n"
        "Rotations     187        0\n"
        "\n"
        "* best value · † benchmark"
    )


def test_text_aligns_wide_and_combining_characters():
    rows = (Row("中文规则", "rule", {"cagr": 0.1}), Row("cafe\u0301", "rule", {"cagr": 0.2}))
    assert to_text(Table(rows, ("cagr",))) == (
        "Rule          CAGR\n"
        "--------  --------\n"
        "中文规则   10.00 %\n"
        "cafe\u0301      *20.00 %\n"
        "\n"
        "* best value"
    )


def test_text_has_no_escape_codes_whatever_the_label():
    rows = (Row("\x1b[31mred\x1b[0m\r\n\x07", "rule", STREAK),)
    text = to_text(Table(rows, COLUMNS, caption="\x1b[2J", notes=("\x9b31m",)))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert "�[31mred�[0m" in text


def test_a_table_of_nothing_has_its_heading():
    assert to_text(Table((), ("cagr",))) == "Rule  CAGR\n----  ----"
    assert to_text(Table((), ())) == "Rule\n----"
    assert to_csv(Table((), ("cagr",))) == "label,kind,data,cagr\n"
    assert to_json_rows(Table(())) == []
    assert to_markdown(Table((), ("cagr",))) == "| Rule | CAGR |\n| :--- | ---: |\n"


def test_csv_exactly():
    assert to_csv(TABLE) == (
        "label,kind,data,final_equity,cagr,max_drawdown,volatility,rotations,hit_rate\n"
        "streak,rule,simulated,549252.8,0.0688,-0.5757,0.1954,187,0.55\n"
        "SPY,benchmark,simulated,779093.0,0.0835,-0.5519,0.1921,0,\n"
    )
    market = Table(ROWS, ("cagr",))
    assert to_csv(market).splitlines()[1] == "streak,rule,market,0.0688"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_csv_values_read_back_exactly(value):
    row = Row("r", "rule", {"cagr": value})
    (_, cells) = csv.reader(io.StringIO(to_csv(Table((row,), ("cagr",)))))
    assert float(cells[-1]) == value


@pytest.mark.parametrize(
    "label",
    ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "\r+x", " =1", "\n=1", "＝1", '=HYPERLINK("x")'],
)
def test_csv_guards_formulas(label):
    rows = (Row(label, "rule", {"max_drawdown_end": label}),)
    (_, cells) = csv.reader(io.StringIO(to_csv(Table(rows, ("max_drawdown_end",))), newline=""))
    guarded = f"'{one_line(label)}"
    assert cells == [guarded, "rule", "market", guarded]


@pytest.mark.parametrize("label", ["a,b", 'say "x"', "a=b", "中文", "", "1-2", "two\r\nlines"])
def test_csv_keeps_other_text_on_one_line(label):
    text = to_csv(Table((Row(label, "rule", {}),), ()))
    assert len(text.splitlines()) == 2
    (_, cells) = csv.reader(io.StringIO(text, newline=""))
    assert cells == [one_line(label), "rule", "market"]


def test_json_rows_have_null_for_undefined():
    rows = to_json_rows(Table(ROWS, ("cagr", "hit_rate", "alpha"), simulated=True))
    assert json.loads(json.dumps(rows, allow_nan=False)) == [
        {
            "rule": "streak",
            "kind": "rule",
            "simulated": True,
            "metrics": {"cagr": 0.0688, "hit_rate": 0.55, "alpha": None},
        },
        {
            "rule": "SPY",
            "kind": "benchmark",
            "simulated": True,
            "metrics": {"cagr": 0.0835, "hit_rate": None, "alpha": None},
        },
    ]


def test_only_simulated_data_is_called_so():
    market = Table(ROWS, COLUMNS)
    for text in (to_markdown(market), to_text(market), to_csv(market), str(to_json_rows(market))):
        assert "simulated" not in text.lower().replace("'simulated': false", "")
    for render in (to_markdown, to_text):
        for transposed in (False, True):
            assert SIMULATED_NOTICE in render(TABLE, transposed=transposed).splitlines()[0]


@pytest.mark.parametrize(
    "label",
    [
        "a|b",
        "a\\|b",
        "back\\",
        "<script>alert(1)</script>",
        "&lt;b&gt;",
        "**bold** _it_ `code` ~~no~~",
        "[x](http://y)",
        "![x](y)",
        "$x$",
        "# no heading",
        "two\nlines | more",
        "streak_reversal",
        "__init__",
        ":---",
    ],
)
def test_markdown_shows_labels_literally(label):
    rows = (Row(label, "rule", {"cagr": 0.1}),)
    text = to_markdown(Table(rows, ("cagr",)))
    assert "<script" not in text
    assert rendered_cells(text) == [["Rule", "CAGR"], [one_line(label), "10.00 %"]]


@given(st.text(min_size=1, max_size=20))
@settings(deadline=None)
def test_markdown_shows_any_label_literally(label):
    rows = (Row(f"x{label}x", "rule", {"cagr": 0.1}),)
    shown = rendered_cells(to_markdown(Table(rows, ("cagr",))))
    assert shown == [["Rule", "CAGR"], [one_line(f"x{label}x"), "10.00 %"]]


def test_markdown_notes_cannot_break_out():
    text = to_markdown(Table(ROWS, ("cagr",), caption="<b>|", notes=("a\n# heading\n<i>",)))
    assert text.endswith("\n\n&lt;b&gt;\\|\n\nNote: a \\# heading &lt;i&gt;\n")


def test_plain_underscores_stay_readable():
    assert "| streak_rsi_2 |" in to_markdown(Table((Row("streak_rsi_2", "rule", {}),), ()))


@pytest.mark.parametrize(
    ("key", "values", "best"),
    [
        ("sharpe", (0.4, 0.5, 0.3), [1]),  # higher is better
        ("volatility", (0.2, 0.1, 0.3), [1]),  # lower is better
        ("max_drawdown", (-0.5, -0.2, -0.3), [1]),  # nearer zero is better
        ("sharpe", (0.5, 0.4, 0.5), [0, 2]),  # a tie
        ("sharpe", (0.50001, 0.5, 0.4), [0, 1]),  # a tie for all that is shown
        ("sharpe", (NAN, 0.5, None, 0.4), [1]),
        ("volatility", (math.inf, -math.inf, 0.2, 0.3), [2]),
        ("sharpe", (NAN, NAN), []),
        ("sharpe", (NAN, 0.5), []),  # nothing to be better than
        ("exposure", (0.1, 0.2), []),  # neither is better
        ("max_drawdown_start", ("2020-01-01", "2021-01-01"), []),
    ],
)
def test_best_values(key, values, best):
    assert best_of(key, *values) == best


def test_a_single_row_has_no_best_value_nor_legend():
    assert to_text(Table(ROWS[:1], ("cagr",))) == "Rule      CAGR\n------  ------\nstreak  6.88 %"


@pytest.mark.parametrize(
    ("key", "values", "order"),
    [
        ("sharpe", (0.4, 0.5, NAN, 0.3), ["r1", "r0", "r3", "r2"]),
        ("volatility", (0.2, 0.1, None, 0.3), ["r1", "r0", "r3", "r2"]),
        ("max_drawdown", (-0.5, -0.2), ["r1", "r0"]),
        ("exposure", (0.1, 0.9), ["r1", "r0"]),
        ("max_drawdown_start", ("2020-01-01", None, "2021-01-01"), ["r2", "r0", "r1"]),
        ("sharpe", (0.5, 0.7, 0.5, 0.7), ["r1", "r3", "r0", "r2"]),  # equals stay in order
        ("volatility", (0.5, 0.2, 0.5, 0.2), ["r1", "r3", "r0", "r2"]),
        ("sharpe", (NAN, None, math.inf), ["r0", "r1", "r2"]),
    ],
)
def test_sorting_puts_the_best_first_and_the_undefined_last(key, values, order):
    rows = rows_of(key, *values)
    assert labels(sort_rows(rows, key)) == order
    assert labels(rows) == sorted(labels(rows))


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(UsageError, match='no metric is called "sharp"; did you mean "sharpe"'):
        sort_rows(ROWS, "sharp")
    with pytest.raises(UsageError, match='"volatilty"; did you mean "volatility"'):
        Table(ROWS, ("cagr", "volatilty"))
    with pytest.raises(UsageError, match='the column "cagr" is listed twice'):
        Table(ROWS, ("cagr", "sharpe", "cagr"))


def test_missing_metrics_are_undefined():
    assert to_text(Table((Row("r", "rule", {}),))).splitlines()[2].split() == [
        "r",
        *["–"] * len(DEFAULT_COLUMNS),
    ]


def test_all_metrics_fit_in_one_table():
    table = Table(ROWS, METRIC_KEYS)
    head = next(csv.reader(io.StringIO(to_csv(table))))
    assert head == ["label", "kind", "data", *METRIC_KEYS]


def test_the_reference_renders_every_metric():
    head, *rows = [line for line in metric_reference().splitlines() if "---" not in line]
    assert head == "| Key | Name | Unit | Better | About | Formula and source |"
    assert [row.split("`")[1] for row in rows] == list(METRIC_KEYS)
    for row, metric in zip(rows, METRICS, strict=True):
        assert len(re.findall(r"(?<!\\)\|", row)) == 7
        assert f"| {metric.label} | {metric.unit} |" in row
    assert "| `volatility` | Volatility | fraction | lower | risk |" in metric_reference()


def test_where_all_read_alike_none_is_best():
    rows = tuple(Row(f"rule {i}", "rule", {"cagr": 0.05, "sharpe": i / 10}) for i in (1, 2))
    text = to_text(Table(rows, ("cagr", "sharpe")))
    assert "*5.00 %" not in text
    assert "*0.200" in text

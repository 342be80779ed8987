"""What benchmarks write, on canned figures; and a tiny run of them."""

import pytest

from benchmarks import __main__ as bench
from benchmarks import job
from benchmarks.comparison import (
    KERNEL,
    RAPTORBT,
    RUN,
    VECTORBT,
    Comparison,
    comparison_table,
    figures_of,
)
from benchmarks.machine import machine_table
from benchmarks.memory import memory
from benchmarks.report import (
    AIMS,
    Part,
    Table,
    aims_table,
    document,
    seconds_text,
    spread_text,
    to_markdown,
)
from benchmarks.timing import Seconds, clocked, side_by_side


@pytest.fixture
def comparison():
    return Comparison(
        sets={VECTORBT: 1_000, KERNEL: 10_000, RUN: 1},
        seconds={
            VECTORBT: Seconds(2.0, 1.5, 2.5),
            KERNEL: Seconds(0.010, 0.008, 0.025),
            RUN: Seconds(0.25, 0.24, 0.26),
        },
        apart={VECTORBT: {"final_equity": 2.5e-14, "sharpe": 1e-13, "max_drawdown": 0.0}},
        configurations={VECTORBT: "2 processes, 50 sets at once"},
        skipped={RAPTORBT: "it ended with: no raptors"},
    )


def test_engines_are_laid_side_by_side_by_the_time_of_one_set(comparison):
    table = comparison_table(comparison)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [row["Engine"] for row in rows] == [KERNEL, VECTORBT, RUN]
    assert [row["A set"] for row in rows] == ["1.00 µs", "2.00 ms", "250 ms"]
    assert [row["× kernel"] for row in rows] == ["1.00", "2,000", "250,000"]
    assert [row["Sets/s"] for row in rows] == ["1,000,000", "500", "4.00"]
    assert rows[1]["Time"] == "2.00 s (1.50 s … 2.50 s)"
    assert rows[1]["Δ final equity"] == "2.5e-14"
    assert rows[1]["Δ drawdown"] == "0.0e+00"
    assert rows[2]["Δ Sharpe"] == "–"
    assert any("2 processes, 50 sets at once" in note for note in table.notes)
    assert any("raptorbt was left out: it ended with: no raptors" in note for note in table.notes)


def test_aims_are_met_missed_or_not_measured(comparison):
    figures = figures_of(comparison)
    assert figures == {
        "× vectorbt 10000": pytest.approx(2000.0),
        "× run 10000": pytest.approx(250_000),
        "seconds vectorbt": 0.002,
        "seconds run": 0.25,
    }
    table = aims_table({**figures, "events 1000": 0.0123, "× plain 10000": 499_900.0})
    told = {row[0]: row[1:] for row in table.rows}
    assert told["1,000 sets, warm"] == ("≤ 10.0 ms", "12.3 ms", "no")
    assert told["against vectorbt, 10,000 sets"] == ("≥ 1,000 ×", "2,000 ×", "yes")
    assert told["against raptorbt, 10,000 sets"] == ("≥ 100 ×", "–", "not measured")
    plain = told["a run in Backtrader as it comes, in sets of 10,000"]
    assert plain == ("≥ 100,000 ×", "499,900 ×", "yes")
    assert any("costs 250,000 sets of 10,000" in note for note in table.notes)
    assert len(told) == len(AIMS)


def test_a_file_holds_the_tables_as_markdown():
    table = Table("Times", ("What", "Time"), [("a|b `c|d`", "1 s"), ("e", "12 s")], ("Note.",))
    lines = to_markdown(table).splitlines()
    assert lines == [
        "## Times",
        "",
        "| What        | Time |",
        "| :---------- | ---: |",
        r"| a\|b `c\|d` |  1 s |",
        "| e           | 12 s |",
        "",
        "Note.",
    ]
    whole = document([table, machine_table("PRICES", 2, {"vectorbt": "1.2"})])
    assert whole.startswith("# Benchmarks\n")
    for text in ("## Times", "## Machine", "PRICES", "vectorbt 1.2", "numba ", "GiB"):
        assert text in whole


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (63.25, "63.2 s"),
        (1.0, "1.00 s"),
        (0.99949, "999 ms"),
        (0.9996, "1.00 s"),
        (0.01234, "12.3 ms"),
        (4.5e-7, "0.450 µs"),
        (1234.0, "1,234 s"),
        (0.0, "0 µs"),
    ],
)
def test_durations_have_three_digits_and_a_unit(seconds, text):
    assert seconds_text(seconds) == text


def test_jobs_are_run_in_turn_and_the_median_counts():
    order = []
    times = {"a": iter([9.0, 1.0, 5.0, 3.0]), "b": iter([9.0, 2.0, 2.0, 8.0])}

    def job_of(name):
        return lambda: order.append(name) or next(times[name])

    found = side_by_side({name: job_of(name) for name in times}, rounds=3)
    assert order == ["a", "b"] * 4
    assert found == {"a": Seconds(3.0, 1.0, 5.0), "b": Seconds(2.0, 2.0, 8.0)}
    assert found["b"].each(2) == Seconds(1.0, 1.0, 4.0)
    assert spread_text(found["a"]) == "3.00 s (1.00 s … 5.00 s)"
    done = []
    assert clocked(lambda: done.append(1))() >= 0.0
    assert side_by_side({"c": lambda: done.append(1) or 1.0}, 1, warm=False)
    assert len(done) == 2


@pytest.fixture
def canned(monkeypatch, tmp_path):
    """Let every part give one table at once."""

    def parts(names, *_):
        yield from (
            Part((Table(name, ("x",), [("1",)]),), {f"figure {name}": 1.0}) for name in names
        )

    monkeypatch.setattr(bench, "_parts", parts)
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "RESULTS.md")
    return tmp_path / "RESULTS.md"


@pytest.mark.parametrize(
    ("arguments", "is_written"),
    [([], True), (["--small"], False), (["--only", "kernel"], False)],
)
def test_only_a_whole_run_writes_the_results(canned, capsys, arguments, is_written):
    bench.main(arguments)
    assert canned.exists() == is_written
    printed = capsys.readouterr().out
    assert ("## peers" in printed) == ("--only" not in arguments)
    assert "## kernel" in printed
    if is_written:
        text = canned.read_text("utf-8")
        titles = [line[3:] for line in text.splitlines() if line.startswith("## ")]
        assert titles == ["Machine", "Aims", *bench.PARTS]


def test_a_tiny_run_of_what_needs_no_peers(capsys, tmp_path):
    bench.main(["--small", "--only", "kernel", "run", "--output", str(tmp_path / "R.md")])
    text = (tmp_path / "R.md").read_text("utf-8")
    printed = capsys.readouterr().out
    for title in ("Growth with parameter sets", "Growth with sessions, 100 sets", "One backtest"):
        assert f"## {title}\n" in text
        assert f"## {title}\n" in printed
    assert job.prices_label() in text


def test_memory_is_what_sweeping_adds():
    figures = memory((100_000,), 1).figures
    table_alone = 100_000 * 22 * 8 / 1e6
    assert table_alone < figures["memory 100000"] < 10 * table_alone

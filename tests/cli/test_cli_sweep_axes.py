"""``streak sweep``: axes of every kind become columns, wrong ones one message each."""

import datetime as dt
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import streak
from short_studies import SHORT, write_study

HEAD = SHORT[: SHORT.index("rule:")]
EXPRESSION = """\
rule:
  enter: streak >= entry and rsi(satellite, 14) < guard
  leave: streak <= -1
  max_holding: hold
  parameters: {entry: 2, guard: 80, hold: 4}
"""
TRILLION = "{from: 1, to: 1_000_000_000_000}"


def study_with(folder, axes, text=SHORT):
    lines = "".join(f"  {key}: {values}\n" for key, values in axes.items())
    return write_study(folder, text=f"{text}sweep:\n{lines}")


def swept(folder, axes, text=SHORT):
    """Return what a sweep says of itself, and its table."""
    study = study_with(folder, axes, text)
    outcome = streak("sweep", study, "--no-confirm", "--json", "--results", folder / "results")
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    return told, pq.read_table(Path(told["path"]) / "trials.parquet")


@pytest.mark.parametrize(
    ("key", "values", "wanted"),
    [
        ("rule.max_holding", "{from: 1, to: 16, num: 5, scale: log}", [1, 2, 4, 8, 16]),
        ("rule.max_holding", "{from: 1, to: 4, num: 50, scale: log}", [1, 2, 3, 4]),
        ("rule.overbought", "{from: 64, to: 100, num: 3, scale: log}", [64.0, 80.0, 100.0]),
        ("rule.overbought", "{from: 60, to: 61, step: 0.5}", [60.0, 60.5, 61.0]),
        ("rule.max_holding", "[5, null]", [5, None]),
        ("execution.fractional_shares", "[true, false]", [True, False]),
        ("execution.commission_bps", "{from: 0, to: 5, num: 3}", [0.0, 2.5, 5.0]),
        ("data.price_basis", "[total_return, price]", ["total_return", "price"]),
        ("data.start", "[2000-06-01, 2000-07-03]", [dt.date(2000, 6, 1), dt.date(2000, 7, 3)]),
        ("data.start", "[null, 2000-07-03]", [None, dt.date(2000, 7, 3)]),
    ],
)
def test_an_axis_is_a_column_of_its_values(tmp_path, key, values, wanted):
    told, table = swept(tmp_path, {key: values})
    found = table[key].to_pylist()
    assert found == wanted
    assert [type(v) for v in found] == [type(v) for v in wanted]
    assert (told["sets"], told["skipped"]) == (len(wanted), 0)


def test_limits_and_parameters_of_expressions_are_swept(tmp_path):
    axes = {
        "rule.parameters.hold": "{from: 1, to: 9, num: 3, scale: log}",
        "rule.parameters.guard": "[70, 80]",
        "rule.cooldown": "[0, 2]",
    }
    told, table = swept(tmp_path, axes, HEAD + EXPRESSION)
    assert told["sets"] == 12
    assert sorted(set(table["rule.parameters.hold"].to_pylist())) == [1, 3, 9]
    assert len(set(table["path"].to_pylist())) > 3
    _, limited = swept(tmp_path, {"rule.max_holding": "[1, 3, 9]"}, HEAD + EXPRESSION)
    rows = [row for row in table.to_pylist() if row["rule.cooldown"] == 0]
    named = [row["path"] for row in rows if row["rule.parameters.guard"] == 80]
    assert limited["path"].to_pylist() == named  # the limit itself, or the parameter it names


def test_values_that_do_not_go_together_are_left_out_and_counted(tmp_path):
    told, table = swept(
        tmp_path,
        {"data.start": "[2000-06-01, 2000-12-01]", "data.end": "[2000-10-02, 2001-03-01]"},
    )
    assert (told["sets"], told["skipped"]) == (3, 1)
    kept = zip(table["data.start"].to_pylist(), table["data.end"].to_pylist(), strict=True)
    assert all(start < end for start, end in kept)


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("rule.entry_streak", "[]", "is an empty list, but must have at least one value"),
        ("rule.entry_streak", "{from: 1, to: 9, num: 3, scale: lg}", 'did you mean "log"?'),
        ("rule.entry_streak", "{from: 9, to: 1, step: 2}", "is 2, but must be negative"),
        ("rule.entry_streak", "{from: 1, to: 9, step: 0}", "is 0, but must lead from"),
        ("rule.entry_strek", "[1]", 'did you mean "entry_streak"?'),
        ("rule.exit_streak", "[0.5]", "is 0.5, but must be a whole number"),
        ("rule.overbought", TRILLION, "is 1, but must be greater than 50"),
        ("rule.max_holding", "[5, 5]", "5 is listed twice"),
        ("execution.slippage_bps.SPY", "[1]", "is not traded here (allowed LARGE, SMALL)"),
        ("name", "[a]", "cannot be swept (allowed rule.…, execution.…, data.…)"),
        ("seed", "[1]", "cannot be swept (allowed rule.…, execution.…, data.…)"),
    ],
)
def test_a_wrong_axis_is_one_message_and_nothing_is_written(tmp_path, key, values, message):
    study = study_with(tmp_path, {key: values})
    line = len(study.read_text("utf-8").splitlines())
    code, out, err = streak("sweep", study, "--results", tmp_path / "results")
    assert (code, out) == (3, "")
    (told,) = err.splitlines()
    assert told.startswith(f"streak: {study}:{line}: sweep.{key}")
    assert message in told
    assert not (tmp_path / "results").exists()


def test_a_grid_beyond_all_bounds_is_counted_without_being_made(tmp_path):
    study = study_with(tmp_path, {"rule.entry_streak": TRILLION, "rule.exit_streak": TRILLION})
    code, out, _ = streak("sweep", study, "--dry-run")
    assert code == 0
    assert f"{10**24:,} parameter sets" in out
    code, out, err = streak("sweep", study, "--results", tmp_path / "results")
    assert code != 0
    assert f"{10**24:,} parameter sets" in err
    assert not (tmp_path / "results").exists()


def test_other_commands_take_no_notice_of_axes_but_check_them(tmp_path):
    study = study_with(tmp_path, {"rule.max_holding": "[null, 3]"})
    results = ("--results", tmp_path / "results")
    assert streak("run", study, *results).code == 0
    wrong = study_with(tmp_path, {"rule.max_holding": "[0]"})
    assert streak("run", wrong, *results).code == 3

"""Sweeps that are killed, interrupted, damaged, changed: what is left, and how they go on."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from command_line import streak
from short_studies import SHORT, write_study

import engine.pipeline.sweeping.plan as planning
from engine.pipeline.sweeping.plan import Plan
from engine.store.unfinished import unfinished_sweeps

# Costs run faster than parameters, and the rule refuses a quarter of it all.
AXES = """\
sweep:
  rule.oversold: [20, 30, 50, 70]
  execution.slippage_bps.SMALL: [0, 5]
  rule.overbought: [40, 55, 60, 80]
  rule.max_holding: [null, 2, 4]
"""
RULE = "rule:\n  name: rsi_threshold\n  rsi_period: 3\n"
CHUNK = 7
PARTS = 14
SLOW = """
import sys, time
import engine.pipeline.sweeping.plan as planning
from engine.cli import main
planning.CHUNK = {"events": %d}
measured = planning.Plan.measured
def slowly(self, *given):
    time.sleep(float(sys.argv.pop(1) if len(sys.argv) > 99 else PAUSE))
    return measured(self, *given)
PAUSE = float(sys.argv.pop(1))
planning.Plan.measured = slowly
main()
"""


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(planning, "CHUNK", {"events": CHUNK})


def study_in(folder):
    text = SHORT.replace(SHORT[SHORT.index("rule:") : SHORT.index("execution:")], RULE)
    return write_study(folder, text=text + AXES)


def sweep(folder, *options):
    return streak("sweep", *options, "--workers", "1", "--results", folder / "results")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """The result of a sweep that nothing disturbs."""
    folder = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "CHUNK", {"events": CHUNK})
        code, out, err = sweep(folder, study_in(folder), "--confirm", "3", "--json")
    assert code == 0, err
    return json.loads(out)


def files_of(told):
    names = ("trials.parquet", "confirmations.csv", "metrics.json", "summary.csv", "study.yaml")
    return {name: (Path(told["path"]) / name).read_bytes() for name in names}


def begun(folder, pause="0.05"):
    """Begin a sweep in a process of its own."""
    command = [sys.executable, "-c", SLOW % CHUNK, pause, "sweep", str(study_in(folder))]
    options = ["--confirm", "3", "--workers", "1", "--results", str(folder / "results")]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def parts_in(folder):
    return sorted((folder / "results").glob("*/*.partial/parts/*.arrow"))


def ended_after(folder, parts, how):
    """Begin a sweep, end it by a signal once there are some parts, and return what it said."""
    process = begun(folder)
    while len(parts_in(folder)) < parts:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.002)
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    return process.returncode, err.decode()


def assert_finished(folder, outcome, unbroken):
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert files_of(told) == files_of(unbroken)
    assert unfinished_sweeps(folder / "results") == []
    assert list((folder / "results" / "short").iterdir()) == [Path(told["path"])]


def test_large_sweeps_are_one_row_for_each_allowed_set(unbroken):
    table = pq.read_table(Path(unbroken["path"]) / "trials.parquet")
    assert (unbroken["sets"], unbroken["skipped"]) == (table.num_rows, 96 - table.num_rows)
    assert 0 < unbroken["skipped"] < 96
    values = [table[f"rule.{name}"].to_pylist() for name in ("oversold", "overbought")]
    assert all(low < high for low, high in zip(*values, strict=True))
    with pq.ParquetFile(Path(unbroken["path"]) / "trials.parquet") as file:
        assert 1 < file.num_row_groups <= PARTS  # parts without an allowed set give none


def test_parts_give_what_one_piece_gives(unbroken, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "CHUNK", {"events": 2**18})
    told = json.loads(sweep(tmp_path, study_in(tmp_path), "--confirm", "3", "--json").out)
    one, other = (pq.read_table(Path(t["path"]) / "trials.parquet") for t in (told, unbroken))
    assert one.equals(other, check_metadata=True)
    with pq.ParquetFile(Path(told["path"]) / "trials.parquet") as file:
        assert file.num_row_groups == 1
    assert told["best"] == unbroken["best"]


@pytest.mark.parametrize("parts", [1, 5, 13])
def test_a_killed_sweep_goes_on(unbroken, tmp_path, parts):
    code, _ = ended_after(tmp_path, parts, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert parts <= len(parts_in(tmp_path)) < PARTS
    (found,) = unfinished_sweeps(tmp_path / "results")
    assert_finished(tmp_path, sweep(tmp_path, "--resume", found.name, "--json"), unbroken)


def test_a_sweep_killed_again_and_again_goes_on(unbroken, tmp_path):
    ended_after(tmp_path, 2, signal.SIGKILL)
    for parts in (5, 9):
        (found,) = unfinished_sweeps(tmp_path / "results")
        command = [sys.executable, "-c", SLOW % CHUNK, "0.05", "sweep", "--resume", str(found.path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while len(parts_in(tmp_path)) < parts:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.002)
        process.kill()
        process.communicate(timeout=60)
    assert_finished(tmp_path, sweep(tmp_path, "--resume", "short", "--json"), unbroken)


def test_ctrl_c_says_how_to_go_on(unbroken, tmp_path):
    code, err = ended_after(tmp_path, 3, signal.SIGINT)
    assert code == 130
    (found,) = unfinished_sweeps(tmp_path / "results")
    last = err.splitlines()[-1]
    assert "interrupted; what is done is kept" in last
    assert last.endswith(f"streak sweep --resume {found.path}")
    assert "Traceback" not in err
    wanted = last.rpartition(" ")[2]
    assert_finished(tmp_path, sweep(tmp_path, "--resume", wanted, "--json"), unbroken)


@pytest.fixture
def stopped(tmp_path):
    """A folder with a sweep that was killed, and its parts."""
    ended_after(tmp_path, 6, signal.SIGKILL)
    (found,) = unfinished_sweeps(tmp_path / "results")
    return tmp_path, found, parts_in(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "gone", "other"])
def test_damaged_parts_are_measured_again(stopped, unbroken, damage):
    folder, found, parts = stopped
    content = parts[2].read_bytes()
    middle = len(content) // 2
    match damage:
        case "cut":
            parts[2].write_bytes(content[:middle])
        case "flip":
            flipped = bytes([content[middle] ^ 1])
            parts[2].write_bytes(content[:middle] + flipped + content[middle + 1 :])
        case "empty":
            parts[2].write_bytes(b"")
        case "gone":
            parts[2].unlink()
        case "other":  # whole, but of another chunk
            parts[2].write_bytes(parts[3].read_bytes())
    (found.path / "parts" / ".half-written").write_bytes(b"abc")
    (found.path / "trials.parquet").write_bytes(b"abc")
    assert_finished(folder, sweep(folder, "--resume", found.name, "--json"), unbroken)


def test_whole_parts_are_not_measured_again(stopped, unbroken, monkeypatch):
    folder, found, parts = stopped
    measured = []
    sound = Plan.measured

    def counted(self, numbers, *window):
        measured.append(int(numbers[0]) // CHUNK)
        return sound(self, numbers, *window)

    monkeypatch.setattr(Plan, "measured", counted)
    assert_finished(folder, sweep(folder, "--resume", found.name, "--json"), unbroken)
    assert measured == list(range(len(parts), PARTS))


def test_columns_of_parts_are_read_as_they_were_written(tmp_path):
    from engine.store.unfinished import Unfinished

    begun = Unfinished.begin(tmp_path, "short", "0123456789abc", {})
    columns = {
        "number": np.arange(3),
        "sharpe": np.array([1.0, np.nan, -0.0]),
        "path": np.array([0, 1, 2**64 - 1], dtype=np.uint64),
    }
    begun.write_part(0, columns, "prices")
    again = Unfinished.at(begun.path).read_part(0, "prices")
    for name, values in columns.items():
        assert (again[name].dtype, again[name].tobytes()) == (values.dtype, values.tobytes())

"""``streak walk-forward``: what it prints, what it leaves behind, and what it refuses."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import streak
from short_studies import SHORT, write_study

import engine as sl

ROOT = Path(__file__).parents[2]
TEXT = f"""{SHORT}sweep:
  rule.entry_streak: [1, 2, 3]
  rule.exit_streak: {{from: 1, to: 2}}
  execution.slippage_bps.SMALL: [0, 2]
walk_forward:
  train: 100
  test: 2m
"""
FILES = {
    *("study.yaml", "summary.csv", "summary.md", "metrics.json", "manifest.json", "folds.csv"),
    *("equity.parquet", "rotations.csv", "trades.csv", "scenarios.csv"),
}


def contents(path):
    return {p.name: p.read_bytes() for p in Path(path).iterdir() if p.name != "manifest.json"}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"), text=TEXT)


@pytest.fixture(scope="module")
def done(study):
    """The walk-forward, printed for readers."""
    outcome = streak("walk-forward", study, "--results", study.parent / "results")
    assert outcome.code == 0, outcome.err
    return outcome


@pytest.fixture(scope="module")
def folder(done):
    return Path(done.out.rstrip().splitlines()[-1])


def test_it_prints_the_stitched_run_beside_others_and_every_fold(done):
    assert done.out.startswith("SIMULATED DATA, not market history\n")
    head = next(line for line in done.out.splitlines() if line.startswith("Metric"))
    assert "walk-forward  own parameters  hindsight  LARGE held †" in head
    assert "WHAT EACH FOLD CHOSE\n" in done.out
    assert "DRIFT OF THE PARAMETERS\n" in done.out
    assert "Note: walk-forward: at each close the parameters decide that were the best of 6" in (
        done.out
    )
    assert "Note: not chosen, as no rule can: execution.slippage_bps.SMALL; the" in done.out
    assert "Note: walk-forward efficiency " in done.out
    assert "evidence of an edge over LARGE held: walk-forward probability " in done.out
    assert "Note: 0 rejected orders; two engines agree to " in done.out


def test_progress_is_told_on_stderr(done, study, tmp_path):
    assert done.err.splitlines() == [
        "loading LARGE and SMALL",
        "choosing among 6 sets in 6 folds",
        "running walk-forward",
        "running the benchmarks",
        "running own parameters",
        "running hindsight",
        "walking on 2 other terms",
    ]
    assert streak("walk-forward", study, "-q", "--results", tmp_path).err == ""


def test_the_folder_is_whole(folder):
    assert {p.name for p in folder.iterdir()} == FILES
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert (manifest["kind"], manifest["rule"]["name"]) == ("walk-forward", "streak")
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    assert manifest["held_fixed"] == ["execution.slippage_bps.SMALL"]
    assert manifest["config"]["walk_forward"]["test"] == "2m"
    assert manifest["windows"]["test_sessions"] == 42
    assert manifest["rejected_orders"] == 0
    assert (folder / "study.yaml").read_text("utf-8") == TEXT


def test_the_files_say_what_python_says(folder, study):
    found = sl.walk_forward(sl.load_study(study))
    rows = list(csv.DictReader(io.StringIO((folder / "folds.csv").read_text("utf-8"))))
    assert [list(row) for row in rows[:1]] == [[*found.rows[0], "data"]]
    for row, expected in zip(rows, found.rows, strict=True):
        assert row.pop("data") == "simulated"
        assert {k: "" if v is None else str(v) for k, v in expected.items()} == {
            k: "nan" if v == "" and expected[k] is not None else v for k, v in row.items()
        }
    table = pq.read_table(folder / "equity.parquet")
    assert table["equity"].to_pylist() == found.equity.tolist()
    assert table["own"].to_pylist() == found.beside["own"].simulation.equity.tolist()
    lengths = [fold.choice.windows.test.sessions for fold in found.folds]
    assert [table["fold"].to_pylist().count(k) for k in range(1, 7)] == lengths
    assert table.schema.metadata[b"data"] == b"simulated"
    assert "| Sharpe" in (folder / "summary.md").read_text("utf-8")
    assert "## How the choices did" in (folder / "summary.md").read_text("utf-8")


def test_json_is_for_machines(study, tmp_path):
    outcome = streak("walk-forward", study, "--json", "-q", "--results", tmp_path)
    found = json.loads(outcome.out)
    assert found["run"] == "/".join(Path(found["path"]).parts[-2:])
    assert found["rule"]["name"] == "walk_forward"
    assert (found["study"], found["simulated"], found["rejected_orders"]) == ("short", True, 0)
    assert found["sessions"] == len(found["folds"]) * 42 - 42 + found["folds"][-1]["test_sessions"]
    assert {"sharpe", "cagr", "active_return"} <= found["metrics"].keys()
    assert found["beside"].keys() == {"own", "hindsight"}
    assert found["benchmarks"].keys() == {"core", "satellite", "50/50"}
    assert found["verdict"]["findings"][0]["key"] == "walk_forward_probability"
    assert found["summary"].keys() >= {"efficiency", "profitable", "percentile", "order_kept"}
    assert [one["axis"] for one in found["drift"]] == ["rule.entry_streak", "rule.exit_streak"]
    assert "NaN" not in outcome.out


def test_show_and_ls_know_it(done, folder, study):
    results = study.parent / "results"
    shown = streak("show", "--results", results)
    assert shown.code == 0, shown.err
    printed = done.out.rstrip().removesuffix(str(folder)).rstrip()
    assert shown.out.startswith(printed + "\n\nfolder   ")
    told = json.loads(streak("show", "--json", "--results", results).out)
    assert told["manifest"]["kind"] == "walk-forward"
    assert len(told["folds"]) == 6
    assert "  walk-forward  streak  " in streak("ls", "--results", results).out


def test_the_same_bytes_whatever_the_process(done, folder, study, tmp_path):
    """Another hash seed, locale, time zone and number of workers."""
    command = [sys.executable, "-c", "from engine.cli import main; main()"]
    told = subprocess.run(
        [*command, "walk-forward", study, "--workers", "3", "--results", tmp_path],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        capture_output=True,
        check=True,
    ).stdout.decode("utf-8")
    path = told.rstrip().splitlines()[-1]
    assert told.replace(path, "") == done.out.replace(str(folder), "")
    assert contents(path) == contents(folder)


def test_it_is_reported_at_once_or_later(study, tmp_path):
    names = ("report.html", "report.md", "report.json")
    options = ("--report", "-q", "--results", tmp_path / "r")
    *_, path, page = streak("walk-forward", study, *options).out.splitlines()
    assert page == f"{path}/report.html"
    again = streak("report", path, "--out", tmp_path / "again")
    assert (again.code, again.err) == (0, "")
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (Path(path) / name).read_bytes()
    assert "<h1>short</h1>" in (tmp_path / "again" / "report.html").read_text("utf-8")


def test_values_are_overridden(study, tmp_path):
    options = ["--set", "walk_forward.windows=anchored", "--set", "walk_forward.test=100"]
    outcome = streak("walk-forward", study, "--json", "-q", "--results", tmp_path, *options)
    folds = json.loads(outcome.out)["folds"]
    assert [row["train_sessions"] for row in folds] == [100, 200, 300]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--set", "walk_forward.train=5y"], 3, "walk_forward.train: is 1,260 sessions, but the"),
        (["--set", "walk_forward.train=5x"], 3, '--set walk_forward.train: is "5x", but must be'),
        (["--set", "walk_forward.metric=shape"], 3, 'did you mean "sharpe"?'),
        (["--set", "walk_forward.step=3"], 3, "walk_forward.step: no such key (allowed windows"),
        (["--workers", "0"], 2, "0 is not in the range x>=1"),
        (["--set", "sweep={rule.entry_streak: {from: 1, to: 99000000}}"], 3, "99,000,000 param"),
    ],
)
def test_what_is_wrong_ends_in_one_message_and_leaves_nothing(
    study, tmp_path, options, code, message
):
    outcome = streak("walk-forward", study, "-q", "--results", tmp_path / "r", *options)
    assert (outcome.code, outcome.out) == (code, "")
    assert message in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(("command", "message"), [("compare", "is no run"), ("top", "is no sweep")])
def test_it_is_neither_a_run_nor_a_sweep(folder, command, message):
    outcome = streak(command, folder)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err


def test_help_loads_nothing_heavy_and_says_what_it_does():
    code = (
        "import sys; from engine.cli import _run; code = _run(['walk-forward', '--help']); "
        "print(code, *sys.modules, file=sys.stderr)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in told.stderr.split()}
    assert "0" in loaded
    assert loaded & {"numpy", "pydantic", "numba", "backtrader", "pandas"} == set()
    assert "Choose parameters on one window of history" in told.stdout

"""Unfinished sweeps: what commands say of them, and what keeps them from being mixed up."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import streak
from short_studies import RULE_FILE, write_pair

import engine.pipeline.sweeping.plan as planning
from engine.pipeline.sweeping import on_disk
from engine.pipeline.sweeping.plan import Plan
from engine.store.unfinished import unfinished_sweeps

STUDY = """\
name: pair
data: {source: csv, directory: .}
rule: {file: mine.py, run: 1}
sweep:
  rule.run: {from: 1, to: 6}
  data.price_basis: [total_return, price]
  execution.cash_rate: [0.0, rates.csv]
"""
RATES = "Date,Value\n2019-12-31,2.5\n2020-02-12,9.0\n"


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(planning, "CHUNK", {"events": 5})


def sweep(folder, *options):
    return streak("sweep", *options, "--workers", "1", "--results", folder / "results")


def interrupted_after(parts, monkeypatch):
    """Make measuring stop after some chunks, as Ctrl-C does."""
    sound, measured = Plan.measured, []

    def measure(self, *given):
        if len(measured) == parts:
            raise KeyboardInterrupt
        measured.append(given)
        return sound(self, *given)

    monkeypatch.setattr(Plan, "measured", measure)


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A folder of a study over prices, rates and a rule's file, with a sweep that was begun."""
    write_pair(tmp_path)
    (tmp_path / "study.yaml").write_text(STUDY, "utf-8")
    (tmp_path / "mine.py").write_text(RULE_FILE, "utf-8")
    (tmp_path / "rates.csv").write_text(RATES, "utf-8")
    with monkeypatch.context() as patch:
        interrupted_after(2, patch)
        code, out, err = sweep(tmp_path, tmp_path / "study.yaml", "--no-confirm", "--quiet")
    assert (code, out) == (130, "")
    assert len(err.splitlines()) == 2  # an empty line after ^C
    (found,) = unfinished_sweeps(tmp_path / "results")
    return tmp_path, found


def test_what_has_not_changed_can_be_finished(begun):
    folder, found = begun
    outcome = sweep(folder, "--resume", found.name, "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["sets"] == 24


def refusal(folder, found):
    code, out, err = sweep(folder, "--resume", found.name, "--quiet")
    assert (code, out) == (2, "")
    assert unfinished_sweeps(folder / "results")[0].parts == 2  # still there
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("study.yaml", "to: 6", "to: 7", "the study changed"),
        ("mine.py", "<= -1", "<= -2", "the study changed"),
        ("SPY.csv", None, None, "the prices changed"),
        ("rates.csv", "2.5", "2.6", "the prices or cash rates changed"),
    ],
)
def test_what_has_changed_is_not_mixed(begun, name, old, new, told):
    folder, found = begun
    path = folder / name
    text = path.read_text("utf-8")
    if old is None:  # a cent on a single close
        lines = text.splitlines()
        cells = lines[30].split(",")
        cells[4] = f"{float(cells[4]) + 0.01:.4f}"
        lines[30] = ",".join(cells)
        path.write_text("\n".join(lines) + "\n", "utf-8")
    else:
        path.write_text(text.replace(old, new), "utf-8")
    assert f"{found.name} cannot be resumed: {told}" in refusal(folder, found)


def test_other_code_or_libraries_are_not_mixed(begun, monkeypatch):
    folder, found = begun
    versions = on_disk.library_versions()
    with monkeypatch.context() as patch:
        patch.setattr(on_disk, "library_versions", lambda: versions | {"numba": "0.1"})
        assert "the version of numba changed" in refusal(folder, found)
    with monkeypatch.context() as patch:
        patch.setattr(on_disk, "code_hash", lambda: "0" * 64)
        assert "the code changed" in refusal(folder, found)


def test_comments_and_the_place_of_a_study_are_no_change(begun):
    folder, found = begun
    path = folder / "study.yaml"
    path.write_text("# a comment\n" + path.read_text("utf-8"), "utf-8")
    assert sweep(folder, "--resume", found.name).code == 0


def test_a_study_that_is_gone_is_told(begun):
    folder, found = begun
    (folder / "study.yaml").unlink()
    code, _, err = sweep(folder, "--resume", found.name, "--quiet")
    assert code in (2, 3)
    assert "study.yaml" in err
    assert "Traceback" not in err


def test_commands_say_that_a_sweep_is_unfinished(begun):
    folder, found = begun
    results = folder / "results"
    _, out, _ = streak("ls", "--results", results)
    assert out.splitlines()[-1].split("  ")[0] == found.name
    assert "unfinished sweep" in out
    assert "2 of 5 parts" in out
    told = json.loads(streak("ls", "--results", results, "--json").out)
    assert told == [
        {
            "run": found.name,
            "path": str(found.path),
            "kind": "unfinished sweep",
            "study": "pair",
        }
    ]
    for command in ("show", "top"):
        for wanted in (found.name, found.path, found.path.name):
            code, _, err = streak(command, wanted, "--results", results)
            assert code == 2
            assert "is an unfinished sweep; finish it with: streak sweep --resume" in err


def test_only_one_process_writes_an_unfinished_sweep(begun):
    folder, found = begun
    held = f"""
import sys
from engine.store.unfinished import find_unfinished
from pathlib import Path
with find_unfinished(Path("results"), {str(found.path)!r}).held():
    print("held", flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    code, _, err = sweep(folder, "--resume", found.name, "--quiet")
    process.kill()
    process.communicate()
    assert code == 2
    assert "is being written by another process" in err
    assert sweep(folder, "--resume", found.name, "--quiet").code == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "give either the CONFIG of a study, or --resume RUN"),
        (("--resume", "x", "CONFIG"), "give either the CONFIG of a study, or --resume RUN"),
        (("--resume", "nothing"), 'there is no unfinished sweep "nothing"'),
    ],
)
def test_what_cannot_be_resumed_is_told(tmp_path, options, told):
    config = tmp_path / "study.yaml"
    config.write_text("name: x\n", "utf-8")
    code, out, err = sweep(tmp_path, *(config if o == "CONFIG" else o for o in options))
    assert (code, out) == (2, "")
    assert told in err


def test_a_sweep_that_can_never_be_finished_leaves_nothing(tmp_path):
    (tmp_path / "study.yaml").write_text(
        "name: never\ndata: {source: simulated, end: 2001-03-30}\nrule: {name: rsi_threshold}\n"
        "sweep:\n  rule.oversold: {from: 60, to: 70}\n  rule.overbought: [40, 50]\n",
        "utf-8",
    )
    code, _, err = sweep(tmp_path, tmp_path / "study.yaml", "--no-confirm", "--quiet")
    assert code == 2
    assert "allows none of the 22 combinations" in err
    assert list((tmp_path / "results" / "never").iterdir()) == []


def test_two_sweeps_at_once_do_not_mix(tmp_path):
    """The same study, at the same time, into the same folder."""
    (tmp_path / "study.yaml").write_text(
        "name: twice\ndata: {source: simulated, end: 2001-03-30}\nrule: {name: streak}\n"
        "sweep:\n  rule.entry_streak: {from: 1, to: 9}\n  rule.exit_streak: [1, 2]\n",
        "utf-8",
    )

    script = (
        "import engine.pipeline.sweeping.plan as p; p.CHUNK = {'events': 3}; "
        "from engine.cli import main; main()"
    )

    def one(_):
        command = [sys.executable, "-c", script, "sweep", str(tmp_path / "study.yaml")]
        options = ["--no-confirm", "--json", "--workers", "1", "--results", str(tmp_path / "r")]
        return subprocess.run([*command, *options], capture_output=True, check=True).stdout

    with ThreadPoolExecutor(2) as pool:
        paths = [Path(json.loads(out)["path"]) for out in pool.map(one, range(2))]
    assert paths[0] != paths[1]
    assert sorted((tmp_path / "r" / "twice").iterdir()) == sorted(paths)
    one_table, other = (path / "trials.parquet" for path in paths)
    assert one_table.read_bytes() == other.read_bytes()
    assert pq.read_metadata(one_table).num_rows == 18

"""Searches on other histories that are killed, interrupted, damaged: how they go on."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import streak
from short_studies import SHORT, write_study

from engine.pipeline.evidence import searching

AXES = "sweep:\n  rule.entry_streak: [1, 2, 3]\n  rule.max_holding: [null, 2]\n"
BATCH = 3
HISTORIES = 29
BATCHES = 10
OPTIONS = ("--resample", str(HISTORIES), "--null", "sign-flips", "--workers", "1")
FILES = ("metrics.json", "winners.csv", "summary.csv", "summary.md")
SLOW = """
import time
import engine.pipeline.evidence.searching as searching
from engine.cli import main
searching.BATCH = %d
winners = searching.winners
def slowly(*given, **named):
    time.sleep(0.05)
    return winners(*given, **named)
searching.winners = slowly
main()
"""


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(searching, "BATCH", BATCH)


@pytest.fixture
def sweep(tmp_path):
    study, results = write_study(tmp_path, text=SHORT + AXES), tmp_path / "results"
    ran = streak("sweep", study, "--no-confirm", "--workers", "1", "--results", results, "--json")
    return Path(json.loads(ran.out)["path"])


def weighed(sweep, *options):
    ran = streak("evidence", sweep, *OPTIONS, "--json", *options)
    assert ran.code == 0, ran.err
    return json.loads(ran.out), ran.err


def files_of(told):
    """Return what was stored, the sweep's own name left out: every sweep has its own."""
    texts = {name: (Path(told["path"]) / name).read_text("utf-8") for name in FILES}
    return {name: text.replace(told["sweep"]["run"], "") for name, text in texts.items()}


def batches_in(sweep):
    return sorted(sweep.glob("winners-*.partial/parts/*.arrow"))


def ended_after(sweep, batches, how):
    command = [sys.executable, "-c", SLOW % BATCH, "evidence", str(sweep), *OPTIONS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while len(batches_in(sweep)) < batches:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.002)
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    return process.returncode, err.decode()


def test_killed_and_begun_again_gives_the_same_bytes(sweep, monkeypatch):
    unbroken, _ = weighed(sweep)
    assert ended_after(sweep, 4, signal.SIGKILL)[0] == -signal.SIGKILL
    whole = batches_in(sweep)
    assert 4 <= len(whole) < BATCHES
    made = []
    sound = searching.winners

    def counted(searches, metric, null, numbers, **named):
        made.append(numbers[0] // BATCH)
        return sound(searches, metric, null, numbers, **named)

    monkeypatch.setattr(searching, "winners", counted)
    again, _ = weighed(sweep)
    assert made == list(range(len(whole), BATCHES))
    assert files_of(again) == files_of(unbroken)
    assert list(sweep.glob("winners-*")) == []


def test_ctrl_c_says_how_to_go_on(sweep):
    code, err = ended_after(sweep, 2, signal.SIGINT)
    assert code == 130
    assert err.splitlines()[-1].endswith("are kept: say the same again to go on")
    assert "Traceback" not in err
    assert batches_in(sweep)
    assert [path for path in sweep.parent.iterdir() if path != sweep] == []


@pytest.mark.parametrize("damage", ["cut", "gone", "other"])
def test_damaged_batches_are_searched_again(sweep, damage):
    unbroken, _ = weighed(sweep)
    ended_after(sweep, 4, signal.SIGKILL)
    whole = batches_in(sweep)
    match damage:
        case "cut":
            whole[1].write_bytes(whole[1].read_bytes()[:50])
        case "gone":
            whole[1].unlink()
        case "other":
            whole[1].write_bytes(whole[2].read_bytes())
    assert files_of(weighed(sweep)[0]) == files_of(unbroken)


def test_other_questions_take_nothing_from_what_is_kept(sweep, monkeypatch):
    ended_after(sweep, 4, signal.SIGKILL)
    kept = len(batches_in(sweep))
    made = []
    sound = searching.winners

    def counted(*given, **named):
        made.append(given)
        return sound(*given, **named)

    monkeypatch.setattr(searching, "winners", counted)
    for option in (("--seed", "3"), ("--by", "cagr")):
        made.clear()
        weighed(sweep, *option)
        assert len(made) == BATCHES
    assert len(batches_in(sweep)) == kept  # to be finished some day


def test_more_histories_begin_with_the_same_ones(sweep):
    few, _ = weighed(sweep, "--resample", "5")
    many, _ = weighed(sweep)
    lines = [(Path(told["path"]) / "winners.csv").read_text().splitlines() for told in (few, many)]
    assert lines[1][: len(lines[0])] == lines[0]
    assert (len(lines[0]), len(lines[1])) == (6, 1 + HISTORIES)


def test_progress_is_told_on_stderr(sweep):
    _, err = weighed(sweep)
    assert f"searched {HISTORIES} of {HISTORIES} histories (sign-flips)" in err
    assert weighed(sweep, "--quiet")[1] == ""

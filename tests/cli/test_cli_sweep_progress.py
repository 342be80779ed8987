"""What a sweep says while it runs: a bar, lines, or nothing; and that memory stays flat."""

import json
import os
import re
import subprocess
import sys

import pytest
from command_line import streak
from short_studies import SHORT, write_study

import engine.pipeline.sweeping.plan as planning
from engine.cli.progress import SweepProgress, duration
from engine.cli.sweep import size_text

AXES = """\
sweep:
  rule.entry_streak: {from: 1, to: 25}
  rule.max_holding: {from: 1, to: 20}
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "CHUNK", {"events": 20})
    return write_study(tmp_path, text=SHORT + AXES)


def sweep(study, *options):
    results = ("--workers", "1", "--no-confirm", "--results", study.parent / "results")
    return streak("sweep", study, *results, *options)


def test_one_line_for_every_tenth(study):
    code, _, err = sweep(study)
    assert code == 0
    lines = [line for line in err.splitlines() if " sets" in line]
    assert [line.partition(" sets")[0] for line in lines] == [
        f"{50 * tenth} of 500" if tenth % 2 == 0 else f"{50 * tenth + 10} of 500"
        for tenth in range(1, 11)
    ]
    for line in lines[:-1]:
        assert re.fullmatch(
            r"\d+ of 500 sets, [\d,]+ a second, [\d.]+ (s|min) left, best sharpe -?[\d.]+", line
        )
    assert re.fullmatch(r"500 of 500 sets, best sharpe -?[\d.]+", lines[-1])
    best = [float(line.rpartition(" ")[2]) for line in lines]
    assert best == sorted(best)


def test_the_best_so_far_is_by_the_metric_asked_for(study):
    lines = sweep(study, "--by", "volatility").err.splitlines()
    best = [float(line.rpartition("best volatility ")[2]) for line in lines if "best" in line]
    assert best == sorted(best, reverse=True)


def test_json_is_alone_on_stdout(study):
    code, out, err = sweep(study, "--json")
    assert code == 0
    assert json.loads(out)["sets"] == 500
    assert "500 of 500 sets" in err


def test_quiet_says_nothing(study):
    code, out, err = sweep(study, "--quiet", "--json")
    assert (code, err) == (0, "")
    json.loads(out)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are of POSIX")
def test_a_terminal_gets_a_bar(study):
    """In a real terminal: what is drawn names sets, speed and the best so far, and goes away."""
    import pty

    leader, follower = pty.openpty()
    script = (
        "import engine.pipeline.sweeping.plan as p; p.CHUNK = {'events': 20}; "
        "from engine.cli import main; main()"
    )
    command = [sys.executable, "-c", script, "sweep", str(study), "--no-confirm", "--json"]
    process = subprocess.Popen(
        [*command, "--workers", "1", "--results", str(study.parent / "r")],
        stdout=subprocess.PIPE,
        stderr=follower,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(follower)
    drawn = b""
    while True:
        try:
            read = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not read:
            break
        drawn += read
    out, _ = process.communicate(timeout=60)
    os.close(leader)
    assert process.returncode == 0
    assert json.loads(out)["sets"] == 500
    text = drawn.decode()
    assert "100%" in text
    assert "best sharpe" in text
    assert "\x1b[" in text
    assert "a second" not in text


def test_resuming_counts_only_what_is_measured_now(capsys):
    progress = SweepProgress("sharpe", quiet=False)
    progress.measured(50, 100, 0.5, 0)
    assert capsys.readouterr().err == "50 of 100 sets, best sharpe 0.5\n"
    progress.measured(60, 100, float("nan"), 10)
    assert re.fullmatch(r"60 of 100 sets, [\d,]+ a second, 0\.\d s left\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.04, "0.0 s"), (3.21, "3.2 s"), (12, "12 s"), (300, "5 min"), (9000, "2.5 h")],
)
def test_durations_are_said_shortly(seconds, told):
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("size", "told"),
    [(7, "7 bytes"), (1234, "1.2 kB"), (45e6, "45 MB"), (7.1e9, "7.1 GB"), (2e12, "2 TB")],
)
def test_sizes_are_said_shortly(size, told):
    assert size_text(size) == told


MEASURED = """
import json, resource, sys
from engine.cli import _run
code = _run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""
MILLIONS = """\
sweep:
  rule.entry_streak: {from: 1, to: ENTRIES}
  rule.exit_streak: {from: 1, to: 8}
  rule.rsi_period: {from: 2, to: 17}
  rule.overbought: {from: 51, to: 82}
  rule.max_holding: {from: 1, to: 32}
"""


def peak_of(folder, entries):
    """Sweep that many times 131,072 sets in a process of its own; return its peak memory."""
    folder.mkdir()
    study = write_study(folder, text=SHORT + MILLIONS.replace("ENTRIES", str(entries)))
    command = [sys.executable, "-c", MEASURED, "sweep", str(study), "--no-confirm", "--json"]
    ran = subprocess.run(
        [*command, "--workers", "1", "--results", str(folder / "results")],
        capture_output=True,
        check=True,
    )
    assert json.loads(ran.stdout)["sets"] == entries * 131_072
    return int(ran.stderr.splitlines()[-1])


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in other units")
def test_memory_does_not_grow_with_the_grid(tmp_path):
    """Three million sets take hardly more than a quarter of a million: 220 bytes a set would."""
    small, large = peak_of(tmp_path / "small", 2), peak_of(tmp_path / "large", 24)
    assert large - small < 40_000  # KiB; the larger table has 600,000

"""What the command line says of luck, in text and in JSON; and what it costs to start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import streak


def test_a_run_says_what_its_figures_are_worth(shared):
    notes = [line for line in shared.run.out.splitlines() if line.startswith("Note: ")]
    assert "95 % intervals (2,000 resampled histories" in notes[0]
    assert "± " in notes[1]
    assert "of an edge over LARGE held: probability of beating the benchmark" in notes[2]
    assert notes[2].endswith("a single run says nothing about how many rules were tried")


def test_a_run_as_json(shared, tmp_path):
    done = streak("run", shared.study, "--json", "-q", "--results", tmp_path)
    told = json.loads(done.out, parse_constant=pytest.fail)
    stored = json.loads((Path(told["path"]) / "metrics.json").read_bytes())
    assert told["verdict"]["level"] in {"no evidence", "weak", "moderate", "strong"}
    for key in ("uncertainty", "verdict"):
        assert told[key] == stored[key]
        assert json.loads(streak("show", "--json", "--results", tmp_path).out)[key] == told[key]
    assert told["uncertainty"]["intervals"].keys() == {
        "cagr",
        "sharpe",
        "max_drawdown",
        "active_return",
    }


def test_a_comparison_tests_its_rules(shared):
    out = shared.comparison.out
    for rule in ("streak", "ratio_trend"):
        assert f"Note: {rule} against LARGE held: difference in Sharpe " in out
    assert "Note: p that no rule beats LARGE held (SPA) " in out
    told = json.loads(streak("show", "--json", "--results", shared.results).out)
    assert told["tests"]["benchmark"] == "LARGE held"
    assert set(told["tests"]["confidence_set"]) == {row["label"] for row in told["rows"]}


def test_a_run_never_waits_for_slow_libraries(shared, tmp_path):
    """Neither arch nor scipy.stats is needed for a run; they would double its time."""
    code = (
        "import sys; from engine.cli import _run; code = _run(sys.argv[1:]); "
        "print(code, sorted({'arch', 'scipy.stats', 'statsmodels'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(shared.study), "-q", "--results", str(tmp_path)],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_metrics_are_the_same_bytes_in_any_place(shared, tmp_path, zone):
    folder = Path(shared.run.out.splitlines()[-1])
    code = "import sys; from engine.cli import _run; sys.exit(_run(sys.argv[1:]))"
    arguments = ["run", str(shared.study), "-q", "--results", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "TZ": zone, "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    again = Path(done.stdout.splitlines()[-1])
    for name in ("metrics.json", "summary.md"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()

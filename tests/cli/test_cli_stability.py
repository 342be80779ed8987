"""``streak stability``: what is printed and written, and what is refused."""

import csv
import json

import pytest
from command_line import streak
from short_studies import write_study

from engine.store.folders import find

FILES = {"stability.md", "stability.csv", "stability.json"}
SWEEP = """\
name: swept
data: {source: simulated, end: 2002-06-28}
rule: {name: streak, entry_streak: 3}
execution: {commission_bps: 1.0}
sweep:
  rule.entry_streak: [2, 3, 4]
  rule.exit_streak: [1, 2]
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A run, and a sweep of another study, in a results folder of their own."""
    folder = tmp_path_factory.mktemp("stability")
    for verb, study in (
        ("run", write_study(folder)),
        ("sweep", write_study(folder, "swept.yaml", SWEEP)),
    ):
        done = streak(verb, study, "-q", "--results", folder / "results")
        assert done.code == 0, done.err
    return folder / "results"


def varied(results, *arguments):
    done = streak("stability", *arguments, "--results", results)
    assert done.code == 0, done.err
    return done


def test_a_sweep_is_told_with_its_neighbours(results):
    out = varied(results, "swept").out
    stored = find(results, "swept")
    assert out.startswith("SIMULATED DATA")
    assert "STABILITY OF ENTRY_STREAK " in out
    for line in ("as run", "without costs", "costs × 10", "fill next_close", "from 2001-01-02"):
        assert f"\n{line} " in out
    assert "price basis price" in out
    assert "NEIGHBOURS IN THE GRID" in out
    assert out.endswith(f"\n{stored.path / 'stability.md'}\n")


def test_a_run_is_told_without_neighbours(results):
    out = varied(results, "short").out
    assert "STABILITY OF STREAK" in out
    assert "NEIGHBOURS" not in out


def test_three_files_say_the_same_and_leave_the_result_whole(results):
    stored = find(results, "swept")
    before = (stored.path / "manifest.json").read_bytes()
    told = json.loads(varied(results, "swept", "--by", "cagr", "--json").out)
    kept = json.loads((stored.path / "stability.json").read_bytes())
    assert kept.pop("notice").startswith("SIMULATED")
    assert {key: told[key] for key in kept} == kept
    assert (told["run"], told["path"]) == (stored.name, str(stored.path))
    assert told["metric"] == "cagr"
    with (stored.path / "stability.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(told["table"])
    for row, one in zip(rows, told["table"], strict=True):
        assert float(row["cagr"]) == one["metrics"]["cagr"]
        assert float(row["core_cagr"]) == one["core"]["cagr"]
        assert (row["kind"], row["data"]) == (one["kind"], "simulated")
    page = (stored.path / "stability.md").read_text("utf-8")
    assert page.startswith(f"# Stability of {stored.name}\n\n**SIMULATED DATA")
    assert page.count("\n| from ") == told["ahead"]["start"]["of"]
    assert (stored.path / "manifest.json").read_bytes() == before
    assert streak("show", "swept", "--results", results).code == 0


def test_the_same_again_is_the_same_to_the_byte(results):
    folder = find(results, "swept").path

    def made():
        varied(results, "swept", "--row", 1, "--starts", 3)
        return {name: (folder / name).read_bytes() for name in FILES}

    assert made() == made()
    told = json.loads((folder / "stability.json").read_bytes())
    assert (told["row"], told["ahead"]["start"]["of"]) == (1, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["short", "--by", "sharpe"], 2, "is a run and has no sets to choose from"),
        (["swept", "--row", "6"], 2, "has no row 6; rows are 0 to 5"),
        (["swept", "--row", "-1"], 2, "-1 is not in the range x>=0"),
        (["swept", "--starts", "0"], 2, "0 is not in the range x>=1"),
        (["swept", "--by", "sharp"], 2, 'did you mean "sharpe"'),
        (["swept", "--data-dir", "."], 3, "reads no files; leave the option out"),
        (["nothing"], 2, 'there is no result "nothing"'),
    ],
)
def test_refusals_write_nothing(results, arguments, code, said):
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    done = streak("stability", *arguments, "--results", results)
    assert (done.code, done.out) == (code, "")
    assert said in " ".join(done.err.split())
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == before


def test_results_of_other_kinds_and_other_code_are_refused(results, monkeypatch):
    compared = streak(
        "compare",
        "--results",
        results,
        results.parent / "study.yaml",
        "--json",
        "--rules",
        "streak",
    )
    named = json.loads(compared.out)["run"]
    done = streak("stability", named, "-q", "--results", results)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "is of kind comparison; name a run or a sweep" in done.err
    newest = json.loads(varied(results, "short", "--json").out)
    assert newest["run"] != named  # the newest run of the study, though a comparison is newer
    monkeypatch.setattr("engine.pipeline.reloading.code_hash", lambda: "changed")
    done = streak("stability", "short", "-q", "--results", results)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "another version of Streaklab's code; make it again: streak run" in done.err

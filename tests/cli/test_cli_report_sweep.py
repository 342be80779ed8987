"""``streak report`` of a sweep and ``streak sweep --report``: files, pictures, refusals."""

import json
from pathlib import Path

import pytest
from command_line import streak
from short_studies import SHORT, write_study

from engine.store.folders import find

AXES = """\
sweep:
  rule.entry_streak: [1, 2, 3]
  rule.max_holding: [null, 2]
"""
REPORT = {"report.html", "report.md", "report.json"}
PICTURES = {f"{name}.{form}" for name in ("spread", "map", "halves") for form in ("png", "svg")}


def swept(folder, *options):
    study = write_study(folder, text=SHORT + AXES)
    where = ("--results", folder / "results")
    return streak("sweep", study, "--no-confirm", "--workers", "1", *where, *options)


@pytest.fixture
def results(tmp_path):
    """A results folder of its own with one sweep."""
    done = swept(tmp_path, "-q")
    assert done.code == 0, done.err
    return tmp_path / "results"


def names_in(folder):
    return {path.name for path in folder.iterdir()}


def test_a_report_is_written_beside_the_sweep(results):
    code, out, err = streak("report", "--results", results)
    assert (code, err) == (0, "")
    page = Path(out.strip())
    assert page.parent == find(results, "latest").path
    assert names_in(page.parent) >= REPORT
    assert streak("show", "--results", results).code == 0  # the result is still whole
    assert streak("top", "--results", results).code == 0


def test_the_same_sweep_reported_twice_gives_identical_bytes(results, tmp_path):
    for folder in ("one", "two"):
        pictures = ("--png", tmp_path / folder / "png")
        done = streak("report", "--out", tmp_path / folder, *pictures, "--results", results)
        assert done.code == 0
    assert names_in(tmp_path / "one" / "png") == PICTURES
    for name in (*REPORT, *(f"png/{picture}" for picture in PICTURES)):
        one, two = (tmp_path / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_a_sweep_with_its_report(tmp_path):
    done = swept(tmp_path, "--report")
    folder, page = map(Path, done.out.splitlines()[-2:])
    assert page == folder / "report.html"
    assert page.is_file()
    assert "writing the report" in done.err
    told = json.loads(swept(tmp_path, "--report", "--json", "-q").out)
    assert told["report"] == str(Path(told["path"]) / "report.html")
    assert "report" not in json.loads(swept(tmp_path, "--json", "-q").out)


def test_without_being_asked_there_is_none(results):
    assert not REPORT & names_in(find(results, "latest").path)


@pytest.mark.parametrize("name", ["metrics.json", "heatmap.csv", "confirmations.csv"])
def test_a_sweep_that_was_tampered_with_is_not_reported(results, name):
    folder = find(results, "latest").path
    (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    code, _, err = streak("report", "--results", results)
    assert code == 5
    assert "is not what was written" in err
    assert not REPORT & names_in(folder)


def test_damaged_trials_are_one_message(results):
    path = find(results, "latest").path / "trials.parquet"
    path.write_bytes(path.read_bytes()[:-30])
    code, _, err = streak("report", "--results", results)
    assert code == 5
    assert len(err.splitlines()) == 1


def test_evidence_is_told_in_the_report_of_its_sweep(results):
    sweep = find(results, "latest")
    asked = ("--resample", "5", "--blocks", "4", "--workers", "1", "-q")
    assert streak("evidence", *asked, "--results", results).code == 0
    assert find(results, "latest").manifest["kind"] == "evidence"
    done = streak("report", "--results", results)
    assert Path(done.out.strip()) == sweep.path / "report.html"
    chapters = json.loads((sweep.path / "report.json").read_bytes())["chapters"]
    assert chapters["luck"]["result"] == find(results, "latest").name
    assert len(chapters["luck"]["searches"]) == 1


def test_a_sweep_with_its_evidence_and_its_report(tmp_path):
    done = swept(tmp_path, "--evidence", "--report", "--json", "-q")
    told = json.loads(done.out)
    chapters = json.loads((Path(told["path"]) / "report.json").read_bytes())["chapters"]
    assert chapters["luck"]["result"] == told["evidence"]["run"]

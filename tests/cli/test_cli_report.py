"""``streak report`` and ``streak run --report``: files, options, refusals."""

import json
import sys
from pathlib import Path

import pytest
from command_line import streak
from short_studies import write_study

from engine.store.folders import find

REPORT = {"report.html", "report.md", "report.json"}


@pytest.fixture
def results(tmp_path):
    """A results folder of its own with one run."""
    done = streak("run", write_study(tmp_path), "-q", "--results", tmp_path / "results")
    assert done.code == 0, done.err
    return tmp_path / "results"


def names_in(folder):
    return {path.name for path in folder.iterdir()}


def test_a_report_is_written_beside_the_result(results):
    code, out, err = streak("report", "--results", results)
    assert (code, err) == (0, "")
    page = Path(out.strip())
    assert page.name == "report.html"
    assert names_in(page.parent) >= REPORT
    assert page.parent == find(results, "latest").path
    assert streak("show", "--results", results).code == 0  # the result is still whole


def test_another_folder_leaves_the_result_alone(results, tmp_path):
    before = names_in(find(results, "short").path)
    done = streak("report", "short", "--out", tmp_path / "a" / "b", "--results", results)
    assert done.out.strip() == str(tmp_path / "a" / "b" / "report.html")
    assert names_in(tmp_path / "a" / "b") == REPORT
    assert names_in(find(results, "short").path) == before


def test_the_same_run_reported_twice_gives_identical_bytes(results, tmp_path):
    for folder in ("one", "two"):
        assert streak("report", "--out", tmp_path / folder, "--results", results).code == 0
    for name in REPORT:
        one, two = (tmp_path / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_json_for_machines(results, tmp_path):
    done = streak("report", "--json", "--png", tmp_path / "png", "--results", results)
    told = json.loads(done.out)
    assert Path(told["report"]).is_file()
    assert {Path(path).name for path in told["pictures"]} == names_in(tmp_path / "png")
    assert "equity.png" in names_in(tmp_path / "png")


def test_a_run_with_its_report(tmp_path):
    study = write_study(tmp_path)
    done = streak("run", study, "--report", "--results", tmp_path / "results")
    folder, page = map(Path, done.out.splitlines()[-2:])
    assert page == folder / "report.html"
    assert page.is_file()
    assert "writing the report" in done.err.splitlines()
    told = json.loads(
        streak("run", study, "--report", "--json", "--results", tmp_path / "results").out
    )
    assert told["report"] == str(Path(told["path"]) / "report.html")


def test_opening_launches_the_page(results, monkeypatch):
    opened = []
    monkeypatch.setattr("rich_click.launch", opened.append)
    done = streak("report", "--open", "--results", results)
    assert opened == [str(Path(done.out.strip()).resolve())]


def test_a_comparison_is_reported(results, tmp_path):
    study = write_study(tmp_path)
    rules = ("--rules", "streak,ratio_trend")
    done = streak("compare", study, *rules, "--report", "-q", "--results", results)
    folder, page = map(Path, done.out.splitlines()[-2:])
    assert (done.code, page) == (0, folder / "report.html")
    assert "<h1>short</h1>" in page.read_text("utf-8")
    assert json.loads((folder / "report.json").read_bytes())["kind"] == "comparison"
    before = {name: (folder / name).read_bytes() for name in REPORT}
    assert streak("report", "--results", results).out == f"{page}\n"
    assert {name: (folder / name).read_bytes() for name in REPORT} == before


def test_a_streak_study_is_reported(results, tmp_path):
    study = write_study(tmp_path)
    few = ("--set", "scan.resamples=100")
    done = streak("scan", study, *few, "--report", "-q", "--results", results)
    folder, page = map(Path, done.out.splitlines()[-2:])
    assert (done.code, page) == (0, folder / "report.html")
    assert json.loads((folder / "report.json").read_bytes())["kind"] == "scan"
    before = {name: (folder / name).read_bytes() for name in REPORT}
    assert streak("report", "--results", results).out == f"{page}\n"
    assert {name: (folder / name).read_bytes() for name in REPORT} == before
    told = streak("scan", study, *few, "--report", "--json", "-q", "--results", results).out
    assert Path(json.loads(told)["report"]).is_file()


def test_without_matplotlib_nothing_is_written(results, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = streak("report", "--png", tmp_path / "png", "--results", results)
    assert (code, out) == (2, "")
    assert "streaklab[pictures]" in err
    assert not (tmp_path / "png").exists()
    assert not REPORT & names_in(find(results, "latest").path)


def test_a_folder_that_cannot_be_written_is_one_message(results, tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    code, out, err = streak("report", "--out", tmp_path / "file" / "in", "--results", results)
    assert (code, out) == (5, "")
    assert "cannot be written" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("name", ["market.parquet", "rotations.csv", "equity.parquet"])
def test_a_result_that_was_tampered_with_is_not_reported(results, name):
    folder = find(results, "latest").path
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1])
    code, _, err = streak("report", "--results", results)
    assert code == 5
    assert "is not what was written" in err
    assert not REPORT & names_in(folder)

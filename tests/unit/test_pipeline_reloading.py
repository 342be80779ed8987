"""Stored results give their study and prices again, or say why they cannot."""

import dataclasses
import datetime as dt
import json
import shutil

import pytest
from command_line import streak
from short_studies import RULE_FILE, write_pair, write_study

from engine.errors import DataError, StudyError, UsageError
from engine.pipeline import reloading
from engine.pipeline.reloading import number_of, reload
from engine.store.folders import find
from engine.store.trials import read_rows
from engine.study.axis_parsing import parse_axis
from engine.study.grid import Grid
from engine.study.loader import resolved

STUDY = """\
name: whole
seed: 3
data: {source: csv, directory: prices, start: 2020-01-10, calendar: none}
rule: {file: mine.py, run: 2}
execution: {cash_rate: rates.csv}
sweep:
  rule.run: [1, 3]
  execution.slippage_bps: [0, 2.5]
  data.end: [2020-03-02, 2020-03-20]
"""
RATES = "Date,Value\n2020-01-01,1.5\n2020-02-03,1.5\n2020-03-02,1.5\n2020-04-01,1.5\n"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run and a sweep of a study with files of its own, all in a folder of their own."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "prices").mkdir()
    write_pair(folder / "prices")
    (folder / "mine.py").write_text(RULE_FILE, "utf-8")
    (folder / "rates.csv").write_text(RATES, "utf-8")
    study = write_study(folder, text=STUDY)
    found = {}
    for verb, *options in (("run",), ("sweep", "--no-confirm", "--workers", 1)):
        done = streak(verb, study, *options, "--results", folder / "results", "--json", "-q")
        assert done.code == 0, done.err
        found[verb] = find(folder / "results", json.loads(done.out)["run"])
    return found


@pytest.fixture
def moved(stored, tmp_path):
    """The same in another folder, for tests that change files."""
    folder = stored["run"].path.parents[2]
    shutil.copytree(folder, tmp_path / "copy")
    run = find(tmp_path / "copy/results", stored["run"].name)
    run.manifest["folder"] = str(tmp_path / "copy")
    return run


@pytest.mark.parametrize("kind", ["run", "sweep"])
def test_study_and_prices_are_what_they_were(stored, kind):
    one = stored[kind]
    again = reload(one)
    assert resolved(again.study) == one.manifest["config"]
    assert again.panel.describe() == one.manifest["data"]
    assert (again.study.data.start, again.study.rule.file.name) == (dt.date(2020, 1, 10), "mine.py")


def test_prices_may_have_moved(moved):
    prices = moved.path.parents[2] / "prices"
    prices.rename(prices.with_name("elsewhere"))
    with pytest.raises(DataError, match="prices"):
        reload(moved)
    again = reload(moved, prices.with_name("elsewhere"))
    assert again.panel.content_hash == moved.manifest["data"]["sha256"]


def test_changed_prices_are_refused(moved):
    path = moved.path.parents[2] / "prices" / "IWM.csv"
    text = path.read_text("utf-8")
    path.write_text(text.replace(",1000\n", ",1001\n", 1), "utf-8")
    with pytest.raises(
        DataError, match=r"the prices of whole/.* have changed since; make it again"
    ):
        reload(moved)


@pytest.mark.parametrize("name", ["mine.py", "rates.csv"])
def test_changed_files_of_the_study_are_refused(moved, name):
    path = moved.path.parents[2] / name
    path.write_text(path.read_text("utf-8").replace("3", "4").replace("1.5", "2"), "utf-8")
    with pytest.raises(DataError, match=r"a file that the study of whole/.* names has changed"):
        reload(moved)
    path.unlink()
    with pytest.raises(StudyError, match=name):
        reload(moved)


def test_other_code_is_refused(stored, monkeypatch):
    monkeypatch.setattr(reloading, "code_hash", lambda: "other")
    with pytest.raises(UsageError, match=r"another version .* make it again: streak sweep"):
        reload(stored["sweep"])


def test_other_kinds_are_refused(stored):
    manifest = {**stored["run"].manifest, "kind": "scan"}
    with pytest.raises(UsageError, match="is of kind scan; name a run or a sweep"):
        reload(dataclasses.replace(stored["run"], manifest=manifest))


def test_every_row_of_a_sweep_has_its_number(stored):
    sweep = stored["sweep"]
    grid = Grid(reload(sweep).study.sweep)
    rows = read_rows(sweep, range(sweep.manifest["sets"]))
    assert [number_of(grid.axes, row) for row in rows] == list(range(grid.count))


def test_numbers_of_mixed_axes():
    given = {"a": [5, None, 7], "b": [0.5, "x"], "c": [True, False]}
    axes = {key: parse_axis(values) for key, values in given.items()}
    assert number_of(axes, {"a": None, "b": "0.5", "c": False}) == 1 * 4 + 0 * 2 + 1
    assert number_of(axes, {"a": 7, "b": "x", "c": True}) == 2 * 4 + 1 * 2
    with pytest.raises(ValueError, match="a has no value 6"):
        number_of(axes, {"a": 6, "b": "x", "c": True})

"""Pictures of a run: the same bytes each time, whatever a user has set, in two formats."""

import re
import sys

import pytest
from reports import stored_run

from engine.errors import UsageError
from engine.pipeline.reporting import run_report
from engine.report.pictures import pictures
from engine.report.theme import LIGHT

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return run_report(stored_run(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="module")
def drawn(report):
    return pictures(report)


def test_each_picture_is_there_as_png_and_svg(drawn):
    assert drawn.keys() == {
        f"{name}.{form}" for name in ("equity", "relative", "years") for form in ("png", "svg")
    }
    for name, content in drawn.items():
        start = b"\x89PNG\r\n" if name.endswith("png") else b"<?xml"
        assert content.startswith(start)
        assert b"Matplotlib v" not in content[-3000:]


def test_the_same_run_gives_the_same_pictures_under_any_settings(report, drawn):
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "axes.grid": False}):
        assert pictures(report) == drawn
        assert mpl.rcParams["font.size"] == 30


def test_colours_are_those_of_the_page(drawn):
    svg = drawn["equity.svg"].decode()
    assert {LIGHT["rule"], LIGHT["core"], LIGHT["satellite"]} <= set(
        re.findall("#[0-9a-f]{6}", svg)
    )


def test_no_date_is_written(drawn):
    for name in ("equity.svg", "relative.svg", "years.svg"):
        assert "dc:date" not in drawn[name].decode()


def test_a_run_without_rotations_or_core_is_drawn(tmp_path):
    report = run_report(stored_run(tmp_path, "rule.entry_streak=60", "benchmarks=[]"))
    assert len(pictures(report)) == 6


def test_names_with_dollars_are_no_formulas(tmp_path, report):
    """A label between dollars would be typeset, or refused."""
    metrics = {**report.run.metrics, "rule": {**report.run.metrics["rule"], "label": r"$\frac$"}}
    changed = type(report.run)(**{**vars(report.run), "metrics": metrics})
    assert len(pictures(type(report)(**{**_fields(report), "run": changed}))) == 6


def _fields(report):
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


def test_without_matplotlib_it_says_what_to_install(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install \"streaklab\[pictures\]\""):
        pictures(report)

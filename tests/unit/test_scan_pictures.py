"""Pictures of streak studies and comparisons: the same bytes each time, whatever is missing."""

import re

import pytest
from reported import scan_of, stored_comparison, stored_scan

from engine.pipeline.reporting import comparison_report, scan_report, write_pictures
from engine.report.comparison_pictures import comparison_pictures
from engine.report.scan_pictures import scan_pictures
from engine.report.theme import LIGHT

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

SCAN = ("analogues", "continuation", "followed", "rarity")
COMPARISON = ("differences", "equity")


def files_of(names):
    return {f"{name}.{form}" for name in names for form in ("png", "svg")}


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    return stored_scan(tmp_path_factory.mktemp("scan"), claims=False)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    return stored_comparison(tmp_path_factory.mktemp("compare"))


def test_each_picture_is_there_and_the_same_again(scanned, compared, tmp_path):
    for stored, names in ((scanned, SCAN), (compared, COMPARISON)):
        one, two = (
            {p.name: p.read_bytes() for p in write_pictures(stored, tmp_path / stored.name / i)}
            for i in "12"
        )
        assert one.keys() == files_of(names)
        assert one == two


def test_colours_are_those_of_the_page(scanned, compared):
    def colours(content):
        return set(re.findall("#[0-9a-f]{6}", content.decode()))

    assert LIGHT["satellite"] in colours(scan_pictures(scan_report(scanned))["rarity.svg"])
    drawn = colours(comparison_pictures(comparison_report(compared))["equity.svg"])
    assert {LIGHT["rule"], LIGHT["rule-2"], LIGHT["core"], LIGHT["satellite"]} <= drawn


def test_costs_are_spoken_of_only_where_there_was_trading(scanned, compared):
    assert b"after costs" not in scan_pictures(scan_report(scanned))["rarity.svg"]
    drawn = comparison_pictures(comparison_report(compared))["equity.svg"]
    assert b"after costs" in drawn
    assert b"SIMULATED DATA" in drawn


def test_what_there_is_not_is_not_drawn(tmp_path):
    short = "name: sim\ndata: {source: simulated, end: 2000-01-05}\nrule: {name: streak}\n"
    drawn = scan_pictures(scan_report(scan_of(tmp_path, short)))
    assert "rarity.svg" in drawn
    assert "followed.svg" not in drawn
    folder = tmp_path / "alone"
    folder.mkdir()
    alone = stored_comparison(folder, "--set", "benchmarks=[]", rules="streak")
    assert comparison_pictures(comparison_report(alone)).keys() == files_of(("equity",))

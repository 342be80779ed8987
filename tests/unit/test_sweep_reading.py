"""A stored sweep read back: maps as they were found, the best sets, and what is damaged."""

import datetime as dt
import json

import numpy as np
import pytest
from grids import grids, made_up
from hypothesis import given, settings
from reports import stored_run, stored_sweep

from engine.errors import StoreError, UsageError
from engine.store.grid_findings import findings_json, heatmap_csv
from engine.store.sweep_reading import read_maps, read_sweep
from engine.store.trials import read_trials

AXES = {"rule.entry_streak": [1, 2, 3], "rule.max_holding": [None, 2, 60]}


def round_trip(found):
    along = json.loads(json.dumps(findings_json(found)["along"], allow_nan=False))
    return read_maps(heatmap_csv(found, simulated=True), along)


def same_map(one, other):
    assert one.axes == other.axes
    for name in ("sets", "mean", "best", "worst"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@settings(max_examples=40, deadline=None)
@given(grids())
def test_maps_are_read_as_they_were_found(grid):
    found = grid.findings(top=1)
    if len(found.axes) > 1:
        for one, other in zip(found.maps, round_trip(found), strict=True):
            same_map(one, other)


@pytest.mark.parametrize(
    "values",
    [
        ["=cmd()", "+1", "-x", "a,b", 'say "so"', "two\nlines", "'=quoted"],
        [None, 2, 5],
        [-3, -2.5, 0.1, 1e-3, 1e20],
        [True, False],
        [dt.date(2020, 1, 2), dt.date(2021, 1, 2)],
        list(range(-60, 60)),
    ],
    ids=["text", "null", "numbers", "truth", "dates", "bins"],
)
def test_whatever_an_axis_holds_is_found_again(values):
    axes = {"rule.a": values, "rule.b": [1, 2]}
    found = made_up(axes, np.arange(2.0 * len(values))).findings(top=1)
    (read,) = round_trip(found)
    same_map(found.maps[0], read)
    assert len(read.values[0]) == min(len(values), 50)


def test_a_heat_map_of_other_axes_is_refused():
    found = made_up({"rule.a": [1, 2], "rule.b": [1, 2]}, range(4)).findings(top=1)
    along = findings_json(found)["along"]
    content = heatmap_csv(found, simulated=False)
    for damaged in (content.replace(b"rule.a,1", b"rule.a,7"), content.replace(b"rule.b", b"r.c")):
        with pytest.raises(StoreError, match="does not fit the axes"):
            read_maps(damaged, along)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return stored_sweep(tmp_path_factory.mktemp("sweep"), AXES, confirm=2)


def test_the_best_are_one_for_each_way_of_holding(stored):
    trials = read_trials(stored)
    read = read_sweep(stored, best=100)
    rows = [row["row"] for row in read.best]
    assert len({trials["path"][row] for row in rows}) == len(rows) == len(set(trials["path"]))
    assert len(rows) < len(trials["path"])  # no stay lasts so long that 60 sessions end it
    sharpe = [row["sharpe"] for row in read.best]
    assert sharpe == sorted(sharpe, reverse=True)
    assert sharpe == [trials["sharpe"][row] for row in rows]
    assert read.best[0]["rule.max_holding"] in AXES["rule.max_holding"]
    assert [row["row"] for row in read_sweep(stored, best=3).best] == rows[:3]


def test_confirmations_have_their_values_and_differences(stored):
    read = read_sweep(stored, best=1)
    assert len(read.confirmations) == stored.manifest["confirmed"] > 0
    trials = read_trials(stored)
    for one in read.confirmations:
        assert one.values["sharpe"] == trials["sharpe"][one.values["row"]]
        assert one.chosen in ("top", "sample")
        assert one.largest == max(one.differences.values()) < 1e-9
    largest = max(one.largest for one in read.confirmations)
    assert largest == stored.manifest["max_difference"]


def test_a_run_is_no_sweep(tmp_path):
    with pytest.raises(UsageError, match="is no sweep"):
        read_sweep(stored_run(tmp_path), best=1)


@pytest.mark.parametrize("name", ["heatmap.csv", "metrics.json", "confirmations.csv", "study.yaml"])
def test_what_was_tampered_with_is_refused(tmp_path, name):
    stored = stored_sweep(tmp_path, {"rule.entry_streak": [1, 2]})
    content = (stored.path / name).read_bytes()
    (stored.path / name).write_bytes(content + b" ")
    with pytest.raises(StoreError, match="is not what was written"):
        read_sweep(stored, best=1)

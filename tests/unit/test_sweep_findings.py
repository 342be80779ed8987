"""What a real sweep's grid says, against its own table and against backtests of each half."""

import csv
import dataclasses
import datetime as dt
import io
import json

import numpy as np
import pytest
from grids import same
from panels import random_panel
from scipy.stats import spearmanr
from short_studies import study_in_memory, write_pair

import engine.evaluation.grid_study.study as module
from engine.errors import UsageError
from engine.pipeline.running import run
from engine.pipeline.sweeping import sweep
from engine.pipeline.variation import varied
from engine.rules.studies import load_study
from engine.store.grid_findings import findings_json, heatmap_csv

PAIR = {"source": "simulated", "core": "CORE", "satellite": "SAT"}
AXES = {
    "rule.entry_streak": [1, 2, 3],
    "execution.slippage_bps.SAT": [0, 40],
    "rule.max_holding": [None, 2, 5],
}
CLOSE = {"rel": 1e-9, "abs": 1e-12, "nan_ok": True}


@pytest.fixture(scope="module")
def panel():
    return random_panel(11, 160, start_index=21)


def swept(panel, axes=AXES, **options):
    costs = {"commission_bps": 1.0, "slippage_bps": {"CORE": 1.0, "SAT": 2.0}}
    study = study_in_memory(data=PAIR, execution=costs, sweep=axes)
    return study, sweep(study, panel, confirm=0, **options)


def halves_of(panel):
    """Both halves of the traded sessions, cut by hand."""
    middle = panel.start_index + (len(panel) - panel.start_index) // 2
    last: dt.date = panel.sessions[middle - 1].item()
    return panel.until(last), dataclasses.replace(panel, start_index=middle)


@pytest.mark.parametrize("metric", ["sharpe", "volatility", "final_equity", "information_ratio"])
def test_each_half_is_a_backtest_of_its_own(panel, metric):
    """Of the half's sessions alone, warmed up by what came before, with its own first purchase."""
    study, found = swept(panel, by=metric)
    first, second = halves_of(panel)
    halves = found.findings.halves
    assert halves.split == len(first) - first.start_index
    assert halves.second_start == second.traded_sessions[0]
    expected = [
        [run(varied(study, _values(found, row)), half).metrics[metric] for row in range(18)]
        for half in (first, second)
    ]
    both = ~np.isnan(np.sum(expected, axis=0))
    assert halves.numbers.tolist() == np.flatnonzero(both).tolist()
    for told, wanted in zip((halves.first, halves.second), expected, strict=True):
        assert told.tolist() == pytest.approx(np.array(wanted)[both].tolist(), **CLOSE)
    assert halves.correlation == pytest.approx(spearmanr(*np.array(expected)[:, both]).statistic)


def _values(found, row):
    return {axis: found.row(row)[axis] for axis in found.axes}


@pytest.mark.parametrize("metric", ["sharpe", "cagr"])
def test_what_sets_are_compared_with_is_run_over_the_same_sessions(panel, metric):
    study, found = swept(panel, by=metric)
    own = study_in_memory(data=PAIR, execution=study.execution.model_dump())
    spans = (panel, *halves_of(panel))
    halves = found.findings.halves
    told = (found.findings.references, halves.first_references, halves.second_references)
    for part, references in zip(spans, told, strict=True):
        alone = run(own, part)
        assert references["own"] == pytest.approx(alone.metrics[metric], **CLOSE)
        assert references["core"] == pytest.approx(alone.benchmarks["core"].metrics[metric])


def test_findings_are_those_of_the_table(panel):
    _, found = swept(panel)
    findings, table = found.findings, found.columns
    sharpe = table["sharpe"]
    assert (findings.spread.sets, findings.spread.undefined) == (18, 0)
    assert findings.spread.median == pytest.approx(np.median(sharpe))
    assert findings.paths == len(np.unique(table["path"]))
    grid = sharpe.reshape(3, 2, 3)
    assert findings.along[1].mean.tolist() == pytest.approx(grid.mean(axis=(0, 2)).tolist())
    assert findings.maps[1].best.tolist() == grid.max(axis=1).tolist()
    for one in findings.neighbourhoods:
        assert one.metric == sharpe[one.row]
        assert one.number == one.row
        digits = np.unravel_index(one.number, (3, 2, 3))
        if digits[0]:
            assert one.beside["rule.entry_streak"][0] == sharpe[one.number - 6]
    best = findings.neighbourhoods[0]
    assert best.metric == sharpe.max()
    assert [one.metric.tolist() for one in findings.profiles][1] == pytest.approx(
        grid[np.unravel_index(best.number, (3, 2, 3))[0], :, best.number % 3].tolist(), rel=1e-12
    )


def test_sets_the_rule_refuses_are_nobody_s_neighbours(panel):
    axes = {"rule.oversold": [30, 45, 60], "rule.overbought": [40, 55, 70]}
    study = study_in_memory(data=PAIR, rule={"name": "rsi_threshold", "rsi_period": 3}, sweep=axes)
    found = sweep(study, panel, confirm=0)
    assert found.skipped == 3
    sets = found.findings.maps[0].sets
    assert sets.tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 1]]
    corner = next(n for n in found.findings.neighbourhoods if n.number == 0)
    assert corner.steps.sets == 1  # (45, 40) is refused
    assert np.isnan(corner.beside["rule.oversold"]).all()
    last = next(n for n in found.findings.neighbourhoods if n.number == 8)
    assert (last.row, last.steps.sets) == (5, 1)


def test_variations_of_the_data_too_short_for_a_half_are_left_out(tmp_path):
    """The second half begins after thirty sessions, which one of the two has not."""
    folder = write_pair(tmp_path)
    text = (
        "name: pair\ndata: {source: csv, directory: .}\nrule: {name: streak, entry_streak: 2}\n"
        "sweep:\n  data.start: [2020-01-02, 2020-02-20]\n  rule.entry_streak: [1, 2, 3]\n"
    )
    (folder / "study.yaml").write_text(text, "utf-8")
    found = sweep(load_study(folder / "study.yaml"), confirm=0)
    assert len(found) == 6
    assert found.findings.halves.drawn == 6
    assert set(found.findings.halves.numbers.tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("change", [{"workers": 2}, {"engine": "bars"}, {"engine": "backtrader"}])
def test_what_runs_the_sweep_changes_nothing_that_is_told(panel, change):
    axes = {"rule.entry_streak": [1, 2], "rule.max_holding": [None, 2]}
    one, other = (swept(panel, axes, **options)[1].findings for options in ({}, change))
    told, again = findings_json(one), findings_json(other)
    if change == {"workers": 2}:
        assert same(one, other)
    assert told["spread"]["counts"] == again["spread"]["counts"]
    for half in ("correlation", "path_correlation"):
        assert told["halves"][half] == pytest.approx(again["halves"][half])
    numbers = [[n["number"] for n in every["neighbourhoods"]] for every in (told, again)]
    assert numbers[0] == numbers[1]


def test_blocks_change_no_byte_of_what_is_stored(panel, monkeypatch):
    """All sums of these few sets are exact enough to be the same in any order."""
    whole = swept(panel, by="rotations")[1].findings
    monkeypatch.setattr(module, "BLOCK", 4)
    again = swept(panel, by="rotations")[1].findings
    assert heatmap_csv(whole, simulated=True) == heatmap_csv(again, simulated=True)


def test_an_unknown_metric_is_refused_before_anything_is_run(panel):
    with pytest.raises(UsageError, match='did you mean "sharpe"'):
        swept(panel, by="sharp")


def test_the_heat_map_file_is_the_maps(panel):
    _, found = swept(panel)
    text = heatmap_csv(found.findings, simulated=True).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["axis_x", "x", "axis_y", "y", "sets", "mean", "best", "worst", "data"]
    assert len(rows) == 3 * 2 + 3 * 3 + 2 * 3
    assert {row["data"] for row in rows} == {"simulated"}
    grid = found.columns["sharpe"].reshape(3, 2, 3)
    for row in rows:
        if (row["axis_x"], row["axis_y"]) == ("rule.entry_streak", "rule.max_holding"):
            i, k = int(row["x"]) - 1, ["null", "2", "5"].index(row["y"])
            assert row["sets"] == "2"
            assert float(row["mean"]) == pytest.approx(grid[i, :, k].mean())
            assert (float(row["best"]), float(row["worst"])) == (
                grid[i, :, k].max(),
                grid[i, :, k].min(),
            )


def test_what_is_stored_reads_back(panel):
    _, found = swept(panel)
    told = json.loads(json.dumps(findings_json(found.findings), allow_nan=False))
    assert told["metric"] == "sharpe"
    assert told["spread"]["percentiles"]["50"] == found.findings.spread.median
    assert sum(told["spread"]["counts"]) + told["spread"]["below"] + told["spread"]["beyond"] == 18
    assert told["along"][2]["from"] == told["along"][2]["to"] == [None, 2, 5]
    assert told["halves"]["second_start"] == str(found.findings.halves.second_start)
    assert told["halves"]["first_winner"]["values"].keys() == AXES.keys()
    assert not {"numbers", "first", "second"} & told["halves"].keys()

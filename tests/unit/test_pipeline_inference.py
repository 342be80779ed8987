"""Luck in results: of the right returns, the same however they are made, stored and told."""

import json
import math

import numpy as np
import pytest
from panels import random_panel
from short_studies import study_in_memory, write_study

from engine.errors import StoreError
from engine.evaluation.inference.rules import Contestant, rule_tests
from engine.evaluation.inference.uncertainty import uncertainty_of
from engine.evaluation.inference.verdict import judge
from engine.market.load import load_panel
from engine.pipeline.comparing import compare, compare_sources
from engine.pipeline.running import run
from engine.pipeline.saving import save_comparison, save_run
from engine.report.results import (
    comparison_json,
    comparison_table,
    run_json,
    run_table,
    sorted_by,
    stored_table,
)
from engine.rules.resolve import resolve
from engine.rules.studies import read_study
from engine.store import stored_runs
from engine.store.files import inference_json

CASH = "execution.cash_rate=0.05"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the short study and a stored run of it; cash earns 5 % a year."""
    folder = tmp_path_factory.mktemp("luck")
    loaded = read_study(write_study(folder, "short.yaml"), overrides=[CASH])
    result = run(loaded.study, load_panel(loaded.study.data))
    return folder, result, save_run(result, loaded.content, folder / "runs")


def test_a_run_knows_how_well_its_figures_are_known(place):
    _, result, _ = place
    core = result.benchmarks["core"].simulation
    cash = result.simulation.cash_returns
    assert cash[0] == pytest.approx(0.05 / 252)
    assert result.uncertainty == uncertainty_of(
        result.simulation.equity, core.equity, cash, seed=result.seed
    )
    for key, interval in result.uncertainty.intervals.items():
        assert interval.estimate == pytest.approx(result.metrics[key], rel=1e-9)
    assert result.verdict == judge(
        {
            "active_probability": result.uncertainty.active_probability,
            "active_p_value": result.uncertainty.active_p_value,
        }
    )


def test_active_figures_are_over_the_core_even_where_it_is_no_benchmark():
    panel = random_panel(3, 160)
    with_core, without = (run(study_in_memory(benchmarks=b), panel) for b in (["core"], []))
    assert with_core.uncertainty == without.uncertainty
    assert without.uncertainty.intervals["active_return"].estimate == pytest.approx(
        without.metrics["active_return"]
    )


def test_the_study_gives_the_seed():
    panel = random_panel(3, 160)
    one, other = (run(study_in_memory(seed=seed), panel).uncertainty for seed in (1, 2))
    assert (one.seed, other.seed) == (1, 2)
    assert one.intervals["cagr"].low != other.intervals["cagr"].low


def test_everything_is_stored_and_told_alike(place):
    _, result, stored = place
    metrics = json.loads(stored.read("metrics.json"))
    told = run_json(result)
    for key in ("uncertainty", "verdict"):
        assert metrics[key] == told[key] == inference_json(getattr(result, key))
    notes = run_table(result).notes
    assert notes[0].startswith("95 % intervals (2,000 resampled histories, mean block ")
    assert notes[2].startswith(f"{result.verdict.level} of an edge over LARGE held: ")
    assert stored.manifest["notes"][:3] == list(notes[:3])
    assert stored_table(stored).notes[:3] == notes[:3]
    summary = stored.read("summary.md").decode()
    assert all(part in summary for part in ("resampled histories", "of an edge over LARGE held"))


def test_a_run_of_few_sessions_has_no_intervals_and_no_evidence():
    result = run(study_in_memory(), random_panel(1, 12))
    assert result.verdict.level == "no evidence"
    assert math.isnan(result.uncertainty.intervals["cagr"].low)
    assert json.dumps(run_json(result)["uncertainty"], allow_nan=False)
    assert run_table(result).notes[0] == "no 95 % intervals: 11 returns are too few to resample"


def compared(place, *sources, overrides=(CASH,)):
    folder = place[0]
    paths = [str(folder / s) if s.endswith(".yaml") else s for s in sources]
    given = overrides if any(s.endswith(".yaml") for s in sources) else ()
    return compare_sources(
        paths, rules=None, overrides=given, data_dir=None, results=folder / "runs"
    )


def test_a_stored_run_is_tested_like_the_run_it_was(place):
    stored, fresh = compared(place, "short"), compared(place, "short.yaml")
    assert stored.tests == fresh.tests
    assert stored.cash_returns.tolist() == fresh.cash_returns.tolist()
    assert fresh.tests.benchmark == "LARGE held"
    result = place[1]
    rows = [Contestant("streak", True, result.equity.to_numpy())] + [
        Contestant(b.label, False, b.simulation.equity) for b in result.benchmarks.values()
    ]
    cash = result.simulation.cash_returns
    assert fresh.tests == rule_tests(rows, cash, "LARGE held")
    assert fresh.tests.differences != rule_tests(rows, np.zeros(len(cash)), None).differences


def test_rules_of_a_comparison_are_all_tested(place):
    write_study(place[0], "other.yaml", entry_streak="  entry_streak: 5")
    comparison = compared(place, "other.yaml", "short")
    labels = [row.label for row in comparison.rows]
    assert list(comparison.tests.confidence_set) == labels
    assert comparison.tests.superiority.rules == 2
    assert [(d.one, d.other) for d in comparison.tests.differences][:2] == [
        (labels[0], labels[1]),
        (labels[0], "LARGE held"),
    ]


def test_order_does_not_change_the_tests_and_they_are_stored(place, tmp_path):
    comparison = compared(place, "short.yaml")
    ordered = sorted_by(comparison, "final_equity")
    assert ordered.tests == comparison.tests
    table = comparison_table(ordered)
    stored = save_comparison(ordered, table, tmp_path)
    assert json.loads(stored.read("metrics.json"))["tests"] == comparison_json(ordered)["tests"]
    assert comparison_json(ordered)["tests"] == inference_json(comparison.tests)
    assert table.notes[0].startswith("streak against LARGE held: difference in Sharpe ")
    assert "(SPA)" in table.notes[1]
    assert stored_table(stored).notes == table.notes


def test_a_comparison_without_the_core_has_no_test_against_it():
    study = study_in_memory(benchmarks=["satellite"])
    comparison = compare([("study", resolve(study.rule))], study, random_panel(2, 160))
    assert comparison.tests.benchmark is None
    assert comparison.tests.superiority is None
    assert len(comparison_table(comparison).notes) == 1
    alone = study_in_memory(benchmarks=[])
    comparison = compare([("study", resolve(alone.rule))], alone, random_panel(2, 160))
    assert comparison.tests.differences == ()


def test_a_rule_that_holds_the_core_is_not_taken_for_the_benchmark():
    study = study_in_memory(rule={"name": "buy_and_hold", "asset": "core"})
    comparison = compare([("study", resolve(study.rule))], study, random_panel(2, 160))
    assert comparison.rows[0].kind == "rule"
    assert comparison.tests.benchmark == "CORE held"
    assert comparison.tests.superior == ()
    assert comparison_json(comparison)["tests"]["superiority"]["p_value"] is None


def test_a_run_that_kept_no_returns_of_cash_is_refused(place, monkeypatch):
    import pyarrow.parquet as pq

    whole = pq.read_table
    monkeypatch.setattr(
        pq, "read_table", lambda *a, **how: whole(*a, **how).drop_columns(["cash_return"])
    )
    with pytest.raises(StoreError, match="is from an earlier version; run the study again"):
        stored_runs.compared_rows(place[2])

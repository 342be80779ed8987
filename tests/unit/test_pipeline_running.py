"""``run``: what it returns, what it leaves alone, and what it says of the last close."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from panels import panel_of, random_panel
from short_studies import snapshot, study_in_memory

from engine.errors import EngineDisagreementError, RuleError
from engine.execution import broker
from engine.execution.costs import Terms
from engine.pipeline import bench
from engine.pipeline.bench import Bench
from engine.pipeline.running import run
from engine.pipeline.saving import save_run
from engine.report.results import RUN_COLUMNS, run_json, run_table
from engine.rules.registry import rule_named
from engine.rules.resolve import ResolvedRule


def pair_with_moves(moves):
    """Return a panel whose core stands still and whose satellite moves by the given returns."""
    satellite = 50.0 * np.cumprod(1.0 + np.array(moves))
    return panel_of(np.full(len(moves), 100.0), satellite)


@pytest.fixture(scope="module")
def panel():
    return random_panel(5, 150, start_index=20)


@pytest.fixture(scope="module")
def result(panel):
    return run(study_in_memory(), panel)


def test_the_result_covers_the_traded_sessions_only(result, panel):
    assert len(panel.traded_sessions) == 130
    assert len(result.equity) == 130
    assert result.equity.iloc[0] == 100_000.0
    for values in (*result.features.values(), *result.triggers.values()):
        assert values.shape == (130,)
    assert result.setting.data["first_session"] == str(panel.sessions[20])
    assert result.setting.data["sessions"] == 130
    assert result.setting.data["warm_up_sessions"] == 20


def test_sessions_before_the_start_warm_features_up(result, panel):
    assert not np.isnan(result.features["rsi(satellite, 14)"]).any()
    from_the_start = run(study_in_memory(), random_panel(5, 150))
    assert np.isnan(from_the_start.features["rsi(satellite, 14)"][:14]).all()
    known = from_the_start.features["rsi(satellite, 14)"][20:]
    assert known.tolist() == result.features["rsi(satellite, 14)"].tolist()


def test_benchmarks_are_those_asked_for_in_their_order(panel):
    made = run(study_in_memory(benchmarks=["50/50", "satellite"]), panel)
    assert list(made.benchmarks) == ["50/50", "satellite"]
    assert [b.label for b in made.benchmarks.values()] == ["50/50", "SAT held"]
    assert made.benchmarks["satellite"].rule["name"] == "buy_and_hold"
    assert made.benchmarks["satellite"].rule["parameters"] == {"asset": "satellite"}
    alone = run(study_in_memory(benchmarks=[]), panel)
    assert alone.benchmarks == {}
    assert alone.metrics == made.metrics  # relative metrics need no benchmark in the table
    assert set(alone.subject.against) == {"core", "satellite", "50/50"}


def test_benchmarks_pay_the_same_costs(result, panel):
    """One purchase at the first open after the start, at 2 bp of slippage and 1 bp on top."""
    satellite = panel.satellite
    shares = 100_000.0 / (satellite.open[21] * 1.0002 * 1.0001)
    final = result.benchmarks["satellite"].metrics["final_equity"]
    assert final == pytest.approx(shares * satellite.close[-1], rel=1e-10)


def test_relative_metrics_are_against_the_core(result):
    assert result.metrics["beta"] == result.subject.against["core"]["beta"]
    assert result.metrics["beta"] != result.subject.against["satellite"]["beta"]
    core = result.benchmarks["core"].metrics
    assert (core["active_return"], core["tracking_error"]) == (0.0, 0.0)
    assert math.isnan(core["information_ratio"])


def test_the_run_is_checked_by_a_second_engine(result, panel, monkeypatch):
    assert result.simulation.engine == "backtrader"
    assert 0.0 <= result.max_difference < 1e-12
    simulate = bench.simulate

    def wrong(panel, decisions, terms):
        simulation = simulate(panel, decisions, terms)
        simulation.equity[-1] *= 1.0 + 1e-8
        return simulation

    monkeypatch.setattr(bench, "simulate", wrong)
    with pytest.raises(EngineDisagreementError, match=f"^{panel.sessions[-1]}: equity is "):
        run(study_in_memory(), panel)


def test_the_largest_difference_is_over_rule_and_benchmarks(result):
    everything = [result.subject, *result.benchmarks.values()]
    assert result.max_difference == max(m.max_difference for m in everything)


def test_benchmarks_are_run_once_for_many_rules(panel, monkeypatch):
    names, run_backtrader = [], broker.run_backtrader

    def counted(panel, rule, params, terms):
        names.append(rule.name)
        return run_backtrader(panel, rule, params, terms)

    monkeypatch.setattr(broker, "run_backtrader", counted)
    rule = rule_named("streak")
    shared = Bench(panel, Terms(), lambda _: None)
    for _ in range(3):
        shared.measured("streak", ResolvedRule(rule, rule.parameters({})))
        shared.benchmarks(["core", "50/50"])
    assert sorted(names) == ["buy_and_hold", "buy_and_hold", "fixed_mix"] + ["streak"] * 3


def test_what_is_being_done_is_told(panel):
    said = []
    run(study_in_memory(), panel, said.append)
    assert sorted(said) == ["running streak", "running the benchmarks"]


def test_inputs_are_not_changed(panel):
    study = study_in_memory(rule={"name": "streak", "entry_streak": 2})
    before, written = snapshot(panel), study.model_dump_json()
    run(study, panel)
    assert snapshot(panel) == before
    assert study.model_dump_json() == written


def test_a_panel_that_is_too_short_for_a_plan_is_refused_in_one_sentence():
    study = study_in_memory(rule={"name": "random_rotation", "rotations": 10, "holding": 10})
    with pytest.raises(
        RuleError, match=r"^rule random_rotation: 10 rotations with a holding of 10"
    ):
        run(study, random_panel(1, 30))


# the last close


def test_a_decision_at_the_last_close_is_pending_and_not_filled(tmp_path):
    panel = pair_with_moves([0.0, 0.01, -0.02, 0.01, 0.01])
    result = run(study_in_memory(), panel)
    assert result.pending._asdict() == {
        "session": 4,
        "weight": 1.0,
        "trigger": "streak >= 2",
        "features": (("streak", 2.0),),
    }
    assert result.metrics["rotations"] == 0
    assert len(result.rotations) == 0
    assert (result.simulation.satellite_shares == 0.0).all()
    note = (
        "pending: decided at the last close, to be filled in the next session: "
        "SAT (streak >= 2; streak = 2)"
    )
    assert note in run_table(result).notes
    stored = save_run(result, b"", tmp_path)
    assert note in stored.manifest["notes"]
    assert note in stored.read("summary.md").decode().replace("\\", "").replace("&gt;", ">")
    written = json.loads((stored.path / "manifest.json").read_bytes())
    assert written["pending"] == {
        "session": 4,
        "weight": 1.0,
        "trigger": "streak >= 2",
        "features": [["streak", 2.0]],
    }


def test_one_session_more_fills_it():
    panel = pair_with_moves([0.0, 0.01, -0.02, 0.01, 0.01, 0.01])
    result = run(study_in_memory(), panel)
    assert result.pending is None
    assert not any(note.startswith("pending") for note in run_table(result).notes)
    (row,) = result.rotations.to_dict("records")
    assert (row["from"], row["to"], row["trigger"]) == ("CORE", "SAT", "streak >= 2")
    assert row["fill_session"] == pd.Timestamp(panel.sessions[5])


def test_a_return_to_the_core_may_be_pending_while_a_feature_warms_up(tmp_path):
    panel = pair_with_moves([0.0, 0.01, 0.01, 0.01, -0.01])
    result = run(study_in_memory(), panel)
    assert (result.pending.weight, result.pending.trigger) == (0.0, "streak <= -1")
    (note,) = (n for n in run_table(result).notes if n.startswith("pending"))
    assert note.endswith(": CORE (streak <= -1; streak = -1; rsi(satellite, 14) = –)")
    stored = save_run(result, b"", tmp_path)
    written = json.loads((stored.path / "manifest.json").read_bytes())
    assert written["pending"]["features"] == [["streak", -1.0], ["rsi(satellite, 14)", None]]


def test_a_pending_mix_is_told_in_percent():
    panel = panel_of(np.full(40, 100.0), np.linspace(50.0, 60.0, 40))
    for length in range(30, 40):
        cut = panel_of(panel.core.close[:length], panel.satellite.close[:length])
        result = run(study_in_memory(rule={"name": "fixed_mix", "satellite_weight": 0.3}), cut)
        if result.pending is not None:
            break
    (note,) = (n for n in run_table(result).notes if n.startswith("pending"))
    assert note.endswith(": 30.00 % SAT (schedule)")


# the table and JSON


def test_the_table_has_the_rule_first_then_benchmarks(result):
    table = run_table(result)
    assert [(r.label, r.kind) for r in table.rows] == [
        ("streak", "rule"),
        ("CORE held", "benchmark"),
        ("SAT held", "benchmark"),
        ("50/50", "benchmark"),
    ]
    assert table.columns == RUN_COLUMNS
    assert table.rows[0].metrics is result.metrics
    assert table.notes[3].startswith("0 rejected orders; two engines agree to ")
    assert table.caption == (
        f"price basis total_return · 130 sessions, {result.setting.data['first_session']} to "
        f"{result.setting.data['last_session']} · commission 1 bp, slippage 2 bp per side · "
        "fill next_open"
    )


def test_warnings_of_the_gate_are_notes():
    from dataclasses import replace

    panel = replace(random_panel(5, 50), warnings=("SAT: 1 session without volume",))
    result = run(study_in_memory(), panel)
    assert result.warnings == ("SAT: 1 session without volume",)
    assert run_table(result).notes[-1] == "SAT: 1 session without volume"
    assert run_json(result)["warnings"] == ["SAT: 1 session without volume"]


def test_json_holds_every_metric_and_null_where_undefined(result):
    told = run_json(result)
    json.dumps(told, allow_nan=False)
    assert told["metrics"].keys() == result.metrics.keys()
    assert told["benchmarks"]["core"]["information_ratio"] is None
    assert told["benchmarks"]["core"]["hit_rate"] is None
    assert told["metrics"]["sharpe"] == result.metrics["sharpe"]
    assert told["simulated"] is False

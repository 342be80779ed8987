"""``sweep``: grids, their order, what is left out, what is swept, and what Backtrader says."""

import itertools

import numpy as np
import pandas as pd
import pytest
from panels import random_panel
from short_studies import RULE_FILE, snapshot, study_in_memory
from sweep_reference import assert_same_metrics

import engine.pipeline.sweeping.plan as planning
from engine.errors import RuleError, StudyError, UsageError
from engine.evaluation.trial_metrics import KEYS
from engine.pipeline.running import run
from engine.pipeline.sweeping import sweep
from engine.pipeline.variation import varied
from engine.store.sweeps import sweep_files

PAIR = {"source": "simulated", "core": "CORE", "satellite": "SAT"}
COSTS = {"commission_bps": 1.0, "slippage_bps": {"CORE": 1.0, "SAT": 2.0}}
STREAK = {"rule.entry_streak": [1, 2, 3], "rule.max_holding": [None, 2]}


@pytest.fixture(scope="module")
def panel():
    return random_panel(5, 120, start_index=20)


@pytest.fixture(scope="module")
def found(panel):
    return sweep(study_in_memory(sweep=STREAK), panel, confirm=3)


def swept(panel, axes, *, confirm=0, engine="auto", **sections):
    study = study_in_memory(data=PAIR, sweep=axes, **({"execution": COSTS} | sections))
    return sweep(study, panel, confirm=confirm, engine=engine)


def rows_of(result):
    return list(zip(*(result.columns[axis].tolist() for axis in result.axes), strict=True))


def test_rows_are_in_the_order_of_nested_loops(found):
    assert found.axes == ("rule.entry_streak", "rule.max_holding")
    assert rows_of(found) == list(itertools.product([1, 2, 3], [None, 2]))
    assert list(found.columns) == [*found.axes, *KEYS, "path"]
    assert (len(found), found.skipped, found.engine) == (6, 0, "events")


@pytest.mark.parametrize("row", range(6))
def test_a_row_is_the_run_of_its_parameters(found, panel, row):
    values = {axis: found.row(row)[axis] for axis in found.axes}
    alone = run(varied(study_in_memory(), values), panel)
    assert_same_metrics(found.row(row), {key: alone.metrics[key] for key in KEYS}, values)


def test_the_study_s_own_rule_and_the_benchmarks_are_beside(found, panel):
    alone = run(study_in_memory(), panel)
    assert found.baseline.label == "streak, as in the study"
    assert repr(found.baseline.metrics) == repr(alone.metrics)
    assert list(found.benchmarks) == ["core", "satellite", "50/50"]
    for name, benchmark in found.benchmarks.items():
        assert repr(benchmark.metrics) == repr(alone.benchmarks[name].metrics)  # NaN is NaN


def test_without_axes_the_one_set_is_the_study(panel):
    alone = sweep(study_in_memory(), panel, confirm=5)
    assert (len(alone), alone.axes, alone.skipped) == (1, (), 0)
    assert [c.row for c in alone.confirmations] == [0]
    assert_same_metrics(alone.row(0), {k: alone.baseline.metrics[k] for k in KEYS}, "own")


def test_combinations_the_rule_refuses_are_left_out_and_counted(panel):
    rule = {"name": "rsi_threshold", "rsi_period": 3}
    axes = {"rule.oversold": [30, 50, 70], "rule.overbought": [40, 60.5]}
    found = swept(panel, axes, rule=rule)
    assert rows_of(found) == [(30, 40.0), (30, 60.5), (50, 60.5)]
    assert found.skipped == 3
    with pytest.raises(UsageError, match="allows none of the 2 combinations"):
        swept(panel, {"rule.oversold": [70, 80], "rule.overbought": [60]}, rule=rule)


FUSSY = RULE_FILE.replace(
    "RULE =",
    """
class Odd(Params):
    @field_validator("run")
    @classmethod
    def _odd(cls, run):
        if run % 2 == 0:
            raise ValueError("must be odd")
        return run


class Capped(Params):
    @field_validator("run")
    @classmethod
    def _capped(cls, run):
        return min(run, 2)


RULE =""",
).replace("from engine.rules", "from pydantic import field_validator\n\nfrom engine.rules")


def fussy(folder, params):
    path = folder / "fussy.py"
    path.write_text(FUSSY.replace('"mine", Params', f'"mine", {params}'), "utf-8")
    return {"file": path, "run": 1}


@pytest.mark.parametrize("engine", ["events", "bars"])
def test_values_the_rule_refuses_between_others_are_left_out(panel, tmp_path, engine):
    found = swept(
        panel,
        {"rule.run": {"from": 1, "to": 5}, "rule.cooldown": [0, 1]},
        rule=fussy(tmp_path, "Odd"),
        engine=engine,
    )
    assert rows_of(found) == list(itertools.product([1, 3, 5], [0, 1]))
    assert found.skipped == 4


def test_validators_that_change_values_are_refused(panel, tmp_path):
    with pytest.raises(RuleError, match="validators change parameters"):
        swept(panel, {"rule.run": [1, 2, 5]}, rule=fussy(tmp_path, "Capped"))


def test_costs_are_axes(panel):
    axes = {
        "execution.slippage_bps.SAT": [0, 50.5],
        "rule.entry_streak": [1, 2],
        "execution.commission_bps": [0, 20],
    }
    found = swept(panel, axes, confirm=99)
    assert found.max_difference < 1e-9
    assert len(found.confirmations) == 8
    equity = found.columns["final_equity"].reshape(2, 2, 2)
    assert (equity[0] > equity[1]).all()
    assert (equity[:, :, 0] > equity[:, :, 1]).all()
    free = found.row(0)
    dear = found.row(7)
    assert free["path"] == found.row(1)["path"] != dear["path"] == found.row(6)["path"]
    assert found.columns["execution.slippage_bps.SAT"].dtype == np.float64


def test_other_terms_are_axes(panel):
    axes = {
        "execution.fill": ["next_open", "next_close"],
        "execution.cash_rate": [0.0, 0.05],
        "execution.initial_cash": [1000, 2000.5],
    }
    found = swept(panel, axes, confirm=99)
    assert found.max_difference < 1e-9
    assert len(np.unique(found.columns["final_equity"])) == 8
    assert found.columns["execution.fill"].tolist() == ["next_open"] * 4 + ["next_close"] * 4


def test_each_set_has_the_engine_that_serves_it(panel):
    axes = {"execution.fractional_shares": [True, False], "rule.entry_streak": [1, 2]}
    study = COSTS | {"initial_cash": 1000.0}
    found = swept(panel, axes, execution=study, confirm=9)
    assert found.engine == "events+bars"
    assert found.max_difference < 1e-9
    assert len(np.unique(found.columns["final_equity"])) == 4
    with pytest.raises(UsageError, match="fractional shares; use --engine bars"):
        swept(panel, axes, execution=study, engine="events")


def test_whole_shares_fall_back_to_bars(panel):
    whole = COSTS | {"fractional_shares": False, "initial_cash": 1000.0}
    found = swept(panel, {"rule.entry_streak": [1, 2]}, execution=whole, confirm=2)
    assert found.engine == "bars"
    assert found.max_difference < 1e-9
    with pytest.raises(UsageError, match="fractional shares; use --engine bars"):
        swept(panel, {"rule.entry_streak": [1]}, execution=whole, engine="events")


def test_weighting_rules_fall_back_to_bars(panel):
    rule = {"name": "fixed_mix"}
    axes = {"rule.satellite_weight": [0.0, 0.3, 1.0]}
    found = swept(panel, axes, rule=rule, confirm=3)
    assert found.engine == "bars"
    assert found.max_difference < 1e-9
    assert found.columns["exposure"].tolist() == pytest.approx([0.0, 0.3, 1.0])
    with pytest.raises(UsageError, match="the event kernel runs rules of two triggers"):
        swept(panel, axes, rule=rule, engine="events")


def test_all_engines_give_the_same(panel):
    axes = {"rule.entry_streak": [1, 2, 9], "rule.cooldown": [0, 3], "rule.exit_streak": [1, 40]}
    by_events, by_bars, by_backtrader = (
        swept(panel, axes, engine=name) for name in ("events", "bars", "backtrader")
    )
    for other in (by_bars, by_backtrader):
        for row in range(12):
            expected = {key: other.row(row)[key] for key in KEYS}
            assert_same_metrics(by_events.row(row), expected, row)
        same = np.unique(by_events.columns["path"], return_inverse=True)[1]
        assert len(set(zip(same, other.columns["path"], strict=True))) == same.max() + 1
    assert [s.engine for s in (by_events, by_bars, by_backtrader)] == [
        "events",
        "bars",
        "backtrader",
    ]


def test_a_rule_of_expressions(panel):
    rule = {
        "enter": "streak >= entry",
        "leave": "streak <= -1 or rsi(satellite, 5) >= hot",
        "parameters": {"entry": 2, "hot": 80, "hold": 3},
        "max_holding": "hold",
    }
    axes = {
        "rule.parameters.hold": [1, 4],
        "rule.parameters.hot": [60, 70.5],
        "rule.cooldown": [0, 3],
    }
    found = swept(panel, axes, rule=rule, confirm=99)
    assert (found.engine, len(found)) == ("events", 8)
    assert found.max_difference < 1e-9
    assert len(np.unique(found.columns["path"])) > 4


# columns


def test_the_table_is_a_data_frame_on_the_same_memory(found):
    assert isinstance(found.table, pd.DataFrame)
    assert found.table.shape == (6, 2 + len(KEYS) + 1)
    assert found.table["sharpe"].tolist() == found.columns["sharpe"].tolist()
    for name in ("sharpe", "path", "rule.entry_streak"):
        assert np.shares_memory(found.table[name].to_numpy(), found.columns[name])
    with pytest.raises(ValueError, match="read-only"):
        found.columns["sharpe"][0] = 0.0


@pytest.mark.parametrize("row", [0, 3, -1])
def test_the_equity_of_a_set_is_that_of_its_run(found, panel, row):
    values = {axis: found.row(row)[axis] for axis in found.axes}
    alone = run(varied(study_in_memory(), values), panel)
    equity = found.equity(row)
    pd.testing.assert_series_equal(equity, alone.equity, rtol=1e-12)
    assert equity.iloc[-1] == pytest.approx(found.row(row)["final_equity"], rel=1e-12)
    assert equity.index.equals(pd.DatetimeIndex(panel.traded_sessions))


def test_there_is_no_equity_of_a_row_that_is_not_there(found):
    for row in (6, -7):
        with pytest.raises(IndexError):
            found.equity(row)


def test_equity_follows_what_is_left_out_and_other_terms(panel):
    """Rows are not numbers of the grid once combinations are left out."""
    axes = {
        "execution.commission_bps": [0, 50],
        "rule.oversold": [30, 50, 70],
        "rule.overbought": [40, 60.5],
    }
    found = swept(panel, axes, rule={"name": "rsi_threshold", "rsi_period": 3})
    assert len(found) == 6
    for row in range(6):
        final = found.equity(row).iloc[-1]
        assert final == pytest.approx(found.row(row)["final_equity"], rel=1e-12)
    assert found.equity(0).iloc[-1] > found.equity(3).iloc[-1]


def test_the_best_of_every_strategy_is_at_the_top(panel):
    """Equal paths on other costs are other strategies; on the same, one under several names."""
    axes = {"execution.commission_bps": [0, 50], "rule.entry_streak": [1, 2, 30, 31]}
    found = swept(panel, axes)
    assert found.outer == ("execution.commission_bps",)
    shown = [(row["execution.commission_bps"], row["rule.entry_streak"]) for row in found.top]
    assert set(shown) == {(c, e) for c in (0, 50) for e in (1, 2, 30)}
    sharpe = [row["sharpe"] for row in found.top]
    assert sharpe == sorted(sharpe, reverse=True)
    for row in found.top:
        assert repr({key: row[key] for key in found.columns}) == repr(found.row(row["row"]))


def test_the_best_is_best(found):
    for metric, best in (("sharpe", max), ("volatility", min), ("max_drawdown", max)):
        values = found.columns[metric].tolist()
        assert found.best(metric) == found.row(values.index(best(values)))
    with pytest.raises(
        UsageError, match=r'"sharp" is no metric of a sweep .*did you mean "sharpe"'
    ):
        found.best("sharp")
    with pytest.raises(UsageError, match='"alpha" is no metric of a sweep'):
        found.best("alpha")


def test_rows_are_plain_values(found):
    assert {type(value) for value in found.row(0).values()} == {int, float, type(None)}


# the same however it is run


def assert_equal(one, other):
    assert list(one.columns) == list(other.columns)
    for name, values in one.columns.items():
        assert values.dtype == other.columns[name].dtype
        np.testing.assert_array_equal(values, other.columns[name])
    assert sweep_files(one) == sweep_files(other)


def test_workers_change_no_bit(panel, found):
    """Threads of the kernel, processes of confirmation."""
    again = sweep(study_in_memory(sweep=STREAK), panel, confirm=3, workers=2)
    assert again.confirmations == found.confirmations
    assert_equal(again, found)


@pytest.mark.parametrize("size", [1, 4, 5])
def test_chunks_change_no_bit(panel, monkeypatch, size):
    axes = {"execution.commission_bps": [0, 5], **STREAK, "execution.slippage_bps": [0, 5]}
    study = study_in_memory(sweep=axes)
    whole = sweep(study, panel, confirm=0)
    monkeypatch.setattr(planning, "CHUNK", {"events": size})
    assert_equal(sweep(study, panel, confirm=0), whole)


def test_too_large_a_grid_is_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(planning, "load_panel", None)
    axes = {
        "rule.entry_streak": {"from": 1, "to": 10**6},
        "rule.cooldown": {"from": 0, "to": 10**6},
    }
    with pytest.raises(StudyError, match="has 1,000,001,000,000 parameter sets") as refused:
        sweep(study_in_memory(sweep=axes))
    assert "(rule.entry_streak 1,000,000, rule.cooldown 1,000,001)" in str(refused.value)
    assert refused.value.exit_code == 3


def test_nothing_given_is_changed(panel):
    study = study_in_memory(sweep=STREAK)
    before = (study.model_dump_json(), snapshot(panel))
    sweep(study, panel, confirm=1)
    assert (study.model_dump_json(), snapshot(panel)) == before


def test_an_axis_of_no_parameter_is_told(panel):
    with pytest.raises(StudyError, match='did you mean "entry_streak"'):
        swept(panel, {"rule.entry_strak": [1]})

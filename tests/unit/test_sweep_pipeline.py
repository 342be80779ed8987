"""``sweep``: grids, their order, what is left out, what is swept, and what Backtrader says."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from panels import random_panel
from short_studies import RULE_FILE, snapshot, study_in_memory, write_pair
from sweep_reference import assert_same_metrics

import engine.pipeline.sweeping as pipeline
from engine.errors import RuleError, StudyError, UsageError
from engine.evaluation.trial_metrics import KEYS
from engine.pipeline.running import run
from engine.pipeline.sweeping import sweep
from engine.pipeline.variation import varied
from engine.rules.studies import load_study
from engine.store.sweeps import leaders, ranked, row_json, sweep_files

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


# data and files


def study_of_files(folder, axes, rule="{name: streak, entry_streak: 2}"):
    path = write_pair(folder) / "study.yaml"
    text = f"name: pair\ndata: {{source: csv, directory: .}}\nrule: {rule}\nsweep:\n"
    path.write_text(text + "".join(f"  {key}: {values}\n" for key, values in axes.items()), "utf-8")
    return load_study(path)


def test_data_are_axes(tmp_path):
    axes = {"data.price_basis": "[total_return, price]", "data.start": "[2020-01-20, null]"}
    study = study_of_files(tmp_path, axes)
    found = sweep(study, confirm=9)
    assert [c.row for c in found.confirmations] == [0, 1, 2, 3]
    assert found.max_difference < 1e-9
    for row in range(4):
        variant = varied(study, {axis: found.row(row)[axis] for axis in axes})
        alone = run(variant, pipeline.load_panel(variant.data))
        assert_same_metrics(found.row(row), {k: alone.metrics[k] for k in KEYS}, row)
    assert [str(start) for start in found.columns["data.start"]] == ["2020-01-20", "None"] * 2
    assert row_json(found.row(0))["data.start"] == "2020-01-20"
    assert row_json(found.row(1))["data.start"] is None
    files = sweep_files(found, [0, 1])
    assert b"2020-01-20" in files["confirmations.csv"]
    assert b"2020-01-20" in files["metrics.json"]


def test_a_panel_in_memory_cannot_be_swept_over_its_data(panel):
    with pytest.raises(UsageError, match=r"data\.price_basis cannot be swept on a panel in memory"):
        swept(panel, {"data.price_basis": ["price", "total_return"]})


def test_cash_rates_may_be_numbers_or_files(tmp_path):
    """The file stands beside the study, wherever the sweep is run from."""
    (tmp_path / "rates.csv").write_text("Date,Value\n2019-12-31,2.5\n2020-02-12,9.0\n", "utf-8")
    study = study_of_files(tmp_path, {"execution.cash_rate": "[0.0, rates.csv]"})
    found = sweep(study, confirm=2)
    assert found.columns["execution.cash_rate"].tolist() == ["0.0", "rates.csv"]
    assert found.row(0)["sharpe"] != found.row(1)["sharpe"]
    assert found.max_difference < 1e-9


def test_simulated_markets_are_axes():
    data = PAIR | {"end": "2001-03-30"}
    study = load_like(data, {"data.seed": [1, 2, 3]})
    found = sweep(study, confirm=1)
    assert len(np.unique(found.columns["final_equity"])) == 3
    assert found.setting.simulated


def load_like(data, axes):
    import datetime as dt

    end = dt.date.fromisoformat(data["end"])
    return study_in_memory(data=data | {"end": end}, sweep=axes)


# columns


def parquet_types(result):
    import io

    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(sweep_files(result, [0])["trials.parquet"]))
    return {field.name: str(field.type) for field in table.schema}, table


def test_columns_have_the_types_of_their_values(found, panel):
    types, table = parquet_types(found)
    assert types["rule.entry_streak"] == "int64"
    assert types["rule.max_holding"] == "int64"
    assert types["path"] == "uint64"
    assert {types[key] for key in KEYS} == {"double"}
    assert table["rule.max_holding"].to_pylist() == [None, 2] * 3
    types, _ = parquet_types(
        swept(panel, {"rule.overbought": [60, 70.5], "execution.fill": ["next_open", "next_close"]})
    )
    assert types["rule.overbought"] == "double"
    assert types["execution.fill"] == "string"
    homes = {"rule.home": ["core", "satellite"], "execution.fractional_shares": [True, False]}
    types, _ = parquet_types(swept(panel, homes, rule={"name": "streak_reversal"}))
    assert types["rule.home"] == "string"
    assert types["execution.fractional_shares"] == "bool"


def test_the_table_is_a_data_frame(found):
    assert isinstance(found.table, pd.DataFrame)
    assert found.table.shape == (6, 2 + len(KEYS) + 1)
    assert found.table["sharpe"].tolist() == found.columns["sharpe"].tolist()


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


def test_undefined_values_rank_last_and_ties_stay_in_order():
    columns = {"sharpe": np.array([np.nan, 1.0, 2.0, 1.0, np.nan])}
    assert ranked(columns, "sharpe").tolist() == [2, 1, 3, 0, 4]
    columns = {"volatility": np.array([np.nan, 1.0, 2.0, 1.0])}
    assert ranked(columns, "volatility").tolist() == [1, 3, 2, 0]


def test_leaders_are_one_for_each_path():
    paths = np.array([7, 7, 8, 9, 8], dtype=np.uint64)
    columns = {"sharpe": np.array([1.0, 3.0, 2.0, np.nan, 5.0]), "path": paths}
    assert leaders(columns, "sharpe", 10) == [4, 1, 3]
    assert leaders(columns, "sharpe", 2) == [4, 1]


# the same however it is run


def test_workers_change_no_byte(panel, found):
    """Threads of the kernel, processes of confirmation."""
    again = sweep(study_in_memory(sweep=STREAK), panel, confirm=3, workers=2)
    assert again.confirmations == found.confirmations
    files = [sweep_files(dataclasses.replace(s, seconds=0.0), [0]) for s in (found, again)]
    assert files[0] == files[1]


def test_chunks_change_no_byte(panel, found, monkeypatch):
    monkeypatch.setattr(pipeline, "CHUNK", 4)
    again = sweep(study_in_memory(sweep=STREAK), panel, confirm=3)
    assert sweep_files(again, [0])["trials.parquet"] == sweep_files(found, [0])["trials.parquet"]


def test_too_large_a_grid_is_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(pipeline, "load_panel", None)
    axes = {
        "rule.entry_streak": {"from": 1, "to": 10**6},
        "rule.cooldown": {"from": 0, "to": 10**6},
    }
    with pytest.raises(UsageError, match="has 1,000,001,000,000 parameter sets; at most 5,000,000"):
        sweep(study_in_memory(sweep=axes))


def test_nothing_given_is_changed(panel):
    study = study_in_memory(sweep=STREAK)
    before = (study.model_dump_json(), snapshot(panel))
    sweep(study, panel, confirm=1)
    assert (study.model_dump_json(), snapshot(panel)) == before


def test_an_axis_of_no_parameter_is_told(panel):
    with pytest.raises(StudyError, match='did you mean "entry_streak"'):
        swept(panel, {"rule.entry_strak": [1]})

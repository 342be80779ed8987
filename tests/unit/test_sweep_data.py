"""Sweeps over data: price bases, starts, simulated markets, files of cash rates."""

import datetime as dt

import numpy as np
import pytest
from panels import random_panel
from short_studies import study_in_memory, write_pair
from sweep_reference import assert_same_metrics

from engine.errors import UsageError
from engine.evaluation.trial_metrics import KEYS
from engine.market.load import load_panel
from engine.pipeline.running import run
from engine.pipeline.sweeping import sweep
from engine.pipeline.variation import varied
from engine.rules.studies import load_study
from engine.store.sweeps import row_json, sweep_files

PAIR = {"source": "simulated", "core": "CORE", "satellite": "SAT"}


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
        alone = run(variant, load_panel(variant.data))
        assert_same_metrics(found.row(row), {k: alone.metrics[k] for k in KEYS}, row)
    assert [str(start) for start in found.columns["data.start"]] == ["2020-01-20", "None"] * 2
    assert row_json(found.row(0))["data.start"] == "2020-01-20"
    assert row_json(found.row(1))["data.start"] is None
    files = sweep_files(found)
    assert b"2020-01-20" in files["confirmations.csv"]
    assert b"2020-01-20" in files["metrics.json"]


def test_a_panel_in_memory_cannot_be_swept_over_its_data():
    study = study_in_memory(sweep={"data.price_basis": ["price", "total_return"]})
    with pytest.raises(UsageError, match=r"data\.price_basis cannot be swept on a panel in memory"):
        sweep(study, random_panel(5, 60))


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
    end = dt.date.fromisoformat(data["end"])
    return study_in_memory(data=data | {"end": end}, sweep=axes)

"""The Python API: ``import engine as sl``, as the docstring shows it and as a notebook uses it."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from panels import random_panel
from short_studies import snapshot, study_in_memory, write_study

import engine as sl
from engine.store.logs import ROTATION_COLUMNS

ROOT = Path(__file__).parents[2]


def python(code, **settings):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_snippet_of_the_docstring_runs():
    snippet = re.search(r"::\n\n((?:    .*\n|\n)+)", inspect.cleandoc(sl.__doc__) + "\n")[1]
    scope = {}
    exec(inspect.cleandoc(snippet), scope)
    assert scope["result"].metrics["rotations"] == len(scope["result"].rotations) > 100
    assert len(scope["panel"]) == len(scope["result"].equity)


def test_everything_public_is_there_and_nothing_else_is_listed():
    assert dir(sl) == sorted(sl.__all__)
    assert len(set(sl.__all__)) == len(sl.__all__)
    for name in sl.__all__:
        value = getattr(sl, name)
        assert inspect.getdoc(value) or name == "__version__", name
    assert sl.load_study.__name__ == "load_study"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", sl.__version__)


def test_star_import_gives_the_public_names():
    scope = {}
    exec("from engine import *", scope)
    assert set(sl.__all__) <= scope.keys()


def test_what_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'engine' has no attribute 'runn'"):
        sl.runn  # noqa: B018
    assert not hasattr(sl, "nothing")


def test_importing_the_api_loads_nothing_heavy():
    done = python("import engine, sys; print(*sys.modules)")
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "engine" in loaded
    heavy = {"numpy", "pandas", "pydantic", "backtrader", "pyarrow", "click", "ruamel"}
    assert loaded & heavy == set()


def test_type_checkers_and_the_lazy_table_name_the_same_things():
    """``__all__``, the imports under TYPE_CHECKING and the homes are written three times."""
    text = Path(sl.__file__).read_text("utf-8")
    block = text[text.index("if TYPE_CHECKING:") : text.index("_HOMES = {")]
    typed = {}
    for module, names in re.findall(r"from (\S+) import \(?([^()\n]+|[^)]+)\)?", block):
        for name in re.sub(r"#.*", "", names).replace("\n", " ").split(","):
            if name.strip():
                typed[name.split(" as ")[-1].strip()] = module
    typed.pop("__version__")
    assert typed == sl._HOMES
    assert sorted({*typed, "__version__"}) == sorted(sl.__all__)


# a panel made in memory


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(8)
    sessions = np.arange("2020-01-01", "2020-07-01", dtype="datetime64[D]")
    closes = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, (2, len(sessions))), axis=1))
    return sessions, *closes


def panel_from(sessions, core, satellite):
    def bars(symbol, close):
        return sl.Bars(symbol, close, close, close, close, np.full(len(close), np.nan))

    return sl.PricePanel(sessions, bars("A", core), bars("B", satellite))


def test_a_panel_made_of_arrays_is_enough(arrays):
    result = sl.run(study_in_memory(), panel_from(*arrays))
    assert isinstance(result, sl.RunResult)
    assert result.setting.data["symbols"] == {"core": "A", "satellite": "B"}
    assert not result.setting.simulated
    assert result.metrics["rotations"] > 5
    assert result.metrics["final_equity"] == result.equity.iloc[-1]


def test_equity_is_a_series_by_session(arrays):
    equity = sl.run(study_in_memory(), panel_from(*arrays)).equity
    assert isinstance(equity, pd.Series)
    assert isinstance(equity.index, pd.DatetimeIndex)
    assert (equity.name, equity.index.name) == ("equity", "session")
    assert equity.index[0] == pd.Timestamp("2020-01-01")
    assert equity.dtype == np.float64


def test_rotations_are_a_frame_with_dates(arrays):
    rotations = sl.run(study_in_memory(), panel_from(*arrays)).rotations
    assert tuple(rotations.columns) == ROTATION_COLUMNS
    for column in ("decision_session", "fill_session"):
        assert pd.api.types.is_datetime64_any_dtype(rotations[column])
    assert ((rotations["fill_session"] - rotations["decision_session"]).dt.days == 1).all()
    assert (rotations["cost"] > 0.0).all()
    assert rotations["from"].tolist()[:2] == ["A", "B"]


def test_no_rotations_are_an_empty_frame_with_the_same_columns(arrays):
    study = study_in_memory(rule={"name": "buy_and_hold", "asset": "core"})
    rotations = sl.run(study, panel_from(*arrays)).rotations
    assert len(rotations) == 0
    assert tuple(rotations.columns) == ROTATION_COLUMNS
    assert pd.api.types.is_datetime64_any_dtype(rotations["fill_session"])


def test_neither_arrays_nor_panel_are_changed_and_neither_can_change_the_panel(arrays):
    given = [array.copy() for array in arrays]
    panel = panel_from(*arrays)
    before = snapshot(panel)
    result = sl.run(study_in_memory(), panel)
    equity = result.equity
    equity.iloc[0] = -1.0  # a user's series is a copy of their own
    assert all((array == copy).all() for array, copy in zip(arrays, given, strict=True))
    assert snapshot(panel) == before
    assert result.simulation.equity[0] == 100_000.0
    with pytest.raises(ValueError, match="read-only"):
        panel.core.close[0] = 1.0


def test_results_are_frozen(arrays):
    result = sl.run(study_in_memory(), panel_from(*arrays))
    with pytest.raises(AttributeError):
        result.study = "other"


def test_errors_are_public_and_of_one_tree(tmp_path):
    with pytest.raises(sl.StudyError) as caught:
        sl.load_study(write_study(tmp_path, seed="seed: many"))
    assert isinstance(caught.value, sl.StreaklabError)
    assert [(f.line, f.key) for f in caught.value.faults] == [(4, "seed")]
    with pytest.raises(sl.DataError):
        panel_from(np.array(["2020-01-01"], "datetime64[D]"), [1.0], [1.0])
    with pytest.raises(sl.RuleError):
        sl.rule_named("nothing")


def test_a_study_may_be_loaded_with_overrides_as_on_the_command_line(tmp_path):
    study = sl.load_study(write_study(tmp_path), overrides=["rule.entry_streak=6"])
    assert study.rule.parameters["entry_streak"] == 6


def test_a_study_with_a_wrong_rule_made_in_python_is_refused_when_run():
    with pytest.raises(sl.RuleError, match=r"rule\.entry_streak: is 0, but must be at least 1"):
        sl.run(study_in_memory(rule={"name": "streak", "entry_streak": 0}), random_panel(1, 20))

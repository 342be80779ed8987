"""The kernel of a sweep is compiled by a process beside it, once, and not needed from there."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from panels import random_panel
from short_studies import study_in_memory

from engine.evaluation.trial_keys import KEYS
from engine.pipeline.sweeping import in_memory
from engine.pipeline.sweeping.ahead import to_compile

AXES = {"rule.entry_streak": [1, 2, 3], "rule.max_holding": [None, 2]}
AHEAD = """
from engine.pipeline.sweeping import in_memory
from engine.pipeline.sweeping.ahead import compile_kernel, to_compile
assert to_compile("auto") is to_compile("events") is compile_kernel
assert to_compile("bars") is to_compile("backtrader") is None
compile_kernel()
assert to_compile("auto") is to_compile("events") is None
"""
OWN = """
from engine.execution.kernel.compiled import _Kept
usual = _Kept.save_overload
def told(self, signature, data):
    print(self._py_func.__name__)
    usual(self, signature, data)
_Kept.save_overload = told
"""
SWEEP = """
from panels import random_panel
from short_studies import study_in_memory
from engine.pipeline.sweeping import sweep
axes = {
    "rule.entry_streak": [1, 2, 3],
    "rule.rsi_period": [5, 9],
    "rule.overbought": [60.0, 70.0],
    "rule.cooldown": [0, 4],
    "rule.max_holding": [None, 2],
}
found = sweep(study_in_memory(sweep=axes), random_panel(5, 900, start_index=20), workers=2)
print(len(found))
"""


def python(code, cache):
    path = os.pathsep.join(sys.path)
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, "STREAKLAB_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def kept(cache):
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*.nbc")}


def test_what_is_compiled_ahead_has_the_very_types_of_a_sweep(tmp_path):
    python(AHEAD, tmp_path)
    (compiled,) = kept(tmp_path).items()
    assert python(SWEEP, tmp_path) == "48"
    assert compiled in kept(tmp_path).items()
    assert sum(path.name.startswith("events.simulate_runs") for path in kept(tmp_path)) == 1


def test_a_sweep_has_its_kernel_compiled_beside_it(tmp_path):
    here = ["_averages", "_fill_changes", "_fill_ranges", "_fill_next", "_fill_keys"]
    assert python(OWN + SWEEP, tmp_path).split() == [*here, "48"]
    kinds = [path.name.partition("-")[0] for path in kept(tmp_path)]
    assert "events.simulate_runs" in kinds
    assert len(kinds) == len(set(kinds))  # each for one set of types


@pytest.mark.parametrize("how", [partial(os._exit, 3), partial(int, "x")])
def test_a_process_that_fails_to_compile_changes_nothing(monkeypatch, how):
    panel, study = random_panel(5, 120, start_index=20), study_in_memory(sweep=AXES)
    monkeypatch.setattr(in_memory, "to_compile", lambda _: None)
    usual = in_memory.sweep(study, panel, confirm=2, workers=2)
    asked = []
    monkeypatch.setattr(in_memory, "to_compile", lambda engine: asked.append(engine) or how)
    found = in_memory.sweep(study, panel, confirm=2, workers=2)
    assert asked == ["auto"]
    for key in (*AXES, *KEYS, "path"):
        np.testing.assert_array_equal(found.columns[key], usual.columns[key])
    assert found.confirmations == usual.confirmations


def test_what_cannot_be_kept_is_not_compiled_ahead(monkeypatch):
    monkeypatch.setattr("engine.execution.kernel.kept.use_cache", lambda: None)
    assert to_compile("auto") is None

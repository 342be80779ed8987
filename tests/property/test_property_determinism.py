"""The same input gives the same bytes: twice, in another process, in another place."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from drawn_rules import SHIPPED
from panels import random_panel

from engine.execution.bars import run_bars
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.rules.expression import expression_rule
from engine.rules.registry import shipped_rules

TESTS = Path(__file__).parent.parent
TERMS = Terms(AssetCosts(1e-4, 1e-4), AssetCosts(1e-4, 2e-4))
MANY_FEATURES = expression_rule(
    "streak >= 1 and rsi(core, 5) > 20 and momentum(satellite, 3) > -1 and streak(core) > -4",
    "streak <= -1 or volatility(core, 9) > 9 or relative_momentum(7) < -1",
)
OVERRIDES = {"random_rotation": {"rotations": 9, "seed": 3}, "ratio_trend": {"period": 20}}


def digests():
    """Hash every array and word of a run of every shipped rule by both engines."""
    panel = random_panel(12, 200, start_index=20)
    result = {}
    for name, rule in {**shipped_rules(), "expression": MANY_FEATURES}.items():
        params = rule.parameters(OVERRIDES.get(name, {}))
        for run in (run_bars, run_backtrader):
            simulation = run(panel, rule, params, TERMS)
            digest = hashlib.sha256()
            for value in vars(simulation).values():
                digest.update(
                    value.tobytes() if hasattr(value, "tobytes") else repr(value).encode()
                )
            result[f"{name} {run.__name__}"] = digest.hexdigest()
    return result


def test_twice_in_one_process():
    first = digests()
    assert first == digests()
    assert len(first) == 2 * (len(SHIPPED) + 1)
    assert len(set(first.values())) > len(SHIPPED)


@pytest.mark.parametrize(
    "place",
    [
        {"PYTHONHASHSEED": "0", "TZ": "Pacific/Auckland", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "4711", "TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8"},
    ],
    ids=["Auckland", "New York"],
)
def test_in_another_process(place):
    code = "from test_property_determinism import digests; print(sorted(digests().items()))"
    path = os.pathsep.join(map(str, (TESTS.parent, TESTS, TESTS / "property")))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **place, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(sorted(digests().items()))

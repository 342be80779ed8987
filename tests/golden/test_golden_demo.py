"""Every shipped rule on the demo's market: the figures of today are those of yesterday.

A change of a figure is a change of behaviour, wanted or not. Where it is wanted, rewrite the file
with ``pytest tests/golden --rewrite-golden``, read the difference, and explain it.
"""

import json
import math
from pathlib import Path

import pytest

from engine.evaluation.definitions import METRICS
from engine.execution.terms import terms_of
from engine.market.load import load_panel
from engine.pipeline.bench import Bench, silent
from engine.rules.registry import rule_named, rule_names
from engine.rules.resolve import ResolvedRule
from engine.rules.studies import load_study
from engine.store.files import measured_json

DEMO = Path(__file__).parents[2] / "configs" / "demo.yaml"
GOLDEN = Path(__file__).with_name("demo.json")


@pytest.fixture(scope="module")
def bench():
    study = load_study(DEMO)
    panel = load_panel(study.data)
    return Bench(panel, terms_of(study.execution, panel), silent)


@pytest.fixture(scope="module")
def golden(request, bench):
    """What is written down: metrics by rule, with default parameters, on the demo's terms."""
    if request.config.getoption("--rewrite-golden"):
        figures = {name: figures_of(bench, name) for name in rule_names()}
        GOLDEN.write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n", "utf-8")
    return json.loads(GOLDEN.read_bytes())


def figures_of(bench, name):
    rule = rule_named(name)
    return measured_json(bench.measured(name, ResolvedRule(rule, rule.parameters({}))))["metrics"]


def test_figures_written_down_are_those_of_rules(golden):
    assert golden.keys() <= set(rule_names()), "run: pytest tests/golden --rewrite-golden"
    for name, figures in golden.items():
        assert set(figures) == {m.key for m in METRICS}, name


@pytest.mark.parametrize("name", rule_names())
def test_figures_are_unchanged(bench, golden, name):
    if name not in golden:
        pytest.skip("a new rule: write its figures down with --rewrite-golden")
    found, known = figures_of(bench, name), golden[name]
    changed = {
        key: (known[key], found[key]) for key in known if not is_same(found[key], known[key])
    }
    assert changed == {}


def is_same(found, known):
    if isinstance(known, float) and isinstance(found, float):
        return math.isclose(found, known, rel_tol=1e-9, abs_tol=1e-12)
    return found == known and type(found) is type(known)


def test_the_figures_tell_the_rules_apart(golden):
    """No two rules can be mistaken for each other, and none does nothing but the two benchmarks."""
    assert len({figures["final_equity"] for figures in golden.values()}) == len(golden)
    idle = {name for name, figures in golden.items() if not figures["rotations"]}
    assert idle == {"buy_and_hold", "fixed_mix"}


@pytest.mark.parametrize(
    ("found", "known", "same"),
    [
        (1.0, 1.0 + 1e-10, True),
        (1.0, 1.0 + 1e-8, False),
        (0.0, 1e-13, True),
        (None, 0.0, False),
        (172, 172, True),
        (172, 173, False),
        ("2025-03-11", "2025-03-12", False),
    ],
)
def test_what_counts_as_the_same(found, known, same):
    assert is_same(found, known) is same

"""The documentation that is made from the code, so that it cannot be wrong about it."""

from __future__ import annotations

import json
from typing import Any

from engine.report.tables import metric_reference
from engine.rules.describe import describe_rule, describe_signals
from engine.rules.registry import shipped_rules
from engine.rules.schema import full_schema

_RULE_FILE = '''```python
"""One line that says what the rule does.

More on why one would believe in it.
"""

from engine.rules import Features, Rule, SwitchingParams, Trigger, parameter


class Params(SwitchingParams):
    entry_streak: int = parameter(5, ge=1, unit="sessions", description="run that rotates in")


def enter(f: Features, p: Params) -> Trigger:
    return (f.streak() >= p.entry_streak) & (f.rsi("satellite", 14) < 70)


def leave(f: Features, p: Params) -> Trigger:
    return (f.streak() <= -2) | (f.volatility("core", 21) > 0.4)


RULE = Rule("my_rule", Params, enter, leave)
```'''


def generated() -> dict[str, str]:
    """Return the text of every generated file by its path in the project."""
    schema = json.dumps(full_schema(), indent=2, ensure_ascii=False) + "\n"
    return {
        "configs/schema.json": schema,
        "docs/metrics.md": _metrics(),
        "docs/rules.md": _rules(),
    }


_ABOUT_METRICS = """# Metrics

Made from the code by `make docs`. Keys are the same in JSON, CSV columns and `--sort`. Fractions
are shown in percent, undefined values as “–” (`null` in JSON).
"""
_ABOUT_RULES = """# Rules

Made from the code by `make docs`; `streak rules` prints the same. A rule is two triggers, decided
at each close, and a maximum holding; or a schedule of weights.
"""
_OWN_RULE = """## A rule of your own

A file like this, named in a study by `rule: {file: my_rule.py}`, or put into `strategies/` (then
run `make docs`): it is found by its name, listed, and tested for causality and for agreement of
both engines.
"""


def _metrics() -> str:
    return f"{_ABOUT_METRICS}\n{metric_reference()}"


def _rules() -> str:
    rules = [_rule(describe_rule(rule)) for rule in shipped_rules().values()]
    features = [
        "## Features for expressions\n",
        "| feature | unit | meaning |",
        "|:---|:---|:---|",
        *(f"| `{usage}` | {unit} | {meaning} |" for usage, unit, meaning in describe_signals()),
    ]
    return "\n".join([_ABOUT_RULES, *rules, *features, "", _OWN_RULE, _RULE_FILE]) + "\n"


def _rule(rule: dict[str, Any]) -> str:
    lines = [f"## {rule['name']}\n", rule["explanation"], ""]
    if rule["enter"] is not None:
        lines += [f"- enter: `{rule['enter']}`", f"- leave: `{rule['leave']}`", ""]
    lines += ["| parameter | default | allowed | unit | meaning |", "|:---|:---|:---|:---|:---|"]
    for p in rule["parameters"]:
        default = "null" if p["default"] is None else p["default"]
        cells = (f"`{p['name']}`", default, p["allowed"], p["unit"], p["description"])
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"

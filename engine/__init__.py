"""Streaklab: a historical streak backtesting engine.

The public API; everything else may change without notice. Names are loaded when first used, so
that ``import engine`` is instant::

    import engine as sl

    study = sl.load_study("configs/demo.yaml")
    panel = sl.load_panel(study.data)
    result = sl.run(study, panel)
    result.metrics["sharpe"], result.equity, result.rotations
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.errors import (
        DataError,
        ExecutionError,
        OrderRejectedError,
        RuleError,
        StreaklabError,
        StudyError,
        UsageError,
    )
    from engine.market.load import load_panel
    from engine.market.panel import Bars, PricePanel
    from engine.pipeline.comparing import compare
    from engine.pipeline.running import run
    from engine.pipeline.scanning import scan
    from engine.pipeline.stability import stability
    from engine.pipeline.sweeping import sweep
    from engine.pipeline.walking import walk_forward
    from engine.rules.registry import rule_from_file, rule_named, shipped_rules
    from engine.rules.rule import Rule
    from engine.rules.studies import load_study
    from engine.store.records import Comparison, RunResult
    from engine.study.models import Study
    from engine.version import VERSION as __version__  # noqa: N811

_HOMES = {
    "Bars": "engine.market.panel",
    "Comparison": "engine.store.records",
    "DataError": "engine.errors",
    "ExecutionError": "engine.errors",
    "OrderRejectedError": "engine.errors",
    "PricePanel": "engine.market.panel",
    "Rule": "engine.rules.rule",
    "RuleError": "engine.errors",
    "RunResult": "engine.store.records",
    "StreaklabError": "engine.errors",
    "Study": "engine.study.models",
    "StudyError": "engine.errors",
    "UsageError": "engine.errors",
    "compare": "engine.pipeline.comparing",
    "load_panel": "engine.market.load",
    "load_study": "engine.rules.studies",
    "rule_from_file": "engine.rules.registry",
    "rule_named": "engine.rules.registry",
    "run": "engine.pipeline.running",
    "scan": "engine.pipeline.scanning",
    "shipped_rules": "engine.rules.registry",
    "stability": "engine.pipeline.stability",
    "sweep": "engine.pipeline.sweeping",
    "walk_forward": "engine.pipeline.walking",
}

__all__ = [
    "Bars",
    "Comparison",
    "DataError",
    "ExecutionError",
    "OrderRejectedError",
    "PricePanel",
    "Rule",
    "RuleError",
    "RunResult",
    "StreaklabError",
    "Study",
    "StudyError",
    "UsageError",
    "__version__",
    "compare",
    "load_panel",
    "load_study",
    "rule_from_file",
    "rule_named",
    "run",
    "scan",
    "shipped_rules",
    "stability",
    "sweep",
    "walk_forward",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("engine.version").VERSION
    if name not in _HOMES:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__

"""What parameter sets are called for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def set_label(axes: Sequence[str], row: Mapping[str, Any]) -> str:
    """Return the swept values of a set: ``entry_streak 5, slippage_bps.IWM 2``."""
    values = (f"{axis_label(axis)} {value_text(row[axis])}" for axis in axes)
    return ", ".join(values) or "as in the study"


def axis_label(axis: str) -> str:
    """Return a swept key without its section."""
    return axis.removeprefix("rule.parameters.").partition(".")[2] or axis.rpartition(".")[2]


def value_text(value: Any) -> str:
    """Return a swept value as a study file writes it, short."""
    if value is None:
        return "null"
    return f"{value:g}" if isinstance(value, float) else str(value)

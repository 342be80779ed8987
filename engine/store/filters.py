"""Conditions on the rows of a table: ``rotations_per_year < 12 and rule.entry_streak >= 5``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError, did_you_mean

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"\s*([A-Za-z_][\w.^=-]*?)\s*(>=|<=|==|!=|>|<)\s*(\S+)\s*")


def matching(columns: Mapping[str, NDArray[Any]], text: str) -> NDArray[np.bool_]:
    """Return which rows meet all conditions of a text, shape (m,); undefined values meet none.

    Conditions are ``column comparison number``, joined by ``and``.

    Raises
    ------
    UsageError
        If the text is no such conditions, or names no column.
    """
    found = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for part in re.split(r"\band\b", text):
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise UsageError(f'"{part.strip()}" is no condition; write: rotations_per_year < 12')
        name, comparison, given = match.groups()
        if name not in columns:
            known = tuple(columns)
            hint = did_you_mean(name, known)
            raise UsageError(f'there is no column "{name}" (allowed {", ".join(known)}{hint})')
        try:
            bound = float(given)
        except ValueError:
            raise UsageError(f'"{given}" is no number, in "{part.strip()}"') from None
        try:
            values = np.array(columns[name], dtype=np.float64)
        except (TypeError, ValueError):
            raise UsageError(f"{name} holds no numbers; it cannot be compared") from None
        found &= ~np.isnan(values) & _COMPARISONS[comparison](values, bound)
    return found

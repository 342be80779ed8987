"""Records read back from JSON, in which what is NaN is null."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


def record(kind: type[T], row: Mapping[str, Any]) -> T:
    """Return a record of the dataclass `kind` from its fields; its floats are NaN for null."""
    floats = {field.name for field in fields(kind) if field.type == "float"}  # type: ignore[arg-type]
    undefined = {name: math.nan for name in floats if row[name] is None}
    return kind(**{**row, **undefined})


def records(kind: type[T], rows: Sequence[Mapping[str, Any]]) -> tuple[T, ...]:
    """Return records of the dataclass `kind`; see :func:`record`."""
    return tuple(record(kind, row) for row in rows)

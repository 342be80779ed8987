"""What does not fit in a study, by key; the loader knows on which line that key stands."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.errors import did_you_mean

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys of mappings and indices (from 0) of lists, outermost first."""

LONGEST_SHOWN = 60


class Misfit(NamedTuple):
    """One thing that is wrong: the path of its key and a message that begins in mid-sentence."""

    path: KeyPath
    message: str


class MisfitError(ValueError):
    """Raised by validators that find several things wrong in one value at once.

    Paths are relative to the value that is validated.
    """

    def __init__(self, *misfits: Misfit) -> None:
        self.misfits = misfits
        super().__init__("; ".join(f"{dotted(m.path)}: {m.message}" for m in misfits))


def dotted(path: KeyPath) -> str:
    """Return a path as users write it, ``rule.entry_streak`` or ``benchmarks.0``, in one line."""
    whole = ".".join(str(step) for step in path)
    return whole if whole.isprintable() else json.dumps(whole)[1:-1]


def shown(value: Any) -> str:
    """Return a value as it looks in a study file, shortened."""
    match value:
        case None:
            words = "empty"
        case bool():
            words = "true" if value else "false"
        case str():
            cut = value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + "…"
            words = json.dumps(cut, ensure_ascii=not cut.isprintable())
        case dict():
            words = "a section"
        case list() | tuple():
            words = "a list"
        case dt.date():
            words = value.isoformat()
        case int() if abs(value) >= 10**LONGEST_SHOWN:
            words = f"a whole number of more than {LONGEST_SHOWN} digits"
        case _:
            words = repr(value)
    return words


def allowed_names(name: str, allowed: Sequence[str]) -> str:
    """Return ``(allowed a, b, c; did you mean "b"?)``."""
    return f"(allowed {', '.join(allowed)}{did_you_mean(name, allowed)})"


def unknown_key(path: KeyPath, allowed: Sequence[str]) -> Misfit:
    """Return the misfit of a key that does not exist where it stands."""
    return Misfit(path, f"no such key {allowed_names(str(path[-1]), allowed)}")

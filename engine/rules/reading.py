"""Observing which parameters a rule's own code reads."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from engine.rules.rule import RuleParams


class _Read(threading.local):
    """Names of parameters that were read, of each thread its own: engines are built in several."""

    def __init__(self) -> None:
        self.names: set[str] = set()


_read = _Read()


def names_read() -> set[str]:
    """Return the set that this thread's reads are noted in; whoever observes clears it first."""
    return _read.names


@cache
def noting(params: type[RuleParams]) -> Any:
    """Return the class of parameters made to note the names that are read, by properties too."""
    names = frozenset(params.model_fields)

    class Noting(params):  # type: ignore[misc, valid-type]  # the class is known at run time
        def __getattribute__(self, name: str) -> Any:
            if name in names:
                _read.names.add(name)
            elif name == "__dict__" or name.startswith(("model_", "__pydantic")):
                _read.names.update(names)  # all of them at once
            return super().__getattribute__(name)

    return Noting

"""Observing which parameters a rule's own code reads."""

from __future__ import annotations

from typing import Any

from engine.rules.rule import RuleParams


def noting(params: type[RuleParams], read: set[str]) -> type[RuleParams]:
    """Return the class of parameters made to note the names that are read, by properties too."""
    names = frozenset(params.model_fields)

    class Noting(params):  # type: ignore[misc, valid-type]  # the class is known at run time
        def __getattribute__(self, name: str) -> Any:
            if name in names:
                read.add(name)
            elif name == "__dict__" or name.startswith(("model_", "__pydantic")):
                read.update(names)  # all of them at once
            return super().__getattribute__(name)

    return Noting

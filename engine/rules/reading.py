"""Observing which parameters a rule's own code reads."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.rules.rule import RuleParams


class _Read(threading.local):
    """Names of parameters that were read, of each thread its own: engines are built in several."""

    def __init__(self) -> None:
        self.names: set[str] = set()


_read = _Read()
_set = object.__setattr__


def names_read() -> set[str]:
    """Return the set that this thread's reads are noted in; whoever observes clears it first."""
    return _read.names


@cache
def noting(params: type[RuleParams]) -> Any:
    """Return the class of parameters made to note the names that are read, by properties too."""
    names = frozenset(params.model_fields)
    inherited = params.__getattribute__

    class Noting(params):  # type: ignore[misc, valid-type]  # the class is known at run time
        def __getattribute__(self, name: str) -> Any:
            if name in names:
                _read.names.add(name)
            elif name == "__dict__" or name.startswith(("model_", "__pydantic")):
                _read.names.update(names)  # all of them at once
            return inherited(self, name)

    return Noting


class Copies:
    """Parameters that differ from one another in few values, made without validating them.

    Parameters
    ----------
    params : type
        What :func:`noting` returns.
    values : mapping of str to Any
        Of the first of them; defaults stand where none is given.
    """

    def __init__(self, params: Any, values: Mapping[str, Any]) -> None:
        self._params = params
        self._values = dict(values)
        first = params.model_construct(**values)
        self._state = object.__getattribute__(first, "__dict__")
        self._fields_set = set(self._state)
        self._more_to_do = bool(params.__pydantic_post_init__)

    def changed(self, values: Mapping[str, Any]) -> Any:
        """Return parameters with some values changed.

        What `model_construct` does, which works out every default again: a grid takes thousands.
        Parameters that have more to do than to hold their values are left to it.
        """
        if self._more_to_do:
            return self._params.model_construct(**{**self._values, **values})
        made = self._params.__new__(self._params)
        _set(made, "__dict__", {**self._state, **values})
        _set(made, "__pydantic_fields_set__", self._fields_set)  # parameters are frozen: shared
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made

"""What lets processes start fast: nothing is loaded, and no processor kept busy, for nothing."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from types import ModuleType
from typing import Any

CALM = {"OPENBLAS_THREAD_TIMEOUT": "16"}
"""For the environment of processes that load NumPy and hardly multiply matrices.

How long (as a power of two, in clock cycles) each thread of OpenBLAS turns round and round in wait
of work: by default it keeps a processor busy for longer than all of NumPy takes to load.
"""


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name in {"__file__", "__path__", "__warningregistry__", "__wrapped__"}:
            raise AttributeError(name)  # whoever looks at all modules asks for nothing
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def later(name: str) -> None:
    """Have a module loaded when something of it is first asked for, not when it is imported.

    For a module that a library imports and the engine never uses.
    """
    if name not in sys.modules:
        sys.modules[name] = _Later(name)


def calm_down() -> None:
    """Have this process, a command of its own, spend no time on what it does not need.

    To be called before NumPy is loaded. Loading modules makes some hundred thousand objects and
    leaves no garbage: looking for it every 700 of them, as Python does, takes a tenth of that time.
    """
    for name, value in CALM.items():
        os.environ.setdefault(name, value)
    gc.set_threshold(100_000)

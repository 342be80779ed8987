"""What lets the engine's own processes start fast: nothing is loaded for nothing.

A process of somebody else that uses the engine as a library is left as it is.
"""

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

MUCH = 100_000
"""New objects after which a process of the engine looks for garbage."""
_calm = False


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __init__(self, name: str, extended_by: tuple[str, ...]) -> None:
        super().__init__(name)
        self._extended_by = extended_by

    def __getattr__(self, name: str) -> Any:
        if name in {"__file__", "__warningregistry__", "__wrapped__"}:
            raise AttributeError(name)  # whoever looks at all modules asks for nothing
        own = self.__name__
        for stub in (own, *self._extended_by):
            if isinstance(sys.modules.get(stub), _Later):
                del sys.modules[stub]
        module = importlib.import_module(own)
        for extension in self._extended_by:
            importlib.import_module(extension)
        vars(self).update(vars(module))
        package = vars(sys.modules[own.rpartition(".")[0]])
        package.update({alias: module for alias, value in package.items() if value is self})
        return getattr(module, name)


def later(name: str, *extended_by: str) -> None:
    """Have a module of a package loaded when something of it is first asked for, not before.

    For what a library imports, with the package it is in, and the engine never uses. In processes
    of the engine alone, see :func:`calm_down`: elsewhere this does nothing.

    Parameters
    ----------
    name : str
    *extended_by : str
        Modules that add something to it, to be loaded with it.
    """
    if not _calm:
        return
    for stub, extensions in ((name, extended_by), *((one, ()) for one in extended_by)):
        if stub not in sys.modules:
            sys.modules[stub] = _Later(stub, extensions)


def calm_down() -> None:
    """Have this process, one of the engine's own, spend no time on what it does not need.

    To be called before NumPy is loaded. Loading modules makes some hundred thousand objects and
    leaves no garbage: looking for it every 700 of them, as Python does, takes a tenth of that time.
    """
    for name, value in CALM.items():
        os.environ.setdefault(name, value)
    gc.set_threshold(MUCH)
    global _calm  # noqa: PLW0603  # a process is calm or it is not
    _calm = True

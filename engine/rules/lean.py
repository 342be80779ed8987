"""Backtrader without what nobody asks of it: loaded from here, it takes half the time or less.

Backtrader loads TA-Lib where that is installed, and TA-Lib loads pandas and whatever data frames
there are. Here its module of TA-Lib's indicators is loaded when one of them is first asked for.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)  # looking around asks for nothing
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


if "backtrader" not in sys.modules:
    sys.modules["backtrader.talib"] = _Later("backtrader.talib")

import backtrader  # noqa: E402

__all__ = ["backtrader"]

"""``sweep``: every parameter set of a study, through the kernel, some confirmed by Backtrader.

:func:`sweep` is loaded when it is first asked for: a process that only runs Backtrader beside a
sweep needs a part of this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.pipeline.sweeping.in_memory import sweep

__all__ = ["sweep"]


def __getattr__(name: str) -> Any:
    if name != "sweep":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from engine.pipeline.sweeping.in_memory import sweep

    return sweep

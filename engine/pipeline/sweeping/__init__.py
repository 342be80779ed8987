"""``sweep``: every parameter set of a study, through the kernel, some confirmed by Backtrader."""

from engine.pipeline.sweeping.in_memory import sweep

__all__ = ["sweep"]

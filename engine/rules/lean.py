"""Backtrader without what no rotation asks of it: loaded from here, it takes a fourth of the time.

Its indicators, strategies, studies, stores and kinds of feeds are loaded when one of them is first
asked for. So are the indicators of TA-Lib, which Backtrader loads wherever that is installed, and
with it pandas and other data frames.
"""

from __future__ import annotations

import sys

from engine.startup import later

if "backtrader" not in sys.modules:
    later("backtrader.indicators", "backtrader.indicators.contrib")
    later("backtrader.studies", "backtrader.studies.contrib")
    for name in ("strategies", "stores", "feeds", "talib"):
        later(f"backtrader.{name}")

import backtrader

__all__ = ["backtrader"]

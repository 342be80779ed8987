"""Backtrader without what nobody asks of it: loaded from here, it takes half the time or less.

Backtrader loads TA-Lib where that is installed, and TA-Lib loads pandas and whatever data frames
there are. Here its module of TA-Lib's indicators is loaded when one of them is first asked for.
"""

from __future__ import annotations

import sys

from engine.startup import later

if "backtrader" not in sys.modules:
    later("backtrader.talib")

import backtrader

__all__ = ["backtrader"]

"""Backtrader as the engine loads it: without TA-Lib and pandas, and yet with all it has."""

import subprocess
import sys

import pytest

OURS = "from engine.startup import calm_down; calm_down()\n"
HEAVY = "{'talib', 'pandas', 'pyarrow', 'polars'} & set(sys.modules)"


def python(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.split("\n")


def test_running_in_backtrader_loads_no_data_frames():
    assert python(
        f"{OURS}import sys, engine.execution.broker; print('backtrader' in sys.modules, {HEAVY})"
    ) == ["True set()", ""]


def test_a_process_of_somebody_else_has_backtrader_as_it_is():
    assert python(
        "import sys, engine.execution.broker\n"
        "print({type(module).__name__ for name, module in sys.modules.items()"
        " if name.startswith('backtrader')}, 'backtrader.indicators.sma' in sys.modules)"
    ) == ["{'module'} True", ""]


@pytest.mark.parametrize("name", ["indicators.sma", "feeds.pandafeed", "stores.vchartfile"])
def test_a_module_in_a_part_of_backtrader_can_be_imported(name):
    assert python(
        f"{OURS}import engine.execution.broker\n"
        f"import backtrader.{name}\n"
        f"print(backtrader.{name}.__name__)"
    ) == [f"backtrader.{name}", ""]


@pytest.mark.parametrize(
    "use",
    [
        "bt.talib.SMA",
        "__import__('backtrader.talib', fromlist=['SMA']).SMA",
        "sys.modules['backtrader.talib'].SMA",
    ],
)
def test_indicators_of_ta_lib_are_there_when_they_are_asked_for(use):
    pytest.importorskip("talib")
    shown = python(
        f"{OURS}import sys, engine.execution.broker, backtrader as bt\n"
        f"assert not hasattr(bt.talib, '__file__') and not {HEAVY}\n"
        f"print({use}.__name__, bt.talib.__file__ == sys.modules['backtrader.talib'].__file__)\n"
        "print(bt.talib.MA_Type is __import__('talib').MA_Type)"
    )
    assert shown == ["SMA True", "True", ""]


PARTS = ("indicators", "ind", "studies", "strategies", "strats", "stores", "feeds", "talib")
SHOW = f"""
import sys, backtrader as bt
for name in {PARTS}:
    getattr(getattr(bt, name), "__all__", None)  # asks for something, as would any other name
    module = getattr(bt, name)
    print(name, module is sys.modules[module.__name__], *sorted(dir(module)))
print(*sorted(name for name in sys.modules if name.startswith("backtrader")))
print(*sorted(bt.Indicator._indcol))
"""


def test_backtrader_is_whole_for_whoever_asks_for_its_parts():
    lean = python(f"{OURS}import engine.execution.broker{SHOW}")
    assert len(lean) == len(PARTS) + 3
    assert lean == python(SHOW)


@pytest.mark.parametrize(
    "use",
    [
        "bt.ind.Vortex",
        "bt.indicators.SMA",
        "bt.studies.Fractal",
        "bt.strategies.MA_CrossOver",
        "bt.feeds.PandasData",
        "__import__('backtrader.indicators', fromlist=['RSI']).RSI",
    ],
)
def test_a_part_of_backtrader_is_loaded_when_it_is_asked_for(use):
    loaded = "'backtrader.indicators.sma' in sys.modules, 'backtrader.feeds.yahoo' in sys.modules"
    shown = python(
        f"{OURS}import sys, engine.execution.broker, backtrader as bt\nprint({loaded})\n"
        f"print(isinstance({use}, type))"
    )
    assert shown == ["False False", "True", ""]


def test_indicators_are_found_by_a_star():
    assert python(
        f"{OURS}import engine.execution.broker\n"
        "from backtrader.indicators import *\n"
        "print(SMA.__name__, RSI.__name__)"
    ) == ["SMA RSI", ""]


def test_a_backtrader_that_is_there_already_is_left_alone():
    assert python(
        f"{OURS}import sys, backtrader as bt\n"
        "before = bt.talib, sys.modules['backtrader.talib']\n"
        "import engine.execution.broker as broker\n"
        "print(before == (bt.talib, sys.modules['backtrader.talib']), broker.bt is bt)"
    ) == ["True True", ""]

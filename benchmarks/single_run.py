"""One backtest: Backtrader with the bulk feed, with its own feeds, and the bar-by-bar engine."""

from __future__ import annotations

from benchmarks.backtrader_runs import run_as_it_comes
from benchmarks.job import TERMS, rule
from benchmarks.report import Part, Table, count_text, spread_text
from benchmarks.timing import clocked, side_by_side
from engine.execution.bars import run_bars
from engine.execution.broker import run_backtrader
from engine.market.panel import PricePanel


def single_run(panel: PricePanel, rounds: int) -> Part:
    """Time one run of the rule with its defaults."""
    params = rule().parameters({})
    backtrader = "Backtrader, as `streak run` uses it"
    taken = side_by_side(
        {
            backtrader: clocked(lambda: run_backtrader(panel, rule(), params, TERMS)),
            "Backtrader, plain Cerebro and pandas feeds": clocked(
                lambda: run_as_it_comes(panel, params.model_dump())
            ),
            "plain bar-by-bar engine": clocked(lambda: run_bars(panel, rule(), params, TERMS)),
        },
        rounds,
    )
    rows = [
        (name, spread_text(seconds), count_text(seconds.median / taken[backtrader].median))
        for name, seconds in taken.items()
    ]
    return Part((Table("One backtest", ("Engine", "Time", "× `streak run`'s"), rows),), {})

"""What costs do: CAGR against the cost of trading, and where the lead is gone."""

from __future__ import annotations

import math

from engine.report.charts.base import axis, line, plotted
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_number, format_value
from engine.report.run_report import RunReport
from engine.report.theme import variable


def costs_figure(report: RunReport) -> Figure | None:
    """Return CAGR by cost per side; None where the run could not be traded again."""
    found = report.sensitivity
    if found is None:
        return None
    tried = [variant for variant in found.costs if variant.cost_bps is not None]
    bps = [_number(variant.cost_bps) for variant in tried]
    core = f"{report.core_symbol} held"
    name = report.label("rule")
    growth = [_number(variant.metrics["cagr"]) for variant in tried]
    lines = [
        line("core", core, bps, [v.core_cagr for v in tried], hovertemplate="%{y:.2%}"),
        line("rule", name, bps, growth, hovertemplate="%{y:.2%}", mode="lines+markers"),
    ]
    marked = {}
    if math.isfinite(found.break_even_bps) and found.break_even_bps <= max(bps):
        marked = {
            "shapes": [
                {
                    "type": "line",
                    "x0": found.break_even_bps,
                    "x1": found.break_even_bps,
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": variable("muted"), "width": 1, "dash": "dash"},
                }
            ],
            "annotations": [
                {
                    "x": found.break_even_bps,
                    "yref": "paper",
                    "y": 1,
                    "yanchor": "top",
                    "xanchor": "left",
                    "showarrow": False,
                    "text": f" break-even {format_number(found.break_even_bps, 1)} bp",
                    "font": {"color": variable("text")},
                }
            ],
        }
    return Figure(
        key="costs",
        title="CAGR by cost of trading",
        alternative=(
            f"Line chart of CAGR against the cost per side: {name} from "
            f"{format_value(growth[0], 'fraction')} where trading is free to "
            f"{format_value(growth[-1], 'fraction')} at {bps[-1]:g} bp; {core} hardly changes."
        ),
        plot=plotted(
            lines,
            {
                "xaxis": axis("cost per side in bp, all in, both assets", hoverformat="g"),
                "yaxis": axis("CAGR", tickformat=".2~%"),
            },
            **marked,
        ),
        table=DataTable(
            "costs-table",
            "CAGR by cost",
            headings("bp per side", name, core),
            plain_rows(
                [
                    [
                        f"{v.cost_bps:g}",
                        format_value(v.metrics["cagr"], "fraction"),
                        format_value(v.core_cagr, "fraction"),
                    ]
                    for v in tried
                ]
            ),
        ),
        height=340,
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan

"""Risk and trading: months and years, rolling figures, distribution, holdings, costs, delay."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from engine.evaluation.tear_sheet.sensitivity import Sensitivity, Variant
from engine.report.charts.costs import costs_figure
from engine.report.charts.risk import (
    distribution_figure,
    holdings_figure,
    rolling_figure,
    years_figure,
)
from engine.report.document import Chapter, DataTable, Heading, TableCell, headings, plain_rows
from engine.report.format import UNDEFINED, format_number, format_value
from engine.report.run_report import RunReport
from engine.report.stability import break_even_text

FULL_HEAT = 0.08
"""Monthly return (fraction) from which on a cell has the full colour."""


def risk(report: RunReport) -> Chapter:
    """Return the chapter of risk and trading."""
    figures = (rolling_figure, distribution_figure, holdings_figure, costs_figure)
    made = (figure(report) for figure in figures)
    tables = () if report.sensitivity is None else (_variants(report, report.sensitivity),)
    return Chapter(
        key="risk",
        title="Risk and trading",
        sentences=_sentences(report),
        blocks=(
            _monthly(report),
            years_figure(report),
            *(figure for figure in made if figure is not None),
            *tables,
        ),
        template="risk.html",
        data=_data(report),
    )


def _sentences(report: RunReport) -> tuple[str, ...]:
    found = report.sensitivity
    drag = format_value(report.metrics["rule"]["cost_drag"], "fraction")
    said = [f"Costs took {drag} a year."]
    if found is not None and report.run.rotations:
        core = f"{report.core_symbol} held"
        said.append(break_even_text(found.break_even_bps, found.beats_without_costs, core))
        said.append(
            f"With every rotation one session later its CAGR would have been "
            f"{format_value(found.delayed.metrics['cagr'], 'fraction')}, not "
            f"{format_value(found.as_run.metrics['cagr'], 'fraction')}."
        )
    return tuple(said)


def _monthly(report: RunReport) -> DataTable:
    """Return the rule's months, a line per year, coloured by return; the core's year beside."""
    rule = report.sheet.calendar["rule"]
    core = report.sheet.calendar.get("core")
    rows = []
    for i, year in enumerate(rule.years.tolist()):
        cells = [_month(float(value)) for value in rule.monthly[i]]
        cells.append(_year(float(rule.yearly[i])))
        if core is not None:
            cells.append(_year(float(core.yearly[i])))
        rows.append((Heading(str(year)), tuple(cells)))
    names = ("Year", *_MONTHS)
    last = ("Year", *((report.label("core"),) if core is not None else ()))
    return DataTable(
        "monthly",
        "Monthly returns in percent",
        headings(*names, *last),
        tuple(rows),
    )


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _month(value: float) -> TableCell:
    if not math.isfinite(value):
        return TableCell("")
    heat = max(-1.0, min(1.0, value / FULL_HEAT))
    return TableCell(format_number(value * 100.0, 1), value, heat=round(heat, 2))


def _year(value: float) -> TableCell:
    if not math.isfinite(value):
        return TableCell(UNDEFINED)
    return TableCell(format_number(value * 100.0, 1), value)


def _variants(report: RunReport, found: Sensitivity) -> DataTable:
    named = [("as run", found.as_run), ("one session later", found.delayed)]
    named += [(f"at {v.cost_bps:g} bp per side", v) for v in found.costs]
    rows = [[name, *_shown(variant)] for name, variant in named]
    return DataTable(
        "sensitivity",
        "Sensitivity to cost and delay",
        headings(
            "Terms",
            "Final equity",
            "CAGR",
            "Sharpe",
            "Max drawdown",
            "Active return",
            f"{report.core_symbol} held, CAGR",
        ),
        plain_rows(rows),
        notes=(
            "The same decisions traded on other terms. Costs are all in, per side, the same for "
            f"both assets; {report.core_symbol} held pays them once.",
        ),
    )


def _shown(variant: Variant) -> list[str]:
    units: Any = ("currency", "fraction", "ratio", "fraction", "fraction")
    values = (format_value(v, u) for v, u in zip(variant.metrics.values(), units, strict=True))
    return [*values, format_value(variant.core_cagr, "fraction")]


def _data(report: RunReport) -> dict[str, Any]:
    calendar = report.sheet.calendar
    return {
        "years": calendar["rule"].years,
        "monthly_returns": calendar["rule"].monthly,
        "yearly_returns": {report.label(s): found.yearly for s, found in calendar.items()},
        "holding_lengths": None
        if report.holdings is None
        else {
            str(length): count
            for length, count in zip(
                report.holdings.lengths.tolist(), report.holdings.counts.tolist(), strict=True
            )
            if count
        },
        "sensitivity": None if report.sensitivity is None else asdict(report.sensitivity),
    }

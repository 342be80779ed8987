"""Charts of risk and trading: calendar years, rolling figures, distribution, holdings, costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.evaluation.tear_sheet.calendar_returns import period_ends
from engine.evaluation.tear_sheet.rolling import WINDOW
from engine.report.charts.base import axis, line, plotted, short, time_axis
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_number, format_value
from engine.report.run_report import RunReport
from engine.report.theme import colour_of, variable


def _compared(report: RunReport) -> list[str]:
    """Return the series that risk charts show: the core, where there is one, and the rule."""
    return ["core", "rule"] if report.has_core else ["rule"]


def years_figure(report: RunReport) -> Figure:
    """Return the calendar years of the rule beside the core's, as bars."""
    calendar = report.sheet.calendar
    years = [str(year) for year in calendar["rule"].years.tolist()]
    shown = list(reversed(_compared(report)))
    bars: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": report.label(series),
            "x": years,
            "y": short(calendar[series].yearly, 4),
            "marker": {"color": variable(colour_of(series))},
            "hovertemplate": "%{y:.1%}",
        }
        for series in shown
    ]
    rows = [
        [year, *(format_value(float(calendar[s].yearly[i]), "fraction") for s in report.equities)]
        for i, year in enumerate(years)
    ]
    defined = calendar["rule"].yearly[np.isfinite(calendar["rule"].yearly)]
    spread = (
        f" The rule's best year brought {format_value(float(defined.max()), 'fraction')}, its "
        f"worst {format_value(float(defined.min()), 'fraction')}."
        if len(defined)
        else ""
    )
    heads = headings("Year", *(report.label(series) for series in report.equities))
    return Figure(
        key="years",
        title="Calendar years",
        alternative="Bar chart of the return of each calendar year: "
        f"{' and '.join(report.label(s) for s in shown)}.{spread}",
        plot=plotted(
            bars,
            {
                "xaxis": axis(type="category", showgrid=False),
                "yaxis": axis(tickformat=".2~%"),
            },
            barmode="group",
            bargap=0.25,
        ),
        table=DataTable("years-table", "Return of calendar years", heads, plain_rows(rows)),
        height=320,
        note="The first and the last year may be incomplete.",
    )


def rolling_figure(report: RunReport) -> Figure | None:
    """Return Sharpe ratio, volatility and beta over one year; None for a shorter history."""
    if len(report.dates) <= WINDOW:
        return None
    dates, traces = report.dates[WINDOW:], []
    panes = [("sharpe", "y", "%{y:.2f}"), ("volatility", "y2", "%{y:.1%}")]
    for attribute, pane, shown_as in panes:
        for series in _compared(report):
            values = getattr(report.sheet.rolling[series], attribute)[WINDOW - 1 :]
            name = report.label(series)
            more = {"yaxis": pane, "hovertemplate": shown_as, "showlegend": pane == "y"}
            traces.append(line(series, name, dates, values, **more))
    beta = report.sheet.rolling["rule"].beta
    if beta is not None:
        more = {"yaxis": "y3", "hovertemplate": "%{y:.2f}", "showlegend": False}
        name = f"{report.label('rule')}, beta"
        traces.append(line("rule", name, dates, beta[WINDOW - 1 :], **more))
    lowest = "y2" if beta is None else "y3"
    axes = {
        "xaxis": time_axis(dates, anchor=lowest),
        "yaxis": axis("Sharpe", domain=[0.7, 1] if beta is not None else [0.55, 1]),
        "yaxis2": axis(
            "volatility", domain=[0.35, 0.65] if beta is not None else [0, 0.45], tickformat=".2~%"
        ),
    }
    if beta is not None:
        axes["yaxis3"] = axis("beta", domain=[0, 0.3])
    return Figure(
        key="rolling",
        title="Rolling figures over one year",
        alternative=(
            f"Line charts of Sharpe ratio and volatility{' and beta' if beta is not None else ''} "
            f"over the last {WINDOW} sessions, {dates[0]} to {dates[-1]}."
        ),
        plot=plotted(traces, axes, hoversubplots="axis"),
        table=_rolling_table(report),
        height=520,
        note=f"Each point looks back over {WINDOW} sessions; beta is against the core.",
    )


def _rolling_table(report: RunReport) -> DataTable:
    found = report.sheet.rolling["rule"]
    rows = [
        [
            report.dates[i],
            format_value(float(found.sharpe[i - 1]), "ratio"),
            format_value(float(found.volatility[i - 1]), "fraction"),
            format_value(None if found.beta is None else float(found.beta[i - 1]), "ratio"),
        ]
        for i in period_ends(report.run.sessions).tolist()
        if i >= WINDOW
    ]
    heads = headings("Session", "Sharpe", "Volatility", "Beta")
    return DataTable("rolling-table", "The rule over the year before", heads, plain_rows(rows))


def distribution_figure(report: RunReport) -> Figure | None:
    """Return how session returns are spread; None where nothing ever moved."""
    found = report.sheet.distribution
    if found is None:
        return None
    middle = (found.edges[1:] + found.edges[:-1]) / 2.0
    traces = [
        line(
            series,
            report.label(series),
            short(middle, 4),
            found.shares[series],
            hovertemplate="%{y:.2%}",
            **({"fill": "tozeroy", "fillcolor": variable("rule-soft")} if series == "rule" else {}),
        )
        for series in _compared(report)
        if series in found.shares
    ]
    for trace in traces:
        trace["line"]["shape"] = "hvh"
    reach = format_value(float(found.edges[-1]), "fraction")
    beyond = format_value(found.outside["rule"], "fraction")
    rows = [
        [
            label,
            *(
                format_value(report.metrics[s].get(key), unit)  # type: ignore[arg-type]
                for s in _compared(report)
            ),
        ]
        for label, key, unit in (
            ("Worst session", "worst_session", "fraction"),
            ("VaR 95", "var_95", "fraction"),
            ("ES 95", "es_95", "fraction"),
            ("Best session", "best_session", "fraction"),
            ("Skew", "skew", "ratio"),
            ("Excess kurtosis", "kurtosis", "ratio"),
        )
    ]
    heads = headings("Figure", *(report.label(s) for s in _compared(report)))
    return Figure(
        key="distribution",
        title="Session returns",
        alternative=(
            "Histogram of the returns of single sessions between "
            f"−{reach} and {reach}; {beyond} of the rule's lie beyond and are counted at the ends."
        ),
        plot=plotted(
            traces,
            {
                "xaxis": axis("return of a session", tickformat=".2~%", hoverformat=".2%"),
                "yaxis": axis("share of sessions", tickformat=".2~%", rangemode="tozero"),
            },
        ),
        table=DataTable("distribution-table", "Tails and shape", heads, plain_rows(rows)),
        height=340,
    )


def holdings_figure(report: RunReport) -> Figure | None:
    """Return how long stays in the satellite lasted; None where none was completed."""
    found = report.holdings
    if found is None or not len(found.lengths):
        return None
    rows = [
        [str(length), format_number(count, 0)]
        for length, count in zip(found.lengths.tolist(), found.counts.tolist(), strict=True)
        if count
    ]
    total = int(found.counts.sum())
    return Figure(
        key="holdings",
        title=f"Stays in {report.satellite_symbol}",
        alternative=(
            f"Bar chart of how many sessions each of {total:,} completed stays in "
            f"{report.satellite_symbol} lasted, 1 to {int(found.lengths[-1])}."
        ),
        plot=plotted(
            [
                {
                    "type": "bar",
                    "x": found.lengths.tolist(),
                    "y": found.counts.tolist(),
                    "marker": {"color": variable("satellite")},
                    "hovertemplate": "%{x} sessions: %{y}<extra></extra>",
                }
            ],
            {
                "xaxis": axis("sessions held", showgrid=False, tickformat="d"),
                "yaxis": axis("stays", tickformat="d"),
            },
            hovermode="closest",
            bargap=0.15,
            showlegend=False,
        ),
        table=DataTable(
            "holdings-table", "Completed stays", headings("Sessions", "Stays"), plain_rows(rows)
        ),
        height=340,
    )

"""The rotation log: when and why each rotation was decided, and what it cost."""

from __future__ import annotations

import base64

from engine.report.document import Chapter, DataTable, Heading, headings, plain_rows
from engine.report.format import format_number, format_value
from engine.report.run_report import RunReport

MOST = 2000
"""Rotations listed at most, the latest; the CSV holds them all."""


def rotations(report: RunReport) -> Chapter:
    """Return the chapter of the rotation log."""
    made = report.run.rotations
    if not made:
        said = "The rule never rotated."
    else:
        cost = sum(float(row["cost"]) for row in made)
        said = (
            f"{len(made):,} rotations, {made[0]['fill_session']} to {made[-1]['fill_session']}; "
            f"together they cost {format_number(cost, 0)}."
        )
        if len(made) > MOST:
            said += f" The latest {MOST:,} are listed; the CSV holds them all."
    encoded = base64.b64encode(report.run.rotations_csv).decode()
    return Chapter(
        key="rotations",
        title="Rotation log",
        sentences=(said,),
        blocks=(_log(made[-MOST:]),) if made else (),
        template="rotations.html",
        context={"csv": f"data:text/csv;charset=utf-8;base64,{encoded}", "any": bool(made)},
        data={
            "rotations": [
                {k: _number(v) if k in _NUMBERS else v for k, v in row.items() if k != "data"}
                for row in made
            ]
        },
    )


_NUMBERS = (
    *("sold_shares", "sold_at", "bought_shares", "bought_at", "cost"),
    *("stay_sessions", "stay_return", "stay_active"),
)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _log(made: tuple[dict[str, str], ...]) -> DataTable:
    with_stays = "stay_return" in made[0]  # earlier versions did not say what came of rotations
    rows = [[*_words(row), *_figures(row, with_stays=with_stays)] for row in made]
    values = [[*[None] * 5, *_values(row, with_stays=with_stays)] for row in made]
    stay = [
        Heading("Sessions", "from this fill to the next rotation's; + still going on"),
        Heading("Return", "of these sessions, after costs"),
        Heading("Active", "the same less what the core's price did"),
    ]
    return DataTable(
        "rotation-log",
        "Rotations",
        (
            *headings("Decided", "Filled", "Rotation", "Trigger", "Values seen"),
            *headings("Sold at", "Bought at", "Cost"),
            *(stay if with_stays else ()),
        ),
        plain_rows(rows, sort_values=values),
        left=5,
        sortable=True,
        long=True,
    )


def _words(row: dict[str, str]) -> list[str]:
    return [
        row["decision_session"],
        row["fill_session"],
        f"{row['from']} → {row['to']}",
        row["trigger"],
        row["features"],
    ]


def _values(row: dict[str, str], *, with_stays: bool) -> list[float | None]:
    stay = ("stay_sessions", "stay_return", "stay_active") if with_stays else ()
    return [_number(row[name]) for name in ("sold_at", "bought_at", "cost", *stay)]


def _figures(row: dict[str, str], *, with_stays: bool) -> list[str]:
    prices = [format_number(float(row[name]), 2) for name in ("sold_at", "bought_at", "cost")]
    if not with_stays:
        return prices
    sessions = (
        f"{format_number(float(row['stay_sessions']), 0)}{'+' * (row['stay_open'] == 'True')}"
    )
    returns = (
        format_value(_number(row[name]), "fraction") for name in ("stay_return", "stay_active")
    )
    return [*prices, sessions, *returns]

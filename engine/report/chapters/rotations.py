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


PRICES = ("sold_at", "bought_at", "cost")
STAY = ("stay_sessions", "stay_return", "stay_active")
_NUMBERS = ("sold_shares", "bought_shares", *PRICES, *STAY)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _log(made: tuple[dict[str, str], ...]) -> DataTable:
    with_stays = "stay_return" in made[0]  # earlier versions did not say what came of rotations
    rows = [[*_words(row), *(_stay(row) if with_stays else []), *_prices(row)] for row in made]
    names = (*(STAY if with_stays else ()), *PRICES)
    values = [[*[None] * 5, *(_number(row[name]) for name in names)] for row in made]
    stay = (
        Heading("Sessions", "from this fill to the next rotation's; + still going on"),
        Heading("Return", "of these sessions, after costs"),
        Heading("Active", "the same less what the core's price did"),
    )
    return DataTable(
        "rotation-log",
        "Rotations",
        (
            *headings("Decided", "Filled", "Rotation", "Trigger", "Values seen"),
            *(stay if with_stays else ()),
            *headings("Sold at", "Bought at", "Cost"),
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


def _stay(row: dict[str, str]) -> list[str]:
    """Return what came of a rotation: how long it held, and what that earned."""
    sessions, *returns = (_number(row[name]) for name in STAY)
    still = "+" if row["stay_open"] == "True" else ""
    earned = (format_value(value, "fraction") for value in returns)
    return [f"{format_value(sessions, 'count')}{still}", *earned]


def _prices(row: dict[str, str]) -> list[str]:
    return [format_number(float(row[name]), 2) for name in PRICES]

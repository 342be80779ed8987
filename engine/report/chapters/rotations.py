"""The rotation log: when and why each rotation was decided, and what it cost."""

from __future__ import annotations

import base64

from engine.report.document import Chapter, DataTable, headings, plain_rows
from engine.report.format import format_number
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


_NUMBERS = ("sold_shares", "sold_at", "bought_shares", "bought_at", "cost")


def _number(text: str) -> float | None:
    return float(text) if text else None


def _log(made: tuple[dict[str, str], ...]) -> DataTable:
    rows, values = [], []
    for row in made:
        prices = [float(row["sold_at"]), float(row["bought_at"]), float(row["cost"])]
        rows.append(
            [
                row["decision_session"],
                row["fill_session"],
                f"{row['from']} → {row['to']}",
                row["trigger"],
                row["features"],
                *(format_number(price, 2) for price in prices),
            ]
        )
        values.append([None] * 5 + prices)
    return DataTable(
        "rotation-log",
        "Rotations",
        headings(
            "Decided",
            "Filled",
            "Rotation",
            "Trigger",
            "Values seen",
            "Sold at",
            "Bought at",
            "Cost",
        ),
        plain_rows(rows, sort_values=values),
        left=5,
        sortable=True,
        long=True,
    )

"""What Backtrader said of some of the sets."""

from __future__ import annotations

from engine.evaluation.definitions import find_metric
from engine.report.document import Chapter, DataTable, headings, plain_rows
from engine.report.format import format_number
from engine.report.sweep_report import SweepReport

_WHY = {"top": "among the best by Sharpe", "sample": "drawn at random"}


def confirmations(report: SweepReport) -> Chapter:
    """Return the chapter of confirmations, none included."""
    made = report.sweep.confirmations
    engine = report.manifest["engine"]
    if not made:
        said = f"No set was confirmed by Backtrader; all figures are those of the {engine} engine."
        return Chapter("confirmations", "Confirmations", (said,), data={"confirmed": []})
    largest = max(one.largest for one in made)
    rows = [
        [
            report.set_label(one.values),
            _WHY.get(one.chosen, one.chosen),
            find_metric(one.worst).label,
            f"{one.largest:.0e}",
        ]
        for one in made
    ]
    values = [[None, None, None, one.largest] for one in made]
    table = DataTable(
        "confirmed",
        "Sets run again in Backtrader",
        headings("Set", "Chosen", "Differs most in", "Largest difference"),
        plain_rows(rows, sort_values=values),
        left=3,
        notes=("Differences are relative to Backtrader's value, or to 1 if that is larger.",),
        sortable=len(made) > 1,
        long=len(made) > 15,
    )
    return Chapter(
        key="confirmations",
        title="Confirmations",
        sentences=(
            f"{format_number(len(made), 0)} of the sets were run again in Backtrader, order by "
            f"order: no metric differs by more than {largest:.0e} from the {engine} engine.",
        ),
        blocks=(table,),
        data={
            "confirmed": [
                {
                    "row": one.values["row"],
                    "chosen": one.chosen,
                    **{key: one.values[key] for key in report.axes},
                    "differences": one.differences,
                }
                for one in made
            ]
        },
    )

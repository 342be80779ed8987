"""The sentences and tables about stability: exactly as readers see them."""

import pytest

from engine.report.stability import break_even_text, set_name, stability_sections

METRICS = {"final_equity": 120_000.0, "cagr": 0.0812, "sharpe": None, "rotations": 3}
CORE = {"final_equity": 110_000.4, "cagr": 0.05, "sharpe": 0.51}


def row(kind, value, *, is_ahead=True):
    place = {"first_session": "2001-01-02", "last_session": "2002-01-02", "sessions": 1252}
    return {
        "kind": kind,
        "value": value,
        **place,
        "metrics": METRICS,
        "core": CORE,
        "is_ahead": is_ahead,
    }


TOLD = {
    "metric": "cagr",
    "row": 4,
    "values": {"rule.entry_streak": 4, "rule.max_holding": None},
    "rule": {"name": "streak"},
    "break_even_bps": 16.94,
    "beats_without_costs": True,
    "ahead": {
        "as run": {"ahead": 1, "of": 1},
        "costs": {"ahead": 2, "of": 4},
        "start": {"ahead": 7, "of": 9},
    },
    "table": [row("as run", None), row("costs", 0.0), row("costs", 2.5), row("fill", "next_close")],
    "neighbourhood": None,
    "left_out": ["price basis price: no such prices"],
}
NEAR = {
    "values": TOLD["values"],
    "metric": 0.0812,
    "at_edge": ["rule.max_holding"],
    "beside": {},
    "steps": {
        "sets": 3,
        "same_path": 1,
        "median": 0.07,
        "worst": -0.01,
        "near": 0.5,
        "better_than_core": None,
    },
    "box": None,
    "plateau": 0.756,
}


def test_the_table_of_variations():
    (section,) = stability_sections(TOLD, "SPY held")
    assert section.title == "Stability of entry_streak 4, max_holding null"
    assert section.lines == (
        "It ends level with SPY held at a cost of 16.9 bp per side, all in: cheaper trading leaves "
        "it ahead, dearer trading behind.",
        "It ends above SPY held as it was run, at 2 of 4 other costs, from 7 of 9 later first "
        "sessions.",
    )
    assert section.headings == (
        "Variation",
        "Sessions",
        "Final equity",
        "CAGR",
        "Sharpe",
        "Rotations",
        "SPY held: final equity",
        "CAGR",
        "Sharpe",
    )
    cells = ("1,252", "120,000", "8.12 %", "–", "3", "110,000", "5.00 %", "0.510")
    labels = [cells[0] for cells in section.rows]
    assert labels == ["as run", "without costs", "costs × 2.5", "fill next_close"]
    assert all(found[1:] == cells for found in section.rows)
    assert section.notes[1:] == ("Left out: price basis price: no such prices",)


def test_a_set_that_trails():
    ahead = {"as run": {"ahead": 0, "of": 1}, "fill": {"ahead": 1, "of": 2}}
    table = [row("start", "2001-01-02"), row("price basis", "price")]
    (section,) = stability_sections({**TOLD, "ahead": ahead, "table": table}, "SPY held")
    assert section.lines[1] == (
        "It does not end above SPY held as it was run; it does with 1 of 2 other fills."
    )
    assert [cells[0] for cells in section.rows] == ["from 2001-01-02", "price basis price"]


def test_neighbours_are_told_of_the_set_not_of_the_best():
    _, section = stability_sections({**TOLD, "neighbourhood": NEAR}, "SPY held")
    assert section.title == "Neighbours in the grid"
    assert (
        section.lines[1] == "It is at the edge of max_holding: better ones may lie beyond the grid."
    )
    assert "best" not in " ".join(section.lines)
    (cells,) = section.rows
    assert cells[:9] == (
        "entry_streak 4, max_holding null",
        "8.12 %",
        "3",
        "1",
        "7.00 %",
        "−1.00 %",
        "50.00 %",
        "–",
        "0.76",
    )
    inside = {**NEAR, "at_edge": []}
    _, section = stability_sections({**TOLD, "neighbourhood": inside}, "SPY held")
    assert len(section.lines) == 1


@pytest.mark.parametrize(
    ("bps", "beats", "said"),
    [
        (3.0, True, "level with SPY held at a cost of 3.0 bp"),
        (None, True, "No cost that was looked at takes its lead over SPY held."),
        (float("nan"), False, "does not beat SPY held even where trading is free"),
    ],
)
def test_the_break_even_cost(bps, beats, said):
    assert said in break_even_text(bps, beats, "SPY held")


def test_what_a_run_is_called():
    assert set_name({**TOLD, "values": {}}) == "streak"

"""What a grid says in words: the same fresh and stored, with or without anything to say."""

import json
import re

import numpy as np
import pytest
from grids import grids, made_up
from hypothesis import given, settings

from engine.report.grids import grid_notes, grid_sections
from engine.report.sections import sections_body, sections_text
from engine.store.grid_findings import findings_json, heatmap_csv

AXES = {"rule.a": [1, 2, 3, 4, 5], "rule.parameters.hot": [60.0, 70.5]}


def told(grid, **options):
    return json.loads(json.dumps(findings_json(grid.findings(**options)), allow_nan=False))


@pytest.fixture(scope="module")
def grid():
    values = [[0.1, 0.2], [0.5, 0.3], [1.0, 0.9], [0.8, 0.7], [0.1, 0.0]]
    later = np.linspace(2.0, 1.1, 10)
    references = {"core": 0.45, "own": 0.85}
    return made_up(AXES, values, second=later, references=references)


def text_of(grid, **options):
    return sections_text(grid_sections(told(grid, **options), "SPY held"), simulated=False)


def rows_of(grid, title):
    (section,) = [s for s in grid_sections(told(grid), "SPY held") if s.title == title]
    return [dict(zip(section.headings, row, strict=True)) for row in section.rows]


def test_every_finding_has_its_section(grid):
    titles = [section.title for section in grid_sections(told(grid), "SPY held")]
    assert titles == [
        "Sharpe over the grid",
        "Neighbours of the best sets",
        "Through the best set",
        "What each axis matters",
        "First half against second half of history",
    ]
    text = text_of(grid)
    assert "spread over 10 sets (10 different position paths)" in text
    assert "50.00 % of the sets beat SPY held (0.450)." in text
    assert "20.00 % of the sets beat the study's own parameters (0.850)." in text


def test_what_is_neither_good_nor_bad_is_not_beaten(grid):
    found = told(grid) | {"metric": "rotations"}
    words = " ".join(grid_notes(found, "SPY held"))
    words += sections_text(grid_sections(found, "SPY held"), simulated=False)
    assert "exceed SPY held" in words
    assert "beat" not in words


def test_the_spread_is_told(grid):
    (row,) = rows_of(grid, "Sharpe over the grid")
    assert (row["Lowest"], row["50 %"], row["Highest"], row["Mean"]) == (
        "0.000",
        "0.400",
        "1.000",
        "0.460",
    )


def test_neighbours_are_told(grid):
    (section,) = [s for s in grid_sections(told(grid), "SPY held") if s.title.startswith("Neigh")]
    best = section.rows[0]
    # beside 1.0 are 0.5, 0.8 and 0.9; the middle of the grid is 0.4
    assert best[:5] == ("a 3, hot 60", "1.000", "3", "0", "0.800")
    assert best[5:9] == ("0.500", "33.33 %", "100.00 %", "0.67")
    assert best[9] == "5"
    assert section.headings[7] == "Beat SPY held"
    assert "edge" not in " ".join(section.lines)


def test_the_edge_is_told():
    grid = made_up({"rule.a": [1, 2, 3], "rule.b": [1, 2, 3]}, np.arange(9.0))
    assert "The best set is at the edge of a, b: better ones may lie beyond the grid." in text_of(
        grid
    )


def test_the_profile_is_told(grid):
    rows = {row["Axis"]: row["Values"] for row in rows_of(grid, "Through the best set")}
    assert rows == {
        "a": "1: 0.100, 2: 0.500, 3: *1.000, 4: 0.800, 5: 0.100",
        "hot": "60: *1.000, 70.5: 0.900",
    }


@pytest.mark.parametrize(
    ("best", "begins", "ends"), [(0, "0: *", "…"), (20, "…", "…"), (39, "…", "39: *")]
)
def test_of_a_long_profile_what_is_around_the_best_is_told(best, begins, ends):
    values = -np.abs(np.arange(40.0) - best)
    (row,) = rows_of(made_up({"rule.a": range(40)}, values), "Through the best set")
    parts = row["Values"].split(", ")
    assert parts[0].startswith(begins)
    assert parts[-1].startswith(ends)
    assert len([part for part in parts if part != "…"]) == 15


def test_axes_are_told(grid):
    (section,) = [s for s in grid_sections(told(grid), "SPY held") if s.title.startswith("What")]
    assert section.rows == (
        ("a", "1 to 5", "0.950", "3", "0.050", "5", "0.900"),
        ("hot", "60 to 70.5", "0.500", "60", "0.420", "70.5", "0.080"),
    )
    long = made_up({"rule.a": range(100)}, np.arange(100.0))
    (section,) = [s for s in grid_sections(told(long), "x") if s.title.startswith("What")]
    assert section.rows[0][3] == "98 to 99"


def test_halves_are_told(grid):
    section = grid_sections(told(grid), "SPY held")[-1]
    assert "before 2001-01-06" in section.lines[0]
    assert section.rows[0] == (
        "best of the first half: a 3, hot 60",
        "1.000",
        "1.000",
        "1",
        "1.600",
        "5",
    )
    assert section.rows[-3:] == (
        ("the middle set", "0.400", "0.400", "–", "1.550", "–"),
        ("SPY held", "0.450", "0.450", "–", "0.450", "–"),
        ("the study's own parameters", "0.850", "0.850", "–", "0.850", "–"),
    )


def test_the_notes_are_short(grid):
    notes = grid_notes(told(grid), "SPY held")
    assert notes == [
        "Sharpe over all sets: a tenth below 0.090, half below 0.400, nine tenths below 0.910; "
        "50.00 % beat SPY held (0.450); the best of many is partly luck",
        "3 sets one step from the best: median 0.800, worst 0.500, 33.33 % within a tenth of it; "
        "plateau 0.67 (1: as good as the best, 0: like any set)",
        "first half of history against the second: rank correlation 0.07; what was best before "
        "2001-01-06 ranked 5 of 10 after it (1.600, the middle set 1.550)",
    ]


def test_where_nothing_is_defined_it_says_so():
    found = told(made_up(AXES, np.full(10, np.nan)))
    assert grid_notes(found, "SPY held") == ["Sharpe is undefined for every set"]
    text = sections_text(grid_sections(found, "SPY held"), simulated=False)
    assert "10 sets more: Sharpe is undefined." in text
    assert "NEIGHBOURS" not in text
    assert "nan" not in text.lower()


def test_the_only_set_has_no_neighbours():
    notes = grid_notes(told(made_up({}, [0.5])), "SPY held")
    assert notes[1] == "the best set has no neighbours to hold it against"
    assert "as in the study" in text_of(made_up({}, [0.5]))


def test_too_short_a_history_has_no_halves(grid):
    found = told(grid) | {"halves": None}
    assert len(grid_notes(found, "SPY held")) == 2
    text = sections_text(grid_sections(found, "SPY held"), simulated=False)
    assert "History is too short to be halved." in text


def test_estimates_are_told_as_such(grid):
    found = told(grid)
    found["paths_error"] = 0.001
    found["spread"]["relative_error"] = 2.0**-20
    found["halves"]["is_sample"] = True
    text = sections_text(grid_sections(found, "SPY held"), simulated=False)
    assert "about 10 different position paths" in text
    assert "Percentiles are within 1e-06 of their value." in text
    assert "over a seeded sample of 10 sets" in text
    assert "ranked 5 of a sample of 10 after it" in grid_notes(found, "SPY held")[-1]


@settings(max_examples=60, deadline=None)
@given(grids())
def test_whatever_the_grid_it_can_be_told(grid):
    """Every row has as many cells as headings, and no cell a NaN."""
    found = told(grid)
    sections = grid_sections(found, "SPY held")
    for section in sections:
        assert all(len(row) == len(section.headings) for row in section.rows)
    words = sections_text(sections, simulated=False) + " ".join(grid_notes(found, "SPY held"))
    assert not re.search(r"\b(nan|None|inf)\b", words)
    assert sections_body(sections).startswith("## ")
    heatmap_csv(grid.findings(), simulated=False)


def test_names_of_values_cannot_do_harm(grid):
    """Text on an axis is text: in Markdown, on terminals, and in spreadsheets."""
    axes = {"execution.cash_rate": ["=1+1", "a|b\n\x1b[31m<i>"], "rule.b": [1, 2]}
    nasty = made_up(axes, np.arange(4.0))
    page = sections_body(grid_sections(told(nasty), "SPY held"))
    assert "<i>" not in page
    assert "a\\|b" in page
    assert "\x1b" not in page + text_of(nasty)
    lines = heatmap_csv(nasty.findings(), simulated=False).decode().splitlines()
    assert len(lines) == 5
    assert lines[1].split(",")[1] == "'=1+1"

"""Sections on terminals: everything fits, nothing is lost, nothing steers; and read back again."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from engine.report.sections import Section, sections_json, sections_of, sections_text
from engine.report.sections_terminal import sections_to_rich

TEXTS = st.text(max_size=12)
HEADINGS = tuple(f"column {i}" for i in range(9))
WIDE = Section(
    "Longest streaks",
    ("A sentence that says what the numbers below it mean, longer than some terminals are wide.",),
    HEADINGS,
    tuple((f"2020-01-0{r}", "risk-on", *(f"{r}{c},345.67 %" for c in range(2, 9))) for r in (1, 2)),
    2,
    ("A note.",),
)


@st.composite
def drawn_sections(draw):
    columns = draw(st.integers(1, 5))
    row = st.tuples(*[TEXTS] * columns)
    return Section(
        draw(TEXTS),
        tuple(draw(st.lists(TEXTS, max_size=2))),
        draw(row),
        tuple(draw(st.lists(row, max_size=3))),
        draw(st.integers(0, columns)),
        tuple(draw(st.lists(TEXTS, max_size=2))),
    )


def shown(sections, width, *, simulated=False):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(sections_to_rich(sections, width, simulated=simulated))
    return console.file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_everything_fits_and_no_number_is_cut(width):
    text = shown([WIDE, WIDE], width)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= width
    for row in WIDE.rows:
        for cell in row[1:]:
            assert text.count(cell) >= 2, cell
    repeated = text.count("2020-01-01") > 2  # the first column, in every block
    assert repeated == (width < 200)
    flowing = re.sub(r"\s+", " ", text)
    assert flowing.count(WIDE.lines[0]) == flowing.count("A note.") == 2


def test_text_stands_at_its_left_and_numbers_at_their_right():
    section = Section("T", (), ("a", "b", "c"), (("x", "y", "1"), ("xx", "yyyy", "10")), 2)
    assert [line.rstrip() for line in shown([section], 40).splitlines()[2:]] == [
        "a   b      c",
        "────────────",
        "x   y      1",
        "xx  yyyy  10",
    ]


def test_lines_called_by_numbers_have_them_at_their_right():
    section = Section("T", (), ("Length", "b"), (("1", "1.5"), ("10", "2.5")), 0)
    assert [line.rstrip() for line in shown([section], 40).splitlines()[2:]] == [
        "Length    b",
        "───────────",
        "     1  1.5",
        "    10  2.5",
    ]


def test_simulated_prices_are_said_first_and_sections_stand_apart():
    bare = Section("Only words", ("One.",))
    assert shown([bare, bare], 60, simulated=True).splitlines() == [
        *("SIMULATED DATA, not market history", ""),
        *("ONLY WORDS", "One.", ""),
        *("ONLY WORDS", "One."),
    ]


def test_markup_is_text():
    section = Section("[red]T", ("[bold]l",), ("[i]h",), (("[link=x]c",),), 1, ("[dim]n",))
    for text in ("[RED]T", "[bold]l", "[i]h", "[link=x]c", "[dim]n"):
        assert text in shown([section], 60)


@given(st.lists(drawn_sections(), max_size=3))
def test_sections_are_read_back_as_they_were_printed(sections):
    again = sections_of(sections_json(sections))
    assert [section.left for section in again] == [section.left for section in sections]
    assert sections_text(again, simulated=True) == sections_text(sections, simulated=True)
    assert shown(again, 60) == shown(sections, 60)


def test_what_is_written_is_utf_8_whatever_a_section_holds():
    (again,) = sections_of(sections_json([Section("\ud800\x1b[31m", ("a\nb",))]))
    assert again == Section("\N{REPLACEMENT CHARACTER}" * 2 + "[31m", ("a b",))


@given(st.lists(drawn_sections(), max_size=3), st.integers(20, 120))
def test_no_section_steers_the_terminal(sections, width):
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown(sections, width))

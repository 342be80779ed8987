"""Sections of a text report on terminals of any width; elsewhere see :mod:`.sections`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.market.panel import SIMULATED_NOTICE
from engine.report.sections import Section, harmless
from engine.report.summary import Cell, Column, Layout
from engine.report.terminal import blocks, rich_block

if TYPE_CHECKING:
    from rich.console import RenderableType


def sections_to_rich(sections: Sequence[Section], width: int, *, simulated: bool) -> RenderableType:
    """Return sections for a terminal `width` cells wide.

    Sentences wrap; tables are split into blocks that repeat the first column, as summary tables
    are: no number is cut. Texts are text: rich's markup in them has no effect.
    """
    from rich.console import Group
    from rich.text import Text

    parts: list[list[RenderableType]] = []
    if simulated:
        parts.append([Text(SIMULATED_NOTICE, style="bold yellow")])
    for section in map(harmless, sections):
        parts.append([Text(section.title.upper(), style="bold"), *map(Text, section.lines)])
        parts += [[block] for block in _blocks(section, width)]
        parts.append([Text(note, style="dim") for note in section.notes])
    shown = [part for part in parts if part]
    spaced = [[*part, Text()] for part, _ in pairwise(shown)] + shown[-1:]
    return Group(*(line for part in spaced for line in part))


def _blocks(section: Section, width: int) -> Iterator[RenderableType]:
    if section.rows:
        layout = _layout(section)
        for columns in blocks(layout, width):
            yield rich_block(layout, columns, width)


def _layout(section: Section) -> Layout:
    """Return the table of a section that has rows, its first column as the lines' labels."""
    labels, *columns = zip(*section.rows, strict=True)
    named = enumerate(zip(section.headings[1:], columns, strict=True), start=1)
    return Layout(
        section.headings[0],
        labels,
        tuple(
            Column(heading, tuple(map(Cell, cells)), is_text=at < section.left)
            for at, (heading, cells) in named
        ),
        is_numbered=section.left == 0,
    )

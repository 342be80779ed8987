"""Tables on terminals of any width: numbers are never cut, columns move to a next block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from engine.market.panel import SIMULATED_NOTICE
from engine.report.summary import Column, Layout, Table, footer, lay_out
from engine.report.text import width_of

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as RichTable

GAP = 2
LONGEST_WORD = 20  # a heading is broken inside a word only beyond this
SHORTEST_LABEL = 4


def to_rich(table: Table, width: int, *, transposed: bool = False) -> RenderableType:
    """Return the table for a terminal `width` cells wide.

    What does not fit side by side is split into blocks that repeat the first column; where the
    table turned over needs fewer of them than the layout asked for, it is turned over. Headings
    and labels wrap, numbers do not. A star and bold green mark the best values. Labels are text:
    rich's markup in them has no effect.
    """
    from rich.console import Group
    from rich.text import Text

    layouts = [lay_out(table, transposed=turned) for turned in (transposed, not transposed)]
    layout = min(layouts, key=lambda candidate: len(blocks(candidate, width)))
    parts: list[RenderableType] = []
    if table.simulated:
        parts += [Text(SIMULATED_NOTICE, style="bold yellow"), Text()]
    for columns in blocks(layout, width):
        parts += [rich_block(layout, columns, width), Text()]
    parts += [Text(line, style="dim") for line in footer(table, layout, "*")]
    return Group(*parts)


def _width(column: Column) -> int:
    """Return the cells a column needs: those of its widest value, or of its heading's words."""
    values = (width_of(cell.starred) for cell in column.cells)
    return max(_longest_word([column.heading]), *values, 1)


def _longest_word(texts: Iterable[str]) -> int:
    widths = (width_of(word) for text in texts for word in text.split())
    return min(max(widths, default=0), LONGEST_WORD)


def blocks(layout: Layout, width: int) -> list[list[Column]]:
    """Split the columns into runs that fit beside the labels, at least one column each."""
    room = width - _block_label_width(layout, width)
    blocks: list[list[Column]] = [[]]
    left = room
    for column in layout.columns:
        needed = GAP + _width(column)
        if blocks[-1] and needed > left:
            blocks.append([])
            left = room
        blocks[-1].append(column)
        left -= needed
    return blocks


def _block_label_width(layout: Layout, width: int) -> int:
    """Return the cells of the first column.

    All it needs where the whole table fits; else a third of the width, or what its words need.
    """
    labels = (layout.corner, *layout.lines)
    natural = max(map(width_of, labels))
    needed = [GAP + _width(column) for column in layout.columns]
    if natural + sum(needed) <= width:
        return natural
    wanted = min(natural, max(width // 3, _longest_word(labels)))
    beside_widest = width - max(needed, default=0)
    return max(min(wanted, beside_widest), SHORTEST_LABEL)


def rich_block(layout: Layout, columns: Sequence[Column], width: int) -> RichTable:
    """Return one run of columns beside the labels, for a terminal `width` cells wide."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    block = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    block.add_column(
        Text(layout.corner),
        width=_block_label_width(layout, width),
        justify="right" if layout.is_numbered else "left",
        overflow="fold",
    )
    cells: list[list[Text]] = [[Text(line)] for line in layout.lines]
    for column in columns:
        block.add_column(
            Text(column.heading),
            width=_width(column),
            justify="left" if column.is_text else "right",
            overflow="fold",
        )
        for line, cell in zip(cells, column.cells, strict=True):
            line.append(Text(cell.starred, style="bold green" if cell.best else ""))
    for line in cells:
        block.add_row(*line)
    return block

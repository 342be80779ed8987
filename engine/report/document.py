"""What a report consists of, before it is written in any form: chapters of tables and figures.

A chapter is made by one function from the record of what is reported; HTML, Markdown and JSON
are written from the same chapters. Every figure carries a title, a text alternative, and a table
that can be read in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True)
class TableCell:
    """One cell of a table.

    Attributes
    ----------
    text : str
        As readers see it.
    value : float, str or None
        What sorting goes by; None: the text.
    best : bool
        Whether it is marked as the best of its line.
    heat : float or None
        −1 (worst) to 1 (best): how strongly the cell is coloured.
    """

    text: str
    value: float | str | None = None
    best: bool = False
    heat: float | None = None


@dataclass(frozen=True)
class Heading:
    """A heading of a column or a line: its text, and what it means, shown on hover."""

    text: str
    meaning: str = ""
    link: str = ""
    colour: str = ""


@dataclass(frozen=True)
class DataTable:
    """A table: the first cell of each row is its heading.

    Attributes
    ----------
    key : str
        Names it within the report; letters, digits and ``-``.
    title : str
    headings : tuple of Heading
        Of all columns, that of the row headings included.
    rows : tuple of (Heading, cells)
    left : int
        How many columns, from the left, are text; the others are numbers, aligned right.
    notes : tuple of str
    sortable : bool
        Whether a click on a heading sorts, where scripts run.
    long : bool
        Whether it scrolls in a box of its own.
    """

    key: str
    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Heading, tuple[TableCell, ...]], ...]
    left: int = 1
    notes: tuple[str, ...] = ()
    sortable: bool = False
    long: bool = False


@dataclass(frozen=True)
class Figure:
    """A chart.

    Attributes
    ----------
    key, title : str
    alternative : str
        What the chart shows, in words and numbers, for those who cannot see it.
    plot : mapping
        ``data`` and ``layout`` as plotly.js takes them; colours are variables of the theme.
    table : DataTable
        The figures behind it, condensed: shown on request, and without scripts.
    height : int
        In CSS pixels.
    note : str
        How to read it.
    """

    key: str
    title: str
    alternative: str
    plot: Mapping[str, Any]
    table: DataTable
    height: int = 420
    note: str = ""


@dataclass(frozen=True)
class Listing:
    """A text that is shown as it is, such as a study file."""

    key: str
    title: str
    text: str


@dataclass(frozen=True)
class Selection:
    """Figures or tables of which a reader sees one at a time; without scripts, all of them.

    Attributes
    ----------
    key : str
    label : str
        What is chosen, in front of the choice.
    options : tuple of (name, DataTable or Figure)
        The first is shown at first.
    """

    key: str
    label: str
    options: tuple[tuple[str, DataTable | Figure], ...]


Block: TypeAlias = DataTable | Figure | Listing | Selection


@dataclass(frozen=True)
class Chapter:
    """One section of a report.

    Attributes
    ----------
    key, title : str
        `key` names it in links and in JSON.
    sentences : tuple of str
        What a reader should take from it.
    blocks : tuple of DataTable, Figure, Listing or Selection
    data : mapping
        The same content for machines: plain values, fractions, ISO dates, NaN where undefined.
    template : str
        File in ``templates/`` that lays it out.
    context : mapping
        What else that template shows.
    """

    key: str
    title: str
    sentences: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    template: str = "chapter.html"
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The charts among its blocks."""
        return tuple(block for block in single_blocks(self.blocks) if isinstance(block, Figure))

    def block(self, key: str) -> Block | None:
        """Return the block called `key`, if there is one: templates place blocks by name."""
        return next((block for block in self.blocks if block.key == key), None)


Kind = Literal["run", "sweep", "scan", "comparison", "walk-forward"]
"""What a report can be of."""


@dataclass(frozen=True)
class Document:
    """A report.

    Attributes
    ----------
    title : str
    subtitle : str
        What was studied, in the words of the study file; may be empty.
    kind : str
        Of the result it reports: ``run``, …
    name : str
        Of the result.
    simulated : bool
    chapters : tuple of Chapter
    """

    title: str
    subtitle: str
    kind: Kind
    name: str
    simulated: bool
    chapters: tuple[Chapter, ...]


def selection(
    key: str, label: str, options: Sequence[tuple[str, DataTable | Figure]]
) -> tuple[Selection | DataTable | Figure, ...]:
    """Return options to choose from as blocks: a single one needs no choice."""
    if len(options) < 2:
        return tuple(option for _, option in options)
    return (Selection(key, label, tuple(options)),)


def single_blocks(blocks: Sequence[Block]) -> Iterator[DataTable | Figure | Listing]:
    """Yield the blocks in order, each of the options in the place of a selection."""
    for block in blocks:
        if isinstance(block, Selection):
            yield from (option for _, option in block.options)
        else:
            yield block


def plain_rows(
    rows: Sequence[Sequence[str]], *, sort_values: Sequence[Sequence[Any]] | None = None
) -> tuple[tuple[Heading, tuple[TableCell, ...]], ...]:
    """Return rows of texts as rows of a table; `sort_values` go with them, cell by cell."""
    values = sort_values or [[None] * len(row) for row in rows]
    return tuple(
        (
            Heading(row[0]),
            tuple(TableCell(t, v) for t, v in zip(row[1:], value[1:], strict=True)),
        )
        for row, value in zip(rows, values, strict=True)
    )


def headings(*texts: str) -> tuple[Heading, ...]:
    """Return headings without explanations."""
    return tuple(map(Heading, texts))

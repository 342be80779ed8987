"""Sections of a text report: a title, sentences, and a table; as plain text and as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from engine.market.panel import SIMULATED_NOTICE
from engine.report.tables import escape_markdown, pipe_row
from engine.report.text import align, one_line
from engine.store.folders import json_bytes

SECTIONS_FILE = "sections.json"
"""What was printed, in a result folder."""


@dataclass(frozen=True)
class Section:
    """One section.

    Attributes
    ----------
    title : str
    lines : tuple of str
        Sentences before the table.
    headings : tuple of str
        Of the table's columns; empty where there is no table.
    rows : tuple of tuples of str
        Formatted cells.
    left : int
        How many columns, from the left, are text; the others are numbers and aligned right.
    notes : tuple of str
        Sentences below the table.
    listing : str
        A text of many lines that is shown as it is, in Markdown.
    level : int
        Of its title in Markdown, 1 being the page's; without a title there is none.
    """

    title: str
    lines: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    left: int = 1
    notes: tuple[str, ...] = ()
    listing: str = ""
    level: int = 2


def sections_text(sections: Sequence[Section], *, simulated: bool) -> str:
    """Return sections as plain text; whatever they hold, each of its texts stays on one line."""
    parts = [SIMULATED_NOTICE] if simulated else []
    for section in map(harmless, sections):
        parts.append("\n".join((section.title.upper(), *section.lines)))
        if section.rows:
            parts.append(_aligned(section))
        if section.notes:
            parts.append("\n".join(section.notes))
    return "\n\n".join(parts)


def sections_json(sections: Sequence[Section]) -> bytes:
    """Return sections as a file from which :func:`sections_of` reads them back."""
    return json_bytes([asdict(section) for section in map(harmless, sections)])


def sections_of(content: bytes) -> list[Section]:
    """Return the sections of a file that :func:`sections_json` wrote."""
    return [
        Section(
            title=given["title"],
            lines=tuple(given["lines"]),
            headings=tuple(given["headings"]),
            rows=tuple(map(tuple, given["rows"])),
            left=given["left"],
            notes=tuple(given["notes"]),
        )
        for given in json.loads(content)
    ]


def harmless(section: Section) -> Section:
    """Return a section each of whose texts is one line and steers no terminal."""
    return replace(
        section,
        title=one_line(section.title),
        lines=tuple(map(one_line, section.lines)),
        headings=tuple(map(one_line, section.headings)),
        rows=tuple(tuple(map(one_line, row)) for row in section.rows),
        notes=tuple(map(one_line, section.notes)),
    )


def _aligned(section: Section) -> str:
    columns = zip(section.headings, *section.rows, strict=True)
    texts = [align(column, right=i >= section.left) for i, column in enumerate(columns)]
    lines = ["  ".join(cells).rstrip() for cells in zip(*texts, strict=True)]
    return "\n".join(lines)


def sections_markdown(title: str, sections: Sequence[Section], *, simulated: bool) -> str:
    """Return sections as a Markdown page; their text is escaped and cannot end a cell."""
    parts = [f"# {escape_markdown(one_line(title))}"] + [f"**{SIMULATED_NOTICE}**"] * simulated
    return "\n\n".join([*parts, *_parts(sections)]) + "\n"


def sections_body(sections: Sequence[Section]) -> str:
    """Return sections as Markdown for a page that has a title; see :func:`sections_markdown`."""
    return "\n\n".join(_parts(sections)) + "\n"


def _parts(sections: Sequence[Section]) -> list[str]:
    parts: list[str] = []
    for section in map(harmless, sections):
        if section.title:
            parts.append(f"{'#' * section.level} {escape_markdown(section.title)}")
        parts += map(_paragraph, section.lines)
        if section.rows:
            rule = [":---" if i < section.left else "---:" for i in range(len(section.headings))]
            head = [pipe_row(map(escape_markdown, section.headings)), pipe_row(rule)]
            body = [pipe_row(map(escape_markdown, row)) for row in section.rows]
            parts.append("\n".join([*head, *body]))
        parts += map(_paragraph, section.notes)
        if section.listing:
            parts.append(_fenced(section.listing))
    return parts


def _fenced(text: str) -> str:
    """Return a text between fences longer than any run of backticks in it."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    longest = max((len(run) for run in re.findall("`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{lines}\n{fence}"


def _paragraph(text: str) -> str:
    """Return a sentence that Markdown does not take for an item of a list."""
    escaped = escape_markdown(text)
    return f"\\{escaped}" if escaped.startswith(("+ ", "- ")) else escaped

"""What is told of a grid in text, as a table of a page."""

from __future__ import annotations

from engine.report.document import DataTable, headings, plain_rows
from engine.report.sections import Section


def table_of(section: Section, key: str, *, told: bool = False) -> DataTable:
    """Return the table of a section.

    With `told` the section's sentences stand below it, above its notes.
    """
    return DataTable(
        key,
        section.title,
        headings(*section.headings),
        plain_rows(section.rows),
        left=section.left,
        notes=(*section.lines, *section.notes) if told else section.notes,
    )

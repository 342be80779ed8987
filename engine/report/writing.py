"""A report in all its forms, from the same chapters: HTML, Markdown, JSON."""

from __future__ import annotations

from collections.abc import Iterator

from engine.evaluation.metrics import to_json_value
from engine.report.document import (
    Chapter,
    DataTable,
    Document,
    Figure,
    Heading,
    TableCell,
    single_blocks,
)
from engine.report.html import to_html
from engine.report.sections import Section, sections_markdown
from engine.store.files import notice_of
from engine.store.folders import json_bytes


def report_files(document: Document) -> dict[str, bytes]:
    """Return the files of a report by name: ``report.html``, ``report.md``, ``report.json``."""
    return {
        "report.html": to_html(document).encode(),
        "report.md": to_markdown(document).encode(),
        "report.json": to_json(document),
    }


def to_json(document: Document) -> bytes:
    """Return the report for machines: raw values by chapter, null where undefined."""
    chapters = {
        chapter.key: {"title": chapter.title, **to_json_value(dict(chapter.data))}
        for chapter in document.chapters
    }
    return json_bytes(
        {
            **notice_of(document.simulated),
            "kind": document.kind,
            "result": document.name,
            "study": document.title,
            "description": document.subtitle,
            "simulated": document.simulated,
            "chapters": chapters,
        }
    )


def to_markdown(document: Document) -> str:
    """Return the report in Markdown; charts are given by their text alternative and a table."""
    sections = [section for chapter in document.chapters for section in _sections(chapter)]
    if document.subtitle:
        sections.insert(0, Section("", (document.subtitle,)))
    return sections_markdown(document.title, sections, simulated=document.simulated)


def _sections(chapter: Chapter) -> Iterator[Section]:
    yield Section(chapter.title, chapter.sentences)
    for block in single_blocks(chapter.blocks):
        match block:
            case Figure():
                yield _section(block.table, block.title, (block.alternative,))
            case DataTable():
                yield _section(block, block.title)
            case _:
                yield Section(block.title, level=3, listing=block.text)


def _section(table: DataTable, title: str, lines: tuple[str, ...] = ()) -> Section:
    return Section(
        title,
        lines,
        tuple(head.text for head in table.headings),
        tuple(_row(head, cells) for head, cells in table.rows),
        table.left,
        table.notes,
        level=3,
    )


def _row(head: Heading, cells: tuple[TableCell, ...]) -> tuple[str, ...]:
    return (head.text, *(f"{cell.text} ★" if cell.best else cell.text for cell in cells))

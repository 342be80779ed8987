"""The verdict strip of every report, and on what terms a result was made, as short facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.report.document import Chapter, DataTable, headings, plain_rows
from engine.report.format import format_basis_points, format_number

Facts = tuple[tuple[str, str], ...]
"""Names and texts, in the order readers see them."""

HASH_SHOWN = 12
"""Characters of a hash that are shown; the whole one stands under Reproduce."""


def terms_of(manifest: Mapping[str, Any]) -> Facts:
    """Return what every result of trading rests on, from its manifest."""
    return (*data_of(manifest), *_execution_of(manifest))


def data_of(manifest: Mapping[str, Any]) -> Facts:
    """Return what every result rests on: sessions, prices, and their hash."""
    data = manifest["data"]
    origins = "; ".join(dict.fromkeys(_file(source["origin"]) for source in data["sources"]))
    return (
        (
            "Sessions",
            f"{format_number(data['sessions'], 0)}, {data['first_session']} to "
            f"{data['last_session']}",
        ),
        ("Prices", f"{data['price_basis']}, from {origins or 'memory'}"),
        ("Prices, SHA-256", f"{data['sha256'][:HASH_SHOWN]}…"),
    )


def _execution_of(manifest: Mapping[str, Any]) -> Facts:
    execution = manifest["execution"]
    return (
        ("Fill", str(execution["fill"])),
        (
            "Costs per side",
            f"commission {format_basis_points(execution['commission_bps'])}, slippage "
            f"{format_basis_points(execution['slippage_bps'])}",
        ),
    )


def facts_table(facts: Facts) -> DataTable:
    """Return facts as a table, for who reads no page."""
    heads = headings("What", "Value")
    return DataTable("terms", "Data and terms", heads, plain_rows(facts), left=2)


def _file(origin: str) -> str:
    """Return a file's name without its folders, which mean nothing to who gets the report."""
    return origin.replace("\\", "/").rpartition("/")[2]


def verdict_strip(
    answer: str,
    explained: Sequence[str],
    cards: Sequence[Mapping[str, Any]],
    facts: Facts,
    notes: Sequence[str],
    warnings: Sequence[str],
    data: Mapping[str, Any],
) -> Chapter:
    """Return the chapter every report begins with.

    Parameters
    ----------
    answer : str
        In a few words; `explained` says in sentences what it rests on.
    cards : sequence of dict
        The figures a reader sees first.
    facts : Facts
        What the result rests on, name by name.
    notes, warnings : sequence of str
    data : mapping of str to Any
        What the chapter tells machines beside these.
    """
    return Chapter(
        key="verdict",
        title="Verdict",
        sentences=(answer, *explained, *notes, *warnings),
        blocks=(facts_table(facts),),
        template="verdict.html",
        context={
            "answer": answer,
            "explained": explained,
            "cards": cards,
            "facts": facts,
            "notes": notes,
            "warnings": warnings,
        },
        data={
            "answer": answer,
            **data,
            "facts": dict(facts),
            "notes": list(notes),
            "warnings": list(warnings),
        },
    )

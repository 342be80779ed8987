"""``streak data ls`` and ``show``: what is in the library."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from engine.cli.data.kept import print_columns
from engine.cli.options import library_option, notice, output_options, print_json

if TYPE_CHECKING:
    from engine.market.library import Held

LAST_ROWS = 5


@click.command()
@library_option
@output_options
def ls(folder: Path | None, as_json: bool, quiet: bool) -> None:
    """List the symbols in the library: source, span, rows, when fetched."""
    from engine.market.library import DamagedError, Library, library_folder

    library = Library(library_folder(folder))
    lines = [("SYMBOL", "SOURCE", "FIRST", "LAST", "ROWS", "FETCHED", "TOTAL RETURN")]
    found: list[dict[str, Any]] = []
    for symbol in library.symbols():
        try:
            entry = library.read(symbol)[0].entry
        except DamagedError as error:
            found.append({"symbol": symbol, "damaged": str(error)})
            lines.append((symbol, "damaged", "–", "–", "–", "–", "–"))
            continue
        found.append({**asdict(entry), "notes": list(entry.notes), "damaged": None})
        made_of = entry.adjustment.partition(":")[0]
        span = (entry.first, entry.last, f"{entry.rows:,}")
        lines.append((symbol, entry.source, *span, entry.fetched_at, made_of))
    if as_json:
        print_json({"library": str(library.folder), "symbols": found})
        return
    if not found:
        notice(quiet, f"no symbols in {library.folder}; start with: streak data fetch IWM SPY")
        return
    print_columns(lines, right=(4,))


@click.command()
@click.argument("symbol")
@library_option
@output_options
def show(symbol: str, folder: Path | None, as_json: bool, quiet: bool) -> None:
    """Show where a symbol came from, what its prices mean, and its last rows."""
    from engine.market.keeping import warnings_of
    from engine.market.library import Library, library_folder

    library = Library(library_folder(folder))
    held = library.read(symbol)[0]
    warnings = warnings_of(held, held.entry.symbol)
    if as_json:
        entry = {**asdict(held.entry), "notes": list(held.entry.notes)}
        print_json({**entry, "path": str(library.path(symbol)), "warnings": list(warnings)})
        return
    print_columns(_facts(held, library.path(symbol)))
    for warning in warnings:
        click.echo(f"warning  {warning}")
    click.echo("")
    print_columns(_last_rows(held), right=range(1, 10))


def _facts(held: Held, path: Path) -> list[tuple[str, str]]:
    entry = held.entry
    request = {key.replace("_", " "): value for key, value in entry.request.items() if value}
    asked = ", ".join(f"{key} {value}" for key, value in request.items())
    facts = [
        ("symbol", entry.symbol),
        ("source", f"{entry.source} ({asked})"),
        ("fetched", entry.fetched_at),
        ("rows", f"{entry.rows:,}, {entry.first} to {entry.last}"),
        ("prices", entry.prices),
        ("total return", entry.adjustment),
        ("calendar", entry.calendar),
        ("sha256", entry.sha256),
        ("file", str(path)),
        ("versions", ", ".join(f"{name} {version}" for name, version in entry.versions.items())),
    ]
    if "dividend" in held.table.columns:
        dividends = int((held.table["dividend"] > 0).sum())
        splits = int((held.table["split"] != 1).sum())
        facts.insert(6, ("events", f"{dividends:,} dividends, {splits:,} splits"))
    return facts + [("note", note) for note in entry.notes]


def _last_rows(held: Held) -> list[tuple[str, ...]]:
    from engine.market.library.table import TITLES

    names = [name for name in TITLES if name in held.table.columns]
    rows = [("DATE", *(TITLES[name].upper() for name in names))]
    for i in range(max(len(held.table) - LAST_ROWS, 0), len(held.table)):
        numbers = (f"{held.table[name][i]:.10g}" for name in names)
        rows.append((str(held.table.dates[i]), *numbers))
    return rows

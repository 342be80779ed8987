"""``streak data verify``: the library against its hashes, and against the prices of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click
from click.exceptions import Exit

from engine.cli.options import library_option, output_options, print_json, results_option
from engine.errors import EXIT_DATA, DataError


@click.command()
@click.argument("symbols", metavar="[SYMBOL]…", nargs=-1)
@click.option("--run", metavar="RUN", help="Would today's library give this result's prices again?")
@library_option
@results_option
@output_options
def verify(
    symbols: tuple[str, ...],
    run: str | None,
    folder: Path | None,
    results: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compare the library with its hashes, and run the gate on it; by default on all symbols.

    With `--run` also say whether it gives the prices of a result again; RUN is named as for
    `streak show`, and the library is its study's own if that names one. Exit code 4 if anything is
    not as it should be.
    """
    from engine.market.library import Library, library_folder
    from engine.pipeline.reproducing import own_library
    from engine.store.folders import find

    stored = None if run is None else find(results, run)
    own = None if stored is None else own_library(stored)
    library = Library(library_folder(folder or own))
    checked = [_verified(library, symbol) for symbol in symbols or _all(library, run)]
    again = None if stored is None else _again(library, stored)
    if as_json:
        print_json({"library": str(library.folder), "symbols": checked, "run": again})
    else:
        for one in checked:
            click.echo(f"{one['symbol']}: {one['problem'] or 'as stored'}")
        if again is not None:
            click.echo(f"{again['run']}: {again['verdict']}")
            for reason in again["reasons"]:
                click.echo(f"  {reason}")
    sound = not any(one["problem"] for one in checked)
    if not (sound and (again is None or again["reproduces"])):
        raise Exit(EXIT_DATA)


def _all(library: Any, run: str | None) -> tuple[str, ...]:
    symbols: tuple[str, ...] = library.symbols()
    if not symbols and run is None:
        raise DataError(f"{library.folder}: there are no symbols to verify")
    return symbols


def _verified(library: Any, symbol: str) -> dict[str, str | None]:
    from engine.market.keeping import warnings_of

    try:
        warnings_of(library.read(symbol)[0], str(library.path(symbol)))
    except DataError as error:
        return {"symbol": symbol.upper(), "problem": str(error)}
    return {"symbol": symbol.upper(), "problem": None}


def _again(library: Any, stored: Any) -> dict[str, Any]:
    from engine.pipeline.reproducing import reproduction

    found = reproduction(stored, library.folder)
    return {
        "run": stored.name,
        "reproduces": found.reproduces,
        "verdict": found.verdict,
        "reasons": list(found.reasons),
    }

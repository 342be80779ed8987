"""``streak data rm``: symbols out of the library."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from engine.cli.options import library_option, output_options, print_json


@click.command()
@click.argument("symbols", metavar="SYMBOL…", nargs=-1, required=True)
@library_option
@output_options
def rm(symbols: tuple[str, ...], folder: Path | None, as_json: bool, quiet: bool) -> None:
    """Remove symbols from the library, damaged ones too."""
    from engine.market.library import Library, library_folder

    library = Library(library_folder(folder))
    removed = list(dict.fromkeys(symbol.upper() for symbol in symbols))
    library.remove(removed)
    if as_json:
        print_json({"library": str(library.folder), "removed": removed})
    else:
        click.echo(f"removed {', '.join(removed)}")

"""``streak data import``: files of prices into the library."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from engine.cli.data.kept import print_kept
from engine.cli.options import (
    CONFIG,
    calendar_option,
    library_option,
    output_options,
    restatement_option,
)
from engine.errors import UsageError

_PER_SYMBOL = "[SYMBOL=]FILE"


@click.command("import")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=CONFIG)
@click.option("--symbol", help="What a single FILE holds; by default its name says so.")
@click.option(
    "--columns",
    metavar="NAMES",
    help="Which column is which: `--columns Date=Day,Close=Last,…`.",
)
@click.option(
    "--dividends",
    multiple=True,
    metavar=_PER_SYMBOL,
    help="Dividends `Date,Dividend` by ex-date, to compute total return from. Repeatable.",
)
@click.option(
    "--splits",
    multiple=True,
    metavar=_PER_SYMBOL,
    help="Splits `Date,Split` of prices as they were traded. Repeatable.",
)
@click.option(
    "--factors",
    multiple=True,
    metavar=_PER_SYMBOL,
    help="A factor file of LEAN; one beside the zip is found by itself. Repeatable.",
)
@calendar_option
@restatement_option
@library_option
@output_options
def import_(
    files: tuple[Path, ...],
    symbol: str | None,
    columns: str | None,
    dividends: tuple[str, ...],
    splits: tuple[str, ...],
    factors: tuple[str, ...],
    calendar: str,
    accept_restatement: bool,
    folder: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Import files of daily prices, one symbol each: all of them, or none.

    Recognised are CSV of Yahoo, Stooq, TradingView or with plain columns, LEAN's zips, and
    Parquet. The gate that runs before every backtest judges them.
    """
    from engine.market.importing import Importing
    from engine.market.library import Library, library_folder

    if symbol is not None and len(files) > 1:
        raise UsageError("--symbol is for a single file")
    single = len(files) == 1
    importing = Importing(
        library=Library(library_folder(folder)),
        now=dt.datetime.now(dt.UTC),
        symbol=symbol,
        columns=None if columns is None else _pairs(columns),
        dividends=_per_symbol(dividends, single),
        splits=_per_symbol(splits, single),
        factors=_per_symbol(factors, single),
        calendar=calendar,
        accept_restatement=accept_restatement,
    )
    print_kept(importing.run(files), importing.library.folder, as_json=as_json)


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for part in text.split(","):
        meaning, equals, name = part.partition("=")
        if not (equals and meaning.strip() and name.strip()):
            raise UsageError(f'--columns: "{part}" is not NAME=COLUMN')
        pairs[meaning.strip()] = name.strip()
    return pairs


def _per_symbol(given: Sequence[str], single: bool) -> dict[str, Path]:
    """Return files by symbol; without a symbol, a file belongs to the single one imported."""
    from engine.market.importing import THE_ONLY

    files = {}
    for text in given:
        symbol, equals, name = text.rpartition("=")
        if not equals and not single:
            raise UsageError(f'"{text}": several files are imported; write SYMBOL={text}')
        files[symbol.upper() if equals else THE_ONLY] = Path(name)
    return files

"""``streak data fetch`` and ``update``: prices from a provider into the library."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from engine.cli.data.kept import print_kept, telling
from engine.cli.options import (
    calendar_option,
    date,
    library_option,
    output_options,
    restatement_option,
)

if TYPE_CHECKING:
    from engine.market.fetching import Fetching, Wanted
    from engine.market.providers.retry import Say
    from engine.study.models import LibraryData

F = TypeVar("F", bound=Callable[..., Any])

STUDIES = (".yaml", ".yml")


def _fetch_options(command: F) -> F:
    """Add the options that say how a provider is asked."""
    command = restatement_option(command)
    command = click.option(
        "--timeout",
        type=click.IntRange(1, 600),
        default=30,
        show_default=True,
        metavar="SECONDS",
        help="How long the answer for one symbol may take.",
    )(command)
    return click.option(
        "--attempts",
        type=click.IntRange(1, 20),
        default=4,
        show_default=True,
        help="How often a provider is asked.",
    )(command)


@click.command()
@click.argument("wanted", metavar="SYMBOL…", nargs=-1, required=True)
@click.option("--source", default="yahoo", show_default=True, help="Provider: `yahoo` or `fred`.")
@click.option("--start", type=date, help="First date; by default all there is.")
@click.option("--end", type=date, help="Last date; by default the last session that is over.")
@calendar_option
@_fetch_options
@library_option
@output_options
def fetch(
    wanted: tuple[str, ...],
    source: str,
    start: dt.date | None,
    end: dt.date | None,
    calendar: str,
    attempts: int,
    timeout: int,
    accept_restatement: bool,
    folder: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Fetch symbols from a provider and keep them: all of them, or none.

    A SYMBOL is named as its provider names it: `SPY`, `^RUT`; `fred:DFF` asks another provider
    than `--source`. A study file stands for all symbols it reads, and for its library.
    """
    symbols: list[Wanted] = []
    own: set[Path | None] = set()
    for text in wanted:
        if Path(text).suffix.lower() in STUDIES:
            data = _data_of(Path(text))
            symbols += _read_by(data, source)
            own.add(data.directory)
        else:
            symbols.append(_wanted(text, source))
    folder = folder or _the_one(own)
    with telling(quiet) as say:
        fetching = _fetching(folder, say, attempts, timeout, accept_restatement)
        kept = fetching.fetch(
            symbols,
            start=start,
            end=end,
            calendar=calendar,
        )
    print_kept(kept, fetching.library.folder, as_json=as_json)


@click.command()
@click.argument("symbols", metavar="[SYMBOL]…", nargs=-1)
@_fetch_options
@library_option
@output_options
def update(
    symbols: tuple[str, ...],
    attempts: int,
    timeout: int,
    accept_restatement: bool,
    folder: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Fetch what is missing of symbols in the library; by default of all that were fetched.

    The last rows are fetched again and compared. If the past is told differently, nothing is
    changed unless `--accept-restatement`.
    """
    with telling(quiet) as say:
        fetching = _fetching(folder, say, attempts, timeout, accept_restatement)
        kept = fetching.update(symbols)
    print_kept(kept, fetching.library.folder, as_json=as_json)


def _fetching(
    folder: Path | None, say: Say, attempts: int, timeout: int, accept_restatement: bool
) -> Fetching:
    from engine.market.fetching import Fetching
    from engine.market.library import Library, library_folder

    return Fetching(
        library=Library(library_folder(folder)),
        now=dt.datetime.now(dt.UTC),
        say=say,
        attempts=attempts,
        timeout=timeout,
        accept_restatement=accept_restatement,
    )


def _wanted(text: str, source: str) -> Wanted:
    from engine.errors import UsageError
    from engine.market.fetching import Wanted, check_symbol

    provider, colon, symbol = text.rpartition(":")
    if colon and not provider:
        raise UsageError(f'"{text}" names no provider before its colon')
    return Wanted(provider or source, check_symbol(symbol))


def _data_of(path: Path) -> LibraryData:
    from engine.errors import UsageError
    from engine.rules.studies import read_study
    from engine.study.models import LibraryData

    data = read_study(path).study.data
    if not isinstance(data, LibraryData):
        raise UsageError(f"{path}: reads the source {data.source}, not the library")
    return data


def _the_one(folders: set[Path | None]) -> Path | None:
    """Return the library of all studies named; None for the default."""
    from engine.errors import UsageError

    if len(folders) > 1:
        named = ", ".join(sorted(str(folder or "the default") for folder in folders))
        raise UsageError(f"these studies read different libraries: {named}")
    return next(iter(folders), None)


def _read_by(data: LibraryData, source: str) -> list[Wanted]:
    """Return the symbols a study reads: rates are FRED's, and so is a VIX without Yahoo's ``^``."""
    from engine.market.fetching import Wanted

    prices = [data.core, data.satellite, *data.others]
    beside = []
    if vix := data.vix:
        beside.append(Wanted(source if vix.startswith("^") else "fred", vix))
    if rate := data.fed_funds:
        beside.append(Wanted("fred", rate))
    return [*(Wanted(source, symbol) for symbol in prices), *beside]

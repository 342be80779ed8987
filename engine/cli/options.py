"""Options and manners that commands share."""

from __future__ import annotations

import datetime as dt
import functools
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from engine.errors import nearest_file

if TYPE_CHECKING:
    from engine.market.quotes import FloatArray
    from engine.report.sections import Section
    from engine.report.tables import Table
    from engine.store.folders import Stored
    from engine.study.loader import LoadedStudy

F = TypeVar("F", bound=Callable[..., Any])


class ExistingFile(click.Path):
    """A file that is there; of one that is not, the nearest name in its folder is told."""

    name = "file"

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of the file."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            hint = nearest_file(Path(value))
            self.fail(f"{error.message.rstrip('.')}{hint}" if hint else error.message, param, ctx)


CONFIG = ExistingFile()


def date(text: str) -> dt.date:
    """Return the date that an option gives, ``2026-01-22``; click makes DATE of the name."""
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise click.BadParameter(f'"{text}" is not a date such as 2026-01-22') from None


def study_options(command: F) -> F:
    """Add the options with which a study file is overridden."""
    command = click.option(
        "--data-dir",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of the price files, in place of the study's.",
    )(command)
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override one value of the study: `--set rule.entry_streak=7`. Repeatable.",
    )(command)


def moved_data_option(command: F) -> F:
    """Add the option that says where the prices of a stored result are now."""
    return click.option(
        "--data-dir",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of the price files, if they have moved.",
    )(command)


def as_of_option(command: F) -> F:
    """Add the option that cuts the data at a date."""
    return click.option(
        "--as-of",
        type=date,
        help="Use nothing after this date: what would one have said that evening?",
    )(command)


def results_option(command: F) -> F:
    """Add the option that says where results are."""
    return click.option(
        "--results",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("results"),
        envvar="STREAKLAB_RESULTS",
        show_default=True,
        help="Folder of the results.",
    )(command)


def library_option(command: F) -> F:
    """Add the option that says where the data library is."""
    return click.option(
        "--library",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the library; by default STREAKLAB_DATA, or the platform's for user data.",
    )(command)


def calendar_option(command: F) -> F:
    """Add the option that says which sessions prices must have."""
    return click.option(
        "--calendar",
        type=click.Choice(["XNYS", "none"]),
        default="XNYS",
        show_default=True,
        help="Exchange whose sessions there must be.",
    )(command)


def restatement_option(command: F) -> F:
    """Add the option that takes restated prices into the library."""
    return click.option(
        "--accept-restatement",
        is_flag=True,
        help="Take a past that is told differently than before.",
    )(command)


def output_options(command: F) -> F:
    """Add the options that say how a command speaks. `--debug` is taken by the entry point."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")(
        command
    )
    command = click.option("--quiet", "-q", is_flag=True, help="No notices on stderr.")(command)
    return click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks.")(
        command
    )


@dataclass(frozen=True)
class Common:
    """What the options say that all commands share which store a result of a study."""

    overrides: tuple[str, ...]
    data_dir: Path | None
    results: Path
    as_json: bool
    quiet: bool

    def read(self, config: Path) -> LoadedStudy:
        """Return the study, as overridden."""
        from engine.rules.studies import read_study

        return read_study(config, overrides=self.overrides, data_dir=self.data_dir)

    def say(self, text: str) -> None:
        """Say something about progress on stderr."""
        notice(self.quiet, text)

    def tell(
        self,
        stored: Stored,
        as_json: Callable[[], Mapping[str, Any]],
        show: Callable[[], None],
        *,
        report: bool = False,
    ) -> None:
        """Print a stored result: as JSON, or as `show` prints it; and where it is.

        With `report` its report is written first, and told of as well.
        """
        page = {"report": str(self._reported(stored))} if report else {}
        if self.as_json:
            print_json({"run": stored.name, "path": str(stored.path), **page, **as_json()})
            return
        show()
        click.echo(f"\n{stored.path}")
        for path in page.values():
            click.echo(path)

    def _reported(self, stored: Stored) -> Path:
        from engine.pipeline.reporting import write_report

        self.say("writing the report")
        return write_report(stored)


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of :class:`Common`, which the command takes as `common`."""

    @study_options
    @results_option
    @output_options
    @functools.wraps(command)
    def called(**given: Any) -> None:
        shared = {field.name: given.pop(field.name) for field in fields(Common)}
        command(common=Common(**shared), **given)

    return called


def notice(quiet: bool, text: str) -> None:
    """Say something about progress on stderr."""
    if not quiet:
        click.echo(text, err=True)


def print_json(value: Any) -> None:
    """Print JSON on stdout; undefined values are null."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_equity(equities: Mapping[str, FloatArray]) -> None:
    """Print equity curves as sparklines, in a terminal only."""
    if not sys.stdout.isatty():
        return
    from rich.console import Console
    from rich.text import Text

    from engine.report.sparkline import equity_lines

    console = Console()
    lines = equity_lines(equities, console.width)
    if lines:
        console.print(Text("\nEquity, log scale", style="dim"))
    for line in lines:
        console.print(Text(line))


def print_table(table: Table, *, transposed: bool = False) -> None:
    """Print a summary table: with colour in a terminal, as plain text when piped."""
    from engine.report import tables

    if sys.stdout.isatty():
        from rich.console import Console

        console = Console()
        console.print(tables.to_rich(table, console.width, transposed=transposed))
    else:
        click.echo(tables.to_text(table, transposed=transposed))


def print_sections(sections: Sequence[Section], *, simulated: bool) -> None:
    """Print sections: for its width in a terminal, as plain text when piped."""
    if sys.stdout.isatty():
        from rich.console import Console

        from engine.report.sections_terminal import sections_to_rich

        console = Console()
        console.print(sections_to_rich(sections, console.width, simulated=simulated))
    else:
        from engine.report.sections import sections_text

        click.echo(sections_text(sections, simulated=simulated))

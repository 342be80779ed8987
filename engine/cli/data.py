"""``streak data``: prices before they are trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click
from click.exceptions import Exit

from engine.cli.options import CONFIG, notice, output_options, print_json, study_options
from engine.errors import EXIT_DATA


@click.group()
def data() -> None:
    """Look at prices before they are trusted."""


@data.command()
@click.argument("source", type=CONFIG)
@study_options
@output_options
def check(
    source: Path, overrides: tuple[str, ...], data_dir: Path | None, as_json: bool, quiet: bool
) -> None:
    """Run the quality gate on a study's prices, or on one price file.

    SOURCE is a study (`.yaml`) or a price file (`.csv`, `.zip`, `.parquet`). The same gate runs
    before every backtest. Exit code 4 if it finds an error.
    """
    if source.suffix.lower() in (".yaml", ".yml"):
        subject, findings = _check_study(source, overrides, data_dir)
    else:
        subject, findings = _check_file(source, quiet)
    errors = sum(finding.severity == "error" for finding in findings)
    if as_json:
        rows = [{"severity": f.severity, "code": f.code, **vars(f.fault)} for f in findings]
        print_json({"checked": subject, "errors": errors, "findings": rows})
    else:
        for finding in findings:
            click.echo(f"{finding.severity}: {finding.fault}")
        warnings = len(findings) - errors
        click.echo(f"{subject}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}")
    if errors:
        raise Exit(EXIT_DATA)


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _check_study(
    path: Path, overrides: tuple[str, ...], data_dir: Path | None
) -> tuple[str, tuple[Any, ...]]:
    from engine.market.load import check_data
    from engine.rules.studies import read_study

    section = read_study(path, overrides=overrides, data_dir=data_dir).study.data
    return f"{section.core} and {section.satellite}", check_data(section)


def _check_file(path: Path, quiet: bool) -> tuple[str, tuple[Any, ...]]:
    import datetime as dt

    from engine.market.load import check_file

    quotes, findings = check_file(path, today=dt.datetime.now(dt.UTC).date())
    for note in quotes.notes:
        notice(quiet, f"note: {path}: {note}")
    span = f"{quotes.sessions[0]} to {quotes.sessions[-1]}"
    return f"{path}: {quotes.recognised_as}, {len(quotes)} sessions, {span}", findings

"""``streak data check``: prices before they are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from engine.cli.options import CONFIG, notice, output_options, print_json, study_options
from engine.errors import EXIT_DATA, DataError, Fault

if TYPE_CHECKING:
    from engine.market.quality import Finding


@click.command()
@click.argument("sources", metavar="SOURCE…", nargs=-1, required=True, type=CONFIG)
@study_options
@output_options
def check(
    sources: tuple[Path, ...],
    overrides: tuple[str, ...],
    data_dir: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run the quality gate on a study's prices, or on price files.

    Each SOURCE is a study (`.yaml`) or a price file (`.csv`, `.zip`, `.parquet`). The same gate
    runs before every backtest. Exit code 4 if it finds an error in any.
    """
    checked = []
    for source in sources:
        try:
            checked.append(_check(source, overrides, data_dir, quiet))
        except DataError as error:
            if len(sources) == 1:
                raise
            checked.append((str(source), _unreadable(error, source)))
    if as_json:
        found = [_as_json(*one) for one in checked]
        print_json(found[0] if len(sources) == 1 else found)
    else:
        for subject, findings in checked:
            for finding in findings:
                click.echo(f"{finding.severity}: {finding.fault}")
            errors = _errors(findings)
            warnings = _counted(len(findings) - errors, "warning")
            click.echo(f"{subject}: {_counted(errors, 'error')}, {warnings}")
    if any(_errors(findings) for _, findings in checked):
        raise Exit(EXIT_DATA)


def _errors(findings: Sequence[Finding]) -> int:
    return sum(finding.severity == "error" for finding in findings)


def _as_json(subject: str, findings: Sequence[Finding]) -> dict[str, Any]:
    rows = [{"severity": f.severity, "code": f.code, **vars(f.fault)} for f in findings]
    return {"checked": subject, "errors": _errors(findings), "findings": rows}


def _unreadable(error: DataError, source: Path) -> tuple[Finding, ...]:
    from engine.market.quality import Finding

    faults = error.faults or (Fault(str(source), 0, "", str(error)),)
    return tuple(Finding("error", "unreadable", fault) for fault in faults)


def _check(
    source: Path, overrides: tuple[str, ...], data_dir: Path | None, quiet: bool
) -> tuple[str, tuple[Finding, ...]]:
    if source.suffix.lower() in (".yaml", ".yml"):
        return _check_study(source, overrides, data_dir)
    return _check_file(source, quiet)


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _check_study(
    path: Path, overrides: tuple[str, ...], data_dir: Path | None
) -> tuple[str, tuple[Finding, ...]]:
    from engine.market.load import check_data
    from engine.rules.studies import read_study

    section = read_study(path, overrides=overrides, data_dir=data_dir).study.data
    return f"{section.core} and {section.satellite}", check_data(section)


def _check_file(path: Path, quiet: bool) -> tuple[str, tuple[Finding, ...]]:
    import datetime as dt

    from engine.market.load import check_file

    quotes, findings = check_file(path, today=dt.datetime.now(dt.UTC).date())
    for note in quotes.notes:
        notice(quiet, f"note: {path}: {note}")
    span = f"{quotes.sessions[0]} to {quotes.sessions[-1]}"
    return f"{path}: {quotes.recognised_as}, {len(quotes)} sessions, {span}", findings

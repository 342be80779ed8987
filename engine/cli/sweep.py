"""``streak sweep``: every parameter set of a study."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from engine.cli.options import (
    CONFIG,
    notice,
    output_options,
    print_json,
    print_table,
    results_option,
    study_options,
)
from engine.errors import EXIT_FAILURES

if TYPE_CHECKING:
    from engine.study.models import Study

SHOWN = 10


@click.command()
@click.argument("config", type=CONFIG)
@click.option("--by", default="sharpe", metavar="METRIC", help="Rank sets by this metric.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "events", "bars", "backtrader"]),
    default="auto",
    help="Force an engine; auto takes the compiled kernel wherever it serves.",
)
@click.option("--confirm", type=click.IntRange(1), default=20, help="Sets drawn for Backtrader.")
@click.option("--no-confirm", is_flag=True, help="Confirm no set in Backtrader.")
@click.option("--workers", type=click.IntRange(1), help="Threads and processes; default: all.")
@click.option("--dry-run", is_flag=True, help="Count the sets, show the first and the last; stop.")
@study_options
@results_option
@output_options
def sweep(
    config: Path,
    by: str,
    engine: Any,
    confirm: int,
    no_confirm: bool,
    workers: int | None,
    dry_run: bool,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    results: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure every parameter set of the study CONFIG, and confirm some in Backtrader.

    The axes are under `sweep` in the study. Writes one row per set, the best of them as a
    summary, and what Backtrader says of a sample and of the best. Exit code 1 if it differs.
    """
    from engine.evaluation.trial_metrics import KEYS
    from engine.pipeline.bench import processors
    from engine.pipeline.saving import save_sweep
    from engine.pipeline.sweeping import failures
    from engine.pipeline.sweeping import sweep as sweep_study
    from engine.report.labels import set_label
    from engine.report.sweeps import sweep_table
    from engine.rules.studies import read_study
    from engine.store.sweeps import check_metric, leaders

    check_metric(by, KEYS)
    loaded = read_study(config, overrides=overrides, data_dir=data_dir)
    if dry_run:
        _describe(loaded.study)
        return
    found = sweep_study(
        loaded.study,
        by=by,
        engine=engine,
        confirm=0 if no_confirm else confirm,
        workers=workers or processors(),
        progress=partial(notice, quiet),
    )
    top = leaders(found.columns, by, SHOWN)
    table = sweep_table(found, top, by)
    stored = save_sweep(found, table, top, loaded.content, results)
    failed = failures(found)
    if as_json:
        print_json(_as_json(found, top, {"run": stored.name, "path": str(stored.path)}))
    else:
        print_table(table)
        click.echo(f"\n{stored.path}")
    for one in failed:
        label = set_label(found.axes, one.parameters)
        told = f"{one.worst} of Backtrader differs by {one.largest:.1e}"
        click.echo(f"not confirmed: {label}: {told}", err=True)
    if failed:
        raise Exit(EXIT_FAILURES)


def _describe(study: Study) -> None:
    from engine.report.labels import set_label, value_text
    from engine.study.grid import Grid

    grid = Grid(study.sweep)
    click.echo(f"{grid.count:,} parameter sets")
    for key, axis in grid.axes.items():
        ends = f"{value_text(axis[0])} to {value_text(axis[-1])}"
        click.echo(f"  {key}: {len(axis):,} values, {ends}")
    for name, index in (("first", 0), ("last", -1)):
        click.echo(f"{name}: {set_label(tuple(grid.axes), grid[index])}")


def _as_json(found: Any, top: list[int], where: dict[str, str]) -> dict[str, Any]:
    from engine.evaluation.metrics import to_json_value
    from engine.store.sweeps import row_json

    whole = {
        **where,
        "study": found.study,
        "sets": len(found),
        "skipped": found.skipped,
        "engine": found.engine,
        "seconds": found.seconds,
        "simulated": found.setting.simulated,
        "best": row_json(found.row(top[0])),
        "confirmed": len(found.confirmations),
        "max_difference": found.max_difference,
    }
    converted: dict[str, Any] = to_json_value(whole)
    return converted

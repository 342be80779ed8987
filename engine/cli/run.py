"""``streak run``: backtest one study."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import rich_click as click

from engine.cli.options import (
    CONFIG,
    notice,
    output_options,
    print_equity,
    print_json,
    print_table,
    report_of,
    results_option,
    study_options,
)


@click.command()
@click.argument("config", type=CONFIG)
@study_options
@click.option("--report", is_flag=True, help="Write the report of the run as well.")
@results_option
@output_options
def run(
    config: Path,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    report: bool,
    results: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Backtest the rule of the study CONFIG next to its benchmarks.

    Prints the summary table and writes a result folder: manifest, summary, metrics, equity,
    signals, and every rotation with the trigger that fired.
    """
    from engine.market.load import load_panel
    from engine.pipeline.running import run as run_study
    from engine.pipeline.saving import save_run
    from engine.report.results import run_json, run_table
    from engine.rules.studies import read_study

    say = partial(notice, quiet)
    loaded = read_study(config, overrides=overrides, data_dir=data_dir)
    say(f"loading {loaded.study.data.core} and {loaded.study.data.satellite}")
    panel = load_panel(loaded.study.data)
    result = run_study(loaded.study, panel, say)
    stored = save_run(result, loaded.content, results)
    page = report_of(stored, say) if report else None
    if as_json:
        written = {} if page is None else {"report": str(page)}
        print_json({"run": stored.name, "path": str(stored.path), **written, **run_json(result)})
        return
    print_table(run_table(result), transposed=True)
    print_equity(
        {m.label: m.simulation.equity for m in (result.subject, *result.benchmarks.values())}
    )
    click.echo(f"\n{stored.path}")
    if page is not None:
        click.echo(str(page))

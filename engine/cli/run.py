"""``streak run``: backtest one study."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import rich_click as click

from engine.cli.options import (
    CONFIG,
    notice,
    output_options,
    print_json,
    print_table,
    results_option,
    study_options,
)


@click.command()
@click.argument("config", type=CONFIG)
@study_options
@results_option
@output_options
def run(
    config: Path,
    overrides: tuple[str, ...],
    data_dir: Path | None,
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
    if as_json:
        print_json({"run": stored.name, "path": str(stored.path), **run_json(result)})
    else:
        print_table(run_table(result), transposed=True)
        click.echo(f"\n{stored.path}")

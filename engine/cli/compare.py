"""``streak compare``: several rules side by side."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import rich_click as click

from engine.cli.options import (
    notice,
    output_options,
    print_json,
    print_table,
    results_option,
    study_options,
)


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--rules",
    metavar="NAME,NAME,…",
    help="Compare these shipped rules, with default parameters, on the study's prices and terms.",
)
@click.option("--sort", metavar="METRIC", help="Best first by this metric: `--sort sharpe`.")
@study_options
@results_option
@output_options
def compare(
    sources: tuple[str, ...],
    rules: str | None,
    sort: str | None,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    results: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Lay rules side by side: rules as rows, metrics as columns, benchmarks included.

    SOURCES are study files or stored runs. One study compares its rule with those in its
    `compare` section, or with `--rules`. Several must share prices, sessions, costs and fills:
    otherwise nothing is compared.
    """
    from engine.evaluation.definitions import find_metric
    from engine.pipeline.comparing import compare_sources
    from engine.pipeline.saving import save_comparison
    from engine.report.results import comparison_json, comparison_table, sorted_by

    say = partial(notice, quiet)
    if sort is not None:
        find_metric(sort)  # a wrong name is said before anything is run
    comparison = compare_sources(
        sources,
        rules=rules,
        overrides=overrides,
        data_dir=data_dir,
        results=results,
        progress=say,
    )
    if sort is not None:
        comparison = sorted_by(comparison, sort)
    table = comparison_table(comparison)
    stored = save_comparison(comparison, table, results)
    if as_json:
        print_json({"run": stored.name, "path": str(stored.path), **comparison_json(comparison)})
    else:
        print_table(table)
        click.echo(f"\n{stored.path}")

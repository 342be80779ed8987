"""``streak compare``: several rules side by side."""

from __future__ import annotations

import rich_click as click

from engine.cli.options import Common, common_options, print_table


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--rules",
    metavar="NAME,NAME,…",
    help="Compare these shipped rules, with default parameters, on the study's prices and terms.",
)
@click.option("--report", is_flag=True, help="Write the report of the comparison as well.")
@click.option("--sort", metavar="METRIC", help="Best first by this metric: `--sort sharpe`.")
@common_options
def compare(
    sources: tuple[str, ...], rules: str | None, report: bool, sort: str | None, common: Common
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

    if sort is not None:
        find_metric(sort)  # a wrong name is said before anything is run
    comparison = compare_sources(
        sources,
        rules=rules,
        overrides=common.overrides,
        data_dir=common.data_dir,
        results=common.results,
        progress=common.say,
    )
    if sort is not None:
        comparison = sorted_by(comparison, sort)
    table = comparison_table(comparison)
    stored = save_comparison(comparison, table, common.results)
    common.tell(
        stored,
        as_json=lambda: comparison_json(comparison),
        show=lambda: print_table(table),
        report=report,
    )

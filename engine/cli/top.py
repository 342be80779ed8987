"""``streak top``: the best sets of a stored sweep."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from engine.cli.options import output_options, print_json, print_table, results_option


@click.command()
@click.argument("run", default="latest")
@click.option("--by", default="sharpe", show_default=True, metavar="METRIC", help="Rank by this.")
@click.option(
    "-n",
    "count",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many are shown.",
)
@click.option(
    "--where",
    metavar="CONDITIONS",
    help='Only sets that meet them: `--where "rotations_per_year < 12 and sharpe > 0.4"`.',
)
@click.option("--all-paths", is_flag=True, help="Also sets that held the same all along.")
@results_option
@output_options
def top(
    run: str,
    by: str,
    count: int,
    where: str | None,
    all_paths: bool,
    results: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show the best parameter sets of a stored sweep.

    Sets that held the same all along are one strategy under several names; one stands for them,
    unless `--all-paths`. RUN is named as for `streak show`.
    """
    from engine.evaluation.metrics import to_json_value
    from engine.evaluation.trial_keys import PATH
    from engine.report.sweeps import top_table
    from engine.store.folders import find
    from engine.store.ranking import best_rows
    from engine.store.sweeps import row_json
    from engine.store.trials import TrialColumns, read_rows

    stored = find(results, run, "sweep")
    stored.must_be("sweep")
    alike = () if all_paths else (PATH, *stored.manifest["outer"])
    best = best_rows(TrialColumns(stored), by, count, where=where, alike=alike)
    rows = read_rows(stored, best)
    if as_json:
        found = [{"row": i, **row_json(row)} for i, row in zip(best, rows, strict=True)]
        sets = stored.manifest["sets"]
        print_json(to_json_value({"run": stored.name, "sets": sets, "top": found}))
        return
    print_table(top_table(stored, rows, by))

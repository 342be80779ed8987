"""``streak stability``: what a result hangs on: costs, fills, the first session, prices."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from engine.cli.options import (
    moved_data_option,
    notice,
    output_options,
    print_json,
    print_sections,
    results_option,
)


@click.command()
@click.argument("run", default="latest")
@click.option("--by", metavar="METRIC", help="Of a sweep: the best set by this metric.")
@click.option("--row", type=click.IntRange(0), help="Of a sweep: this row of its table instead.")
@click.option(
    "--starts",
    type=click.IntRange(1),
    metavar="N",
    help="N first sessions at equal distances; by default the first of each year.",
)
@moved_data_option
@results_option
@output_options
def stability(
    run: str,
    by: str | None,
    row: int | None,
    starts: int | None,
    data_dir: Path | None,
    results: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show what a result hangs on: costs, fills, the first session, the price basis.

    One choice at a time is changed of a run, or of one set of a sweep: multiples of the costs and
    the break-even cost, one session of delay and the other fill, later first sessions, other price
    bases; each beside the core held on the same terms. Of a set also its neighbours in the grid.

    RUN is named as for `streak show`; of a sweep it is the best set by the metric it is ranked by.
    Prices, files and code must be what they were. Writes stability.md, .csv and .json into the
    result's folder; the result itself stays as it was.
    """
    from engine.pipeline.reloading import KINDS
    from engine.pipeline.stability import save_stability, stability_of, stability_told
    from engine.report.stability import stability_sections
    from engine.report.sweeps import core_label
    from engine.store.folders import find
    from engine.store.stored_runs import setting_of

    stored = find(results, run, *KINDS)
    notice(quiet, f"varying {stored.name}")
    told = stability_told(stability_of(stored, by=by, row=row, starts=starts, data_dir=data_dir))
    sections = stability_sections(told, core_label(setting_of(stored)))
    page = save_stability(stored, told, sections)
    if as_json:
        print_json({"run": stored.name, "path": str(stored.path), **told})
        return
    print_sections(sections, simulated=stored.manifest["simulated"])
    click.echo(f"\n{page}")

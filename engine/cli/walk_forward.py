"""``streak walk-forward``: parameters chosen on the past, again and again, and traded after it."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from engine.cli.options import (
    CONFIG,
    Common,
    common_options,
    print_equity,
    print_sections,
    print_table,
)


@click.command("walk-forward")
@click.argument("config", type=CONFIG)
@click.option("--report", is_flag=True, help="Write the report of the walk-forward as well.")
@click.option("--workers", type=click.IntRange(1), help="Threads of the search; default: all.")
@common_options
def walk_forward(config: Path, report: bool, workers: int | None, common: Common) -> None:
    """Choose parameters on one window of history, trade them in the next, and move on.

    The section `walk_forward` of the study CONFIG says how long the windows are and by which
    metric the best set of the grid under `sweep` is chosen. All test windows make one run, in
    which positions are carried across; it stands beside the study's own parameters, the best set
    in hindsight, and the benchmarks.
    """
    from engine.pipeline.saving import save_walk_forward
    from engine.pipeline.sweeping.workers import processors
    from engine.pipeline.walking import walk_forward as walk
    from engine.report.walk_forwards import walk_forward_sections, walk_forward_table
    from engine.store.walk_forwards import walk_forward_facts

    loaded = common.read(config)
    common.say(f"loading {loaded.study.data.core} and {loaded.study.data.satellite}")
    found = walk(loaded.study, workers=workers or processors(), progress=common.say)
    stored = save_walk_forward(found, loaded.content, common.results)

    def show() -> None:
        print_table(walk_forward_table(found), transposed=True)
        measured = (found.subject, *found.beside.values(), *found.benchmarks.values())
        print_equity({one.label: one.simulation.equity for one in measured})
        click.echo("")
        print_sections(walk_forward_sections(found), simulated=False)

    common.tell(stored, as_json=lambda: walk_forward_facts(found), show=show, report=report)

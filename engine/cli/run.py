"""``streak run``: backtest one study."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from engine.cli.options import CONFIG, Common, common_options, print_equity, print_table


@click.command()
@click.argument("config", type=CONFIG)
@click.option("--report", is_flag=True, help="Write the report of the run as well.")
@common_options
def run(config: Path, report: bool, common: Common) -> None:
    """Backtest the rule of the study CONFIG next to its benchmarks.

    Prints the summary table and writes a result folder: manifest, summary, metrics, equity,
    signals, and every rotation with the trigger that fired.
    """
    from engine.market.load import load_panel
    from engine.pipeline.running import run as run_study
    from engine.pipeline.saving import save_run
    from engine.report.results import run_json, run_table

    loaded = common.read(config)
    common.say(f"loading {loaded.study.data.core} and {loaded.study.data.satellite}")
    panel = load_panel(loaded.study.data)
    result = run_study(loaded.study, panel, common.say)
    stored = save_run(result, loaded.content, common.results)

    def show() -> None:
        print_table(run_table(result), transposed=True)
        measured = (result.subject, *result.benchmarks.values())
        print_equity({m.label: m.simulation.equity for m in measured})

    common.tell(stored, as_json=lambda: run_json(result), show=show, report=report)

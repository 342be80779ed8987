"""``streak scan``: what the streaks are, how rare, whether they go on, and what followed."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import rich_click as click

from engine.cli.options import (
    CONFIG,
    as_of_option,
    notice,
    output_options,
    print_json,
    results_option,
    study_options,
)

KINDS = (
    "outperformance",
    "underperformance",
    "satellite_up",
    "satellite_down",
    "core_up",
    "core_down",
)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("config", type=CONFIG)
@click.option("--kind", type=click.Choice(KINDS), default=KINDS[0], help="Which streaks to list.")
@click.option("--min-length", type=click.IntRange(1), help="Shortest streak listed.")
@click.option("--top", type=click.IntRange(1), help="List at most so many, longest first.")
@click.option(
    "--analogue",
    "analogue_dates",
    type=DAY,
    multiple=True,
    help="Show the paths around the streak of this date. Repeatable; default: the longest.",
)
@click.option("--anatomy", type=DAY, help="Show winners and losers of the streak of this date.")
@as_of_option
@study_options
@results_option
@output_options
def scan(
    config: Path,
    kind: str,
    min_length: int | None,
    top: int | None,
    analogue_dates: tuple[dt.datetime, ...],
    anatomy: dt.datetime | None,
    as_of: dt.datetime | None,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    results: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Study the streaks of the study CONFIG, without any trading.

    Every streak with its character; how rare long ones are against a coin, a Markov chain and
    resampled histories; whether they go on; what followed them; and their analogues.
    """
    from engine.evaluation.streak_study.table import select
    from engine.pipeline.saving import save_scan
    from engine.pipeline.scanning import as_of_study
    from engine.pipeline.scanning import scan as scan_study
    from engine.report.sections import sections_markdown, sections_text
    from engine.report.streaks import scan_sections
    from engine.rules.studies import read_study
    from engine.store.scans import scan_json

    loaded = read_study(config, overrides=overrides, data_dir=data_dir)
    study = as_of_study(loaded.study, as_of.date() if as_of else None)
    done = scan_study(
        study,
        analogues=[day.date() for day in analogue_dates],
        dissect=anatomy.date() if anatomy else None,
        progress=partial(notice, quiet),
    )
    least = study.scan.min_length if min_length is None else min_length
    streaks = done.found.streaks[kind]  # type: ignore[index]  # click has checked the kind
    listed = select(streaks, min_length=least, top=top)
    sections = scan_sections(
        done.panel,
        done.found,
        kind=kind,  # type: ignore[arg-type]
        min_length=least,
        top=top,
    )
    page = sections_markdown(study.name, sections, simulated=done.panel.simulated)
    options = {
        "kind": kind,
        "min_length": least,
        "top": top,
        "analogues": [str(day.date()) for day in analogue_dates],
        "anatomy": None if anatomy is None else str(anatomy.date()),
        "as_of": None if as_of is None else str(as_of.date()),
    }
    stored = save_scan(done, listed, page, loaded.content, results, options)
    if as_json:
        facts = {
            "run": stored.name,
            "path": str(stored.path),
            "study": study.name,
            "price_basis": done.panel.price_basis,
            "simulated": done.panel.simulated,
        }
        print_json({**facts, **scan_json(done.found, listed)})
    else:
        click.echo(sections_text(sections, simulated=done.panel.simulated))
        click.echo(f"\n{stored.path}")

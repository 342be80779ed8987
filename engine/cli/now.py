"""``streak now``: where things stand at the last close, on one screen."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path

import rich_click as click

from engine.cli.options import (
    CONFIG,
    as_of_option,
    output_options,
    print_json,
    print_sections,
    study_options,
)


@click.command()
@click.argument("config", type=CONFIG)
@as_of_option
@study_options
@output_options
def now(
    config: Path,
    as_of: dt.date | None,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show the streak under way at the last close, and what the study's rules make of it.

    What each rule of the study CONFIG holds, what it would do at the next open and why; the
    nearest streaks of the past, and how often such streaks went on.
    """
    from engine.evaluation.metrics import to_json_value
    from engine.market.load import load_panel
    from engine.pipeline.scanning import as_of_study
    from engine.pipeline.standing import today
    from engine.report.now import now_sections
    from engine.rules.studies import read_study

    loaded = read_study(config, overrides=overrides, data_dir=data_dir)
    study = as_of_study(loaded.study, as_of)
    panel = load_panel(study.data)
    found = today(study, panel)
    if as_json:
        whole = asdict(found.market)
        whole["streak"] = None if found.market.streak is None else found.market.streak.as_row()
        whole["nearest"] = [
            past.streak.as_row() | {"aftermath": past.aftermath} for past in found.market.nearest
        ]
        rules = [
            {**vars(rule), "decided": rule.decided._asdict() if rule.decided else None}
            for rule in found.rules
        ]
        facts = {"price_basis": panel.price_basis, "simulated": panel.simulated}
        print_json(to_json_value({**whole, "rules": rules, **facts}))
        return
    sections = now_sections(panel, found.market, found.rules, study.execution.fill)
    print_sections(sections, simulated=panel.simulated)

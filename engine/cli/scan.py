"""``streak scan``: what the streaks are, how rare, whether they go on, and what followed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from engine.cli.options import CONFIG, Common, as_of_option, common_options, date, print_sections

if TYPE_CHECKING:
    from engine.evaluation.streak_study.table import Kind, Streak
    from engine.pipeline.scanning import Scan

KINDS = (
    "outperformance",
    "underperformance",
    "satellite_up",
    "satellite_down",
    "core_up",
    "core_down",
)


@click.command()
@click.argument("config", type=CONFIG)
@click.option("--kind", type=click.Choice(KINDS), default=KINDS[0], help="Which streaks to list.")
@click.option("--min-length", type=click.IntRange(1), help="Shortest streak listed.")
@click.option("--top", type=click.IntRange(1), help="List at most so many, longest first.")
@click.option(
    "--analogue",
    "analogue_dates",
    type=date,
    multiple=True,
    help="Show the paths around the streak of this date. Repeatable; default: the longest.",
)
@click.option("--anatomy", type=date, help="Show winners and losers of the streak of this date.")
@click.option("--claims", "claims_file", type=CONFIG, help="Test the claims in this file as well.")
@click.option("--report", is_flag=True, help="Write the report of the study as well.")
@as_of_option
@common_options
def scan(
    config: Path,
    kind: Kind,
    min_length: int | None,
    top: int | None,
    analogue_dates: tuple[dt.date, ...],
    anatomy: dt.date | None,
    claims_file: Path | None,
    report: bool,
    as_of: dt.date | None,
    common: Common,
) -> None:
    """Study the streaks of the study CONFIG, without any trading.

    Every streak with its character; how rare long ones are against a coin, a Markov chain and
    resampled histories; whether they go on; what followed them; their analogues; and what is
    said of them, tested, as `streak claims` does.
    """
    from engine.evaluation.streak_study.table import select
    from engine.pipeline.saving import save_scan
    from engine.pipeline.scanning import as_of_study
    from engine.pipeline.scanning import scan as scan_study
    from engine.report.claims import claims_sections
    from engine.report.streaks import scan_sections
    from engine.study.claims import load_claims

    claims = load_claims(claims_file) if claims_file else ()
    loaded = common.read(config)
    study = as_of_study(loaded.study, as_of)
    done = scan_study(
        study, analogues=analogue_dates, dissect=anatomy, claims=claims, progress=common.say
    )
    least = study.scan.min_length if min_length is None else min_length
    listed = select(done.found.streaks[kind], min_length=least, top=top)
    sections = scan_sections(done.panel, done.found, kind=kind, min_length=least, top=top)
    sections += claims_sections(done.claims)
    options = {
        "kind": kind,
        "min_length": least,
        "top": top,
        "analogues": [str(day) for day in analogue_dates],
        "anatomy": anatomy and str(anatomy),
        "claims": claims_file and claims_file.name,
        "as_of": as_of and str(as_of),
    }
    claims_text = {"claims.yaml": claims_file.read_bytes()} if claims_file else {}
    given = {"study.yaml": loaded.content, **claims_text}
    stored = save_scan(done, listed, sections, given, common.results, options)
    common.tell(
        stored,
        as_json=lambda: _facts(done, listed),
        show=lambda: print_sections(sections, simulated=done.panel.simulated),
        report=report,
    )


def _facts(done: Scan, listed: Sequence[Streak]) -> dict[str, Any]:
    from engine.store.scans import scan_json

    facts = {
        "study": done.study.name,
        "price_basis": done.panel.price_basis,
        "simulated": done.panel.simulated,
    }
    return {**facts, **scan_json(done.found, listed, done.claims)}

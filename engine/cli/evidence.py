"""``streak evidence``: how much of a sweep's winner may be luck."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from engine.cli.options import (
    moved_data_option,
    output_options,
    print_json,
    print_sections,
    results_option,
)
from engine.cli.progress import EvidenceProgress

if TYPE_CHECKING:
    from engine.pipeline.evidence import Asked
    from engine.store.folders import Stored

NULLS = ("bootstrap", "sign-flips")


@click.command()
@click.argument("sweep", default="latest")
@click.option(
    "--resample",
    type=click.IntRange(0, 1_000_000),
    default=0,
    metavar="N",
    help="Search the whole grid again on N histories without an edge; 1000 is a good number.",
)
@click.option(
    "--null",
    "nulls",
    type=click.Choice(NULLS),
    multiple=True,
    default=("bootstrap",),
    show_default=True,
    help="How such histories are made: sessions drawn anew, or who wins a session by a coin, "
    "volatility kept as it was. Repeatable; the larger p-value counts.",
)
@click.option(
    "--block-length",
    type=click.FloatRange(1.0, 1_000.0),
    default=1.0,
    show_default=True,
    metavar="SESSIONS",
    help="Mean block of the bootstrap; longer ones keep part of what a streak says.",
)
@click.option(
    "--blocks",
    type=int,
    default=16,
    show_default=True,
    help="Blocks that history is cut into for the probability of overfitting (S), an even number.",
)
@click.option(
    "--walk-forward/--no-walk-forward",
    default=None,
    help="Choose on the past again and again, as `streak walk-forward` does over the same grid; "
    "default: where it takes seconds.",
)
@click.option(
    "--by", metavar="METRIC", help="The winner is the best by this; default: as it was swept."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Of all draws; default: study's.")
@click.option("--workers", type=click.IntRange(1), help="Threads; default: all processors.")
@moved_data_option
@results_option
@output_options
def evidence(
    sweep: str,
    resample: int,
    nulls: tuple[str, ...],
    block_length: float,
    blocks: int,
    walk_forward: bool | None,
    by: str | None,
    seed: int | None,
    workers: int | None,
    data_dir: Path | None,
    results: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say how much of the winner of a stored SWEEP may be luck.

    Something is best in every grid. The sweep is measured again from its study and its prices,
    and its winner is held against all strategies that were tried: deflated Sharpe ratio,
    probability of overfitting, test for superior predictive ability, the study's walk-forward
    over the grid, and, with `--resample`, the whole search made again where there is nothing to
    be found. A verdict sums up.

    What is found is a result of its own beside the sweep. SWEEP is named as for `streak show`.
    A `--resample` that was interrupted goes on where it was when the same is said again.
    """
    from engine.pipeline.evidence import Asked
    from engine.store.folders import find

    stored = find(results, sweep, "sweep")
    kinds = tuple(dict.fromkeys(nulls))
    asked = Asked(by, blocks, resample, kinds, block_length, seed, walk_forward)  # type: ignore[arg-type]  # click has checked
    found = gathered(stored, asked, workers, data_dir, quiet)
    if as_json:
        print_json(evidence_as_json(found))
        return
    show_evidence(found)
    click.echo(f"\n{found.path}")


def gathered(
    stored: Stored, asked: Asked | None, workers: int | None, data_dir: Path | None, quiet: bool
) -> Stored:
    """Gather the evidence on a stored sweep, telling of progress; return where it is."""
    from engine.pipeline.evidence import Asked
    from engine.pipeline.evidence import evidence as gather
    from engine.pipeline.sweeping.workers import processors

    progress = EvidenceProgress(quiet)
    count = workers or processors()
    asked = asked or Asked()
    return gather(stored, asked, workers=count, data_dir=data_dir, progress=progress)[1]


def show_evidence(stored: Stored) -> None:
    """Print stored evidence."""
    from engine.report.search_evidence import stored_evidence_sections

    print_sections(stored_evidence_sections(stored), simulated=stored.manifest["simulated"])


def evidence_as_json(stored: Stored) -> dict[str, object]:
    """Return stored evidence for machines."""
    from engine.store.stored_runs import stored_metrics

    return {"run": stored.name, "path": str(stored.path), **stored_metrics(stored)}

"""``streak sweep``: every parameter set of a study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from engine.cli.evidence import evidence_as_json, gathered, show_evidence
from engine.cli.options import (
    CONFIG,
    notice,
    output_options,
    print_json,
    print_table,
    results_option,
    study_options,
)
from engine.cli.progress import SweepProgress
from engine.errors import EXIT_FAILURES, UsageError

if TYPE_CHECKING:
    from engine.pipeline.sweeping.workers import Workers
    from engine.store.folders import Stored
    from engine.store.sweeps import SweepSummary
    from engine.study.models import Study


@click.command()
@click.argument("config", type=CONFIG, required=False)
@click.option("--by", default="sharpe", metavar="METRIC", help="Rank sets by this metric.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "events", "bars", "backtrader"]),
    default="auto",
    help="Force an engine; auto takes the compiled kernel wherever it serves.",
)
@click.option("--confirm", type=click.IntRange(1), default=20, help="Sets drawn for Backtrader.")
@click.option("--no-confirm", is_flag=True, help="Confirm no set in Backtrader.")
@click.option("--workers", type=click.IntRange(1), help="Threads and processes; default: all.")
@click.option("--yes", is_flag=True, help="Sweep more than 50 million sets.")
@click.option("--dry-run", is_flag=True, help="Count the sets, estimate what they cost; stop.")
@click.option("--evidence", is_flag=True, help="Say how much of it is luck: `streak evidence`.")
@click.option("--resume", metavar="RUN", help="Finish a sweep that was interrupted.")
@click.option("--report", is_flag=True, help="Write the report of the sweep as well.")
@study_options
@results_option
@output_options
def sweep(
    config: Path | None,
    workers: int | None,
    resume: str | None,
    report: bool,
    dry_run: bool,
    evidence: bool,
    results: Path,
    as_json: bool,
    quiet: bool,
    **asked: Any,
) -> None:
    """Measure every parameter set of the study CONFIG, and confirm some in Backtrader.

    The axes are under `sweep` in the study. Writes one row per set, the best of them as a
    summary, and what Backtrader says of a sample and of the best. Exit code 1 if it differs.

    A sweep that was interrupted is in the results as `….partial`; `--resume` finishes it, with
    the options it was begun with.
    """
    from engine.pipeline.sweeping.ahead import to_compile
    from engine.pipeline.sweeping.workers import Workers, processors

    if (config is None) == (resume is None):
        raise UsageError("give either the CONFIG of a study, or --resume RUN")
    count = workers or processors()
    if config is not None and dry_run:
        _foresee(config, count, as_json, asked)
        return
    beside = min(count - 1, 1) if asked["no_confirm"] else count - 1
    first = to_compile(asked["engine"])
    with Workers(beside, first) as processes, SweepProgress(asked["by"], quiet) as progress:
        if resume is not None:
            summary, stored = _resumed(results, resume, count, processes, progress)
        else:
            assert config is not None
            summary, stored = _begun(config, results, asked, count, processes, progress)
    weighed = gathered(stored, None, workers, asked["data_dir"], quiet) if evidence else None
    page = _reported(stored, quiet) if report else None
    _tell(summary, stored, weighed, page, as_json)


def _reported(stored: Stored, quiet: bool) -> Path:
    from engine.pipeline.reporting import write_report

    notice(quiet, "writing the report")
    return write_report(stored)


def _begun(
    config: Path,
    results: Path,
    asked: Mapping[str, Any],
    threads: int,
    processes: Workers,
    progress: SweepProgress,
) -> tuple[SweepSummary, Stored]:
    from engine.rules.studies import read_study

    loaded = read_study(config, overrides=asked["overrides"], data_dir=asked["data_dir"])
    _check(loaded.study, asked)

    from engine.pipeline.sweeping.on_disk import Request, sweep_into
    from engine.pipeline.sweeping.plan import Plan

    data_dir = asked["data_dir"]
    origin = {
        "file": str(config.resolve()),
        "overrides": list(asked["overrides"]),
        "data_dir": data_dir and str(data_dir.resolve()),
    }
    confirm = 0 if asked["no_confirm"] else asked["confirm"]
    request = Request(asked["by"], asked["engine"], confirm, origin)
    plan = Plan(loaded.study, None, asked["engine"], threads)
    return sweep_into(results, plan, request, loaded.content, processes, progress)


def _check(study: Study, asked: Mapping[str, Any]) -> None:
    """Refuse what cannot be swept before prices are read."""
    from engine.evaluation.trial_keys import KEYS
    from engine.pipeline.sweeping.plan import check_size
    from engine.store.ranking import check_metric
    from engine.study.grid import Grid

    check_metric(asked["by"], KEYS)
    check_size(Grid(study.sweep), many=asked["yes"])


def _resumed(
    results: Path, wanted: str, threads: int, processes: Workers, progress: SweepProgress
) -> tuple[SweepSummary, Stored]:
    from engine.pipeline.sweeping.on_disk import resumed
    from engine.rules.studies import read_study
    from engine.store.unfinished import find_unfinished

    def read(origin: Mapping[str, Any]) -> tuple[Study, bytes]:
        loaded = read_study(
            origin["file"], overrides=origin["overrides"], data_dir=origin["data_dir"]
        )
        return loaded.study, loaded.content

    unfinished = find_unfinished(results, wanted)
    progress.say(f"resuming {unfinished.name}")
    return resumed(results, unfinished, read, threads, processes, progress)


def _tell(
    summary: SweepSummary,
    stored: Stored,
    weighed: Stored | None,
    page: Path | None,
    as_json: bool,
) -> None:
    from engine.pipeline.sweeping.confirming import failures
    from engine.report.labels import set_label
    from engine.report.sweeps import sweep_table

    failed = failures(summary)
    reported = {} if page is None else {"report": str(page)}
    if as_json:
        where = {"run": stored.name, "path": str(stored.path), **reported}
        evidence = {"evidence": evidence_as_json(weighed)} if weighed else {}
        print_json({**_as_json(summary, where), **evidence})
    else:
        print_table(sweep_table(summary))
        if weighed:
            click.echo("")
            show_evidence(weighed)
        paths = [str(stored.path), *([str(weighed.path)] if weighed else []), *reported.values()]
        click.echo("\n" + "\n".join(paths))
    for one in failed:
        label = set_label(summary.axes, one.parameters)
        told = f"{one.worst} of Backtrader differs by {one.largest:.1e}"
        click.echo(f"not confirmed: {label}: {told}", err=True)
    if failed:
        raise Exit(EXIT_FAILURES)


def _as_json(found: SweepSummary, where: Mapping[str, str]) -> dict[str, Any]:
    from engine.evaluation.metrics import to_json_value
    from engine.store.sweeps import row_json

    whole = {
        **where,
        "study": found.study,
        "sets": found.sets,
        "skipped": found.skipped,
        "engine": found.engine,
        "seconds": found.seconds,
        "simulated": found.setting.simulated,
        "best": row_json(found.top[0]),
        "confirmed": len(found.confirmations),
        "max_difference": found.max_difference,
    }
    converted: dict[str, Any] = to_json_value(whole)
    return converted


def _foresee(config: Path, threads: int, as_json: bool, asked: Mapping[str, Any]) -> None:
    """Say what a sweep would be, without running it."""
    from engine.cli.progress import duration
    from engine.pipeline.sweeping.forecast import forecast
    from engine.report.labels import set_label, value_text
    from engine.rules.studies import read_study
    from engine.study.grid import Grid

    loaded = read_study(config, overrides=asked["overrides"], data_dir=asked["data_dir"])
    grid = Grid(loaded.study.sweep)
    cost = forecast(loaded.study, asked["engine"], threads)
    if as_json:
        print_json(cost.as_json(grid))
        return
    click.echo(f"{grid.count:,} parameter sets")
    for key, axis in grid.axes.items():
        ends = f"{value_text(axis[0])} to {value_text(axis[-1])}"
        click.echo(f"  {key}: {len(axis):,} values, {ends}")
    for name, index in (("first", 0), ("last", -1)):
        click.echo(f"{name}: {set_label(tuple(grid.axes), grid[index])}")
    if cost.refused:
        click.echo(f"not to be run: {cost.refused}")
    if cost.pilot is None:
        click.echo(f"no estimate: {cost.reason}")
        return
    click.echo(
        f"estimate from a pilot of {cost.pilot.sets:,} sets ({cost.engine} engine): "
        f"{duration(cost.seconds)}, {size_text(cost.memory)} of memory, "
        f"at most {size_text(cost.disk)} on disk; confirmations take a few seconds more"
    )


def size_text(size: float) -> str:
    """Return a number of bytes as one would say it: ``12 kB``, ``3.4 MB``, ``80 GB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.0f} TB"

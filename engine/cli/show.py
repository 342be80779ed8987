"""``streak show``: a stored result again."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from engine.cli.options import (
    output_options,
    print_equity,
    print_json,
    print_table,
    results_option,
)


@click.command()
@click.argument("run", default="latest")
@results_option
@output_options
def show(run: str, results: Path, as_json: bool, quiet: bool) -> None:
    """Show a stored result: its summary, and where it came from.

    RUN is `latest`, a study's name, a result's name as `streak ls` prints it (or its beginning),
    or the path of its folder.
    """
    from engine.report.results import stored_table
    from engine.report.sweeps import stored_sweep_table
    from engine.store.folders import find
    from engine.store.run_reading import stored_equities
    from engine.store.stored_runs import stored_metrics

    stored = find(results, run)
    manifest = stored.manifest
    if as_json:
        metrics = stored_metrics(stored)
        print_json({"run": stored.name, "path": str(stored.path), "manifest": manifest, **metrics})
        return
    if manifest["kind"] == "scan":
        click.echo(stored.read("study.md").decode().rstrip())
        click.echo(f"\n{stored.path}")
        return
    if manifest["kind"] == "sweep":
        print_table(stored_sweep_table(stored))
    else:
        print_table(stored_table(stored), transposed=manifest["kind"] == "run")
        print_equity(stored_equities(stored))
    origins = [
        (source["symbol"], f"{source['origin']} ({source['recognised_as']})")
        for source in manifest["data"]["sources"]
    ]
    facts = [
        ("folder", str(stored.path)),
        ("created", manifest["created"]),
        *origins,
        ("prices", f"sha256 {manifest['data']['sha256']}"),
        ("code", f"sha256 {manifest['code_hash']}"),
        ("version", f"streaklab {manifest['versions']['streaklab']}"),
    ]
    click.echo("")
    for name, value in facts:
        click.echo(f"{name:9}{value}")

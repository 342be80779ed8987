"""``streak show``: a stored result again."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from engine.cli.evidence import show_evidence
from engine.cli.options import (
    output_options,
    print_equity,
    print_json,
    print_sections,
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
    from engine.report.origins import origin_text
    from engine.report.results import stored_table
    from engine.report.search_evidence import luck_of
    from engine.report.sections import SECTIONS_FILE, sections_of
    from engine.report.sweeps import stored_sweep_sections, stored_sweep_table
    from engine.report.walk_forwards import stored_walk_forward_sections
    from engine.store.folders import find
    from engine.store.provenance import sources_of
    from engine.store.run_reading import stored_equities
    from engine.store.stored_runs import stored_metrics

    stored = find(results, run)
    manifest = stored.manifest
    if as_json:
        metrics = stored_metrics(stored)
        print_json({"run": stored.name, "path": str(stored.path), "manifest": manifest, **metrics})
        return
    if manifest["kind"] == "scan":
        print_sections(sections_of(stored.read(SECTIONS_FILE)), simulated=manifest["simulated"])
    elif manifest["kind"] == "evidence":
        show_evidence(stored)
    elif manifest["kind"] == "sweep":
        print_table(stored_sweep_table(stored))
        click.echo("")
        print_sections([*stored_sweep_sections(stored), *luck_of(stored)], simulated=False)
    else:
        print_table(stored_table(stored), transposed=manifest["kind"] != "comparison")
        print_equity(stored_equities(stored))
    if manifest["kind"] == "walk-forward":
        click.echo("")
        print_sections(stored_walk_forward_sections(stored), simulated=False)
    origins = [(source["symbol"], origin_text(source)) for source in sources_of(manifest)]
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

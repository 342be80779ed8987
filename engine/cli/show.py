"""``streak show``: a stored result again."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from engine.cli.options import output_options, print_json, results_option


@click.command()
@click.argument("run", default="latest")
@results_option
@output_options
def show(run: str, results: Path, as_json: bool, quiet: bool) -> None:
    """Show a stored result: its summary and where it came from.

    RUN is `latest`, a study's name, a result's name as `streak ls` prints it (or its beginning),
    or the path of its folder.
    """
    from engine.store.folders import find

    stored = find(results, run)
    metrics = json.loads(stored.read("metrics.json"))
    if as_json:
        print_json({"run": stored.name, "path": str(stored.path), **metrics})
        return
    manifest = stored.manifest
    click.echo(stored.read("summary.md").decode().rstrip())
    click.echo("")
    for label, value in (
        ("folder", stored.path),
        ("created", manifest["created"]),
        ("prices", f"sha256 {manifest['data']['sha256']}"),
        ("code", f"sha256 {manifest['code_hash']}"),
        ("version", f"streaklab {manifest['versions']['streaklab']}"),
    ):
        click.echo(f"{label:9}{value}")
    for source in manifest["data"]["sources"]:
        click.echo(f"{source['symbol']:9}{source['origin']} ({source['recognised_as']})")

"""``streak ls``: what is in the results folder."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from engine.cli.options import notice, output_options, print_json, results_option


@click.command()
@results_option
@output_options
def ls(results: Path, as_json: bool, quiet: bool) -> None:
    """List the results, oldest first: name, kind, rule, span, and what stands out."""
    from engine.report.format import format_value
    from engine.report.text import align
    from engine.store.folders import stored_results

    found = stored_results(results)
    if as_json:
        keys = ("kind", "study", "created", "simulated", "content_hash")
        print_json(
            [
                {"run": r.name, "path": str(r.path), **{k: r.manifest.get(k) for k in keys}}
                for r in found
            ]
        )
        return
    if not found:
        notice(quiet, f"no results in {results}")
        return
    lines = [("RESULT", "KIND", "RULE", "SESSIONS", "FIRST", "LAST", "DATA")]
    for result in found:
        data, rule = result.manifest["data"], result.manifest.get("rule") or {}
        rows = result.manifest.get("rows")
        lines.append(
            (
                result.name,
                result.manifest["kind"],
                rule.get("name", f"{len(rows)} rows" if rows else "–"),
                format_value(data["sessions"], "count"),
                data["first_session"],
                data["last_session"],
                "simulated" if result.manifest["simulated"] else "market",
            )
        )
    columns = [align(column, right=i == 3) for i, column in enumerate(zip(*lines, strict=True))]
    for texts in zip(*columns, strict=True):
        click.echo("  ".join(texts).rstrip())

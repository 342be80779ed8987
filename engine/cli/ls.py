"""``streak ls``: what is in the results folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rich_click as click

from engine.cli.options import notice, output_options, print_json, results_option

KIND = "unfinished sweep"


@click.command()
@results_option
@output_options
def ls(results: Path, as_json: bool, quiet: bool) -> None:
    """List the results, oldest first: name, kind, rule, sessions, and whether the market is real.

    In place of a rule stands how many sets a sweep has, how many rows a comparison, and the verdict
    of evidence.

    Sweeps that were begun and not finished come last; `streak sweep --resume` finishes them.
    """
    from engine.report.format import format_value
    from engine.report.text import align
    from engine.store.folders import stored_results
    from engine.store.unfinished import unfinished_sweeps

    found, unfinished = stored_results(results), unfinished_sweeps(results)
    if as_json:
        keys = ("kind", "study", "created", "simulated", "content_hash")
        whole = [
            {"run": r.name, "path": str(r.path), **{k: r.manifest.get(k) for k in keys}}
            for r in found
        ]
        begun = [
            {"run": u.name, "path": str(u.path), "kind": KIND, "study": u.about["study"]}
            for u in unfinished
        ]
        print_json(whole + begun)
        return
    if not found and not unfinished:
        notice(quiet, f"no results in {results}")
        return
    lines = [("RESULT", "KIND", "RULE", "SESSIONS", "FIRST", "LAST", "DATA")]
    for result in found:
        data, rule = result.manifest["data"], result.manifest.get("rule") or {}
        lines.append(
            (
                result.name,
                result.manifest["kind"],
                rule.get("name") or _instead(result.manifest),
                format_value(data["sessions"], "count"),
                data["first_session"],
                data["last_session"],
                "simulated" if result.manifest["simulated"] else "market",
            )
        )
    for one in unfinished:
        done = f"{one.parts} of {one.about['chunks']} parts"
        lines.append((one.name, KIND, done, "", "", "", "simulated" if one.simulated else "market"))
    columns = [align(column, right=i == 3) for i, column in enumerate(zip(*lines, strict=True))]
    for texts in zip(*columns, strict=True):
        click.echo("  ".join(texts).rstrip())


def _instead(manifest: Mapping[str, Any]) -> str:
    """Return what is said of a result that is not of one rule."""
    from engine.report.format import counted

    if "sets" in manifest:
        return counted(manifest["sets"], "set")
    if "rows" in manifest:
        return counted(len(manifest["rows"]), "row")
    return str(manifest.get("verdict") or "–")

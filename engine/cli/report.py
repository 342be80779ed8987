"""``streak report``: a stored result as a page to read and to send."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from engine.cli.options import notice, output_options, print_json, results_option


@click.command()
@click.argument("run", default="latest")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the report into this folder, not into the result's.",
)
@click.option(
    "--png",
    "pictures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the main charts into this folder as well, as PNG and SVG.",
)
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@results_option
@output_options
def report(
    run: str,
    out: Path | None,
    pictures: Path | None,
    show: bool,
    results: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the report of a stored result: report.html, report.md and report.json.

    RUN is named as for `streak show`. The page needs nothing but itself: it can be sent as an
    attachment. The files are put into the result's folder; the result itself stays as it was.
    Evidence on a sweep is told in the report of the sweep.
    """
    from engine.pipeline.reporting import subject_of, write_pictures, write_report
    from engine.store.folders import find

    stored = subject_of(find(results, run))
    drawn = [] if pictures is None else write_pictures(stored, pictures)
    page = write_report(stored, out)
    for path in drawn:
        notice(quiet, str(path))
    if as_json:
        print_json({"run": stored.name, "report": str(page), "pictures": list(map(str, drawn))})
    else:
        click.echo(str(page))
    if show:
        click.launch(str(page.resolve()))

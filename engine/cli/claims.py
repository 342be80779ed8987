"""``streak claims``: what was said, tested."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import rich_click as click
from click.exceptions import Exit

from engine.cli.options import CONFIG, output_options, print_json, study_options
from engine.errors import EXIT_FAILURES


@click.command()
@click.argument("config", type=CONFIG)
@click.argument("claims_file", metavar="CLAIMS", type=CONFIG)
@click.option("--strict", is_flag=True, help="Exit with 1 when a claim is contradicted.")
@study_options
@output_options
def claims(
    config: Path,
    claims_file: Path,
    strict: bool,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Test the claims in the file CLAIMS on the prices of the study CONFIG.

    Prints for each the words and their source, the claimed and the measured figure, and whether
    it is supported, contradicted, or not testable with this data.
    """
    from engine.market.panel import SIMULATED_NOTICE
    from engine.pipeline.claiming import check_claims
    from engine.report.text import one_line
    from engine.rules.studies import read_study
    from engine.study.claims import load_claims

    study = read_study(config, overrides=overrides, data_dir=data_dir).study
    results = check_claims(study, load_claims(claims_file))
    simulated = study.data.source == "simulated"
    if as_json:
        print_json({"simulated": simulated, "claims": [asdict(result) for result in results]})
    else:
        if simulated:
            click.echo(f"{SIMULATED_NOTICE}\n")
        for result in results:
            click.echo(f"{result.verdict.upper()}: “{one_line(result.quote)}”")
            click.echo(f"  {one_line(result.source)}")
            if result.claimed:
                within = f" ({result.tolerance})" if result.tolerance else ""
                basis = f"price basis {result.price_basis}"
                click.echo(
                    f"  claimed {result.claimed}{within}; measured {result.measured}; {basis}"
                )
            if result.remark:
                click.echo(f"  {one_line(result.remark)}")
            click.echo("")
        counts = Counter(result.verdict for result in results)
        click.echo(", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items())))
    if strict and any(result.verdict == "contradicted" for result in results):
        raise Exit(EXIT_FAILURES)

"""``streak rules``: which rules there are, and what they take."""

from __future__ import annotations

from typing import Any

import rich_click as click

from engine.cli.options import output_options, print_json


@click.command()
@click.argument("name", required=False)
@output_options
def rules(name: str | None, as_json: bool, quiet: bool) -> None:
    """List the rules with their parameters, bounds and units, or explain the rule NAME.

    NAME is a shipped rule or the path of a rule file.
    """
    from engine.rules.describe import describe_rule, describe_signals

    found = _rules(name)
    if as_json:
        print_json([describe_rule(rule) for rule in found])
        return
    if name is not None:
        _explain(found[0])
        return
    for rule in found:
        click.echo(f"{rule.name}: {rule.summary}")
        _parameters(describe_rule(rule))
        click.echo("")
    click.echo("Features for rules written in a study file (enter: …, leave: …):")
    for usage, unit, meaning in describe_signals():
        click.echo(f"  {usage}: {meaning} [{unit}]")


def _rules(name: str | None) -> list[Any]:
    from pathlib import Path

    from engine.errors import RuleError, UsageError, nearest_file
    from engine.rules.registry import rule_from_file, rule_named, shipped_rules

    if name is None:
        return list(shipped_rules().values())
    if name.endswith(".py"):
        if not Path(name).is_file():
            raise UsageError(f"{name}: there is no such file{nearest_file(Path(name))}")
        return [rule_from_file(Path(name))]
    try:
        return [rule_named(name)]
    except RuleError as error:
        raise UsageError(str(error)) from None


def _explain(rule: Any) -> None:
    from engine.rules.describe import describe_rule

    description = describe_rule(rule)
    click.echo(f"{rule.name}\n\n{rule.explanation}\n")
    if description["enter"] is not None:
        click.echo(f"with its defaults\n  enter: {description['enter']}")
        click.echo(f"  leave: {description['leave']}\n")
    click.echo("parameters")
    _parameters(description)


def _parameters(description: dict[str, Any]) -> None:
    from engine.report.text import align

    rows = [
        (
            f"  {p['name']}",
            f"default {_plain(p['default'])}",
            p["allowed"],
            p["unit"],
            p["description"],
        )
        for p in description["parameters"]
    ]
    if not rows:
        return
    for texts in zip(
        *(align(column, right=False) for column in zip(*rows, strict=True)), strict=True
    ):
        click.echo("  ".join(texts).rstrip())


def _plain(value: Any) -> str:
    return "null" if value is None else str(value)

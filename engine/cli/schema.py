"""``streak schema``: the JSON Schema of a study file."""

from __future__ import annotations

import rich_click as click

from engine.cli.options import print_json


@click.command()
def schema() -> None:
    """Print the JSON Schema of a study file, for editors.

    `configs/schema.json` is this output; a study names it in its first line.
    """
    from engine.rules.schema import full_schema

    print_json(full_schema())

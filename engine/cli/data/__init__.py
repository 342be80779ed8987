"""``streak data``: prices from the world, kept in the library, and looked at before use."""

from __future__ import annotations

import rich_click as click

from engine.cli.data.check import check
from engine.cli.data.fetch import fetch, update
from engine.cli.data.importing import import_
from engine.cli.data.listing import ls, show
from engine.cli.data.remove import rm
from engine.cli.data.verify import verify


@click.group()
def data() -> None:
    """Fetch, import, keep and check prices.

    The library is a folder with one Parquet file per symbol and where it came from: `--library`,
    `STREAKLAB_DATA`, or the platform's folder for user data. A study reads it with
    `data: {source: library}`. After a fetch nothing needs the network.
    """


for command in (fetch, update, import_, ls, show, check, verify, rm):
    data.add_command(command)

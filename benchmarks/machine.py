"""What was measured on: processor, memory, operating system and versions."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from benchmarks.report import Table
from engine.store.provenance import library_versions


def machine_table(prices: str, workers: int, peers: Mapping[str, str]) -> Table:
    """Return the machine, the prices and the versions as a table.

    Parameters
    ----------
    prices : str
        What the prices of the job are.
    workers : int
        Threads and processes used.
    peers : mapping
        Versions in the peers' environment.
    """
    rows = [
        ("Prices", prices),
        ("Processor", processor()),
        ("Cores", f"{os.cpu_count()}, of which {workers} are used"),
        ("Memory", f"{memory_bytes() / 2**30:.1f} GiB"),
        ("System", f"{platform.system()} {platform.release()}"),
        ("Versions", _listed(library_versions())),
        ("Versions of the peers", _listed(peers) or "none ran"),
    ]
    return Table("Machine", ("What", "Is"), rows)


def processor() -> str:
    """Return the model of the processor."""
    found = Path("/proc/cpuinfo")
    if found.exists():
        for line in found.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def memory_bytes() -> int:
    """Return the memory of the machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())

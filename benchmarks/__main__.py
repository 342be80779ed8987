"""Run the benchmarks: ``make bench``, or one of them: ``make bench ONLY=kernel``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.comparison import compare
from benchmarks.job import panel, prices_label
from benchmarks.kernel import growth_with_sessions, growth_with_sets
from benchmarks.machine import machine_table
from benchmarks.memory import memory
from benchmarks.peers.client import PYTHON
from benchmarks.processes import processes
from benchmarks.report import Part, Table, aims_table, document, to_markdown
from benchmarks.single_run import single_run
from benchmarks.walk_forward import walks

RESULTS = Path(__file__).parent / "RESULTS.md"
PARTS = ("peers", "kernel", "memory", "process", "run", "walk")


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes
    ----------
    sets : int
        Of the comparison with peers, and of the growth with sessions.
    opt_sets : int
        For Backtrader's optstrategy.
    growth, memory, process : tuple of int
        Grids (keys of :data:`benchmarks.job.LENGTHS`).
    sessions : tuple of int
        Simulated sessions.
    folds : int
        Of the walk-forward, whose grid has `sets` sets.
    rounds, peer_rounds, cold_rounds : int
    """

    sets: int = 10_000
    opt_sets: int = 12
    growth: tuple[int, ...] = (100, 1_000, 10_000, 100_000, 1_000_000)
    memory: tuple[int, ...] = (1_000_000,)
    process: tuple[int, int] = (1_000, 100_000)
    sessions: tuple[int, ...] = (1_000, 3_000, 10_000, 30_000, 100_000)
    folds: int = 30
    rounds: int = 5
    peer_rounds: int = 3
    cold_rounds: int = 2


SMALL = Sizes(
    sets=100,
    growth=(12, 100),
    memory=(100,),
    process=(12, 100),
    sessions=(300, 1_000),
    folds=3,
    rounds=1,
    peer_rounds=1,
    cold_rounds=1,
)
"""Enough to see that everything works; the figures mean nothing."""


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write ``RESULTS.md`` if everything was measured in full size."""
    asked = _parsed(arguments)
    sizes = SMALL if asked.small else Sizes()
    versions: dict[str, str] = {}
    tables: list[Table] = []
    figures: dict[str, float] = {}
    print(prices_label(), flush=True)
    for part in _parts(asked.only or PARTS, sizes, asked.workers, asked.python, versions):
        for table in part.tables:
            print("\n" + to_markdown(table), flush=True)
        tables += part.tables
        figures |= part.figures
    if {"seconds plain", "events 1000000"} <= figures.keys():
        figures["× plain 1000000"] = figures["seconds plain"] / (figures["events 1000000"] / 1e6)
    aims = aims_table(figures)
    print("\n" + to_markdown(aims))
    output = asked.output or (RESULTS if not asked.only and not asked.small else None)
    if output:
        machine = machine_table(prices_label(), asked.workers, versions)
        output.write_text(document([machine, aims, *tables]), "utf-8")
        print(f"written: {output}")


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=PARTS, help="these alone; default: all")
    parser.add_argument("--small", action="store_true", help="tiny sizes, to try it out")
    parser.add_argument("--workers", type=int, default=2, help="threads and processes")
    parser.add_argument("--python", type=Path, default=PYTHON, help="interpreter of the peers")
    parser.add_argument(
        "--output", type=Path, help="file for the results; default: RESULTS.md of a full run"
    )
    return parser.parse_args(arguments)


def _parts(
    names: tuple[str, ...], sizes: Sizes, workers: int, python: Path, versions: dict[str, str]
) -> Iterator[Part]:
    """Run benchmarks in their order; collects the versions of the peers."""

    def peers() -> Iterator[Part]:
        part, found = compare(sizes.sets, sizes.opt_sets, sizes.peer_rounds, workers, python)
        versions.update(found.versions)
        yield part

    def kernel() -> Iterator[Part]:
        yield growth_with_sets(sizes.growth, sizes.rounds, workers)
        yield growth_with_sessions(sizes.sessions, sizes.sets, sizes.rounds, workers)

    def whole() -> Iterator[Part]:
        yield processes(sizes.process, sizes.rounds, sizes.cold_rounds, workers)

    runs: dict[str, Callable[[], Iterator[Part]]] = {
        "peers": peers,
        "kernel": kernel,
        "memory": lambda: iter([memory(sizes.memory, workers)]),
        "process": whole,
        "run": lambda: iter([single_run(panel(), sizes.rounds)]),
        "walk": lambda: iter([walks(sizes.sets, sizes.folds, sizes.rounds, workers)]),
    }
    for name in PARTS:
        if name in names:
            yield from runs[name]()


if __name__ == "__main__":
    main()

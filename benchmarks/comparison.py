"""The same job by every engine, side by side."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.backtrader_runs import optstrategy, run_as_it_comes
from benchmarks.job import TERMS, Axes, axes_of, panel, prices_label, rule
from benchmarks.kernel import BARS, EVENTS, Metrics, distinct_of, sweep_events, sweeps
from benchmarks.peers.client import Peer, PeerUnavailableError, differences, write_job
from benchmarks.peers.serving import METRICS
from benchmarks.report import ABSENT, Part, Table, count_text, seconds_text, spread_text
from benchmarks.timing import Job, Seconds, clocked, side_by_side
from engine.execution.broker import run_backtrader

KERNEL = "Streaklab, event kernel"
BAR_KERNEL = "Streaklab, bar-by-bar kernel"
OWN = {KERNEL: EVENTS, BAR_KERNEL: BARS}
RAPTORBT, VECTORBT = "raptorbt", "vectorbt, Rust engine"
PEERS = {
    RAPTORBT: "benchmarks.peers.raptorbt_peer",
    VECTORBT: "benchmarks.peers.vectorbt_peer",
}
OPTSTRATEGY = "Backtrader, optstrategy"
RUN = "Backtrader, as `streak run` uses it"
PLAIN_RUN = "Backtrader, plain Cerebro and pandas feeds"

NOTES = (
    "The job of all: {prices}; the rule `streak`, filled at the next open, 1 bp commission, 1 bp "
    "(core) and 2 bp (satellite) slippage a side; a grid of {sets:,} sets of entry_streak × "
    "exit_streak × rsi_period × overbought × max_holding, which need {distinct:,} distinct runs. "
    "All engines may use {workers} cores, are warm, and hold their prices in memory.",
    "**Streaklab** is given prices and grid; its time holds features, triggers, tables, the runs "
    "and all metrics of every set. Sets that cannot differ are run once: a peer spared those "
    "would be {saving:.1f} times as fast.",
    "**vectorbt** is handed the finished positions of every set (it has no rule with a maximum "
    "holding), so its time holds no signals: `Portfolio.from_orders` with two assets a set, one "
    "cash, sells before buys, then final equity, Sharpe ratio and drawdown. It models the job in "
    "full. Its Rust engine uses one core, so batches go to processes.",
    "**raptorbt** is handed the positions, too, as entries and exits of one asset, the ratio of "
    "satellite to core, with one fee that makes there and back cost what the four trades cost. "
    "It does not model the account: its final equity agrees once the core is multiplied in "
    "(but for the cost of a stay still open), its Sharpe ratio, drawdown and other metrics "
    "are those of the ratio, not of wealth.",
    "**Backtrader** runs the shipped strategy class, whose triggers are evaluated once per run in "
    "compiled code. `optstrategy` runs {opt_sets:,} sets in processes of its own, its figures are "
    "per set; a plain Cerebro knows one slippage only, the mean is used.",
    "Every engine was timed on as many sets as stated, never extrapolated; times of the peers are "
    "taken inside their processes. A difference is the largest relative one over all sets.",
)


@dataclass
class Comparison:
    """What was run, how long it took, and how far results are from the kernel's.

    Attributes
    ----------
    sets : dict
        Parameter sets each engine ran in the time measured.
    seconds : dict of Seconds
    apart : dict of dict
        Largest relative difference by metric.
    configurations, skipped, versions : dict
        How peers ran, why they did not, and what versions they were.
    """

    sets: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, Seconds] = field(default_factory=dict)
    apart: dict[str, dict[str, float]] = field(default_factory=dict)
    configurations: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def each(self, name: str) -> float:
        """Return the median seconds of one set."""
        return self.seconds[name].median / self.sets[name]

    def ratio(self, name: str) -> float:
        """Return how many kernel sets one set of an engine takes the time of."""
        return self.each(name) / self.each(KERNEL)


def compare(
    sets: int, opt_sets: int, rounds: int, workers: int, python: Path
) -> tuple[Part, Comparison]:
    """Run every engine that is there, in turn, and lay the results side by side.

    Parameters
    ----------
    sets, opt_sets : int
        Parameter sets for kernels and peers, and for Backtrader's optstrategy.
    rounds, workers : int
    python : Path
        Interpreter of the peers' environment.
    """
    axes, found = axes_of(sets), Comparison()
    own = {name: sweeps()[key] for name, key in OWN.items() if key in sweeps()}
    if BAR_KERNEL not in own:
        found.skipped[BAR_KERNEL] = "it gave the event kernel's results to the last bit"
    ours = {name: sweep(panel(), axes, workers) for name, sweep in own.items()}
    jobs: dict[str, Job] = {
        name: repeated(clocked(partial(sweep, panel(), axes, workers)))
        for name, sweep in own.items()
    }
    found.sets = dict.fromkeys(ours, sets)
    with ExitStack() as stack:
        running = _started(stack, axes, workers, python, found)
        jobs |= {name: partial(peer.sweep, sets) for name, peer in running.items()}
        found.sets |= dict.fromkeys(running, sets)
        jobs |= _backtrader(opt_sets, workers, found)
        found.seconds = side_by_side(jobs, rounds, warm=False)  # peers have warmed up
        results = {**ours, **{name: peer.found for name, peer in running.items()}}
    for name, metrics in results.items():
        if name != KERNEL:
            compared = METRICS if name != RAPTORBT else METRICS[:1]  # the others are the ratio's
            found.apart[name] = differences({key: metrics[key] for key in compared}, ours[KERNEL])
    notes = [
        note.format(
            prices=prices_label(),
            sets=sets,
            opt_sets=opt_sets,
            workers=workers,
            distinct=distinct_of(axes),
            saving=sets / distinct_of(axes),
        )
        for note in NOTES
    ]
    return Part((comparison_table(found, notes),), figures_of(found)), found


def repeated(job: Job, times: int = 15) -> Job:
    """Return a job that is done several times for each of its times, the median: short ones vary.

    And once before, uncounted: what ran in between has left the caches to itself.
    """

    def warm() -> float:
        job()
        return median(job() for _ in range(times))

    return warm


def _started(
    stack: ExitStack, axes: Axes, workers: int, python: Path, found: Comparison
) -> dict[str, Peer]:
    path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "job.npz"
    write_job(path, panel(), axes)
    running = {}
    for name, module in PEERS.items():
        try:
            peer = stack.enter_context(Peer(python, module, path, workers))
        except PeerUnavailableError as error:
            found.skipped[name] = str(error)
            continue
        running[name] = peer
        found.configurations[name] = peer.configuration
        found.versions |= peer.versions
    return running


def _backtrader(opt_sets: int, workers: int, found: Comparison) -> dict[str, Job]:
    params = rule().parameters({})
    axes = axes_of(opt_sets)
    kept: list[Metrics] = [sweep_events(panel(), axes, workers)]

    def swept() -> None:
        found.apart[OPTSTRATEGY] = differences(optstrategy(panel(), axes, workers), kept[0])

    found.sets |= {OPTSTRATEGY: opt_sets, RUN: 1, PLAIN_RUN: 1}
    return {
        OPTSTRATEGY: clocked(swept),
        RUN: clocked(lambda: run_backtrader(panel(), rule(), params, TERMS)),
        PLAIN_RUN: clocked(lambda: run_as_it_comes(panel(), params.model_dump())),
    }


def comparison_table(found: Comparison, notes: Sequence[str] = ()) -> Table:
    """Return the comparison, fastest first; what did not run is told below."""
    rows = []
    for name in sorted(found.seconds, key=found.each):
        apart = found.apart.get(name, {})
        rows.append(
            (
                name,
                f"{found.sets[name]:,}",
                spread_text(found.seconds[name]),
                seconds_text(found.each(name)),
                count_text(1.0 / found.each(name)),
                count_text(found.ratio(name)),
                *(_difference_text(apart.get(key)) for key in METRICS),
            )
        )
    columns = (
        *("Engine", "Sets", "Time", "A set", "Sets/s", "× kernel"),
        *("Δ final equity", "Δ Sharpe", "Δ drawdown"),
    )
    told = [
        f"{name}: {how}, the fastest configuration of those tried."
        for name, how in found.configurations.items()
    ]
    told += [f"{name} was left out: {why}." for name, why in found.skipped.items()]
    return Table("The same job, side by side", columns, rows, (*notes, *told))


def figures_of(found: Comparison) -> Mapping[str, float]:
    """Return ratios to the kernel and seconds a set, of the engines that ran."""
    names = {"vectorbt": VECTORBT, "raptorbt": RAPTORBT, "run": RUN, "plain": PLAIN_RUN}
    ran = {key: name for key, name in names.items() if name in found.seconds}
    return {
        **{f"× {key} {found.sets[KERNEL]}": found.ratio(name) for key, name in ran.items()},
        **{f"seconds {key}": found.each(name) for key, name in ran.items()},
    }


def _difference_text(difference: float | None) -> str:
    return ABSENT if difference is None else f"{difference:.1e}"

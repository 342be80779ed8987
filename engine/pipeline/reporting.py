"""``report``: a stored result read back, everything its report shows, and its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.errors import UsageError
from engine.evaluation.backtest import completed_trades
from engine.evaluation.metrics import Metrics, evaluate, evaluate_against
from engine.evaluation.streak_study.table import KINDS, select
from engine.evaluation.streak_study.tallies import tallies
from engine.evaluation.tear_sheet.distribution import length_counts
from engine.evaluation.tear_sheet.sensitivity import sensitivity
from engine.evaluation.tear_sheet.several import several_rules
from engine.evaluation.tear_sheet.sheet import CORE, RULE, tear_sheet
from engine.evaluation.tear_sheet.streak_spans import streak_spans
from engine.market.quotes import FloatArray
from engine.pipeline.bench import benchmark_named
from engine.pipeline.replaying import Replay, replay
from engine.report.chapters import run_document
from engine.report.chapters.comparison import comparison_document
from engine.report.chapters.scan import scan_document
from engine.report.chapters.sweep import sweep_document
from engine.report.chapters.walk_forward import walk_forward_document
from engine.report.comparison_report import ComparisonReport
from engine.report.document import Document
from engine.report.run_report import Holdings, RunReport
from engine.report.scan_report import ScanReport
from engine.report.sweep_report import Luck, SweepReport
from engine.report.walk_forward_report import WalkForwardReport
from engine.report.writing import report_files
from engine.store.comparison_reading import read_comparison
from engine.store.evidence import KIND as EVIDENCE
from engine.store.evidence import evidence_of
from engine.store.folders import Stored, find, put_beside, write_whole
from engine.store.run_reading import StoredRun, read_run
from engine.store.scan_reading import read_scan
from engine.store.stored_runs import stored_metrics
from engine.store.sweep_reading import read_sweep
from engine.store.walk_forward_reading import read_walk_forward

BEST_SETS = 200
"""Sets of a sweep that its report looks at one by one."""
_EARLIER = (
    "prices were not stored with this run, which an earlier version made: the relative line, "
    "holding lengths, and the sensitivity to costs and delay are left out; run the study again"
)


def subject_of(stored: Stored) -> Stored:
    """Return the result that a report on a stored one is about: evidence is told in its sweep's.

    Raises
    ------
    UsageError
        If the sweep that evidence is on is no longer beside it.
    """
    if stored.manifest["kind"] != EVIDENCE:
        return stored
    return find(stored.path.parent.parent, stored.manifest["sweep"]["run"])


def document_of(stored: Stored) -> Document:
    """Return the report of a stored result, whatever its kind.

    Raises
    ------
    UsageError
        If there is no report for results of this kind.
    StoreError
        If the result's files are not what was written.
    """
    kind = stored.manifest["kind"]
    if kind not in _DOCUMENTS:
        raise UsageError(
            f"{stored.name} is a {kind}; reports are made of {', '.join(sorted(_DOCUMENTS))}"
        )
    return _DOCUMENTS[kind](stored)


def write_report(stored: Stored, folder: Path | None = None) -> Path:
    """Write the report of a stored result and return the path of its page.

    ``report.html``, ``report.md`` and ``report.json`` go into the result's folder, where the
    manifest does not list them, as they can be made again; or into `folder`.
    """
    files = report_files(document_of(stored))
    if folder is None:
        put_beside(stored, files)
    else:
        write_whole(folder, files)
    return (folder or stored.path) / "report.html"


def write_pictures(stored: Stored, folder: Path) -> list[Path]:
    """Write the main charts of a stored result as PNG and SVG; return their paths.

    Raises
    ------
    UsageError
        If there are no pictures of results of this kind, or matplotlib is not installed.
    """
    kind = stored.manifest["kind"]
    if kind not in _PICTURES:
        raise UsageError(
            f"{stored.name} is a {kind}; pictures are drawn of {', '.join(sorted(_PICTURES))}"
        )
    files = _PICTURES[kind](stored)
    write_whole(folder, files)
    return [folder / name for name in files]


def run_report(stored: Stored) -> RunReport:
    """Return everything the report of a stored run shows."""
    run = read_run(stored)
    again = replay(run)
    equities = {RULE: run.holdings["equity"], **run.benchmarks}
    cash_returns = _cash_returns(run)
    left_out = () if run.market is not None else (_EARLIER,)
    market = run.market
    return RunReport(
        run=run,
        metrics={**_stored_metrics(run), "cash": _cash_metrics(run, cash_returns)},
        equities=equities,
        sheet=tear_sheet(equities, run.sessions, cash_returns),
        ratio=None if market is None else _ratio(market),
        spans=() if market is None else streak_spans(market["streak"]),
        holdings=None if again is None else _holdings(again),
        sensitivity=None
        if again is None
        else sensitivity(again.panel, again.simulation.decisions, again.terms),
        left_out=left_out,
    )


def _run_document(stored: Stored) -> Document:
    return run_document(run_report(stored))


def scan_report(stored: Stored) -> ScanReport:
    """Return everything the report of a stored streak study shows."""
    scan = read_scan(stored)
    options = stored.manifest["options"]
    kinds = sorted(KINDS, key=lambda kind: kind != options["kind"])
    streaks, least = scan.found.streaks, options["min_length"]
    long = {kind: select(streaks[kind], min_length=least) for kind in kinds}
    return ScanReport(scan=scan, long=long, tallies=tallies(long[options["kind"]]))


def comparison_report(stored: Stored) -> ComparisonReport:
    """Return everything the report of a stored comparison shows."""
    comparison = read_comparison(stored)
    equities = {row.label: row.equity for row in comparison.rows}
    return ComparisonReport(
        comparison=comparison,
        series={row.label: benchmark_named(row.rule) for row in comparison.rows},
        sheet=several_rules(equities, comparison.sessions, comparison.tests.benchmark),
    )


def _comparison_document(stored: Stored) -> Document:
    return comparison_document(comparison_report(stored))


def _scan_document(stored: Stored) -> Document:
    return scan_document(scan_report(stored))


def sweep_report(stored: Stored) -> SweepReport:
    """Return everything the report of a stored sweep shows."""
    found = evidence_of(stored)
    luck = None if found is None else Luck(found.name, stored_metrics(found))
    return SweepReport(read_sweep(stored, best=BEST_SETS), luck)


def _sweep_document(stored: Stored) -> Document:
    return sweep_document(sweep_report(stored))


def walk_forward_report(stored: Stored) -> WalkForwardReport:
    """Return everything the report of a stored walk-forward shows."""
    return WalkForwardReport(read_walk_forward(stored))


def _walk_forward_document(stored: Stored) -> Document:
    return walk_forward_document(walk_forward_report(stored))


_DOCUMENTS: dict[str, Callable[[Stored], Document]] = {
    "run": _run_document,
    "comparison": _comparison_document,
    "scan": _scan_document,
    "sweep": _sweep_document,
    "walk-forward": _walk_forward_document,
}


def _run_pictures(stored: Stored) -> dict[str, bytes]:
    from engine.report.pictures import pictures

    return pictures(run_report(stored))


def _sweep_pictures(stored: Stored) -> dict[str, bytes]:
    from engine.report.sweep_pictures import sweep_pictures

    return sweep_pictures(sweep_report(stored))


def _comparison_pictures(stored: Stored) -> dict[str, bytes]:
    from engine.report.comparison_pictures import comparison_pictures

    return comparison_pictures(comparison_report(stored))


def _scan_pictures(stored: Stored) -> dict[str, bytes]:
    from engine.report.scan_pictures import scan_pictures

    return scan_pictures(scan_report(stored))


def _walk_forward_pictures(stored: Stored) -> dict[str, bytes]:
    from engine.report.walk_forward_pictures import walk_forward_pictures

    return walk_forward_pictures(walk_forward_report(stored))


_PICTURES: dict[str, Callable[[Stored], dict[str, bytes]]] = {
    "run": _run_pictures,
    "comparison": _comparison_pictures,
    "scan": _scan_pictures,
    "sweep": _sweep_pictures,
    "walk-forward": _walk_forward_pictures,
}


def _ratio(market: dict[str, FloatArray]) -> FloatArray:
    ratio = market["satellite_close"] / market["core_close"]
    return np.asarray(ratio / ratio[0])


def _holdings(again: Replay) -> Holdings:
    return Holdings(*length_counts(completed_trades(again.simulation)[1]))


def _stored_metrics(run: StoredRun) -> dict[str, Metrics]:
    benchmarks = run.metrics["benchmarks"]
    return {RULE: run.metrics["rule"]["metrics"]} | {k: v["metrics"] for k, v in benchmarks.items()}


def _cash_returns(run: StoredRun) -> FloatArray:
    """Return what cash earned between closes, shape (n − 1,); nothing where it was not stored."""
    n = len(run.sessions)
    return np.zeros(n - 1) if run.market is None else run.market["overnight_rate"][: n - 1]


def _cash_metrics(run: StoredRun, cash_returns: FloatArray) -> Metrics:
    """Return the metrics of wealth that stays in cash."""
    n = len(run.sessions)
    start = run.holdings["equity"][0]
    wealth = start * np.cumprod(np.append(1.0, 1.0 + cash_returns))
    own = evaluate(
        wealth,
        run.sessions,
        cash_returns=cash_returns,
        rotations=0,
        trade_returns=[],
        trade_lengths=[],
        exposure=np.zeros(n - 1),
        traded_weight=np.zeros(n),
        costless_equity=wealth,
    )
    core = run.benchmarks.get(CORE)
    return own if core is None else {**own, **evaluate_against(wealth, core, cash_returns)}

"""Writing results: what the store keeps of each kind of them.

What only one kind needs is loaded when one is written: a sweep waits for no chapter on evidence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.evaluation.metrics import to_json_value
from engine.pipeline.bench import setting_of
from engine.report import tables
from engine.report.results import run_table
from engine.report.sections import SECTIONS_FILE, Section, sections_json, sections_markdown
from engine.report.sweeps import core_label, sweep_csv, sweep_markdown, sweep_table
from engine.report.tables import Table
from engine.store.files import comparison_files, notice_of, run_files
from engine.store.folders import Stored, save
from engine.store.provenance import code_hash, content_hash, library_versions
from engine.store.records import Comparison, RunResult, Setting
from engine.store.sweeps import SweepSummary, sweep_files
from engine.store.trials import TRIALS

if TYPE_CHECKING:
    from engine.evaluation.streak_study.table import Streak
    from engine.pipeline.scanning import Scan
    from engine.store.evidence import Evidence
    from engine.store.walk_forwards import WalkForward


def save_run(result: RunResult, study_text: bytes, root: Path) -> Stored:
    """Write a run's folder under `root` and return it; see :mod:`engine.store.folders`.

    `study_text` is the study file as given; it is kept beside the resolved one.
    """
    table = run_table(result)
    files = {
        "study.yaml": study_text,
        **_summary(result.study, table, transposed=True),
        **run_files(result),
    }
    manifest = {
        "kind": "run",
        **_manifest(result.setting, table.notes),
        "seed": result.seed,
        "config": result.config,
        "folder": result.folder and str(result.folder),
        "config_hash": result.config_hash,
        "rule": result.subject.rule,
        "rejected_orders": result.simulation.rejected_orders,
        "engines": {"names": ["backtrader", "bars"], "max_difference": result.max_difference},
        "pending": result.pending and to_json_value(result.pending._asdict()),
        "timings": result.timings,
    }
    return save(root, result.study, result.content_hash, files, manifest)


def save_comparison(comparison: Comparison, table: Table, root: Path) -> Stored:
    """Write a comparison's folder under `root` and return it."""
    files = {
        **_summary(comparison.name, table),
        **comparison_files(comparison),
    }
    manifest = {
        "kind": "comparison",
        "config": comparison.config,
        **_manifest(comparison.setting, table.notes),
        "rows": [{"label": row.label, "source": row.source} for row in comparison.rows],
    }
    return save(root, comparison.name, comparison.content_hash, files, manifest)


def save_scan(
    scan: Scan,
    listed: Sequence[Streak],
    sections: Sequence[Section],
    given: Mapping[str, bytes],
    root: Path,
    options: Mapping[str, Any],
) -> Stored:
    """Write a streak study's folder under `root` and return it.

    `sections` are those that were printed, for ``study.md`` and for being shown again; `given`
    are the files it was made from, ``study.yaml`` and, if there are any, ``claims.yaml``;
    `options` are those of the command; those that choose what is listed count in the folder's hash,
    the others do in that of the scan.
    """
    from engine.store.scans import scan_files

    simulated = scan.panel.simulated
    listing = [options["kind"], options["min_length"], options["top"]]
    files = {
        **given,
        "study.md": sections_markdown(scan.study.name, sections, simulated=simulated).encode(),
        SECTIONS_FILE: sections_json(sections),
        **scan_files(scan.found, listed, scan.claims, simulated=simulated),
    }
    setting = setting_of(scan.study, scan.panel)
    manifest = {
        "kind": "scan",
        "options": dict(options),
        **_manifest(setting, scan.panel.warnings),
        "beside": {
            "sha256": scan.context.digest(),
            "sources": [vars(source) for source in scan.context.sources],
        },
        "folder": scan.study.folder and str(scan.study.folder),
        "seed": scan.study.seed,
        "config": scan.config,
        "timings": {"scan_seconds": scan.seconds},
    }
    whole = content_hash(scan.content_hash, json.dumps(listing))
    return save(root, scan.study.name, whole, files, manifest)


def save_sweep(sweep: SweepSummary, trials: bytes | Path, text: bytes, root: Path) -> Stored:
    """Write a sweep's folder under `root` and return it.

    `trials` is its table: the bytes of the file, or one that is moved into the folder.
    """
    table = sweep_table(sweep)
    files: dict[str, bytes | Path] = {
        TRIALS: trials,
        "study.yaml": text,
        "summary.csv": sweep_csv(sweep, table),
        "summary.md": sweep_markdown(sweep, table).encode(),
        **sweep_files(sweep),
    }
    manifest = {
        "kind": "sweep",
        **_manifest(sweep.setting, table.notes),
        "seed": sweep.seed,
        "config": sweep.config,
        "folder": sweep.folder and str(sweep.folder),
        "axes": list(sweep.axes),
        "outer": list(sweep.outer),
        "sets": sweep.sets,
        "skipped": sweep.skipped,
        "engine": sweep.engine,
        "confirmed": len(sweep.confirmations),
        "max_difference": to_json_value(sweep.max_difference),
        "timings": {"sweep_seconds": sweep.seconds},
    }
    return save(root, sweep.study, sweep.content_hash, files, manifest)


def save_walk_forward(found: WalkForward, study_text: bytes, root: Path) -> Stored:
    """Write a walk-forward's folder under `root` and return it."""
    from engine.report.walk_forwards import walk_forward_markdown, walk_forward_table
    from engine.store.walk_forwards import walk_forward_files

    table = walk_forward_table(found)
    files = {
        "study.yaml": study_text,
        "summary.csv": tables.to_csv(table).encode(),
        "summary.md": walk_forward_markdown(found, table).encode(),
        **walk_forward_files(found),
    }
    manifest = {
        "kind": "walk-forward",
        **_manifest(found.setting, table.notes),
        "seed": found.seed,
        "config": found.config,
        "rule": found.beside["own"].rule,
        "metric": found.metric,
        "windows": found.windows,
        "axes": list(found.axes),
        "held_fixed": list(found.held_fixed),
        "sets": found.sets,
        "skipped": found.skipped,
        "engine": found.engine,
        "rejected_orders": found.simulation.rejected_orders,
        "engines": {"names": ["backtrader", "bars"], "max_difference": found.max_difference},
        "timings": found.timings,
    }
    return save(root, found.study, found.content_hash, files, manifest)


def save_evidence(found: Evidence, root: Path) -> Stored:
    """Write the folder of a sweep's evidence under `root` and return it."""
    from engine.report.search_evidence import evidence_csv, evidence_notes, evidence_sections
    from engine.store.evidence import KIND, evidence_files, evidence_json

    simulated = found.setting.simulated
    told = evidence_json(found)
    core = core_label(found.setting)
    page = sections_markdown(found.study, evidence_sections(told, core), simulated=simulated)
    files = {
        "summary.csv": evidence_csv(told, simulated=simulated),
        "summary.md": page.encode(),
        **evidence_files(found),
    }
    manifest = {
        "kind": KIND,
        "sweep": told["sweep"],
        "options": {
            "by": found.metric,
            "blocks": found.findings.blocks,
            "seed": found.seed,
            "walk_forward": found.walks,
            "searches": [
                {"null": one.null, "resample": len(one.winners), "block_length": one.block_length}
                for one in found.searches
            ],
        },
        **_manifest(found.setting, evidence_notes(told, core)),
        "seed": found.seed,
        "config": found.config,
        "verdict": found.verdict.level,
        "timings": {"evidence_seconds": found.seconds},
    }
    return save(root, found.study, found.content_hash, files, manifest)


def _summary(title: str, table: Table, *, transposed: bool = False) -> dict[str, bytes]:
    """Return the summary table as files."""
    page = f"# {title}\n\n{tables.to_markdown(table, transposed=transposed)}"
    return {"summary.csv": tables.to_csv(table).encode(), "summary.md": page.encode()}


def _manifest(setting: Setting, notes: Sequence[str]) -> dict[str, Any]:
    """Return what every manifest says of data, terms, code and libraries."""
    return {
        "data": setting.data,
        "simulated": setting.simulated,
        "notes": list(notes),
        **notice_of(setting.simulated),
        "price_basis": setting.data["price_basis"],
        "warnings": list(setting.warnings),
        "execution": setting.execution,
        "code_hash": code_hash(),
        "versions": library_versions(),
    }

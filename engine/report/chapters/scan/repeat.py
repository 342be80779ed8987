"""How to get the same streak study again."""

from __future__ import annotations

from engine.report.chapters.reproduce import reproduction
from engine.report.document import Chapter
from engine.report.scan_report import ScanReport


def repeat(report: ScanReport) -> Chapter:
    """Return the chapter on repeating the study."""
    given = report.manifest["options"]
    options = ["--kind", given["kind"], "--min-length", str(given["min_length"])]
    options += ["--top", str(given["top"])] if given["top"] is not None else []
    for date in given["analogues"]:
        options += ["--analogue", date]
    options += ["--anatomy", given["anatomy"]] if given["anatomy"] else []
    options += ["--claims", "claims.yaml"] if report.scan.claims_text is not None else []
    return reproduction(
        report.stored,
        report.scan.study_text,
        " ".join(["streak scan study.yaml", *options]),
        report.scan.claims_text,
    )

"""What was said of the streaks, and what the prices say to it."""

from __future__ import annotations

from dataclasses import asdict

from engine.evaluation.streak_study.claims import Tested
from engine.report.claims import claimed_text, tally
from engine.report.document import Chapter, DataTable, headings, plain_rows
from engine.report.scan_report import ScanReport

HEADINGS = ("Claim", "Source", "Verdict", "Claimed", "Measured", "Prices", "Remark")
_SIGNS = {"supported": "✓", "contradicted": "✗"}


def claims(report: ScanReport) -> Chapter | None:
    """Return the chapter of claims; None where nothing was claimed."""
    tested = report.scan.claims
    if not tested:
        return None
    return Chapter(
        key="claims",
        title="Claims tested",
        sentences=(tally(tested),),
        blocks=(
            DataTable(
                "claims-table",
                "Claims",
                headings(*HEADINGS),
                plain_rows([_row(claim) for claim in tested]),
                left=len(HEADINGS),
                sortable=len(tested) > 1,
            ),
        ),
        data={"claims": [asdict(claim) for claim in tested]},
    )


def _row(claim: Tested) -> list[str]:
    return [
        claim.quote,
        claim.source,
        f"{_SIGNS.get(claim.verdict, '○')} {claim.verdict}",
        claimed_text(claim),
        claim.measured,
        claim.price_basis if claim.claimed else "",
        claim.remark,
    ]

"""Claims and what became of them, as a section for the terminal and for ``study.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.evaluation.streak_study.claims import Tested
from engine.report.sections import Section

HEADINGS = ("claim", "source", "verdict", "claimed", "measured", "prices", "remark")


def claims_sections(claims: Sequence[Tested]) -> list[Section]:
    """Return the section of the claims; none where nothing was claimed."""
    if not claims:
        return []
    rows = tuple(claim_row(claim) for claim in claims)
    return [Section("Claims", (tally(claims),), HEADINGS, rows, len(HEADINGS))]


def claim_row(claim: Tested) -> tuple[str, ...]:
    """Return the cells of one claim, in the order of `HEADINGS`."""
    within = f" ({claim.tolerance})" if claim.tolerance else ""
    return (
        claim.quote,
        claim.source,
        claim.verdict,
        f"{claim.claimed}{within}",
        claim.measured,
        claim.price_basis if claim.claimed else "",
        claim.remark,
    )


def tally(claims: Sequence[Tested]) -> str:
    """Return how many claims fared how, in words."""
    counts = Counter(claim.verdict for claim in claims)
    fates = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    return f"Of {len(claims)} claim{'s' * (len(claims) != 1)}: {fates}."

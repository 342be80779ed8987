"""Claims and what became of them, as a section for the terminal and for ``study.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.evaluation.streak_study.claims import Tested
from engine.report.sections import Section


def claims_sections(claims: Sequence[Tested]) -> list[Section]:
    """Return the section of the claims, a paragraph each; none where nothing was claimed."""
    if not claims:
        return []
    return [Section("Claims", (tally(claims), *map(_paragraph, claims)))]


def tally(claims: Sequence[Tested]) -> str:
    """Return how many claims fared how, in words."""
    counts = Counter(claim.verdict for claim in claims)
    fates = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    return f"Of {len(claims)} claim{'s' * (len(claims) != 1)}: {fates}."


def claimed_text(claim: Tested) -> str:
    """Return the claimed figure, and how far off it may be."""
    return f"{claim.claimed} ({claim.tolerance})" if claim.tolerance else claim.claimed


def _paragraph(claim: Tested) -> str:
    said = [f"{claim.verdict.capitalize()}: “{claim.quote}” ({claim.source})"]
    if claim.claimed:
        said.append(f"claimed {claimed_text(claim)}")
        said.append(f"measured {claim.measured}, price basis {claim.price_basis}")
    return f"{'; '.join([*said, *([claim.remark] if claim.remark else [])])}."

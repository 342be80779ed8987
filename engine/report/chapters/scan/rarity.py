"""How rare long runs are: observed numbers against a coin, a Markov chain, resampled histories."""

from __future__ import annotations

from dataclasses import asdict

from engine.evaluation.streak_study.rarity import Rarity
from engine.report.charts.scan.rarity import rarity_figure
from engine.report.document import Chapter
from engine.report.scan_report import ScanReport


def rarity(report: ScanReport) -> Chapter:
    """Return the chapter on how rare long runs are."""
    found = report.found.rarity
    leaders = {"outperformance": report.satellite, "underperformance": report.core}
    return Chapter(
        key="rarity",
        title="How rare?",
        sentences=(
            *(f"{leader} ahead: {_said(found[side])}" for side, leader in leaders.items()),
            "A band holds 95 of 100 histories at one length, not at all lengths at once.",
        ),
        blocks=tuple(rarity_figure(side, found[side], leader) for side, leader in leaders.items()),
        template="pairs.html",
        data={side: {**asdict(one), "outside": one.outside} for side, one in found.items()},
    )


def _said(found: Rarity) -> str:
    among = f"of the {len(found.rows)} lengths looked at"
    if not found.outside:
        return f"the number of runs is within a coin's 95 % band at all {len(found.rows)} lengths."
    lengths = ", ".join(map(str, found.outside))
    return (
        f"the number of runs is within a coin's 95 % band, but for {len(found.outside)} {among}: "
        f"{lengths} sessions and more."
    )

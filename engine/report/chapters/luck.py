"""How much of one run is luck: how well its figures are known, and what the verdict rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.report.chapters.told import table_of
from engine.report.document import Block, Chapter
from engine.report.format import format_number
from engine.report.run_report import RunReport
from engine.report.search_evidence import alone_section, findings_section
from engine.store.run_reading import stored_verdict

_SOURCES = (
    "Standard error of the Sharpe ratio: Lo (2002), with skew and kurtosis as Mertens (2002) has "
    "it. Probabilities and sessions needed: probabilistic Sharpe ratio and minimum track record "
    "length of Bailey and López de Prado (2012).",
    "Intervals: stationary bootstrap of Politis and Romano (1994), block length by Politis and "
    "White (2004). Those of the maximum drawdown are percentiles: how deep it could as well have "
    "been. The others are bias-corrected and accelerated (Efron, 1987).",
)


def luck(report: RunReport) -> Chapter | None:
    """Return the chapter on how much of a run may be luck; None if nothing was stored on it."""
    told = report.run.metrics
    if stored_verdict(told) is None:
        return None
    core = report.label("core") if report.has_core else report.core_symbol
    judged = findings_section(told)
    tables: tuple[Block, ...] = (
        table_of(judged, "judged"),
        replace(
            table_of(alone_section(told, core), "known"),
            title="How well the figures are known",
            notes=_SOURCES,
        ),
    )
    return Chapter(
        key="luck",
        title="How much of this is luck?",
        sentences=(*judged.lines, _drawn(told)),
        blocks=tables,
        data={"uncertainty": told["uncertainty"], "verdict": told["verdict"]},
    )


def _drawn(told: dict[str, Any]) -> str:
    """Return how the intervals were made."""
    one = told["uncertainty"]
    if one["block_length"] is None:
        return f"{one['returns']} returns are too few to be resampled: there are no intervals."
    histories, block = format_number(one["resamples"], 0), format_number(one["block_length"], 1)
    return f"Intervals are of {histories} histories, resampled in blocks of {block} sessions."

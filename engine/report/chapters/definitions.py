"""The appendix: what every figure means, and where its formula is from."""

from __future__ import annotations

from engine.evaluation.definitions import METRICS
from engine.report.document import Chapter

_BETTER = {1: "higher is better", -1: "lower is better", 0: ""}


def anchor(key: str) -> str:
    """Return the anchor of a metric's definition."""
    return f"definition-{key.replace('_', '-')}"


def definitions(_: object) -> Chapter:
    """Return the definitions of all metrics."""
    groups: dict[str, list[dict[str, str]]] = {}
    for metric in METRICS:
        groups.setdefault(metric.group, []).append(
            {
                "label": metric.label,
                "anchor": anchor(metric.key),
                "source": metric.source,
                "better": _BETTER[metric.direction],
            }
        )
    lines = tuple(f"{metric.label}: {metric.source}." for metric in METRICS)
    return Chapter(
        key="definitions",
        title="Definitions",
        sentences=lines,
        template="definitions.html",
        context={"groups": groups},
        data={metric.key: metric.source for metric in METRICS},
    )

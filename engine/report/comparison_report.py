"""The record of what a report of a comparison shows; all of it is computed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from engine.evaluation.inference.rules import RuleTests
from engine.evaluation.tear_sheet.several import SeveralRules
from engine.report.reported import Reported
from engine.report.theme import SEVERAL, colour_of
from engine.store.comparison_reading import StoredComparison
from engine.store.folders import Stored
from engine.store.records import Compared

DASHES = ("solid", "dash", "dot")
"""Of lines that share a colour, in this order."""


@dataclass(frozen=True, eq=False)
class ComparisonReport(Reported):
    """A stored comparison and what is derived from it.

    Attributes
    ----------
    comparison : StoredComparison
    series : dict of str to str
        Which benchmark a row is, by label: ``core``, ``satellite``, ``50/50``.
    sheet : SeveralRules
    """

    comparison: StoredComparison
    series: dict[str, str]
    sheet: SeveralRules

    @property
    def stored(self) -> Stored:
        """The result that is reported."""
        return self.comparison.stored

    @property
    def tests(self) -> RuleTests:
        """How the rules were tested against one another and against the core."""
        return self.comparison.tests

    @property
    def rows(self) -> tuple[Compared, ...]:
        """Rules and benchmarks, in the order of the comparison."""
        return self.comparison.rows

    @property
    def rules(self) -> tuple[Compared, ...]:
        """The rules among the rows."""
        return tuple(row for row in self.rows if row.kind == "rule")

    @property
    def core(self) -> str | None:
        """Label of the core held, if it is among the rows."""
        return self.tests.benchmark

    @cached_property
    def dates(self) -> list[str]:
        """The sessions as ISO dates."""
        return [str(session) for session in self.comparison.sessions]

    @cached_property
    def styles(self) -> dict[str, tuple[str, str]]:
        """Name of the colour, and dash, of each row's line: benchmarks as everywhere."""
        rules = [row.label for row in self.rules]
        chosen = {
            label: (SEVERAL[i % len(SEVERAL)], DASHES[i // len(SEVERAL) % len(DASHES)])
            for i, label in enumerate(rules)
        }
        for row in self.rows:
            name = self.series.get(row.label, "")
            if row.label not in chosen:
                chosen[row.label] = (colour_of(name), "dot" if name == "50/50" else "solid")
        return chosen

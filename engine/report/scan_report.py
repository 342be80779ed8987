"""The record of what a report of a streak study shows; all of it is computed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from engine.evaluation.streak_study.study import StreakStudy
from engine.evaluation.streak_study.table import Kind, Streak
from engine.evaluation.streak_study.tallies import Tally
from engine.report.reported import Reported
from engine.store.folders import Stored
from engine.store.scan_reading import StoredScan


@dataclass(frozen=True, eq=False)
class ScanReport(Reported):
    """A stored streak study and what is derived from it.

    Attributes
    ----------
    scan : StoredScan
    long : dict of Kind to tuple of Streak
        The streaks long enough to be listed, longest first; those of the kind that was asked for
        first.
    tallies : tuple of Tally
        How many of these, of the kind asked for, were of which character.
    """

    scan: StoredScan
    long: dict[Kind, tuple[Streak, ...]]
    tallies: tuple[Tally, ...]

    @property
    def stored(self) -> Stored:
        """The result that is reported."""
        return self.scan.stored

    @property
    def found(self) -> StreakStudy:
        """What the study found."""
        return self.scan.found

    @property
    def kind(self) -> Kind:
        """The kind of streaks that was asked for."""
        return cast("Kind", self.manifest["options"]["kind"])

    @property
    def min_length(self) -> int:
        """Sessions from which on a streak is listed."""
        return int(self.manifest["options"]["min_length"])

    @property
    def core(self) -> str:
        """Symbol of the core, as sentences name it."""
        return self.core_symbol

    @property
    def satellite(self) -> str:
        """Symbol of the satellite, as sentences name it."""
        return self.satellite_symbol

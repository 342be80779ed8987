"""Telling whoever waits how far a sweep is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told what a sweep does."""

    def say(self, text: str) -> None:
        """Take a few words on what is being done."""

    def measured(self, done: int, total: int, best: float, fresh: int) -> None:
        """Take how many sets of how many are done, and the best value so far (NaN: none).

        `fresh` of them were measured since the last time; the others were there already.
        """


class Silence:
    """Progress that nobody waits for."""

    def say(self, text: str) -> None:
        """Ignore it."""

    def measured(self, done: int, total: int, best: float, fresh: int) -> None:
        """Ignore it."""

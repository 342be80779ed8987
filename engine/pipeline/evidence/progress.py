"""Telling whoever waits how far the evidence is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told what is being done."""

    def say(self, text: str) -> None:
        """Take a few words on what is being done."""

    def searched(self, null: str, done: int, total: int, rate: float) -> None:
        """Take how many histories of how many are searched, and how many in a second."""


class Silence:
    """Progress that nobody waits for."""

    def say(self, text: str) -> None:
        """Ignore it."""

    def searched(self, null: str, done: int, total: int, rate: float) -> None:
        """Ignore it."""

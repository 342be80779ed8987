"""What every report knows of the stored result it is of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from engine.store.folders import Stored


class Reported(ABC):
    """Base of the records that reports are made from."""

    @property
    @abstractmethod
    def stored(self) -> Stored:
        """The result that is reported."""

    @property
    def manifest(self) -> dict[str, Any]:
        """Its manifest."""
        return self.stored.manifest

    @property
    def core_symbol(self) -> str:
        """Symbol of the core."""
        return str(self.manifest["data"]["symbols"]["core"])

    @property
    def satellite_symbol(self) -> str:
        """Symbol of the satellite."""
        return str(self.manifest["data"]["symbols"]["satellite"])

    @property
    def core_label(self) -> str:
        """What the core held is called."""
        return f"{self.core_symbol} held"

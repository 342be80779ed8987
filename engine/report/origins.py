"""Where the prices of a result came from, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def origin_text(source: Mapping[str, Any]) -> str:
    """Return one series of a manifest in words: file, source, when fetched, last session, hash.

    What is read as it is was never fetched; then nothing is said of that.
    """
    fetched = source.get("fetched_at")
    parts = [
        f"{source['origin']} ({source['recognised_as']})",
        *([f"fetched {fetched}"] if fetched else []),
        f"last session {source['last_session']}",
        *([f"total return {source['adjustment']}"] if source.get("adjustment") else []),
        f"sha256 {source['sha256']}",
    ]
    return ", ".join(parts)

"""The user's cache folder: what can be thrown away at any time, and is made again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path


def user_cache() -> Path:
    """Return the folder that caches are kept in: ``STREAKLAB_CACHE``, or the platform's."""
    given = os.environ.get("STREAKLAB_CACHE")
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "streaklab"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "streaklab"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "streaklab"


def recall(name: str) -> bytes | None:
    """Return what was kept under a name; None if nothing was, or if it is damaged."""
    try:
        kept = (user_cache() / name).read_bytes()
    except OSError:
        return None
    digest, content = kept[: hashlib.sha256().digest_size], kept[hashlib.sha256().digest_size :]
    return content if hashlib.sha256(content).digest() == digest else None


def keep(name: str, content: bytes) -> None:
    """Keep something under a name, whole or not at all; where nothing can be written, nothing is.

    Others with the same stem before the first dot are thrown away: older versions of it.
    """
    path = user_cache() / name
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        for other in path.parent.glob(f"{path.name.split('.')[0]}.*"):
            other.unlink(missing_ok=True)
        handle, written = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        Path(written).replace(path)

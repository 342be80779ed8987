"""What produced a result: hashes of study, prices and code, and the versions of libraries."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.version import VERSION

_LIBRARIES = (
    "arch",
    "backtrader",
    "exchange_calendars",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "ruamel.yaml",
    "scipy",
)
_ROOT = Path(__file__).parents[2]


@functools.cache
def code_hash() -> str:
    """Return the hash of every source file of the engine and of the shipped rules."""
    digest = hashlib.sha256()
    for package in ("engine", "strategies"):
        for path in sorted((_ROOT / package).rglob("*.py")):
            digest.update(path.relative_to(_ROOT).as_posix().encode())
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def content_hash(config_hash: str, *data_hashes: str) -> str:
    """Return one hash of study, prices and code: equal hashes mean equal results."""
    whole = "\n".join((config_hash, *data_hashes, code_hash()))
    return hashlib.sha256(whole.encode()).hexdigest()


def sources_of(manifest: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return where every series of a result came from: the pair, and what was known besides."""
    beside = manifest.get("beside", {}).get("sources", ())
    return (*manifest["data"]["sources"], *beside)


def library_versions() -> dict[str, str]:
    """Return the versions of everything a result depends on, by distribution."""
    versions = {"streaklab": VERSION, "python": platform.python_version()}
    for name in _LIBRARIES:
        versions[name] = importlib.metadata.version(name)
    return versions

"""The sidecar of a symbol: where its rows came from, what they mean, and their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

SCHEMA = 1
"""Version of the files of the library; another one is refused, or fetched again."""

FILE = "file"
"""The source of what was imported."""

AS_TRADED = "as traded; splits and dividends kept apart"
AS_GIVEN = "as the file gives them, taken as adjusted for splits"
RATES = "values as published"

FROM_DIVIDENDS = "computed from dividends: 1 - D / previous close"
FROM_ADJUSTED_CLOSE = "adjusted close as the file gives it"
NO_ADJUSTMENT = "none: neither dividends nor an adjusted close are known"
NO_PRICES = "none: values have no total return"


@dataclass(frozen=True)
class Entry:
    """What the library knows of a symbol's rows.

    Attributes
    ----------
    symbol : str
        Upper case; also the name of the files.
    kind : {"prices", "values"}
    source : str
        ``yahoo``, ``fred``, or `FILE`.
    request : mapping
        What was asked for: the provider's symbol and dates, or the files imported.
    fetched_at : str
        UTC, ISO 8601, to the second.
    first, last : str
        ISO dates of the first and the last row.
    rows : int
    prices : str
        In what shares the prices are.
    adjustment : str
        What total return is made of.
    calendar : {"XNYS", "none"}
    sha256 : str
        Of the bytes of the Parquet file.
    versions : mapping of str to str
        Of the libraries that fetched and wrote it.
    notes : tuple of str
        What one should know of the rows.
    """

    symbol: str
    kind: str
    source: str
    request: Mapping[str, Any]
    fetched_at: str
    first: str
    last: str
    rows: int
    prices: str
    adjustment: str
    calendar: str
    sha256: str
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()


def sidecar_bytes(entry: Entry) -> bytes:
    """Return the sidecar of an entry: its fields, the schema, and a checksum over them."""
    fields_ = {"schema": SCHEMA, **asdict(entry), "notes": list(entry.notes)}
    whole = {**fields_, "checksum": _checksum(fields_)}
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()


def entry_of(content: bytes) -> Entry:
    """Return the entry in bytes of :func:`sidecar_bytes`.

    Raises
    ------
    ValueError
        With why they are no sidecar of this version, as a sentence.
    """
    try:
        whole = json.loads(content)
    except ValueError:
        whole = None
    if not isinstance(whole, dict):
        raise ValueError("is not readable JSON")
    if whole.get("schema") != SCHEMA:
        raise ValueError(f"has the schema {whole.get('schema')}; this version reads {SCHEMA}")
    checksum = whole.pop("checksum", None)
    if checksum != _checksum(whole):
        raise ValueError("is not what was written: its checksum differs")
    names = {field.name for field in fields(Entry)}
    if whole.keys() != names | {"schema"}:
        raise ValueError("has other keys than this version writes")
    del whole["schema"]
    return Entry(**{**whole, "notes": tuple(whole["notes"])})


def _checksum(plain: Mapping[str, Any]) -> str:
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()

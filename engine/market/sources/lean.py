"""Daily quotes from QuantConnect LEAN's zip files.

One zip holds one headerless CSV of ``yyyyMMdd 00:00,open,high,low,close,volume``, prices in
1/10,000 of the currency and unadjusted (format: LEAN's ``Data/equity/readme.md``). LEAN keeps
dividends and splits elsewhere, so there is no adjusted close here.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path

from engine.market.faults import file_error
from engine.market.quotes import Quotes
from engine.market.sources.cells import Source, quotes_of, text_rows
from engine.market.sources.csv import read_records
from engine.market.sources.files import MAX_BYTES, decode_text, read_bytes, too_large

PRICE_SCALE = 10_000
COLUMNS = ("date", "open", "high", "low", "close", "volume")
NOTES = ("no adjusted close: only price_basis: price is possible",)


def read_lean(path: Path, symbol: str) -> Quotes:
    """Return the quotes in a LEAN daily zip; lines are those of the CSV inside.

    Raises
    ------
    DataError
        If the file is no such zip; carries every bad cell with its line and date.
    """
    content = read_bytes(path)
    origin = str(path)
    text = decode_text(_unzip(content, origin), origin)
    records = read_records(text, ",", origin)
    position = {name: i for i, name in enumerate(COLUMNS)}
    source = Source(
        symbol=symbol,
        recognised_as="LEAN zip",
        sha256=hashlib.sha256(content).hexdigest(),
        notes=NOTES,
        price_scale=PRICE_SCALE,
    )
    return quotes_of(text_rows(records, position, len(COLUMNS), origin), source)


def _unzip(content: bytes, origin: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise file_error(origin, f"{len(members)} files in the zip; LEAN's has one CSV")
            if members[0].file_size > MAX_BYTES:
                raise too_large(origin, members[0].file_size)
            return archive.read(members[0])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error) as error:
        raise file_error(origin, f"not a readable zip: {error}") from None

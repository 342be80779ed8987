"""Find a symbol's file, read its bytes, decode its text: each failure is one sentence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from engine.errors import DataError, did_you_mean
from engine.market.faults import file_error

MAX_BYTES = 64 * 2**20  # a century of daily quotes is 3 MiB; more is not such a file


def shortest_name(path: Path) -> Path:
    """Return a path as a user would write it: relative to the working directory if shorter."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # on another drive
        return path
    return Path(relative) if len(relative) < len(str(path)) else path


def find_file(directory: Path, symbol: str, extensions: Sequence[str]) -> Path:
    """Return the file of `symbol`: ``<symbol><extension>``, in another case if need be.

    Parameters
    ----------
    directory : Path
    symbol : str
    extensions : sequence of str
        With their dots, the preferred one first.

    Raises
    ------
    DataError
        If the folder or the file is missing, or two files differ from the name in case only.
    """
    try:
        names = sorted(path.name for path in directory.iterdir())
    except OSError as error:
        raise file_error(
            str(directory), f"no such folder of prices ({error.strerror}); name one with --data-dir"
        ) from None
    for extension in extensions:
        wanted = symbol + extension
        if wanted in names:
            return directory / wanted
        alike = [name for name in names if name.lower() == wanted.lower()]
        if len(alike) > 1:
            message = f"{wanted} could be any of {', '.join(alike)}; rename one to {wanted}"
            raise file_error(str(directory), message)
        if alike:
            return directory / alike[0]
    wanted = " or ".join(symbol + extension for extension in extensions)
    hint = did_you_mean(symbol + extensions[0], [n for n in names if n.endswith(tuple(extensions))])
    raise file_error(str(directory), f"no file {wanted} in this folder{hint}")


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file that may hold daily quotes.

    Raises
    ------
    DataError
        If the file cannot be read, is empty, or is larger than 64 MiB.
    """
    try:
        size = path.stat().st_size
        content = b"" if size > MAX_BYTES else path.read_bytes()
    except OSError as error:
        raise file_error(str(path), f"cannot be read: {error.strerror}") from None
    if size > MAX_BYTES:
        raise too_large(str(path), size)
    if not content.strip():
        raise file_error(str(path), "the file is empty")
    return content


def too_large(origin: str, size: int) -> DataError:
    """Return the error for a file, or the content of an archive, that is no daily quotes."""
    limit = MAX_BYTES // 2**20
    return file_error(origin, f"{size / 2**20:,.0f} MiB; daily quotes take less than {limit} MiB")


def decode_text(content: bytes, origin: str) -> str:
    """Return the text of a CSV file: UTF-8, with or without a byte order mark.

    Raises
    ------
    DataError
        If the bytes are no text, or the text is a web page.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise file_error(origin, "the text is UTF-16; save it as CSV in UTF-8")
    if b"\x00" in content:
        raise file_error(origin, "not a text file; a CSV in UTF-8 is needed")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise file_error(origin, "not UTF-8 text; save it as CSV in UTF-8", line) from None
    if text.lstrip()[:1] == "<" and any(mark in text[:4096].lower() for mark in _WEB_PAGE):
        message = "a web page, not prices; the provider probably refused the download"
        raise file_error(origin, message)
    return text


_WEB_PAGE = ("<!doctype", "<html", "<head", "<body", "<script")

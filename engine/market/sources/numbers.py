"""Numbers as files write them: with a decimal point, a decimal comma, or thousands separators.

A comma is understood only where the file itself settles what it means; ``1,234`` alone could be
1.234 or 1234 and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum

MISSING = frozenset({"", "null", "nan", "na", "n/a", "none", "-", "--"})

_PLAIN_NUMBER = r"[+-]?(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?+"
_PLAIN = re.compile(_PLAIN_NUMBER, re.ASCII)
_PLAIN_COLUMN = re.compile(rf"(?:{_PLAIN_NUMBER}\n)*+{_PLAIN_NUMBER}", re.ASCII)
# (?!0): 0,203 can only be a decimal, nobody writes a leading zero before thousands
_THOUSANDS = re.compile(r"[+-]?(?!0)\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+", re.ASCII)


class Commas(Enum):
    """What a comma inside a number means in one file."""

    NONE = "there is none"
    DECIMAL = "it separates the decimals"
    THOUSANDS = "it separates thousands"
    UNSETTLED = "nothing settles it, or the file contradicts itself"


def meaning_of_commas(cells: Iterable[str]) -> Commas:
    """Return what commas mean in these cells, judged by the cells that can be read one way only."""
    with_comma = [cell for cell in cells if "," in cell]
    if not with_comma:
        return Commas.NONE
    thousands = any(_only_one(_THOUSANDS, _DECIMAL_COMMA, cell) for cell in with_comma)
    decimal = any(_only_one(_DECIMAL_COMMA, _THOUSANDS, cell) for cell in with_comma)
    if thousands == decimal:
        return Commas.UNSETTLED
    return Commas.THOUSANDS if thousands else Commas.DECIMAL


def plain_numbers(cells: Sequence[str]) -> list[float] | None:
    """Return the numbers of a whole column; None unless every cell writes one plainly.

    They are what :func:`number_of` gives for each, wherever commas are not decimal, in a tenth of
    the time.
    """
    if not _PLAIN_COLUMN.fullmatch("\n".join(cells)):
        return None
    try:
        return [*map(float, cells)]
    except ValueError:  # a cell of two lines
        return None


def number_of(text: str, commas: Commas = Commas.NONE) -> float:
    """Return the number a cell writes.

    Raises
    ------
    ValueError
        With what is wrong: the cell is empty, no number, or can be read two ways.
    """
    if _PLAIN.fullmatch(text):
        if commas is Commas.DECIMAL and "." in text:
            raise ValueError(f'"{text}" has a decimal point in a file with decimal commas')
        return float(text)
    if text.lower() in MISSING:
        raise ValueError("is empty")
    if commas is Commas.THOUSANDS and _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    if commas is Commas.DECIMAL and _DECIMAL_COMMA.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if _THOUSANDS.fullmatch(text) or _DECIMAL_COMMA.fullmatch(text):
        raise ValueError(
            f'"{text}" is ambiguous: its comma could separate decimals or thousands; '
            "write a decimal point and no thousands separators"
        )
    raise ValueError(f'"{text[:40]}" is not a number')


def _only_one(one: re.Pattern[str], other: re.Pattern[str], cell: str) -> bool:
    return bool(one.fullmatch(cell)) and not other.fullmatch(cell)

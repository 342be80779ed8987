"""Text in columns: made harmless, measured in terminal cells, aligned."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def one_line(text: str) -> str:
    """Return `text` on one line, without characters that would steer a terminal.

    White space becomes single spaces; control characters, lone surrogates and those that change
    the writing direction become U+FFFD.
    """
    return "".join(
        character if _is_harmless(character) else "\N{REPLACEMENT CHARACTER}"
        for character in " ".join(text.split())
    )


def _is_harmless(character: str) -> bool:
    return (
        unicodedata.category(character) not in {"Cc", "Cs"}
        and unicodedata.bidirectional(character) not in _BIDI_CONTROLS
    )


def width_of(text: str) -> int:
    """Return how many terminal cells a text takes: two for wide characters, none for combining."""
    return sum(map(_width_of_character, text))


def _width_of_character(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def align(texts: Sequence[str], *, right: bool) -> list[str]:
    """Return the texts padded with spaces to the width of the widest."""
    width = max(map(width_of, texts))
    padding = [" " * (width - width_of(text)) for text in texts]
    return [pad + text if right else text + pad for text, pad in zip(texts, padding, strict=True)]

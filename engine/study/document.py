"""YAML text to plain data, with the line of every key and item.

The text is read event by event, so that a hostile file (a "billion laughs" of aliases, nesting
without end) is refused at the event that goes too far, before anything large is built.

Plain scalars follow the core schema of YAML 1.2, with two additions that study files use: digits
may be grouped (``100_000``), and ``2026-01-22`` is a date. So ``NO`` is text and ``1e-3`` a number.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from engine.errors import Fault, StudyError
from engine.study.misfit import KeyPath, dotted, shown

MAX_BYTES = 2**20
MAX_DEPTH = 20
MAX_ALIASED = 10_000
"""Most values that aliases may repeat in one file."""
LONGEST_NUMBER = 64
"""Longer runs of digits are text: no study needs them, and reading them takes quadratic time."""

_MEANINGS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"[-+]?[0-9]+(_[0-9]+)*"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(_[0-9]+)*(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+"), lambda text: int(text, base=0)),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), dt.date.fromisoformat),
)
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((s + w for s in ("", "+") for w in (".inf", ".Inf", ".INF")), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_HINTS = {
    r"'\t'": "a tab stands where only spaces may; indent with spaces",
    "mapping values are not allowed": 'a second ": " in one line; put text that contains it in '
    "quotes, or check the indentation",
}


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data.

    Attributes
    ----------
    data : dict
        Mappings, lists and scalars (text, int, float, bool, date, None). Keys are text, always.
    lines : dict
        Line, counted from 1, of every key and list item; ``()`` is the document itself. Of what
        an alias repeats only the alias itself is listed.
    faults : tuple of Fault
        What is wrong with the YAML but does not stop it from being read on: keys given twice,
        tags, merge keys.
    """

    data: dict[str, Any]
    lines: dict[KeyPath, int]
    faults: tuple[Fault, ...] = ()


def parse_document(content: bytes, origin: str) -> Document:
    """Return the one mapping that a YAML file holds.

    Raises
    ------
    StudyError
        If the bytes are not UTF-8, more than 1 MiB, not YAML, empty, several documents, not a
        mapping, nested too deeply, or aliases repeat too much.
    """
    if len(content) > MAX_BYTES:
        _refuse(origin, 0, "is larger than 1 MiB; a study file is a page or two of text")
    reader = _Reader(_decoded(content, origin), origin)
    data = reader.only_document()
    line = reader.lines.get((), 0)
    if data is None:
        _refuse(origin, 0, "is empty; a study needs at least the keys name, data and rule")
    if not isinstance(data, dict):
        _refuse(origin, line, f"holds {shown(data)}, but must be a section of keys such as name: …")
    return Document(data, reader.lines, tuple(reader.faults))


def parse_value(text: str, origin: str) -> Any:
    """Return the value of ``text`` written as in a study file: a scalar, ``[…]`` or ``{…}``.

    Raises
    ------
    StudyError
        If `text` is not one YAML value; the fault has line 0.
    """
    reader = _Reader(text, origin, has_lines=False)
    value = reader.only_document()
    if reader.faults:
        raise StudyError(faults=reader.faults)
    return value


def scalar(text: str) -> Any:
    """Return what an unquoted YAML scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > LONGEST_NUMBER:
        return text
    for pattern, meaning in _MEANINGS:
        if pattern.fullmatch(text):
            try:
                return meaning(text)
            except ValueError:  # of a date such as 2026-02-30
                return text
    return text


def _refuse(origin: str, line: int, message: str) -> NoReturn:
    raise StudyError(faults=[Fault(origin, line, "", message)])


def _decoded(content: bytes, origin: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _refuse(origin, line, "is not UTF-8 text; save the file with the encoding UTF-8")


def _events(text: str, origin: str, has_lines: bool) -> Iterator[Any]:
    """Yield the YAML events of a text; whatever the parser stumbles over becomes a StudyError."""
    from ruamel.yaml import YAML

    parser = YAML(typ="safe", pure=True)
    try:
        yield from parser.parse(text)
    except Exception as error:  # also bare asserts and ValueErrors of the parser
        line, message = _yaml_problem(error, text)
        _refuse(origin, line if has_lines else 0, f"not valid YAML: {message}")


def _yaml_problem(error: Exception, text: str) -> tuple[int, str]:
    """Return line and cause of a parser's error."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    if mark is not None and problem:
        hint = next((hint for sign, hint in _HINTS.items() if sign in problem), None)
        context, began = getattr(error, "context", None), getattr(error, "context_mark", None)
        if hint is None and context and began is not None and began.line != mark.line:
            problem = f"{problem}, {context} that began on line {began.line + 1}"
        return mark.line + 1, hint or problem
    position = getattr(error, "position", None)
    if isinstance(position, int):
        return text.count("\n", 0, position) + 1, f"a control character ({text[position]!r})"
    return 0, "a directive (a line with %) or an escape (a backslash in quotes) without meaning"


class _Reader:
    """Builds plain data from YAML events, noting lines, within bounds."""

    def __init__(self, text: str, origin: str, has_lines: bool = True) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.faults: list[Fault] = []
        self._origin = origin
        self._has_lines = has_lines
        self._events = _events(text, origin, has_lines)
        self._anchors: dict[str, tuple[Any, int] | None] = {}  # None while being built
        self._nodes = 0
        self._aliased = 0

    def only_document(self) -> Any:
        """Return the value of the only document, or None where there is none."""
        data = None
        documents = 0
        for event in self._events:
            if type(event).__name__ != "DocumentStartEvent":
                continue
            documents += 1
            if documents > 1:
                self._stop(event, "a second document begins here; one study to a file")
            first = next(self._events)
            self.lines[()] = self._line(first)
            data = self._value(first, ())
        return data

    def _line(self, event: Any) -> int:
        return event.start_mark.line + 1 if self._has_lines else 0

    def _note(self, event: Any, path: KeyPath, message: str) -> None:
        self.faults.append(Fault(self._origin, self._line(event), dotted(path), message))

    def _stop(self, event: Any, message: str) -> NoReturn:
        _refuse(self._origin, self._line(event), message)

    def _value(self, event: Any, path: KeyPath) -> Any:
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._repeated(event)
        if len(path) > MAX_DEPTH:
            self._stop(event, f"nested more than {MAX_DEPTH} levels deep")
        if event.ctag is not None:
            self._note(event, path, "has a tag (!…); study files use none")
        before = self._nodes
        self._nodes += 1
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        match kind:
            case "MappingStartEvent":
                value: Any = self._mapping(path)
            case "SequenceStartEvent":
                value = self._sequence(path)
            case _:
                text = self._text(event)
                value = text if event.style else scalar(text)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _text(self, event: Any) -> str:
        r"""Return the text of a scalar; escapes such as "\ud800" can make it no text at all."""
        text: str = event.value
        if any("\ud800" <= character <= "\udfff" for character in text):
            self._stop(event, "an escape stands for half a character; write the character itself")
        return text

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent":
                self._stop(event, "a key must be a word, not a list, a section or an alias")
            key = self._text(event)
            here = (*path, key)
            if key in result:
                first = f" (first on line {self.lines[here]})" if self._has_lines else ""
                self._note(event, here, f"is given twice{first}")
            elif key == "<<":
                self._note(event, here, "merging is not supported; write the keys out")
            self.lines.setdefault(here, self._line(event))
            result.setdefault(key, self._value(next(self._events), here))
        result.pop("<<", None)  # noted above
        return result

    def _sequence(self, path: KeyPath) -> list[Any]:
        result: list[Any] = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            here = (*path, len(result))
            self.lines.setdefault(here, self._line(event))
            result.append(self._value(event, here))
        return result

    def _repeated(self, event: Any) -> Any:
        """Return what an alias stands for; the object is shared, never copied."""
        if event.anchor not in self._anchors:
            self._stop(event, f"*{event.anchor} repeats something that is not defined before it")
        anchored = self._anchors[event.anchor]
        if anchored is None:
            self._stop(event, f"*{event.anchor} contains itself")
        value, size = anchored
        self._nodes += size
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            self._stop(event, f"aliases repeat more than {MAX_ALIASED} values")
        return value

"""From what is wrong to what a user reads: pydantic's errors in plain words, keys with lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from engine.errors import Fault, StudyError
from engine.study.misfit import (
    KeyPath,
    Misfit,
    MisfitError,
    allowed_names,
    dotted,
    shown,
    unknown_key,
)

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

WANTED = MappingProxyType(
    {
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "finite_number": "a finite number",
        "string_type": "text",
        "bool_type": "true or false",
        "date_type": "a date such as 2026-01-22",
        "path_type": "a path",
        "none_required": "null",
        "dict_type": "a section of keys",
        "mapping_type": "a section of keys",
        "model_type": "a section of keys",
        "model_attributes_type": "a section of keys",
        "list_type": "a list such as [a, b]",
        "tuple_type": "a list such as [a, b]",
    }
)
"""Pydantic's error type → what a value must be."""

NAME_PATTERN = r"^[A-Za-z0-9_-]+$"
SYMBOL_PATTERN = r"^[A-Za-z0-9^][A-Za-z0-9._=^-]*$"

BOUNDS = MappingProxyType(
    {
        "greater_than_equal": ("ge", "at least"),
        "greater_than": ("gt", "greater than"),
        "less_than_equal": ("le", "at most"),
        "less_than": ("lt", "less than"),
        "multiple_of": ("multiple_of", "a multiple of"),
    }
)
"""Pydantic's error type → where it keeps the bound, and how to say it."""


@dataclass(frozen=True)
class Places:
    """Where every key of a study was given: on a line of the file, or on the command line.

    Attributes
    ----------
    origin : str
        The file as the user named it.
    lines : mapping of KeyPath to int
        Line of every key in the file, counted from 1.
    options : mapping of KeyPath to str
        Keys given on the command line → the option, ``--set rule.entry_streak``.
    """

    origin: str
    lines: Mapping[KeyPath, int]
    options: Mapping[KeyPath, str] = field(default_factory=dict)

    def of(self, path: KeyPath) -> tuple[str, int]:
        """Return origin and line of a key, or of the nearest section around it; no line is 0."""
        for length in range(len(path), -1, -1):
            near = path[:length]
            if near in self.options:
                return self.options[near], 0
            if near in self.lines:
                return self.origin, self.lines[near]
        return self.origin, 0

    def fault(self, misfit: Misfit) -> Fault:
        """Return a misfit with the place of its key."""
        origin, line = self.of(misfit.path)
        key = dotted(misfit.path)
        named = origin.startswith("--") and origin.endswith(f" {key}")
        return Fault(origin, line, "" if named else key, misfit.message)

    def with_option(self, path: KeyPath, option: str) -> Places:
        """Return the places after an option has replaced the value at `path`."""

        def kept(places: Mapping[KeyPath, Any]) -> dict[KeyPath, Any]:
            return {p: place for p, place in places.items() if p[: len(path)] != path}

        return Places(self.origin, kept(self.lines), {**kept(self.options), path: option})


def without_lines(misfits: Iterable[Misfit], study: str = "study") -> StudyError:
    """Return the error of a study that has no file: ``study: key: what is wrong``."""
    places = Places(study, {})
    return StudyError(faults=[places.fault(misfit) for misfit in misfits])


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults without repetitions: those of the file by line, then those of options."""
    return sorted(dict.fromkeys(faults), key=lambda fault: (fault.line == 0, fault.line))


def misfits_of(
    error: ValidationError, model: type[BaseModel], given: Any, at: KeyPath = ()
) -> list[Misfit]:
    """Return what pydantic found wrong, in a user's words.

    Parameters
    ----------
    error : ValidationError
        Raised by ``model.model_validate(given)``.
    model : type of BaseModel
        Names the keys that are allowed where one is unknown.
    given : plain data
        What was validated; tells keys in error locations from the names of union branches.
    at : KeyPath
        Where `given` stands in the study.
    """
    found: dict[Misfit, None] = {}
    taken: set[KeyPath] = set()  # of the branches of a union, the first to complain is heard
    for details in error.errors(include_url=False):
        misfits = list(_misfits(details, model, given))
        if not taken.issuperset(m.path for m in misfits):
            found.update(dict.fromkeys(misfits))
            taken.update(m.path for m in misfits)
    return [Misfit((*at, *path), message) for path, message in found]


def _misfits(details: ErrorDetails, model: type[BaseModel], given: Any) -> Iterator[Misfit]:
    location = details["loc"]
    allowed = _keys_at(model, location[:-1])
    path = _path_in(given, location, allowed)
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, MisfitError):
        for misfit in cause.misfits:
            yield Misfit((*path, *misfit.path), misfit.message)
    elif details["type"] == "extra_forbidden":
        yield unknown_key(path, allowed)
    elif details["type"] == "too_short":
        yield from _too_short(path, details)
    else:
        yield Misfit(path, _message(details))


def _too_short(path: KeyPath, details: ErrorDetails) -> Iterator[Misfit]:
    """Yield what is wrong with a list too short as given, not for want of its wrong values."""
    given, least = len(details["input"]), details["ctx"]["min_length"]
    if given < least:
        has = f"has {given} values" if given else "is an empty list"
        wanted = "one value" if least == 1 else f"{least} values"
        yield Misfit(path, f"{has}, but must have at least {wanted}")


def _path_in(given: Any, location: KeyPath, allowed: Sequence[str]) -> KeyPath:
    """Return the steps of a location that are keys, leaving out the names of union branches.

    The last step may be a key that is not given: one that is missing, or wrong by default.
    """
    path: list[str | int] = []
    node = given
    for step in location[:-1]:
        if _has(node, step):
            node = node[step]
            path.append(step)
    return (*path, *(step for step in location[-1:] if _has(node, step) or step in allowed))


def _has(node: Any, step: str | int) -> bool:
    if isinstance(node, dict):
        return step in node
    return isinstance(node, list | tuple) and isinstance(step, int) and step < len(node)


def _keys_at(model: type[BaseModel], location: KeyPath) -> list[str]:
    """Return the keys allowed in the section at a location."""
    sections = [model]
    for step in location:
        branch = [section for section in sections if section.__name__ == step]
        below = [
            inner
            for section in sections
            if isinstance(step, str) and step in section.model_fields
            for inner in _sections_in(section.model_fields[step].annotation)
        ]
        sections = branch or below or sections
    return [key for section in sections for key in key_names(section)]


def key_names(model: type[BaseModel]) -> list[str]:
    """Return the keys of a section as users write them."""
    return [info.alias or name for name, info in model.model_fields.items()]


def _sections_in(annotation: Any) -> list[type[BaseModel]]:
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in _sections_in(part)]


def _message(details: ErrorDetails) -> str:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    match kind:
        case "missing":
            message = "is missing"
        case "literal_error" | "enum":
            message = _not_among(value, context["expected"])
        case "value_error":
            message = str(context["error"])
        case "string_pattern_mismatch":
            message = f"is {shown(value)}, but {_pattern_in_words(context['pattern'])}"
        case "string_too_long":
            message = f"has {len(value)} characters, but must have at most {context['max_length']}"
        case _:
            message = f"is {shown(value)}, but must be {_wanted(details)}"
    return message


def _wanted(details: ErrorDetails) -> str:
    """Return what a value must be; for what only a user's own rule can ask, in pydantic's words."""
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    if kind in BOUNDS:
        bound, words = BOUNDS[kind]
        return f"{words} {_plain_number(context[bound])}"
    if kind in WANTED:
        is_word = isinstance(value, bool | int | float | dt.date)
        return WANTED[kind] + ("; put it in quotes" if kind == "string_type" and is_word else "")
    return details["msg"].removeprefix("Input should be ")


def _pattern_in_words(pattern: str) -> str:
    if pattern == NAME_PATTERN:
        return "may hold only letters, digits, - and _"
    if pattern == SYMBOL_PATTERN:
        return "a symbol holds only letters, digits and . _ = ^ -, and begins with one of the first"
    return f"must match the pattern {pattern}"


def _not_among(value: Any, expected: str) -> str:
    """Return the message of a literal; pydantic writes ``'a', 'b' or 'c'``."""
    allowed = [part.strip("'") for part in expected.replace(" or ", ", ").split(", ")]
    given = value if isinstance(value, str) else shown(value)
    return f"is {shown(value)}, which is not allowed {allowed_names(given, allowed)}"


def _plain_number(bound: Any) -> str:
    whole = isinstance(bound, float) and bound.is_integer()
    return str(int(bound) if whole else bound)

"""Options of the command line that replace what a study file says: ``--set`` and ``--data-dir``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import Fault, StudyError
from engine.study.document import parse_value
from engine.study.misfit import KeyPath, Misfit, MisfitError, dotted, shown

WHOLE_KEYS: tuple[KeyPath, ...] = (
    ("sweep",),
    ("execution", "commission_bps"),
    ("execution", "slippage_bps"),
)
"""Sections whose own keys may contain dots: ``sweep.rule.entry_streak``, a symbol ``BRK.B``."""


def parse_override(text: str) -> tuple[str, str, Any]:
    """Return dotted key, option as the user sees it, and value of ``rule.entry_streak=7``.

    The value is written as in a study file: a scalar, ``[1, 2, 3]`` or ``{from: 2, to: 13}``.

    Raises
    ------
    StudyError
        If there is no ``=``, no key, or the value is not YAML.
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    option = f"--set {dotted((key or text,))}"
    if not equals or not all(key.split(".")) or not key.isprintable():
        message = "must be written key=value, for example rule.entry_streak=7"
        raise StudyError(faults=[Fault(option, 0, "", message)])
    return key, option, parse_value(value, option)


def locate(data: Mapping[str, Any], key: str) -> KeyPath:
    """Return the path that a dotted key means in a study, whether or not it exists there.

    At each section the longest key that exists there and matches wins; so dots in the keys of a
    sweep need no quoting. Numbers are indices where there is a list.
    """
    path: KeyPath = ()
    node: Any = data
    rest = key
    while rest:
        step = _next_step(node, rest, path)
        rest = rest[len(step) + 1 :]
        at_list = isinstance(node, list) and step.isdecimal()
        path = (*path, int(step) if at_list else step)
        node = _below(node, path[-1])
    return path


def _next_step(node: Any, rest: str, path: KeyPath) -> str:
    keys: Iterable[str] = node if isinstance(node, Mapping) else ()
    known = [key for key in keys if rest == key or rest.startswith(f"{key}.")]
    if known:
        return max(known, key=len)
    return rest if path in WHOLE_KEYS else rest.partition(".")[0]


def _below(node: Any, step: str | int) -> Any:
    if isinstance(node, list):
        return node[step] if isinstance(step, int) and step < len(node) else None
    return node.get(step) if isinstance(node, Mapping) else None


def replaced(data: Any, path: KeyPath, value: Any, at: KeyPath = ()) -> Any:
    """Return a copy of plain data with another value at `path`; sections on the way are made.

    Raises
    ------
    MisfitError
        If the path leads through something that is neither a section nor a list with that item.
    """
    if not path:
        return value
    step, rest = path[0], path[1:]
    below = replaced(_below(data, step), rest, value, (*at, step))
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return [*data[:step], below, *data[step + 1 :]]
    if isinstance(step, str) and (data is None or isinstance(data, Mapping)):
        return {**(data or {}), step: below}
    if isinstance(data, list):
        last = f"items 0 to {len(data) - 1}" if data else "no items"
        message = f"has {last} here, so there is no {step}"
    else:
        message = f"is {shown(data)} here, so there is no {step} in it"
    raise MisfitError(Misfit(at, f"{dotted(at)} {message}"))

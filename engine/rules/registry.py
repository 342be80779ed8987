"""Finding rules: those that ship, by name, and a user's own, by path."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import pkgutil
import sys
import traceback
from pathlib import Path
from types import ModuleType

from engine.errors import RuleError, did_you_mean
from engine.rules.rule import Rule


@functools.cache
def rule_names() -> tuple[str, ...]:
    """Return the names of the shipped rules, in alphabetical order."""
    strategies = importlib.import_module("strategies")
    return tuple(sorted(module.name for module in pkgutil.iter_modules(strategies.__path__)))


def rule_named(name: str) -> Rule:
    """Return a shipped rule; only its own file is read.

    Raises
    ------
    RuleError
        If there is none of that name.
    """
    names = rule_names()
    if name not in names:
        raise RuleError(
            f'there is no rule "{name}" (allowed {", ".join(names)}{did_you_mean(name, names)})'
        )
    return _rule_of(importlib.import_module(f"strategies.{name}"), name)


def shipped_rules() -> dict[str, Rule]:
    """Return every shipped rule by name."""
    return {name: rule_named(name) for name in rule_names()}


def rule_from_file(path: Path) -> Rule:
    """Return the RULE a Python file defines. The file is executed: it is the user's own code.

    Raises
    ------
    RuleError
        If the file is missing, fails, or defines no RULE.
    """
    try:
        source = path.read_bytes()
    except OSError as error:
        raise RuleError(f"{path}: cannot read the rule file: {error.strerror}") from None
    digest = hashlib.sha256(str(path.resolve()).encode() + source).hexdigest()[:16]
    module_name = f"streaklab_rule_{path.stem}_{digest}"
    if module_name not in sys.modules:
        _execute(path, source, module_name)
    return _rule_of(sys.modules[module_name], str(path))


def _execute(path: Path, source: bytes, module_name: str) -> None:
    """Run a rule file as a module: pickling and messages find it under its own name."""
    module = ModuleType(module_name)
    module.__file__ = str(path)
    sys.modules[module_name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        line = next(
            (
                f.lineno
                for f in reversed(traceback.extract_tb(error.__traceback__))
                if f.filename == str(path)
            ),
            getattr(error, "lineno", None),
        )
        place = f"{path}:{line}" if line else str(path)
        raise RuleError(f"{place}: the rule file fails: {type(error).__name__}: {error}") from error


def _rule_of(module: ModuleType, name: str) -> Rule:
    rule = getattr(module, "RULE", None)
    if not isinstance(rule, Rule):
        raise RuleError(f'{name} defines no rule; end the file with RULE = Rule("name", …)')
    return rule

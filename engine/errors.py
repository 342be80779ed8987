"""Every error Streaklab raises on purpose, and the exit code each one ends a command with.

::

    StreaklabError                     5  something inside is wrong: please report it
    ├── UsageError                     2  the command line asks for what does not exist
    ├── StudyError                     3  a study file (or an override of it) is wrong
    │   └── RuleError                  3  a rule is wrong: its file, its expression, its parameters
    ├── DataError                      4  prices are missing or cannot be trusted
    │   └── ProviderError              4  a provider of prices gave no answer, or none that is data
    ├── ExecutionError                 5  a backtest cannot be believed
    │   ├── OrderRejectedError         5  the broker did not fill an order in full
    │   └── EngineDisagreementError    5  two engines gave different equity for one run
    └── StoreError                     5  a result cannot be written or read back

Everything else that escapes is a defect: it ends a command with exit code 5 and one line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

EXIT_OK = 0
EXIT_FAILURES = 1
EXIT_USAGE = 2
EXIT_STUDY = 3
EXIT_DATA = 4
EXIT_INTERNAL = 5
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong, and where.

    Attributes
    ----------
    origin : str
        The file as the user named it, or the override (``--set rule.entry_streak``).
    line : int
        Line in that file, counted from 1; 0 where a line has no meaning.
    key : str
        Dotted path of the offending key, or the date of the offending row; may be empty.
    message : str
        What is wrong, what is allowed, and the nearest allowed name.
    """

    origin: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.origin}:{self.line}" if self.line else self.origin
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class StreaklabError(Exception):
    """Base of all errors raised on purpose; ``exit_code`` ends the command."""

    exit_code = EXIT_INTERNAL

    def __init__(self, message: str = "", faults: Iterable[Fault] = ()) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__(message or "\n".join(str(fault) for fault in self.faults))


class UsageError(StreaklabError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = EXIT_USAGE


class StudyError(StreaklabError):
    """A study file or an override of it is wrong; carries every fault found, in file order."""

    exit_code = EXIT_STUDY


class RuleError(StudyError):
    """A rule is wrong: its file cannot be loaded, its expression or parameters are not valid."""


class DataError(StreaklabError):
    """Prices are missing, unreadable, or fail the quality gate; carries every fault found."""

    exit_code = EXIT_DATA


class ProviderError(DataError):
    """A provider of prices gave no answer, or one that is not the data asked for.

    Attributes
    ----------
    transient : bool
        Whether asking again may help.
    retry_after : float or None
        Seconds the provider asks one to wait.
    """

    def __init__(
        self, message: str, *, transient: bool = False, retry_after: float | None = None
    ) -> None:
        self.transient = transient
        self.retry_after = retry_after
        super().__init__(message)


class ExecutionError(StreaklabError):
    """A backtest ended in a state that must not be believed."""


class OrderRejectedError(ExecutionError):
    """The broker rejected, cancelled or expired an order, or found too little cash for it."""


class EngineDisagreementError(ExecutionError):
    """Two engines computed different equity for the same rule on the same prices."""


class StoreError(StreaklabError):
    """A result cannot be written or cannot be read back whole."""


def did_you_mean(name: str, allowed: Sequence[str]) -> str:
    """Return ``'; did you mean "…"?'`` for the allowed name nearest to `name`, or ``''``."""
    nearest = _nearest(name, allowed)
    return f'; did you mean "{nearest}"?' if nearest else ""


def nearest_file(path: Path) -> str:
    """Return what :func:`did_you_mean` says of the files beside one that is not there.

    Their names are compared, not what all of them have in common: the folder and an ending.
    """
    if path.exists():
        return ""
    try:
        beside = {one.stem: one for one in sorted(path.parent.iterdir(), reverse=True)}
    except OSError:  # no folder, or none that may be looked into
        return ""
    nearest = _nearest(path.stem, list(beside))
    return f'; did you mean "{beside[nearest]}"?' if nearest else ""


def _nearest(name: str, allowed: Sequence[str]) -> str | None:
    lower = [one.lower() for one in allowed]
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return allowed[lower.index(found[0])] if found else None

"""How faults in prices are put before a user: all of them kept, the first few printed."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import DataError, Fault

PRINTED_FAULTS = 20


def data_error(faults: Sequence[Fault]) -> DataError:
    """Return the error that carries `faults`, its message cut after the first 20.

    A file in a wrong format has a fault in each of its thousands of rows; the first ones say
    what is wrong. All of them stay in ``error.faults``.
    """
    lines = [str(fault) for fault in faults[:PRINTED_FAULTS]]
    if more := len(faults) - PRINTED_FAULTS:
        lines += [f"… and {more:,} more"] if more > 0 else []
    return DataError("\n".join(lines), faults)


def file_error(origin: str, message: str, line: int = 0) -> DataError:
    """Return the error for a file that is wrong as a whole."""
    return DataError(faults=[Fault(origin, line, "", message)])

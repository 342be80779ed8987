"""Series that stand beside the pair: VIX and the fed funds rate, one value per session."""

from __future__ import annotations

import numpy as np

from engine.errors import DataError
from engine.market.others import closes_on
from engine.market.pair import common_rows
from engine.market.quotes import FloatArray, SessionArray
from engine.market.rates import yearly_rates
from engine.market.sources import read_quotes
from engine.market.sources.files import find_file, shortest_name
from engine.study.models import DataSection, FileData


def vix_closes(data: DataSection, sessions: SessionArray) -> FloatArray | None:
    """Return the VIX close of every session, shape (n,); None where the study names none.

    NaN before its first row; rows after the last session are not looked at.

    Raises
    ------
    DataError
        If the file is missing, cannot be understood, or has gaps.
    """
    if not isinstance(data, FileData) or data.vix is None:
        return None
    quotes = read_quotes(data, data.vix)
    known, _ = common_rows(quotes, quotes, sessions[-1])
    return closes_on(known, sessions) if len(known) else np.full(len(sessions), np.nan)


def fed_funds_rates(data: DataSection, sessions: SessionArray) -> FloatArray | None:
    """Return the fed funds rate dated on or before every session (fraction a year), shape (n,).

    None where the study names no file.

    Raises
    ------
    DataError
        If the file is missing, cannot be understood, or has gaps.
    """
    if not isinstance(data, FileData) or data.fed_funds is None:
        return None
    path = find_file(shortest_name(data.directory), data.fed_funds, (".csv",))
    try:
        return yearly_rates(path, sessions)
    except DataError as error:
        raise DataError(f"data.fed_funds: {error}") from None

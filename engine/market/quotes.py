"""Quotes of one asset as a source delivered them: raw, unadjusted, not yet trusted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
SessionArray = NDArray[np.datetime64]


@dataclass(frozen=True)
class Quotes:
    """Daily quotes of one asset, in the order of its source.

    Attributes
    ----------
    symbol : str
    sessions : datetime64[D] array, shape (n,)
        As found: possibly unsorted or duplicated; the quality gate judges that.
    open, high, low, close : float64 arrays, shape (n,)
        Split-adjusted, not dividend-adjusted prices, in the currency of the file.
    adjusted_close : float64 array, shape (n,), or None
        Close adjusted for splits and dividends; None where the source has none.
    volume : float64 array, shape (n,), or None
    origin : str
        The file as the user would name it, or the name of the generator.
    lines : int64 array, shape (n,)
        Line of each row in `origin`, counted from 1; 0 where lines have no meaning.
    recognised_as : str
        The layout the source recognised, for example ``"Yahoo CSV"``.
    sha256 : str
        Hash of the bytes the quotes were read from.
    simulated : bool
        True where the quotes are invented by a generator.
    notes : tuple of str
        What one should know of how they were read.
    source : str
        Who delivered them: ``file``, ``simulated``, ``yahoo``, ``fred``.
    fetched_at : str
        When they were fetched or imported, UTC in ISO 8601; empty where they are read as they are.
    adjustment : str
        What total return is made of.
    """

    symbol: str
    sessions: SessionArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    adjusted_close: FloatArray | None
    volume: FloatArray | None
    origin: str
    lines: NDArray[np.int64]
    recognised_as: str
    sha256: str
    simulated: bool = False
    notes: tuple[str, ...] = field(default=())
    source: str = "file"
    fetched_at: str = ""
    adjustment: str = "adjusted close as given, if there is one"

    def __len__(self) -> int:
        return len(self.sessions)

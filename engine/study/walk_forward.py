"""The walk-forward section of a study: how history is cut into training and test windows."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from engine.study.misfit import Misfit, MisfitError, shown
from engine.study.section import Section

ChoosingMetric = Literal[
    "final_equity",
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "calmar",
    "hit_rate",
    "active_return",
    "information_ratio",
]
"""Metrics that can choose: those of a sweep of which more, or less, is better."""
SESSIONS_IN = {"y": 252, "m": 21}
"""Sessions in a year and in a month, whatever the calendar says: windows are equally long."""
LONGEST = 252 * 1000
_PERIOD = re.compile(r"([1-9][0-9]{0,5})([ym])")


def _length(given: Any) -> Any:
    """Refuse what is no length; lengths stay as they are written."""
    whole = isinstance(given, int) and not isinstance(given, bool)
    period = isinstance(given, str) and _PERIOD.fullmatch(given)
    if not whole and not period:
        raise ValueError(
            f"is {shown(given)}, but must be a number of sessions such as 252, "
            "or years or months such as 5y or 18m"
        )
    if not 1 <= sessions_in(given) <= LONGEST:
        raise ValueError(f"is {shown(given)}, but must be 1 to {LONGEST:,} sessions")
    return given


def sessions_in(length: int | str) -> int:
    """Return a length in sessions: a year is 252 of them, a month 21."""
    if isinstance(length, int):
        return length
    found = _PERIOD.fullmatch(length)
    assert found is not None  # checked when the study was made
    return int(found[1]) * SESSIONS_IN[found[2]]


Length = Annotated[
    int | str,
    BeforeValidator(_length),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": f"^{_PERIOD.pattern}$"},
            ]
        }
    ),
]


class WalkForwardSection(Section):
    """How `streak walk-forward` chooses parameters again and again; ignored by other commands."""

    windows: Literal["rolling", "anchored"] = Field(
        "rolling",
        description="rolling: training windows move on; anchored: all begin with the first session",
    )
    train: Length = Field(
        "5y",
        description="length of the (first) training window: sessions, or years of 252 sessions "
        "such as 5y, or months of 21 such as 18m",
    )
    test: Length = Field(
        "1y", description="length of a test window, and the step from one fold to the next"
    )
    purge: int = Field(
        0, ge=0, le=LONGEST, description="last sessions of a training window that are left out"
    )
    embargo: int = Field(
        0,
        ge=0,
        le=LONGEST,
        description="sessions from the end of a training window to the first close at which its "
        "choice decides",
    )
    metric: ChoosingMetric = Field(
        "sharpe", description="metric that chooses among the sets of the sweep"
    )
    minimum_sets: int = Field(
        1,
        ge=1,
        description="with fewer sets that have the metric in a training window, none is chosen",
    )

    @property
    def train_sessions(self) -> int:
        """Length of the (first) training window, what is purged included."""
        return sessions_in(self.train)

    @property
    def test_sessions(self) -> int:
        """Length of a test window."""
        return sessions_in(self.test)

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> WalkForwardSection:
        left = self.train_sessions - self.purge
        if left < 2:
            are_left = "1 session is left" if left == 1 else f"{max(left, 0)} sessions are left"
            message = (
                f"is {shown(self.train)}, of which {are_left} after a purge of {self.purge}; "
                "a backtest needs at least 2"
            )
            raise MisfitError(Misfit(("train",), message))
        return self

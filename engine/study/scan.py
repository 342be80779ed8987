"""The scan section of a study: what the streak study lists, tests and calls things."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from engine.study.misfit import Misfit, MisfitError
from engine.study.section import Section

Sessions = Annotated[int, Field(ge=1, le=2520)]


class CharacterSection(Section):
    """By which rules a streak is tagged."""

    flat: float = Field(
        0.0, ge=0, lt=1, description="returns up to this size (fraction) are neither up nor down"
    )
    volatility_lookback: int = Field(
        21, ge=2, le=252, description="sessions of the core's realised volatility"
    )
    volatility_history: int = Field(
        252, ge=1, le=2520, description="values of it needed before it is compared with its past"
    )
    vix_calm: float = Field(15.0, gt=0, description="VIX below which markets are calm")
    vix_stressed: float = Field(25.0, gt=0, description="VIX from which on they are stressed")
    rate_lookback: int = Field(
        126, ge=1, le=2520, description="sessions over which the fed funds rate is compared"
    )
    rate_lag: int = Field(
        1, ge=0, le=60, description="sessions from the date of a rate to its publication"
    )
    rate_unchanged: float = Field(
        0.001, ge=0, lt=1, description="changes of the rate up to this size (fraction) are none"
    )

    @model_validator(mode="after")
    def _levels_ascend(self) -> CharacterSection:
        if self.vix_calm >= self.vix_stressed:
            message = f"is {self.vix_calm:g}, but must be below vix_stressed, {self.vix_stressed:g}"
            raise MisfitError(Misfit(("vix_calm",), message))
        return self


class ScanSection(Section):
    """What `streak scan` looks at; ignored by backtests."""

    min_length: int = Field(5, ge=1, description="shortest streak that is listed")
    thresholds: Annotated[tuple[Sessions, ...], Field(strict=False, min_length=1)] = Field(
        (3, 5, 7, 10), description="lengths whose aftermath is studied"
    )
    horizons: Annotated[tuple[Sessions, ...], Field(strict=False, min_length=1)] = Field(
        (1, 5, 10, 21, 63, 126, 252), description="sessions ahead"
    )
    resamples: int = Field(
        2000, ge=100, le=1_000_000, description="bootstrap resamples; their number sets precision"
    )
    significance: float = Field(
        0.05, gt=0, lt=0.5, description="level below which a Holm-adjusted p is a verdict"
    )
    character: CharacterSection = Field(
        CharacterSection(), description="by which rules a streak is tagged"
    )

    @field_validator("thresholds", "horizons")
    @classmethod
    def _ascend(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        if list(values) != sorted(set(values)):
            raise ValueError("must ascend, each value once")
        return values

"""A file of claims: what was said, by whom, and how to measure it.

Every claim quotes words and their source, and has a ``kind`` that says what is measured. Figures of
claims are fractions (``value: 0.0911``), basis points (``bps``) or levels of a price.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from engine.errors import Fault, StudyError
from engine.study.document import parse_document
from engine.study.faults import Places, in_order, misfits_of
from engine.study.loader import read_study_bytes
from engine.study.misfit import Misfit, allowed_names, shown
from engine.study.models import PriceBasis, Symbol

Fraction = Annotated[float, Field(gt=-1, allow_inf_nan=False)]
Tolerance = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Claim(BaseModel):
    """What every claim has: the words, who said them, and on which prices it is measured."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    quote: str = Field(min_length=1, description="the words, or a short paraphrase")
    source: str = Field(min_length=1, description="who said it, where and when")
    price_basis: PriceBasis = Field("price", description="the press quotes prices, not returns")
    _place: tuple[str, int] = PrivateAttr(("", 0))

    def fault(self, message: str) -> Fault:
        """Return what is wrong with the claim, with the file and line it was read from, if any."""
        named, (origin, line) = f"claim “{self.quote}”", self._place
        return Fault(origin, line, named, message) if origin else Fault(named, 0, "", message)


class StreakLength(Claim):
    """The outperformance streak as of a session has a certain length."""

    kind: Literal["streak_length"]
    as_of: dt.date
    sessions: int = Field(ge=1)


class RecordStreak(Claim):
    """The streak as of a session is the longest since a date, or ties the record at another."""

    kind: Literal["record_streak"]
    as_of: dt.date
    since: dt.date | None = Field(None, description="null: in all the data")
    ties: dt.date | None = Field(None, description="a date within the streak it equals in length")

    @model_validator(mode="after")
    def _one_rival(self) -> RecordStreak:
        if self.since is not None and self.ties is not None:
            raise ValueError("must have at most one of: since, ties")
        for name, date in (("since", self.since), ("ties", self.ties)):
            if date is not None and date >= self.as_of:
                raise ValueError(f"{name} {date} is not before as_of {self.as_of}")
        return self


class MeanOutperformance(Claim):
    """Mean outperformance per session over the streak as of a session."""

    kind: Literal["mean_outperformance"]
    as_of: dt.date
    bps: float = Field(allow_inf_nan=False)
    tolerance_bps: Tolerance = 5.0


class SpanReturn(Claim):
    """Return of an asset from the close of one session to the close of another."""

    kind: Literal["span_return"]
    asset: Symbol
    first: dt.date = Field(description="its close is the base")
    last: dt.date
    value: Fraction
    tolerance: Tolerance = 0.0025

    @model_validator(mode="after")
    def _in_order(self) -> SpanReturn:
        if self.first >= self.last:
            raise ValueError(f"first {self.first} is not before last {self.last}")
        return self


class StreakReturn(Claim):
    """Returns of symbols over the streak of a date: at least a value, or below the core's."""

    kind: Literal["streak_return"]
    symbols: Annotated[tuple[Symbol, ...], Field(strict=False, min_length=1)]
    date: dt.date = Field(description="a session within the streak")
    as_of: dt.date | None = Field(None, description="null: over the whole streak")
    at_least: Fraction | None = None
    below_core: bool = False

    @model_validator(mode="after")
    def _one_test(self) -> StreakReturn:
        if (self.at_least is None) != self.below_core:
            raise ValueError("must have exactly one of: at_least, below_core: true")
        return self

    @model_validator(mode="after")
    def _known_then(self) -> StreakReturn:
        if self.as_of is not None and self.date > self.as_of:
            raise ValueError(f"date {self.date} is after as_of {self.as_of}")
        return self


class CloseLevel(Claim):
    """An asset's close in a session."""

    kind: Literal["close_level"]
    asset: Symbol
    date: dt.date
    level: float = Field(gt=0)
    tolerance: Tolerance = Field(0.005, description="in the price's own unit")


class SessionReturn(Claim):
    """An asset's return in one session."""

    kind: Literal["session_return"]
    asset: Symbol
    date: dt.date
    value: Fraction
    tolerance: Tolerance = 0.0005


class RsiAbove(Claim):
    """An asset's RSI is at or above a level at a close."""

    kind: Literal["rsi_above"]
    asset: Symbol
    date: dt.date
    level: float = Field(70.0, ge=0, le=100)
    period: int = Field(14, ge=2)


class AllTimeHigh(Claim):
    """An asset's close is the highest of all its closes up to then."""

    kind: Literal["all_time_high"]
    asset: Symbol
    date: dt.date


class RecordCloses(Claim):
    """At least so many closes in a span were the highest up to then."""

    kind: Literal["record_closes"]
    asset: Symbol
    first: dt.date
    last: dt.date
    at_least: int = Field(ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> RecordCloses:
        if self.first > self.last:
            raise ValueError(f"first {self.first} is after last {self.last}")
        return self


class Character(Claim):
    """The streak of a date has a certain character by the study's rules."""

    kind: Literal["character"]
    date: dt.date
    expected: Literal["risk-on", "defensive", "mixed"]


class Statement(Claim):
    """Something prices cannot decide; it is listed, and said to be not testable."""

    kind: Literal["statement"]
    why: str = Field(min_length=1, description="why it cannot be tested with this data")


KINDS: dict[str, type[Claim]] = {
    model.model_fields["kind"].annotation.__args__[0]: model  # type: ignore[union-attr]
    for model in Claim.__subclasses__()
}


def load_claims(path: Path) -> tuple[Claim, ...]:
    """Read and check a file of claims.

    Raises
    ------
    StudyError
        With every fault, as ``file:line: key: what is wrong``.
    """
    document = parse_document(read_study_bytes(path), str(path))
    places = Places(str(path), document.lines)
    faults = list(document.faults)
    claims: list[Claim] = []
    listed = document.data.get("claims")
    for key in document.data:
        if key not in ("description", "claims"):
            message = f"no such key {allowed_names(key, ('description', 'claims'))}"
            faults.append(places.fault(Misfit((key,), message)))
    if not isinstance(listed, list) or not listed:
        faults.append(places.fault(Misfit(("claims",), "must be a list of claims")))
        listed = []
    for index, given in enumerate(listed):
        found, misfits = _claim(given, ("claims", index))
        faults += [places.fault(misfit) for misfit in misfits]
        if found is not None:
            found._place = places.of(("claims", index))
            claims.append(found)
    if faults:
        raise StudyError(faults=in_order(faults))
    return tuple(claims)


def _claim(given: Any, at: tuple[str | int, ...]) -> tuple[Claim | None, list[Misfit]]:
    if not isinstance(given, dict):
        return None, [Misfit(at, f"is {shown(given)}, but must be a claim")]
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        known = allowed_names(str(kind), tuple(KINDS))
        if "kind" not in given:
            return None, [Misfit(at, f"is a claim without a kind {known}")]
        return None, [Misfit((*at, "kind"), f"{shown(kind)} is no kind of claim {known}")]
    try:
        return KINDS[kind].model_validate(given), []
    except ValidationError as error:
        return None, misfits_of(error, KINDS[kind], given, at)

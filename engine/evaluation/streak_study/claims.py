"""Testing claims: what was said, measured on prices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

from engine.errors import DataError
from engine.evaluation.streak_study.anatomy import anatomy
from engine.evaluation.streak_study.character import CharacterRules
from engine.evaluation.streak_study.table import Streak, current_streak, streak_table
from engine.market.others import OtherCloses
from engine.market.panel import PricePanel
from engine.signals.rsi import wilder_rsi
from engine.study import claims as said

Verdict = Literal["supported", "contradicted", "not testable with this data"]
UNTESTABLE: Verdict = "not testable with this data"


@dataclass(frozen=True)
class Tested:
    """One claim, tested.

    Attributes
    ----------
    quote, source : str
        The words, and who said them.
    kind, price_basis : str
        What was measured, and on which prices.
    claimed, measured : str
        The claimed and the measured figure, in words with units.
    tolerance : str
        How far the two may be apart; empty where they must be equal.
    verdict : {"supported", "contradicted", "not testable with this data"}
    remark : str
        What else a reader should know; why a claim is not testable.
    """

    quote: str
    source: str
    kind: str
    price_basis: str
    claimed: str
    measured: str
    tolerance: str
    verdict: Verdict
    remark: str = ""


class Evidence:
    """The prices claims are tested on: the pair and further symbols, on both price bases.

    Parameters
    ----------
    panel_on : callable
        ``panel_on(price_basis)`` → the whole panel on that basis.
    others_on : callable
        ``others_on(price_basis, symbol)`` → closes of a further symbol.
    rules : CharacterRules
    """

    def __init__(
        self,
        panel_on: Callable[[str], PricePanel],
        others_on: Callable[[str, str], OtherCloses],
        rules: CharacterRules,
    ) -> None:
        self.panel = cache(panel_on)
        self.other = cache(others_on)
        self.rules = rules
        self._streaks: dict[tuple[str, dt.date | None], tuple[Streak, ...]] = {}

    def streaks(self, basis: str, as_of: dt.date | None = None) -> tuple[Streak, ...]:
        """Return the streaks of outperformance as of a date, or in all the data."""
        key = (basis, as_of)
        if key not in self._streaks:
            panel = self.panel(basis)
            if as_of is not None:
                _index(panel.traded_sessions, as_of, "/".join(panel.symbols))
                panel = panel.until(as_of)
            self._streaks[key] = streak_table(panel, "outperformance", self.rules)
        return self._streaks[key]

    def closes(self, basis: str, symbol: str) -> OtherCloses:
        """Return every close of one asset, those before the other of the pair began included."""
        self.panel(basis)  # where the pair cannot be trusted, nothing is tested
        return self.other(basis, symbol)

    def streak_on(self, basis: str, date: dt.date, as_of: dt.date | None = None) -> Streak | None:
        """Return the streak a session falls into, if any."""
        panel = self.panel(basis)
        _index(panel.traded_sessions, date, "/".join(panel.symbols))
        day = np.datetime64(date)
        streaks = self.streaks(basis, as_of)
        return next((s for s in streaks if s.start <= day <= s.end), None)


def tested(claim: said.Claim, evidence: Evidence) -> Tested:
    """Test one claim.

    Raises
    ------
    ClaimDateError
        If a date of the claim is outside of the data, or no session.
    """
    try:
        found = _TESTS[type(claim)](claim, evidence)
    except _UntestableError as reason:
        found = {"claimed": "", "measured": "", "verdict": UNTESTABLE, "remark": str(reason)}
    except _WrongDateError as reason:
        raise ClaimDateError(faults=[claim.fault(str(reason))]) from None
    kind = str(getattr(claim, "kind", ""))
    figures = {"tolerance": "", "remark": ""} | found
    return Tested(claim.quote, claim.source, kind, claim.price_basis, **figures)


class ClaimDateError(DataError):
    """A date of a claim is one the data do not have."""


class _UntestableError(Exception):
    pass


class _WrongDateError(Exception):
    pass


def _found(claimed: str, measured: str, holds: bool, **more: str) -> dict[str, Any]:
    verdict: Verdict = "supported" if holds else "contradicted"
    return {"claimed": claimed, "measured": measured, "verdict": verdict, **more}


def _index(sessions: Any, date: dt.date, what: str) -> int:
    day = np.datetime64(date)
    index = int(np.searchsorted(sessions, day))
    if index < len(sessions) and sessions[index] == day:
        return index
    first, last = sessions[0], sessions[-1]
    if first <= day <= last:
        raise _WrongDateError(f"{date} is no session of {what}; the next one is {sessions[index]}")
    raise _WrongDateError(f"{date} is outside of the data of {what}, {first} to {last}")


def _closes(claim: Any, evidence: Evidence, symbol: str) -> OtherCloses:
    closes = evidence.closes(claim.price_basis, symbol)
    if closes.problem:
        raise _UntestableError(closes.problem)
    return closes


def _return(closes: OtherCloses, first: dt.date, last: dt.date) -> float:
    a, b = (_index(closes.sessions, date, closes.symbol) for date in (first, last))
    return float(closes.close[b] / closes.close[a] - 1.0)


def _percent(value: float) -> str:
    return f"{value:+.2%}".replace("%", " %").replace("-", "−")


def _within(tolerance: float) -> str:
    return f"± {tolerance:.2%}".replace("%", " %")


def _length(streak: Streak | None) -> int:
    return 0 if streak is None else streak.length


def _streak_length(claim: said.StreakLength, evidence: Evidence) -> dict[str, Any]:
    length = _length(current_streak(evidence.streaks(claim.price_basis, claim.as_of)))
    return _found(f"{claim.sessions} sessions", f"{length} sessions", length == claim.sessions)


def _record_streak(claim: said.RecordStreak, evidence: Evidence) -> dict[str, Any]:
    streaks = evidence.streaks(claim.price_basis, claim.as_of)
    current = current_streak(streaks)
    if current is None:
        return _found("a record", f"no streak as of {claim.as_of}", False)
    earlier = [s for s in streaks if s is not current]
    if claim.ties is not None:
        return _tied_record(
            current,
            earlier,
            claim.ties,
            evidence.streak_on(claim.price_basis, claim.ties, claim.as_of),
        )
    since = None if claim.since is None else np.datetime64(claim.since)
    sessions = evidence.panel(claim.price_basis).traded_sessions
    if since is not None and since < sessions[0]:
        raise _WrongDateError(f"{since} is before the data, which start {sessions[0]}")
    rivals = [s for s in earlier if since is None or s.end >= since]
    longest = max(rivals, key=lambda s: s.length, default=None)
    span = "in all the data" if claim.since is None else f"since {claim.since}"
    measured = f"{current.length} sessions; the longest other {span} had {_length(longest)}"
    return _found(f"the longest {span}", measured, current.length > _length(longest))


def _tied_record(
    current: Streak, earlier: Sequence[Streak], date: dt.date, tied: Streak | None
) -> dict[str, Any]:
    claimed = f"as long as the record of {date}"
    if tied is None or tied is current:
        return _found(claimed, f"no earlier streak on {date}", False)
    record = max(s.length for s in earlier)
    measured = f"{current.length} sessions; {tied.start} to {tied.end} had {tied.length}"
    remark = "" if tied.length == record else f"the longest before had {record}"
    return _found(claimed, measured, current.length == tied.length == record, remark=remark)


def _mean_outperformance(claim: said.MeanOutperformance, evidence: Evidence) -> dict[str, Any]:
    current = current_streak(evidence.streaks(claim.price_basis, claim.as_of))
    if current is None:
        return _found(f"{claim.bps:g} bp a session", f"no streak as of {claim.as_of}", False)
    return _found(
        f"{claim.bps:g} bp a session",
        f"{current.mean_bps:.1f} bp a session",
        abs(current.mean_bps - claim.bps) <= claim.tolerance_bps,
        tolerance=f"± {claim.tolerance_bps:g} bp",
        remark=f"over {current.length} sessions, {current.start} to {current.end}",
    )


def _span_return(claim: said.SpanReturn, evidence: Evidence) -> dict[str, Any]:
    value = _return(_closes(claim, evidence, claim.asset), claim.first, claim.last)
    return _found(
        _percent(claim.value),
        _percent(value),
        abs(value - claim.value) <= claim.tolerance,
        tolerance=_within(claim.tolerance),
        remark=f"{claim.asset}, close of {claim.first} to close of {claim.last}",
    )


def _streak_return(claim: said.StreakReturn, evidence: Evidence) -> dict[str, Any]:
    panel = evidence.panel(claim.price_basis)
    streak = evidence.streak_on(claim.price_basis, claim.date, claim.as_of)
    if streak is None:
        return _found("a streak of outperformance", f"none on {claim.date}", False)
    others = [_closes(claim, evidence, symbol) for symbol in claim.symbols]
    movers = anatomy(panel, streak, others)
    unknown = [mover for mover in movers if mover.rank is None]
    if unknown:
        raise _UntestableError(f"{unknown[0].symbol}: {unknown[0].problem}")
    if claim.at_least is not None:
        claimed = f"at least {_percent(claim.at_least)}"
        holds = all(mover.streak_return >= claim.at_least for mover in movers)
    else:
        claimed = f"below {panel.core.symbol}, {_percent(streak.core_return)}"
        holds = all(mover.outperformance < 0 for mover in movers)
    measured = ", ".join(f"{mover.symbol} {_percent(mover.streak_return)}" for mover in movers)
    return _found(claimed, measured, holds, remark=f"over {streak.start} to {streak.end}")


def _close_level(claim: said.CloseLevel, evidence: Evidence) -> dict[str, Any]:
    closes = _closes(claim, evidence, claim.asset)
    close = float(closes.close[_index(closes.sessions, claim.date, claim.asset)])
    return _found(
        f"{claim.level:,.2f}",
        f"{close:,.2f}",
        abs(close - claim.level) <= claim.tolerance,
        tolerance=f"± {claim.tolerance:g}",
        remark=f"{claim.asset}, close of {claim.date}",
    )


def _session_return(claim: said.SessionReturn, evidence: Evidence) -> dict[str, Any]:
    closes = _closes(claim, evidence, claim.asset)
    t = _index(closes.sessions, claim.date, claim.asset)
    if t == 0:
        raise _WrongDateError(f"{claim.date} is the first session of {claim.asset}: no return")
    value = float(closes.close[t] / closes.close[t - 1] - 1.0)
    return _found(
        _percent(claim.value),
        _percent(value),
        abs(value - claim.value) <= claim.tolerance,
        tolerance=_within(claim.tolerance),
        remark=f"{claim.asset}, {claim.date}",
    )


def _rsi_above(claim: said.RsiAbove, evidence: Evidence) -> dict[str, Any]:
    closes = _closes(claim, evidence, claim.asset)
    t = _index(closes.sessions, claim.date, claim.asset)
    value = float(wilder_rsi(closes.close[: t + 1], claim.period)[t])
    if np.isnan(value):
        raise _UntestableError(
            f"RSI({claim.period}) needs {claim.period} sessions before {claim.date}"
        )
    return _found(
        f"RSI({claim.period}) ≥ {claim.level:g}",
        f"RSI({claim.period}) = {value:.2f}",
        value >= claim.level,
        remark=f"{claim.asset}, close of {claim.date}",
    )


def _all_time_high(claim: said.AllTimeHigh, evidence: Evidence) -> dict[str, Any]:
    closes = _closes(claim, evidence, claim.asset)
    t = _index(closes.sessions, claim.date, claim.asset)
    if t == 0:
        raise _UntestableError(f"{claim.date} is the first session of {claim.asset}")
    past = closes.close[: t + 1]
    peak = int(np.argmax(past))
    measured = f"close {past[t]:,.2f}; highest until then {past[peak]:,.2f}"
    return _found(
        "the highest close so far",
        measured,
        bool(past[t] >= past[peak]),
        remark=f"{claim.asset}, since {closes.sessions[0]}; the highest on {closes.sessions[peak]}",
    )


def _record_closes(claim: said.RecordCloses, evidence: Evidence) -> dict[str, Any]:
    closes = _closes(claim, evidence, claim.asset)
    a, b = (_index(closes.sessions, date, claim.asset) for date in (claim.first, claim.last))
    before = np.maximum.accumulate(closes.close)
    records = [t for t in range(max(a, 1), b + 1) if closes.close[t] > before[t - 1]]
    return _found(
        f"at least {claim.at_least}",
        str(len(records)),
        len(records) >= claim.at_least,
        remark=f"{claim.asset}, closes above every earlier one, {claim.first} to {claim.last}",
    )


def _character(claim: said.Character, evidence: Evidence) -> dict[str, Any]:
    panel = evidence.panel(claim.price_basis)
    streak = evidence.streak_on(claim.price_basis, claim.date)
    if streak is None:
        return _found(claim.expected, f"no streak of outperformance on {claim.date}", False)
    core, satellite = panel.symbols
    return _found(
        claim.expected,
        streak.character.tag,
        streak.character.tag == claim.expected,
        remark=f"{streak.start} to {streak.end}: {satellite} {_percent(streak.satellite_return)}, "
        f"{core} {_percent(streak.core_return)}",
    )


def _statement(claim: said.Statement, _: Evidence) -> dict[str, Any]:
    raise _UntestableError(claim.why)


_TESTS: Mapping[type[said.Claim], Callable[[Any, Evidence], dict[str, Any]]] = {
    said.StreakLength: _streak_length,
    said.RecordStreak: _record_streak,
    said.MeanOutperformance: _mean_outperformance,
    said.SpanReturn: _span_return,
    said.StreakReturn: _streak_return,
    said.CloseLevel: _close_level,
    said.SessionReturn: _session_return,
    said.RsiAbove: _rsi_above,
    said.AllTimeHigh: _all_time_high,
    said.RecordCloses: _record_closes,
    said.Character: _character,
    said.Statement: _statement,
}

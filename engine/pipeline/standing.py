"""``now``: where the streak stands at the last close, and what each rule makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.evaluation.streak_study.now import Now, now
from engine.execution.bars import decisions_of
from engine.market.panel import PricePanel
from engine.pipeline.scanning import context_of
from engine.rules.decisions import Decision
from engine.rules.resolve import ResolvedRule, resolve
from engine.study.models import Study


@dataclass(frozen=True)
class Standing:
    """What one rule holds at the last close, and what it decided there.

    Attributes
    ----------
    label : str
    held_weight : float
        Satellite's share of wealth that the holdings of the last session aim at.
    since : str
        Session these holdings date from.
    decided : Decision or None
        Decided at the last close, to be filled at the next open; None: holdings stay.
    """

    label: str
    held_weight: float
    since: str
    decided: Decision | None


@dataclass(frozen=True)
class Today:
    """The state of the market and of every rule of a study, at the last close."""

    market: Now
    rules: tuple[Standing, ...]


def today(study: Study, panel: PricePanel) -> Today:
    """Return where the streak and every rule of the study stand at the panel's last close."""
    sections = (study.rule, *study.compare)
    market = now(panel, study.scan, context_of(study.data, panel))
    return Today(market, tuple(_standing(panel, resolve(section)) for section in sections))


def _standing(panel: PricePanel, found: ResolvedRule) -> Standing:
    decisions = decisions_of(panel, found.rule, found.params)
    sessions = panel.traded_sessions
    last = len(sessions) - 1
    # the first session decides, always, and is not the last: something is held by then
    held = [decision for decision in decisions if decision.session < last][-1]
    decided = decisions[-1] if decisions[-1].session == last else None
    return Standing(
        label=found.rule.name,
        held_weight=held.weight,
        since=str(sessions[held.session + 1]),
        decided=decided,
    )

"""A rule whose parameters change at given sessions: what a walk-forward trades.

Positions are carried across a change: the state machine of :mod:`engine.rotation.switching` goes
on, with the triggers and limits of the new parameters from the first close of their phase. So
nothing is sold and bought back only because parameters change, and sessions held count on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.rotation.switching import BEGINNING
from engine.rules.decisions import Decider, Decision
from engine.rules.resolve import ResolvedRule
from engine.rules.rule import History, Rule, RuleParams


@dataclass(frozen=True, eq=False)
class Phase:
    """Parameters, and the first session (datetime64[D]) at whose close they decide."""

    start: np.datetime64
    found: ResolvedRule


class PhasedParams(RuleParams):
    """None of its own: the phases have theirs."""


def phased_rule(name: str, phases: Sequence[Phase]) -> Rule:
    """Return one rule of weights that decides what each phase's rule decides in its sessions.

    Parameters
    ----------
    name : str
    phases : sequence of Phase
        In the order of their starts. Before the first of them the core is held.
    """

    def weights(history: History, _: RuleParams) -> NDArray[np.float64]:
        decided = np.full(len(history.sessions), np.nan)
        for decision in phased_decisions(phases, history):
            decided[decision.session] = decision.weight
        return decided

    return Rule(
        name,
        PhasedParams,
        weights=weights,
        plans_ahead=any(phase.found.rule.plans_ahead for phase in phases),
        explanation="Rules with parameters that change at given sessions, one after the other.",
    )


def phased_decisions(phases: Sequence[Phase], history: History) -> Iterator[Decision]:
    """Yield what is decided at each close, with the trigger that fired; indices are the history's.

    A schedule of weights that a new phase brings along is taken over at once: where its first
    session has no number, the last one before counts, if it is not what is aimed at already.
    """
    sessions, n = history.sessions, len(history.sessions)
    starts = [int(np.searchsorted(sessions, phase.start)) for phase in phases]
    state, weight = BEGINNING, 0.0
    for phase, start, stop in zip(phases, starts, [*starts, n][1:], strict=True):
        first = max(start, history.start_index)
        if first >= stop:
            continue
        decider = Decider(phase.found.rule, phase.found.params, history, state)
        for t in range(first, stop):
            decision = decider.decide(t)
            if decision is None and t == first:
                scheduled = decider.scheduled(history.start_index, t)
                if scheduled is not None and scheduled != weight:
                    decision = Decision(t, scheduled, "schedule", ())
            if decision is not None:
                weight = decision.weight
                yield decision
        state = decider.state

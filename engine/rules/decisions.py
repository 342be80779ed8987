"""Walking a rule over sessions: what it decides at each close, and why."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from engine.errors import RuleError
from engine.rotation.switching import BEGINNING, ENTERED, LEFT_ON_AGE, NOTHING, State, step
from engine.rules.features import FeatureValues
from engine.rules.rule import History, Rule, RuleParams, Switching
from engine.rules.trigger import Answers, Feature, Trigger, Values


class Decision(NamedTuple):
    """What a rule decided at one close.

    Attributes
    ----------
    session : int
        Index of the session at whose close it was decided; it is filled in the next session.
    weight : float
        Share of wealth the satellite is to have from that fill on.
    trigger : str
        The comparisons that fired, as expressions.
    features : tuple of (name, value)
        Every feature the deciding trigger looked at, with its value at that close.
    """

    session: int
    weight: float
    trigger: str
    features: tuple[tuple[str, float], ...]


def planned(rule: Rule, history: History, params: RuleParams) -> Values:
    """Return the target weights a weighting rule decides at each close, shape (n,).

    Raises
    ------
    RuleError
        If they are no weights, or if the rule says by a ValueError that its plan does not fit
        the sessions.
    """
    try:
        return rule.weights(history, params)
    except ValueError as error:
        raise RuleError(f"rule {rule.name}: {error}") from error


class Decider:
    """A rule with its parameters, walked over the sessions of a history in order.

    A decider is told what is known (:meth:`know`) and asked at each close in turn
    (:meth:`decide`). Told a longer history later on, it goes on from where it stands; another
    decider can go on from its ``state``.
    """

    def __init__(
        self, rule: Rule, params: RuleParams, history: History, state: State = BEGINNING
    ) -> None:
        self.rule = rule
        self.params = params
        self.state = state
        self._switching: Switching | None = rule.switching(params) if rule.is_switching else None
        self.know(history)

    def know(self, history: History) -> None:
        """Evaluate the rule on all that is known; decisions already made stand.

        What is asked at every close is a memoryview, whose elements are Python's own numbers.
        """
        self._values = FeatureValues(history.closes)
        self._looked_at: dict[bool, _LookedAt] = {}
        if self._switching is None:
            self._weights = planned(self.rule, history, self.params)
            self._plan: Any = self._weights.data
            self._chances = ((~np.isnan(self._weights)).tobytes(),) * 2
        else:
            self._enter = self._values.answers(self._switching.enter)
            self._leave = self._values.answers(self._switching.leave)
            self._answers: tuple[Any, Any] = self._enter.data, self._leave.data
            self._chances = self._enter.tobytes(), self._leave.tobytes()

    def decide(self, t: int) -> Decision | None:
        """Return what is decided at the close of session index t; None: nothing changes."""
        if self._switching is None:
            weight = self._plan[t]
            return None if math.isnan(weight) else Decision(t, weight, "schedule", ())
        rule = self._switching
        enters, leaves = self._answers
        enter, leave = enters[t], leaves[t]
        state = step(self.state, t, enter, leave, rule.max_holding, rule.cooldown)
        held = t - self.state.since
        self.state = state
        if state.event == NOTHING:
            return None
        if state.event == LEFT_ON_AGE:
            return Decision(t, 0.0, f"max_holding {rule.max_holding}", (("held", float(held)),))
        return self._explained(t, state.event == ENTERED)

    def next_chance(self, t: int) -> int:
        """Return the first close after session t at which anything may be decided.

        Until then it need not be asked: the trigger that could change something does not fire.
        """
        state, chances = self.state, self._chances[self.state.inside]
        chance = chances.find(True, t + 1)
        if chance < 0:
            chance = len(chances)
        if state.inside and self._switching is not None and self._switching.max_holding:
            return min(chance, state.since + self._switching.max_holding)
        return chance

    def scheduled(self, since: int, t: int) -> float | None:
        """Return the last weight of a schedule from the close of `since` up to that of `t`.

        None where there is none yet, and for switching rules.
        """
        if self._switching is not None:
            return None
        decided = self._weights[since : t + 1]
        decided = decided[~np.isnan(decided)]
        return float(decided[-1]) if len(decided) else None

    def _explained(self, t: int, entered: bool) -> Decision:
        if entered not in self._looked_at:  # once: a rule may decide a thousand times
            assert self._switching is not None
            trigger = self._switching.enter if entered else self._switching.leave
            self._looked_at[entered] = _LookedAt(trigger, self._values)
        fired, features = self._looked_at[entered].at(t)
        return Decision(t, float(entered), fired, features)

    def features(self) -> dict[Feature, Values]:
        """Return every feature the rule looks at, with its values, each of shape (n,)."""
        if self._switching is None:
            return {}
        both = self._switching.enter | self._switching.leave
        looked_at = dict.fromkeys(f for c in both.comparisons() for f in c.features())
        return {feature: self._values.feature(feature) for feature in looked_at}

    def triggers(self) -> dict[str, Answers]:
        """Return the answers of ``enter`` and ``leave`` at each close (switching rules only)."""
        if self._switching is None:
            return {}
        return {"enter": self._enter, "leave": self._leave}


class _LookedAt:
    """What a trigger looks at, in words and numbers."""

    def __init__(self, trigger: Trigger, known: FeatureValues) -> None:
        self._whole = str(trigger)
        self._comparisons = [(str(c), c.answers(known, 0)) for c in trigger.comparisons()]
        features = dict.fromkeys(f for c in trigger.comparisons() for f in c.features())
        self._features = [(str(f), known.feature(f)) for f in features]

    def at(self, t: int) -> tuple[str, tuple[tuple[str, float], ...]]:
        """Return the comparisons that fired at close t, and the values of all features there."""
        fired = "; ".join([text for text, answers in self._comparisons if answers[t]])
        values = [(text, float(values[t])) for text, values in self._features]
        return fired or self._whole, tuple(values)

"""The state machine of a rotation rule: in the satellite, or out of it."""

from __future__ import annotations

from typing import NamedTuple

NOTHING, ENTERED, LEFT_ON_TRIGGER, LEFT_ON_AGE = range(4)


class State(NamedTuple):
    """Where a rule stands after a close.

    Attributes
    ----------
    inside : bool
        Whether the satellite is the target.
    since : int
        Session index of the close that decided the entry.
    eligible : int
        First session index at whose close an entry is looked at again.
    event : int
        What the last step decided: NOTHING, ENTERED, LEFT_ON_TRIGGER or LEFT_ON_AGE.
    """

    inside: bool = False
    since: int = 0
    eligible: int = 0
    event: int = NOTHING


BEGINNING = State()
"""Where every rule begins: out of the satellite, free to enter."""


def step(state: State, t: int, enter: bool, leave: bool, max_holding: int, cooldown: int) -> State:
    """Decide at close t what to hold from the next fill on.

    Out: enter if ``enter and not leave``. In: leave if ``leave`` or the satellite has been held
    for `max_holding` sessions since its entry fill, so that a holding of h lasts exactly from
    open e+1 to open e+1+h. After leaving at close t, entry is looked at again from close
    t + 1 + cooldown.

    Parameters
    ----------
    t : int
        Session index of this close; the decision is filled in session t + 1.
    enter, leave : bool
        The rule's triggers at close t.
    max_holding : int
        Sessions; 0 means without limit.
    cooldown : int
        Sessions after leaving in which entries are ignored.
    """
    if not state.inside:
        if enter and not leave and t >= state.eligible:
            return State(True, t, state.eligible, ENTERED)
    elif leave:
        return State(False, state.since, t + 1 + cooldown, LEFT_ON_TRIGGER)
    elif 0 < max_holding <= t - state.since:
        return State(False, state.since, t + 1 + cooldown, LEFT_ON_AGE)
    if state.event == NOTHING:
        return state  # as at most closes: none need be made
    return State(state.inside, state.since, state.eligible, NOTHING)

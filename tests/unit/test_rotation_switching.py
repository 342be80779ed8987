"""The state machine by hand: when a rule goes in, and when it comes out."""

import pytest

from engine.rotation.switching import (
    ENTERED,
    LEFT_ON_AGE,
    LEFT_ON_TRIGGER,
    NOTHING,
    State,
    step,
)


def walk(enter, leave, max_holding=0, cooldown=0, first=0):
    """Return the events of closes `first`, `first` + 1, …; triggers are strings of 1 and 0."""
    state, events = State(), []
    for t, (e, x) in enumerate(zip(enter, leave, strict=True), start=first):
        state = step(state, t, e == "1", x == "1", max_holding, cooldown)
        events.append(".EXA"[state.event])
    return "".join(events)


def test_the_letters():
    assert (NOTHING, ENTERED, LEFT_ON_TRIGGER, LEFT_ON_AGE) == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("enter", "leave", "limits", "events"),
    [
        ("00100", "00000", {}, "..E.."),
        ("11111", "00000", {}, "E...."),
        ("00000", "11111", {}, "....."),
        ("10010", "00100", {}, "E.XE."),
        ("11111", "01010", {}, "EXEXE"),  # rotations in consecutive sessions
        ("10000", "01000", {}, "EX..."),  # leaves at once
        ("11111", "11111", {}, "....."),  # enters only where it need not leave
        ("11111", "10101", {}, ".EXEX"),
        ("11111", "00000", {"max_holding": 1}, "EAEAE"),
        ("11111", "00000", {"max_holding": 2}, "E.AE."),
        ("11111", "00000", {"max_holding": 4}, "E...A"),
        ("11111", "00000", {"max_holding": 5}, "E...."),
        ("10000", "00100", {"max_holding": 2}, "E.X.."),  # both at once: the trigger is the reason
        ("11111", "00010", {"max_holding": 2}, "E.A.E"),
        ("111111", "000000", {"max_holding": 1, "cooldown": 1}, "EA.EA."),
        ("111111", "000000", {"max_holding": 1, "cooldown": 3}, "EA...E"),
        ("111111", "010000", {"cooldown": 2}, "EX..E."),
        ("100111", "010000", {"cooldown": 1}, "EX.E.."),
        ("011111", "000000", {"cooldown": 3}, ".E...."),  # there is no cooldown before a stay
    ],
)
@pytest.mark.parametrize("first", [0, 1000])
def test_events(enter, leave, limits, events, first):
    assert walk(enter, leave, first=first, **limits) == events


def test_a_step_leaves_the_state_it_was_given():
    before = State()
    after = step(before, 3, True, False, 0, 0)
    assert before == State()
    assert after == State(inside=True, since=3, eligible=0, event=ENTERED)
    left = step(after, 7, False, True, 0, 2)
    assert left == State(inside=False, since=3, eligible=10, event=LEFT_ON_TRIGGER)

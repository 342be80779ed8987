"""``streak now`` on one screen."""

from __future__ import annotations

from typing import Any

from engine.evaluation.streak_study.now import AFTERMATH, Now
from engine.market.panel import PricePanel
from engine.report.format import counted, format_interval
from engine.report.sections import Section
from engine.report.streaks import describe_streak, number, percent
from engine.store.logs import features_text


def now_sections(
    panel: PricePanel, market: Now, rules: Any, fill: str = "next_open"
) -> list[Section]:
    """Return the sections of the screen; `rules` are the standings of the study's rules.

    `fill` is the study's: ``next_open`` or ``next_close``.
    """
    core, satellite = panel.symbols
    title = f"{satellite} against {core}, close of {market.session}"
    return [
        Section(title, tuple(_market(panel, market))),
        _rules(panel, rules, fill),
        _nearest(panel, market),
    ]


def _market(panel: PricePanel, market: Now) -> list[str]:
    satellite = panel.satellite.symbol
    lines = [f"Price basis {panel.price_basis}, data since {panel.traded_sessions[0]}."]
    if market.streak is None:
        lines.append("No streak is under way: the last session was a tie.")
    else:
        lines.append(f"{describe_streak(market.streak, market.streaks)}.")
    lines.append(
        f"RSI(14) of {satellite} is {number(market.rsi)}: no lower than "
        f"{percent(market.rsi_percentile)} of its past."
    )
    outlook = market.outlook
    if outlook.n:
        lines.append(
            f"Streaks that stood there went on in {outlook.continued:,} of "
            f"{counted(outlook.n, 'case')}, "
            f"{percent(outlook.probability)} "
            f"({format_interval(outlook.low, outlook.high, 'fraction')})."
        )
    elif market.streak is not None:
        lines.append("No earlier streak stood there with a known next session.")
    return lines


def held(panel: PricePanel, weight: float) -> str:
    """Return what a weight of the satellite means in words."""
    core, satellite = panel.symbols
    return {0.0: core, 1.0: satellite}.get(weight, f"{percent(weight)} {satellite}")


def _rules(panel: PricePanel, rules: Any, fill: str) -> Section:
    rows = []
    for rule in rules:
        decided = rule.decided
        if decided is None:
            action, why = "stay", ""
        else:
            action = f"to {held(panel, decided.weight)}"
            why = "; ".join(filter(None, (decided.trigger, features_text(decided))))
        rows.append((rule.label, held(panel, rule.held_weight), rule.since, action, why))
    headings = ("Rule", "Holds", "Since", fill.replace("_", " ").capitalize(), "Why")
    return Section("What the rules hold and would do", (), headings, tuple(rows), 5)


def _nearest(panel: PricePanel, market: Now) -> Section:
    core, satellite = panel.symbols
    rows = tuple(
        (
            str(past.streak.start),
            str(past.streak.end),
            past.streak.character.tag,
            str(past.streak.length),
            number(past.streak.mean_bps),
            percent(past.streak.satellite_return),
            percent(past.streak.core_return),
            percent(past.aftermath),
        )
        for past in market.nearest
    )
    headings = ("Start", "End", "Character", "Length", "bp a session", satellite, core)
    lines = () if rows else ("There are none.",)
    title = "Nearest streaks of the past"
    return Section(title, lines, (*headings, f"{AFTERMATH} sessions later"), rows, 3)

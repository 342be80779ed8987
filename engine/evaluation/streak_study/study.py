"""The whole streak study of one panel: every part, in one frozen record."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.evaluation.streak_study.analogues import (
    Analogue,
    analogues,
    paths_around,
    streak_on,
)
from engine.evaluation.streak_study.anatomy import Mover, anatomy
from engine.evaluation.streak_study.character import CharacterRules, rules_in_words
from engine.evaluation.streak_study.continuation import (
    ContinuationRow,
    Outlook,
    SurvivalRow,
    continuation,
    outlook,
    survival,
)
from engine.evaluation.streak_study.events import EventRow, event_study
from engine.evaluation.streak_study.rarity import Rarity, rarity, sentence
from engine.evaluation.streak_study.run_bootstrap import automatic_block_length
from engine.evaluation.streak_study.runs import winning_and_losing
from engine.evaluation.streak_study.table import KINDS, Kind, Streak, current_streak, streak_table
from engine.market.others import OtherCloses
from engine.market.panel import PricePanel, Provenance
from engine.market.quotes import FloatArray
from engine.signals.streaks import outperformance_streak, simple_returns
from engine.study.scan import ScanSection

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Context:
    """What a study may know besides the prices of the pair.

    Attributes
    ----------
    vix, fed_funds : float64 arrays, shape (n,), or None
        VIX close, and fed funds rate (fraction a year) dated on or before each session.
    others : sequence of OtherCloses
        Further assets, for the anatomy of streaks.
    sources : tuple of Provenance
        Where all of it came from.
    """

    vix: FloatArray | None = None
    fed_funds: FloatArray | None = None
    others: Sequence[OtherCloses] = ()
    sources: tuple[Provenance, ...] = ()

    def digest(self) -> str:
        """Return a hash of all of it: equal for studies that may know the same."""
        digest = hashlib.sha256()
        for series in (self.vix, self.fed_funds):
            digest.update(b"none" if series is None else series.astype("<f8").tobytes())
        for other in self.others:
            digest.update(f"{other.symbol} {other.problem}".encode())
            digest.update(other.sessions.astype(np.int64).astype("<i8").tobytes())
            digest.update(other.close.astype("<f8").tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class StreakStudy:
    """What a panel says about its streaks.

    Attributes
    ----------
    streaks : dict of Kind to tuple of Streak
        Every streak of every kind, in order of time.
    current : Streak or None
        The streak of outperformance or underperformance under way at the last session; None
        after a tie.
    rules : tuple of str
        By which rules streaks are tagged, in words.
    rarity : dict of str to Rarity
        For ``outperformance`` and ``underperformance``.
    verdicts : dict of str to str
        For the same: one sentence each on whether the longest streak is remarkable.
    continuation, survival : tuples of rows
    outlook : Outlook
        How streaks as long as the current one went on.
    events : tuple of EventRow
    analogues : tuple of Analogue
        Of streaks of outperformance: those chosen, and last the one under way, if it is long
        enough to be listed.
    dissected : Streak or None
    anatomy : tuple of Mover
        Over `dissected`, a streak of outperformance.
    """

    streaks: dict[Kind, tuple[Streak, ...]]
    current: Streak | None
    rules: tuple[str, ...]
    rarity: dict[str, Rarity]
    verdicts: dict[str, str]
    continuation: tuple[ContinuationRow, ...]
    survival: tuple[SurvivalRow, ...]
    outlook: Outlook
    events: tuple[EventRow, ...]
    analogues: tuple[Analogue, ...]
    dissected: Streak | None
    anatomy: tuple[Mover, ...]


def character_rules(scan: ScanSection) -> CharacterRules:
    """Return the rules a study's scan section sets."""
    return CharacterRules(**scan.character.model_dump())


def streaks_of_all_kinds(
    panel: PricePanel, scan: ScanSection, context: Context
) -> dict[Kind, tuple[Streak, ...]]:
    """Return the table of streaks of every kind."""
    known: dict[str, Any] = {"vix": context.vix, "fed_funds": context.fed_funds}
    rules = character_rules(scan)
    return {kind: streak_table(panel, kind, rules, **known) for kind in KINDS}


def current_of(streaks: dict[Kind, tuple[Streak, ...]]) -> Streak | None:
    """Return the streak against the core under way at the last session, of either direction."""
    both = (current_streak(streaks[kind]) for kind in ("outperformance", "underperformance"))
    return next((streak for streak in both if streak is not None), None)


def signed_length(streak: Streak | None) -> int:
    """Return +length of outperformance, −length of underperformance, 0 for no streak."""
    if streak is None:
        return 0
    return streak.length if streak.kind == "outperformance" else -streak.length


def study_streaks(
    panel: PricePanel,
    scan: ScanSection,
    seed: int,
    context: Context,
    analogue_dates: Sequence[dt.date] = (),
    dissect: dt.date | None = None,
    progress: Progress = lambda _: None,
) -> StreakStudy:
    """Study the streaks of a panel, as of its last session.

    Parameters
    ----------
    panel : PricePanel
    scan : ScanSection
    seed : int
        Of both bootstraps.
    context : Context
    analogue_dates : sequence of dates, optional
        Each chooses the streak of outperformance it falls into; by default the longest are shown.
    dissect : date, optional
        The same for the anatomy; by default the streak under way if it is long enough to be
        listed, else the longest.
    progress : callable, optional

    Raises
    ------
    UsageError
        If an analogue's date is on no streak.
    """
    streaks = streaks_of_all_kinds(panel, scan, context)
    up = streaks["outperformance"]
    paths = _analogues(panel, up, analogue_dates, scan.min_length)
    dissected = _dissected(panel, up, dissect, scan.min_length)
    current = current_of(streaks)
    progress(f"resampling {scan.resamples:,} histories")
    found = _rarities(panel, scan, seed)
    signed = outperformance_streak(panel.core.close, panel.satellite.close)
    studied = signed[max(panel.start_index, 1) :]
    progress("studying what followed")
    events = event_study(
        panel,
        signed,
        scan.thresholds,
        scan.horizons,
        resamples=scan.resamples,
        seed=seed,
        significance=scan.significance,
    )
    core, satellite = panel.symbols
    sides = {"outperformance": 1, "underperformance": -1}
    return StreakStudy(
        streaks=streaks,
        current=current,
        rules=rules_in_words(character_rules(scan)),
        rarity=found,
        verdicts={k: sentence(found[k], side, core, satellite) for k, side in sides.items()},
        continuation=continuation(studied),
        survival=survival(studied),
        outlook=outlook(studied, signed_length(current)),
        events=events,
        analogues=paths,
        dissected=dissected,
        anatomy=() if dissected is None else anatomy(panel, dissected, context.others),
    )


def _analogues(
    panel: PricePanel, streaks: Sequence[Streak], dates: Sequence[dt.date], min_length: int
) -> tuple[Analogue, ...]:
    """Return the paths around past streaks, and around the one under way beside them."""
    chosen = analogues(panel, streaks, tuple(dates) or None)
    current = current_streak(streaks)
    if current is None or current.length < min_length:
        return chosen
    past = tuple(analogue for analogue in chosen if not analogue.streak.open)
    return (*past, paths_around(panel, current))


def _dissected(
    panel: PricePanel, streaks: Sequence[Streak], date: dt.date | None, min_length: int
) -> Streak | None:
    if date is not None:
        return streak_on(panel, streaks, date)
    current = current_streak(streaks)
    if current is not None and current.length >= min_length:
        return current
    return max(streaks, key=lambda s: s.length, default=None)


def _rarities(panel: PricePanel, scan: ScanSection, seed: int) -> dict[str, Rarity]:
    returns = simple_returns(panel.satellite.close) - simple_returns(panel.core.close)
    outperformance = np.asarray(returns[max(panel.start_index, 1) :])
    block = automatic_block_length(outperformance)
    won, lost = winning_and_losing(outperformance)
    return {
        name: rarity(wins, block_length=block, resamples=scan.resamples, seed=seed)
        for name, wins in (("outperformance", won), ("underperformance", lost))
    }

"""The stitched run: the choices of all folds traded one after the other, and what is beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.evaluation.walk_forward.choosing import Choice
from engine.evaluation.walk_forward.folds import Fold
from engine.evaluation.walk_forward.windows import Window
from engine.execution.bars import history_of
from engine.execution.simulation import Simulation
from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray
from engine.pipeline.bench import Bench
from engine.pipeline.variation import varied
from engine.rules.phases import Phase, PhasedParams, phased_decisions, phased_rule
from engine.rules.resolve import ResolvedRule, resolve
from engine.store.records import Measured
from engine.study.models import Study

NAME = "walk_forward"
LABEL = "walk-forward"


def phases_of(study: Study, panel: PricePanel, choices: Sequence[Choice]) -> list[Phase]:
    """Return the parameters in force: a fold without a choice leaves those before it in force."""
    sessions = panel.traded_sessions
    return [
        Phase(sessions[choice.windows.test.first], rule_of(study, choice.values))
        for choice in choices
        if choice.number is not None
    ]


def rule_of(study: Study, values: Any) -> ResolvedRule:
    """Return the rule of a study with swept values."""
    return resolve(varied(study, values).rule)


def stitched(bench: Bench, phases: Sequence[Phase], name: str) -> Measured:
    """Run the phases on the bench's panel; the log of rotations says which trigger fired.

    Parameters
    ----------
    bench : Bench
        On a panel that starts in the first session of the first test window.
    phases : sequence of Phase
    name : str
        Of the rule whose parameters change.
    """
    found = ResolvedRule(phased_rule(NAME, phases), PhasedParams())
    measured = bench.measured(LABEL, found)
    parameters = {"rule": name, "phases": [_described(phase) for phase in phases]}
    return replace(
        measured,
        rule={"name": NAME, "parameters": parameters},
        simulation=_explained(measured.simulation, bench.panel, phases),
    )


def _described(phase: Phase) -> dict[str, Any]:
    return {"start": str(phase.start), "parameters": phase.found.describe()["parameters"]}


def _explained(simulation: Simulation, panel: PricePanel, phases: Sequence[Phase]) -> Simulation:
    """Return a run with the reasons of its decisions, which a schedule of weights does not have."""
    first = panel.start_index
    reasons = {
        decision.session - first: decision._replace(session=decision.session - first)
        for decision in phased_decisions(phases, history_of(panel))
    }
    told = tuple(reasons.get(one.session, one) for one in simulation.decisions)
    return replace(simulation, decisions=told, pending=told[-1] if simulation.pending else None)


def folds_of(choices: Sequence[Choice], run: Simulation, core: Simulation) -> list[Fold]:
    """Return the folds with what the stitched run, and the core held, earned in each."""
    start = choices[0].windows.test.first
    decided = [rotation.session + start for rotation in run.rotations]
    folds: list[Fold] = []
    in_force: int | None = None
    for number, choice in enumerate(choices, 1):
        in_force = in_force if choice.number is None else number
        test = choice.windows.test
        earned = Window(choice.windows.earned.first - start, choice.windows.earned.stop - start)
        folds.append(
            Fold(
                number=number,
                choice=choice,
                in_force=in_force,
                stitched_return=_gain(run.equity, earned),
                core_return=_gain(core.equity, earned),
                rotations=sum(test.first <= session < test.stop for session in decided),
            )
        )
    return folds


def _gain(equity: FloatArray, over: Window) -> float:
    """Return what equity gained from the first to the last close of a window (fraction)."""
    if over.sessions < 2:
        return math.nan
    return float(equity[over.stop - 1] / equity[over.first] - 1.0)

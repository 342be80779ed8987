"""``stability``: a study, a stored run or a set of a stored sweep, one choice changed at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from engine.errors import DataError, UsageError
from engine.evaluation.grid_study.neighbours import Neighbourhood, around, neighbourhood
from engine.evaluation.grid_study.places import CORE, Measured, Places, sign_of
from engine.evaluation.stability import Stability, even_starts, rule_stability, year_starts
from engine.market.load import load_panel
from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray
from engine.pipeline.reloading import Reloaded, number_of, reload
from engine.pipeline.sweeping.plan import Plan
from engine.pipeline.sweeping.studied import Studied
from engine.pipeline.variation import varied
from engine.report.sections import Section, sections_markdown
from engine.rules.resolve import resolve
from engine.rules.studies import checked
from engine.store.files import notice_of
from engine.store.folders import Stored, json_bytes, put_beside
from engine.store.grid_findings import axis_value
from engine.store.ranking import best_rows
from engine.store.stability import stability_csv, stability_json
from engine.store.stored_runs import stored_metrics
from engine.store.trials import TrialColumns, read_rows
from engine.study.models import PriceBasis, Study

_IN_MEMORY = "price basis: the prices are in memory, so there are none on another basis"


def stability(
    study: Study, panel: PricePanel | None = None, *, starts: int | None = None
) -> Stability:
    """Return how stable a study's rule is when one choice beside it is changed at a time.

    Costs and the cost at which it ends level with the core, fills, the first session and the price
    basis; every variation stands beside the core held on the same terms over the same sessions.

    Parameters
    ----------
    study : Study
    panel : PricePanel, optional
        By default loaded; a panel in memory has no other price basis.
    starts : int, optional
        How many first sessions, at equal distances; by default the first of each year.

    Returns
    -------
    Stability

    Raises
    ------
    StreaklabError
        Any of its kinds; see :mod:`engine.errors`.
    """
    study = checked(study)
    if panel is None:
        return study_stability(study, load_panel(study.data), starts=starts)
    return study_stability(study, panel, starts=starts, in_memory=True)


@dataclass(frozen=True, eq=False)
class StoredStability:
    """The stability of a stored run, or of one set of a stored sweep.

    Attributes
    ----------
    metric : str or None
        What the sweep's sets are ranked by; None of a run.
    row : int or None
        Of the set in the sweep's table.
    values : dict
        Its swept values; empty of a run.
    stability : Stability
    """

    metric: str | None
    row: int | None
    values: dict[str, Any]
    stability: Stability


def stability_of(
    stored: Stored,
    *,
    by: str | None = None,
    row: int | None = None,
    starts: int | None = None,
    data_dir: Path | None = None,
) -> StoredStability:
    """Return how stable a stored run, or one set of a stored sweep, is.

    Parameters
    ----------
    stored : Stored
    by : str, optional
        Metric whose best set is looked at, and whose neighbours; by default the sweep's.
    row : int, optional
        Of the sweep's table, in place of the best.
    starts : int, optional
        How many first sessions, at equal distances; by default the first of each year.
    data_dir : Path, optional
        Where the prices are now.

    Raises
    ------
    UsageError
        If a set is asked for that there is not, a metric no sweep gives, either of them of a run,
        or as :func:`engine.pipeline.reloading.reload`.
    StreaklabError
        Any other of its kinds.
    """
    if stored.manifest["kind"] == "run" and (by, row) != (None, None):
        raise UsageError(f"{stored.name} is a run and has no sets to choose from")
    again = reload(stored, data_dir)
    if stored.manifest["kind"] == "run":
        found = study_stability(again.study, again.panel, starts=starts)
        return StoredStability(None, None, {}, found)
    return _of_sweep(stored, again, by, row, starts)


def _of_sweep(
    stored: Stored, again: Reloaded, by: str | None, row: int | None, starts: int | None
) -> StoredStability:
    metric = by or str(stored_metrics(stored)["metric"])
    columns = TrialColumns(stored)
    best = best_rows(columns, metric, 1, alike=())[0]
    sets = stored.manifest["sets"]
    chosen = best if row is None else row
    if not chosen < sets:
        raise UsageError(f"{stored.name} has no row {chosen}; rows are 0 to {sets - 1:,}")
    plan = again.plan()
    number = number_of(plan.grid.axes, read_rows(stored, [chosen])[0])
    found = set_stability(plan, number, chosen, metric, columns[metric], starts=starts)
    return StoredStability(metric, chosen, plan.grid[number], found)


def stability_told(found: StoredStability) -> dict[str, Any]:
    """Return a stability with the set it is of, ready for JSON."""
    values = {key: axis_value(value) for key, value in found.values.items()}
    place = {"metric": found.metric, "row": found.row, "values": values}
    return {**place, **stability_json(found.stability)}


def save_stability(stored: Stored, told: Mapping[str, Any], sections: Sequence[Section]) -> Path:
    """Write what was found beside the result it is of; return the path of the page.

    ``stability.json``, ``.csv`` and ``.md`` can be made again, so the manifest does not list them.
    """
    simulated = stored.manifest["simulated"]
    page = sections_markdown(f"Stability of {stored.name}", sections, simulated=simulated)
    files = {
        "stability.json": json_bytes({**notice_of(simulated), "run": stored.name, **told}),
        "stability.csv": stability_csv(told, simulated=simulated),
        "stability.md": page.encode(),
    }
    put_beside(stored, files)
    return stored.path / "stability.md"


def set_stability(
    plan: Plan, number: int, row: int, metric: str, column: FloatArray, *, starts: int | None = None
) -> Stability:
    """Return how stable one set of a sweep is.

    Parameters
    ----------
    plan : Plan
    number, row : int
        Of the set, in the whole grid and in the table.
    metric : str
    column : float64 array, shape (sets,)
        That metric of all sets the rule allows.
    starts : int, optional
        As for :func:`stability_of`.
    """
    values = plan.grid[number]
    study = varied(plan.study, values)
    panel = load_panel(study.data) if plan.sweeps_data else plan.panel
    near = _neighbourhood(plan, number, row, metric, column)
    return study_stability(study, panel, starts=starts, metric=metric, near=near)


def study_stability(
    study: Study,
    panel: PricePanel,
    *,
    starts: int | None = None,
    metric: str | None = None,
    near: Neighbourhood | None = None,
    in_memory: bool = False,
) -> Stability:
    """Return how stable a study's own rule is on a panel; see :func:`stability_of`.

    Prices on other bases are those of the study's data, unless the panel is from elsewhere.
    """
    sessions = panel.traded_sessions
    others, left_out = ({}, [_IN_MEMORY]) if in_memory else _other_bases(study)
    return rule_stability(
        panel,
        resolve(study.rule),
        study.execution,
        starts=year_starts(sessions) if starts is None else even_starts(sessions, starts),
        others=others,
        metric=metric,
        neighbourhood=near,
        left_out=left_out,
    )


def _other_bases(study: Study) -> tuple[Mapping[str, PricePanel], list[str]]:
    """Return the same prices on every other basis, and why one is left out."""
    panels, left_out = {}, []
    for basis in get_args(PriceBasis):
        if basis == study.data.price_basis:
            continue
        try:
            panels[basis] = load_panel(varied(study, {"data.price_basis": basis}).data)
        except DataError as error:
            left_out.append(f"price basis {basis}: {str(error).splitlines()[0]}")
    return panels, left_out


def _neighbourhood(
    plan: Plan, number: int, row: int, metric: str, column: FloatArray
) -> Neighbourhood:
    """Return how the sets beside one did, measured again."""
    places, studied = Places(plan.grid.axes), Studied(plan, metric)
    numbers = around(places, np.array([number]))
    measured = Measured.of(studied.evaluate, metric, numbers, 0, None)
    known = column[np.isfinite(column)]
    median = float(np.median(known)) if len(known) else float("nan")
    core = studied.references(0, None)[CORE]
    return neighbourhood(places, number, row, measured, sign_of(metric), median, core)

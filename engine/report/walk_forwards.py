"""The summary of a walk-forward: the stitched run beside what else there was, and every fold.

What is said of the folds is told from what ``metrics.json`` holds, so that a stored walk-forward
says word for word what it said when it was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.evaluation.definitions import find_metric
from engine.report.evidence import uncertainty_notes
from engine.report.format import UNDEFINED, counted, format_metric, format_number, format_value
from engine.report.labels import axis_label, value_text
from engine.report.results import RUN_COLUMNS, caption_of, execution_notes
from engine.report.sections import Section, sections_body
from engine.report.sweeps import core_label
from engine.report.tables import Row, Table, to_markdown
from engine.store.folders import Stored
from engine.store.stored_runs import setting_of, stored_metrics
from engine.store.walk_forwards import WalkForward, walk_forward_json

Told = Mapping[str, Any]
"""A walk-forward, as JSON holds it."""


def walk_forward_table(found: WalkForward) -> Table:
    """Return the stitched run, what else could have been held meanwhile, and the benchmarks."""
    rows = [Row(one.label, "rule", one.metrics) for one in (found.subject, *found.beside.values())]
    rows += [Row(one.label, "benchmark", one.metrics) for one in found.benchmarks.values()]
    core, told = core_label(found.setting), walk_forward_json(found)
    notes = (
        *walk_forward_notes(told, core),
        *uncertainty_notes(found.uncertainty, found.verdict, core),
        *execution_notes(found.simulation, found.max_difference, found.setting),
        *found.setting.warnings,
    )
    return Table(
        tuple(rows),
        RUN_COLUMNS,
        caption=caption_of(found.setting),
        notes=notes,
        simulated=found.setting.simulated,
    )


def walk_forward_sections(found: WalkForward) -> list[Section]:
    """Return what the folds say."""
    return _sections(walk_forward_json(found), core_label(found.setting))


def stored_walk_forward_sections(stored: Stored) -> list[Section]:
    """Return what the folds of a stored walk-forward say, as it was when it was made."""
    return _sections(stored_metrics(stored), core_label(setting_of(stored)))


def walk_forward_markdown(found: WalkForward, table: Table) -> str:
    """Return the summary page of a walk-forward: its table, then what its folds say."""
    body = sections_body(walk_forward_sections(found))
    return f"# {found.study}\n\n{to_markdown(table, transposed=True)}\n{body}"


def walk_forward_notes(told: Told, core: str) -> Iterator[str]:
    """Yield what the rows are, and what the folds say, in a few sentences."""
    name = find_metric(told["metric"]).label
    if told["sets"] == 1:
        yield "the grid has one set, so nothing is chosen: name axes under sweep"
    else:
        yield (
            f"walk-forward: at each close the parameters decide that were the best of "
            f"{told['sets']:,} sets by {name} in {_training(told)}, chosen anew every "
            f"{told['windows']['test_sessions']:,} sessions ({told['engine']} engine)"
        )
    yield (
        "own parameters: the study's, never changed; hindsight: the set that was best in these "
        "very sessions, which nobody could have known"
    )
    yield from _warnings(told)
    yield _efficiency_note(told, name, core)
    yield _standing_note(told, core)


def _training(told: Told) -> str:
    windows = told["windows"]
    length = f"{windows['train_sessions']:,}"
    anchored = windows["windows"] == "anchored"
    text = f"all sessions from the first {length} on" if anchored else f"the last {length} sessions"
    gap = [f"{what} {windows[what]:,}" for what in ("purge", "embargo") if windows[what]]
    return f"{text} ({', '.join(gap)})" if gap else text


def _warnings(told: Told) -> Iterator[str]:
    """Yield what is unlike what one would expect."""
    if told["held_fixed"]:
        yield (
            f"not chosen, as no rule can: {', '.join(told['held_fixed'])}; the study's own values "
            "hold, and other values have a walk-forward each, below"
        )
    idle = [row for row in told["folds"] if row["in_force"] != row["fold"]]
    if idle:
        numbers = ", ".join(str(row["fold"]) for row in idle)
        fewest = told["windows"]["minimum_sets"]
        few = "no set has" if fewest == 1 else f"fewer than {fewest:,} sets have"
        yield (
            f"no choice in fold {numbers}: {few} {find_metric(told['metric']).label} in the "
            "training; the choice before stays in force, without one the core"
        )
    last, full = told["folds"][-1], told["windows"]["test_sessions"]
    if last["test_sessions"] < full:
        yield f"the last test window has {last['test_sessions']:,} of {full:,} sessions"


def _efficiency_note(told: Told, name: str, core: str) -> str:
    summary, key = told["summary"], told["metric"]
    metrics = told["rule"]["metrics"]
    growth, active = (format_value(metrics[k], "fraction") for k in ("cagr", "active_return"))
    return (
        f"walk-forward efficiency {_number(summary['efficiency'])}: {growth} a year out of sample, "
        f"{format_value(summary['in_sample_cagr'], 'fraction')} in sample; active return over "
        f"{core} {active} out of sample, "
        f"{format_value(summary['in_sample_active_return'], 'fraction')} in sample; mean {name} of "
        f"the choices {format_metric(key, summary['out_of_sample_metric'])} out of sample, "
        f"{format_metric(key, summary['in_sample_metric'])} in sample"
    )


def _standing_note(told: Told, core: str) -> str:
    summary, beaten = told["summary"], told["summary"]["percentile"]
    gained = (
        f"{_percent(summary['profitable'])} of {counted(summary['folds'], 'fold')} gained, "
        f"{_percent(summary['beating_core'])} gained more than {core}"
    )
    if beaten is None:
        return gained
    return (
        f"{gained}; out of sample the choices beat {_percent(beaten)} of the other sets on average "
        "(chance: 50 %)"
    )


def _sections(told: Told, core: str) -> list[Section]:
    folds = (choices_section(told), outcomes_section(told, core), drift_section(told))
    return [*folds, *([scenarios_section(told)] if told["scenarios"] else [])]


def choices_section(told: Told) -> Section:
    """Return what every fold chose."""
    axes = told["axes"]
    headings = ("Fold", "Training", "Test", "In force", *map(axis_label, axes))
    lines = (
        "What was best in each training window, and so decided at the closes of the test window "
        "after it.",
    )
    rows = tuple(
        (
            str(row["fold"]),
            f"{row['train_first']} to {row['train_last']}",
            f"{row['test_first']} to {row['test_last']}",
            _in_force(row),
            *(value_text(row[axis]) if _chose(row) else UNDEFINED for axis in axes),
        )
        for row in told["folds"]
    )
    return Section("What each fold chose", lines, headings, rows, 4)


def _chose(row: Told) -> bool:
    return bool(row["in_force"] == row["fold"])


def _in_force(row: Told) -> str:
    if _chose(row):
        return "its choice"
    return "the core" if row["in_force"] is None else f"that of fold {row['in_force']}"


def outcomes_section(told: Told, core: str) -> Section:
    """Return how every choice did in training and test; `core` names the benchmark."""
    name = find_metric(told["metric"]).label
    headings = (
        "Fold",
        f"{name} in",
        "Out",
        "CAGR in",
        "Out",
        f"Rank of {told['sets']:,}",
        "Beaten",
        "Order kept",
        "Stitched",
        core,
        "Rotations",
    )
    lines = (
        f"Every choice in its training window (in) and in the test after it (out), each a backtest "
        f"of its own. Stitched and {core}: what the decisions of the test window earned.",
    )
    notes = (
        "Rank: among all sets in the test; beaten: share of the other sets that did worse there, "
        "half of ties counted. Order kept: rank correlation (Spearman) of all sets, training "
        "against test; 0 says that training knows nothing of the test.",
    )
    rows = tuple(_outcome(told["metric"], row) for row in told["folds"])
    return Section("How the choices did", lines, headings, rows, 1, notes)


def _outcome(key: str, row: Told) -> tuple[str, ...]:
    metrics = (
        format_metric(one, row[f"{side}_{one}"])
        for one in (key, "cagr")
        for side in ("in_sample", "out_of_sample")
    )
    rank = row["test_rank"]
    return (
        str(row["fold"]),
        *metrics,
        UNDEFINED if rank is None else f"{rank:,}",
        format_value(row["test_percentile"], "fraction"),
        _number(row["order_kept"]),
        format_value(row["stitched_return"], "fraction"),
        format_value(row["core_return"], "fraction"),
        f"{row['rotations']:,}",
    )


def drift_section(told: Told) -> Section:
    """Return how much the choices move; without rows where nothing was swept."""
    summary = told["summary"]
    headings = ("Axis", "Values chosen", "Changes", "Mean step")
    rows = tuple(
        (
            axis_label(one["axis"]),
            f"{one['distinct']:,}",
            f"{one['changes']:,}",
            format_value(one["mean_step"], "fraction"),
        )
        for one in told["drift"]
    )
    lines = (
        f"{counted(summary['distinct_sets'], 'set')} in {counted(summary['choices'], 'choice')}. "
        "Parameters that wander from fold to fold were fitted to their windows.",
    )
    notes = (
        "Mean step: distance from one choice to the next as a share of the axis; 0 stays, and "
        "choices by chance come to about a third.",
    )
    return Section("Drift of the parameters", lines, headings, rows, 1, notes if rows else ())


def scenarios_section(told: Told) -> Section:
    """Return what the walk-forward comes to on other terms."""
    columns = ("cagr", "sharpe", "max_drawdown", "active_return", "rotations_per_year")
    headings = (
        *map(axis_label, told["held_fixed"]),
        *(find_metric(key).label for key in columns),
        "Efficiency",
        "Beaten",
    )
    rows = tuple(
        (
            *(value_text(one["values"][key]) for key in told["held_fixed"]),
            *(format_metric(key, one["metrics"][key]) for key in columns),
            _number(one["summary"]["efficiency"]),
            format_value(one["summary"]["percentile"], "fraction"),
        )
        for one in told["scenarios"]
    )
    lines = (
        "The whole walk-forward again, choices included, for every swept value that no rule can "
        "choose; active return is over the core held on the same terms.",
    )
    return Section("On other terms", lines, headings, rows, len(told["held_fixed"]))


def _number(value: float | None) -> str:
    return UNDEFINED if value is None else format_number(value, 2)


def _percent(value: float | None) -> str:
    return UNDEFINED if value is None else f"{format_number(value * 100.0, 0)} %"

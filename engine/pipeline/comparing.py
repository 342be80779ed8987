"""``compare``: several rules on the same prices and terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import RuleError, UsageError, nearest_file
from engine.evaluation.inference.rules import Contestant, rule_tests
from engine.execution.terms import terms_of
from engine.market.load import load_panel
from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray, SessionArray
from engine.pipeline.bench import Bench, Progress, benchmark_named, setting_of, silent
from engine.rules.registry import rule_named
from engine.rules.resolve import ResolvedRule, resolve
from engine.rules.rule import Rule
from engine.rules.studies import read_study
from engine.store.folders import Stored, find
from engine.store.records import Compared, Comparison, Measured, Setting
from engine.store.stored_runs import compared_rows
from engine.store.stored_runs import setting_of as setting_of_stored
from engine.study.models import Study
from engine.study.resolved import resolved

SHOWN = 3
"""Parameters a label names at most."""


def compare(
    rules: Sequence[tuple[str, ResolvedRule]],
    study: Study,
    panel: PricePanel,
    progress: Progress = silent,
) -> Comparison:
    """Backtest several rules on one panel, on one study's terms, next to its benchmarks.

    Parameters
    ----------
    rules : sequence of (source, ResolvedRule)
        What to compare, and where each comes from.
    study : Study
        Whose costs, fills and benchmarks hold for all.
    panel : PricePanel

    Returns
    -------
    Comparison
        Rules in the order given, then the benchmarks.
    """
    return _tested(_measured(rules, study, panel, progress), progress)


def _measured(
    rules: Sequence[tuple[str, ResolvedRule]], study: Study, panel: PricePanel, progress: Progress
) -> Comparison:
    """Return the comparison without tests."""
    bench = Bench(panel, terms_of(study.execution, panel), progress)
    rows = [
        _compared(bench.measured(found.rule.name, found), "rule", source) for source, found in rules
    ]
    rows += [
        _compared(measured, "benchmark", "benchmark")
        for measured in bench.benchmarks(study.benchmarks).values()
    ]
    setting, cash_returns = setting_of(study, panel), bench.core.cash_returns
    return comparison_of(study.name, setting, panel.traded_sessions, cash_returns, rows)


def comparison_of(
    name: str,
    setting: Setting,
    sessions: SessionArray,
    cash_returns: FloatArray,
    rows: Iterable[Compared],
) -> Comparison:
    """Return a comparison in which every row has a label of its own."""
    rows = list(rows)
    if not any(row.kind == "rule" for row in rows):
        raise UsageError("there is nothing to compare; name study files, runs or --rules")
    labels = _distinct_labels(rows)
    named = (replace(row, label=label) for row, label in zip(rows, labels, strict=True))
    return Comparison(name, setting, sessions, cash_returns, tuple(named))


def _tested(comparison: Comparison, progress: Progress) -> Comparison:
    """Return the comparison with its rules tested against each other and against the core held."""
    progress("testing the rules against each other")
    held = [
        row.label
        for row in comparison.rows
        if row.kind == "benchmark" and benchmark_named(row.rule) == "core"
    ]
    rows = [Contestant(row.label, row.kind == "rule", row.equity) for row in comparison.rows]
    tests = rule_tests(rows, comparison.cash_returns, held[0] if held else None)
    return replace(comparison, tests=tests)


def _distinct_labels(rows: Sequence[Compared]) -> list[str]:
    """Tell rows of the same rule apart: by the parameters that differ, else by their source."""
    labels = [row.label for row in rows]
    for row in rows:
        alike = [i for i, other in enumerate(rows) if other.label == row.label]
        if len(alike) == 1 or labels[alike[0]] != row.label:
            continue
        given = [rows[i].rule["parameters"] for i in alike]
        differing = [k for k in given[0] if len({repr(g.get(k)) for g in given}) > 1]
        for number, i in enumerate(alike):
            values = ", ".join(f"{key} {given[number][key]}" for key in differing[:SHOWN])
            labels[i] = f"{row.label} ({values or rows[i].source})"
    repeated = {label for label in labels if labels.count(label) > 1}
    return [
        f"{label} #{labels[: i + 1].count(label)}" if label in repeated else label
        for i, label in enumerate(labels)
    ]


def _compared(measured: Measured, kind: Any, source: str) -> Compared:
    return Compared(
        measured.label, kind, source, measured.rule, measured.metrics, measured.simulation.equity
    )


def compare_sources(
    sources: Sequence[str],
    *,
    rules: str | None,
    overrides: Sequence[str],
    data_dir: Path | None,
    results: Path,
    progress: Progress = silent,
) -> Comparison:
    """Compare what a user names: study files, stored runs, or both.

    Parameters
    ----------
    sources : sequence of str
        Paths of study files, or names of stored runs.
    rules : str or None
        Names of shipped rules, separated by commas: compared, with default parameters, in place
        of the studies' own rules.
    overrides, data_dir
        As for running a study.
    results : Path
        Where stored runs are.

    Raises
    ------
    UsageError
        If a source or a rule does not exist, or if the sources differ in prices, sessions, costs
        or fills, naming in what.
    """
    files = [source for source in sources if _is_study(source)]
    stored = [find(results, source, "run") for source in sources if not _is_study(source)]
    if not files and (rules or overrides or data_dir):
        raise UsageError("--rules, --set and --data-dir go with a study file, not with stored runs")
    parts = [(run.name, _stored_part(run)) for run in stored]
    if files:
        studies = [
            (file, read_study(Path(file), overrides=overrides, data_dir=data_dir).study)
            for file in files
        ]
        parts.insert(0, (files[0], _fresh_part(studies, rules, progress)))
    (first_name, first), *others = parts
    for name, part in others:
        _refuse_different((first_name, first.setting), (name, part.setting))
    if not others:
        return _tested(first, progress)
    rules_first = [row for _, part in parts for row in part.rows if row.kind == "rule"]
    benchmarks = [row for row in first.rows if row.kind == "benchmark"]
    whole = comparison_of(
        "comparison", first.setting, first.sessions, first.cash_returns, rules_first + benchmarks
    )
    sections = [section for _, part in parts for section in _sections(part.config)]
    return _tested(replace(whole, config=_config_of(first.config, sections)), progress)


def _sections(config: Mapping[str, Any] | None) -> list[Any]:
    """Return the rule sections of a resolved study: its own, and those compared with it."""
    return [] if config is None else [config["rule"], *config["compare"]]


def _config_of(config: Mapping[str, Any] | None, sections: Sequence[Any]) -> dict[str, Any] | None:
    """Return a resolved study with these rule sections in place of its own."""
    return None if config is None else {**config, "rule": sections[0], "compare": sections[1:]}


def _is_study(source: str) -> bool:
    if not source.lower().endswith((".yaml", ".yml")):
        return False
    if not Path(source).is_file():
        raise UsageError(f"{source}: there is no such file{nearest_file(Path(source))}")
    return True


def _shipped(names: str) -> list[Rule]:
    """Return the rules of a list of names, separated by commas."""
    try:
        return [rule_named(name.strip()) for name in names.split(",") if name.strip()]
    except RuleError as error:
        raise UsageError(f"--rules: {error}") from None


def _fresh_part(
    studies: Sequence[tuple[str, Study]], rules: str | None, progress: Progress
) -> Comparison:
    """Run the rules of one or more studies that share prices and terms."""
    (first_file, first), *others = studies
    panel = load_panel(first.data)
    setting = setting_of(first, panel)
    for file, study in others:
        same = study.data == first.data
        other_panel = panel if same else load_panel(study.data)
        _refuse_different((first_file, setting), (file, setting_of(study, other_panel)))
    if rules is not None:
        found = [
            ("default parameters", ResolvedRule(rule, rule.parameters({})))
            for rule in _shipped(rules)
        ]
    else:
        found = [
            (study.name, resolve(section))
            for _, study in studies
            for section in (study.rule, *study.compare)
        ]
    shipped = [{"name": rule.rule.name} for _, rule in found]
    given = [section for _, study in studies for section in _sections(resolved(study))]
    sections = given if rules is None else shipped
    measured = _measured(found, first, panel, progress)
    return replace(measured, config=_config_of(resolved(first), sections))


def _stored_part(stored: Stored) -> Comparison:
    sessions, cash_returns, rows = compared_rows(stored)
    setting = setting_of_stored(stored)
    made = comparison_of(stored.path.parent.name, setting, sessions, cash_returns, rows)
    config = stored.manifest["config"]
    return replace(made, config=_config_of(config, [config["rule"]]))


def _refuse_different(one: tuple[str, Setting], other: tuple[str, Setting]) -> None:
    differences = one[1].differences(other[1])
    if differences:
        raise UsageError(
            f"{one[0]} and {other[0]} cannot be compared: they differ in {', '.join(differences)}"
        )

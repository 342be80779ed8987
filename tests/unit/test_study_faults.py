"""Every refusal of a study file: the exact words, at the right line, all at once."""

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from study_texts import DESIGN, MINIMAL, Files, with_line

from engine.study.faults import misfits_of

STUDY_KEYS = (
    "name, description, seed, data, rule, execution, benchmarks, compare, scan, sweep, walk_forward"
)
COMMON_KEYS = "core, satellite, start, end, price_basis, calendar"
DATA_KEYS = f"{COMMON_KEYS}, source"
FILE_KEYS = f"{COMMON_KEYS}, others, vix, fed_funds, source, directory"
EXECUTION_KEYS = "fill, commission_bps, slippage_bps, fractional_shares, initial_cash, cash_rate"
MODES = "is {}, which is not allowed (allowed fast, 1{})"
SOURCES = "csv, parquet, library, simulated"
LONG = f'data.source: is "{"x" * 59}…", which is not allowed (allowed {SOURCES})'
COSTS = "a number of bp, or one per symbol such as {SPY: 1.0, IWM: 2.0}"


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


TOP_LEVEL = [
    ("name: a b", 'name: is "a b", but may hold only letters, digits, - and _'),
    ("name: ../up", 'name: is "../up", but may hold only letters, digits, - and _'),
    ('name: "a\\n"', 'name: is "a\\n", but may hold only letters, digits, - and _'),
    ('name: ""', 'name: is "", but may hold only letters, digits, - and _'),
    ("name: ü", 'name: is "ü", but may hold only letters, digits, - and _'),
    (f"data: {{source: {'x' * 61}}}", LONG),
    ("name: 2026", "name: is 2026, but must be text; put it in quotes"),
    ("name: 2026-01-22", "name: is 2026-01-22, but must be text; put it in quotes"),
    ("name:", "name: is empty, but must be text"),
    ("name: [a]", "name: is a list, but must be text"),
    ("name: " + "x" * 65, "name: has 65 characters, but must have at most 64"),
    ("seed: -1", "seed: is -1, but must be at least 0"),
    ("seed: 9223372036854775808", f"seed: is {2**63}, but must be at most {2**63 - 1}"),
    ("seed: 1.5", "seed: is 1.5, but must be a whole number"),
    ("seed: true", "seed: is true, but must be a whole number"),
    ("description: 5", "description: is 5, but must be text; put it in quotes"),
    (
        "descripton: x",
        f'descripton: no such key (allowed {STUDY_KEYS}; did you mean "description"?)',
    ),
    ("zzz: x", f"zzz: no such key (allowed {STUDY_KEYS})"),
    ("data: 5", "data: is 5, but must be a section of keys"),
    ("data:", "data: is empty, but must be a section of keys"),
    ("data: {}", "data.source: is missing"),
    (
        "data: {source: cvs}",
        'data.source: is "cvs", which is not allowed (allowed csv, parquet, library, simulated; '
        'did you mean "csv"?)',
    ),
    ("data: {source: 5}", "data.source: is 5, which is not allowed (allowed csv, parquet)"),
    (
        "data: {source: csv, seed: 1}",
        f"data.seed: no such key (allowed {FILE_KEYS})",
    ),
    (
        "data: {source: simulated, directory: x}",
        f"data.directory: no such key (allowed {DATA_KEYS}, seed)",
    ),
    ("data: {source: csv, directory: 5}", "data.directory: is 5, but must be a path"),
    (
        "data: {source: csv, start: yesterday}",
        'data.start: is "yesterday", but must be a date such as 2026-01-22',
    ),
    (
        "data: {source: csv, start: 2026-02-30}",
        'data.start: is "2026-02-30", but must be a date such as 2026-01-22',
    ),
    ("data: {source: csv, end: 2020}", "data.end: is 2020, but must be a date such as 2026-01-22"),
    (
        "data: {source: csv, start: 2020-01-02, end: 2020-01-02}",
        "data.end: is 2020-01-02, but must come after start, 2020-01-02",
    ),
    (
        "data: {source: csv, core: IWM}",
        "data.satellite: is IWM, as core is; they must differ",
    ),
    (
        "data: {source: csv, core: A/B}",
        'data.core: is "A/B", but a symbol holds only letters, digits and . _ = ^ -, '
        "and begins with one of the first",
    ),
    ("data: {source: csv, core: TRUE}", "data.core: is true, but must be text; put it in quotes"),
    (
        "data: {source: csv, price_basis: total}",
        'data.price_basis: is "total", which is not allowed (allowed total_return, price)',
    ),
    (
        "data: {source: csv, calendar: XNYSE}",
        'data.calendar: is "XNYSE", which is not allowed (allowed XNYS, none; '
        'did you mean "XNYS"?)',
    ),
    ("rule: streak", 'rule: is "streak", but must be a section of keys'),
    ("rule: {}", "rule: must have exactly one of: name, file, or enter and leave"),
    (
        "rule: {name: streak, file: x.py}",
        "rule: must have exactly one of: name, file, or enter and leave",
    ),
    (
        "rule: {name: streak, leave: never}",
        "rule: must have exactly one of: name, file, or enter and leave",
    ),
    ("rule: {enter: always}", "rule.leave: is missing: expressions come in pairs"),
    ("rule: {leave: never}", "rule.enter: is missing: expressions come in pairs"),
    ("rule: {name: 5}", "rule.name: is 5, but must be text; put it in quotes"),
    ("rule: {file: 5}", "rule.file: is 5, but must be a path"),
    ("execution: 5", "execution: is 5, but must be a section of keys"),
    (
        "execution: {comission_bps: 1}",
        f"execution.comission_bps: no such key (allowed {EXECUTION_KEYS}; "
        'did you mean "commission_bps"?)',
    ),
    (
        "execution: {fill: next}",
        'execution.fill: is "next", which is not allowed (allowed next_open, next_close; '
        'did you mean "next_open"?)',
    ),
    ("execution: {commission_bps: -1}", "execution.commission_bps: is -1, but must be at least 0"),
    (
        "execution: {slippage_bps: 1000.5}",
        "execution.slippage_bps: is 1000.5, but must be at most 1000",
    ),
    (
        "execution: {slippage_bps: .nan}",
        "execution.slippage_bps: is nan, but must be a finite number",
    ),
    ("execution: {slippage_bps: ten}", f'execution.slippage_bps: is "ten", but must be {COSTS}'),
    ("execution: {slippage_bps: true}", f"execution.slippage_bps: is true, but must be {COSTS}"),
    ("execution: {slippage_bps: [1]}", f"execution.slippage_bps: is a list, but must be {COSTS}"),
    (
        "execution: {slippage_bps: {IWM: x}}",
        'execution.slippage_bps.IWM: is "x", but must be a number',
    ),
    (
        "execution: {slippage_bps: {IWM: -0.5}}",
        "execution.slippage_bps.IWM: is -0.5, but must be at least 0",
    ),
    (
        "execution: {slippage_bps: {SPX: 1, IWM: 2}}",
        'execution.slippage_bps.SPX: is not traded here (allowed SPY, IWM; did you mean "SPY"?)',
    ),
    (
        "execution: {fractional_shares: yes}",
        'execution.fractional_shares: is "yes", but must be true or false',
    ),
    ("execution: {initial_cash: 0}", "execution.initial_cash: is 0, but must be greater than 0"),
    (
        "execution: {initial_cash: .inf}",
        "execution.initial_cash: is inf, but must be a finite number",
    ),
    (
        "execution: {initial_cash: '1,000'}",
        'execution.initial_cash: is "1,000", but must be a number',
    ),
    ("execution: {cash_rate: 4}", "execution.cash_rate: is 4, but must be less than 1"),
    ("execution: {cash_rate: -1}", "execution.cash_rate: is -1, but must be greater than -1"),
    (
        "execution: {cash_rate: [1]}",
        "execution.cash_rate: is a list, but must be a yearly fraction such as 0.03, or a file",
    ),
    ("benchmarks: core", 'benchmarks: is "core", but must be a list such as [a, b]'),
    (
        "benchmarks: [core, SPY]",
        'benchmarks.1: is "SPY", which is not allowed (allowed core, satellite, 50/50)',
    ),
    ("benchmarks: [core, satellite, core]", 'benchmarks.2: "core" is listed twice'),
    ("compare: {}", "compare: is a section, but must be a list such as [a, b]"),
    ("compare: [streak]", 'compare.0: is "streak", but must be a section of keys'),
    (
        "compare: [{name: a}, {}]",
        "compare.1: must have exactly one of: name, file, or enter and leave",
    ),
]


@pytest.mark.parametrize(("line", "message"), TOP_LEVEL, ids=[line[:40] for line, _ in TOP_LEVEL])
def test_a_wrong_line_is_refused_in_these_words(files, line, message):
    text = with_line(MINIMAL, line)
    at = text.splitlines().index(line) + 1
    assert files.refusals(text) == [f"study.yaml:{at}: {message}"]


@pytest.mark.parametrize("key", ["name", "data", "rule"])
def test_a_missing_section_is_missed_where_the_file_begins(files, key):
    text = "# a comment\n" + "".join(
        line for line in MINIMAL.splitlines(True) if not line.startswith(key)
    )
    assert files.refusals(text) == [f"study.yaml:2: {key}: is missing"]


def test_a_missing_key_is_missed_at_its_section(files):
    assert files.refusals(
        "name: a\nrule: {name: x}\n\ndata:\n  core: SPY\n  start: 2020-01-01"
    ) == ["study.yaml:4: data.source: is missing"]


def test_faults_stand_on_the_lines_of_their_keys_and_come_all_at_once(files):
    text = """\
    name: a b
    data:
      source: csv
      start: 2020-01-02
      end: 2019-01-02
      dir: x
      core: 5
    rule:
      enter: always
    execution:
      fill: next
      slippage_bps:
        SPX: 1
        IWM: ten
    benchmarks:
      - core
      - core
      - sp500
    compare:
      - name: streak
        file: x.py
    sweep:
      rule.b:
        from: 1
        step: 0
        numm: 3
      execution.fill:
        - next_open
        - never
    seed: -5
    """
    found = [line.split(": ")[:2] for line in files.refusals(text)]
    assert found == [
        ["study.yaml:1", "name"],
        ["study.yaml:5", "data.end"],
        ["study.yaml:6", "data.dir"],
        ["study.yaml:7", "data.core"],
        ["study.yaml:8", "rule.leave"],
        ["study.yaml:11", "execution.fill"],
        ["study.yaml:14", "execution.slippage_bps.IWM"],
        ["study.yaml:17", "benchmarks.1"],
        ["study.yaml:18", "benchmarks.2"],
        ["study.yaml:20", "compare.0"],
        ["study.yaml:23", "sweep.rule.b.to"],
        ["study.yaml:25", "sweep.rule.b.step"],
        ["study.yaml:26", "sweep.rule.b.numm"],
        ["study.yaml:27", "sweep.execution.fill"],
        ["study.yaml:30", "seed"],
    ]


def test_costs_are_checked_against_the_pair_even_beside_other_faults(files):
    text = DESIGN.replace("SPY: 1.0", "SPX: 1.0").replace("fill: next_open", "fill: x")
    assert [line.split(": ")[1] for line in files.refusals(text)] == [
        "execution.fill",
        "execution.slippage_bps.SPX",
    ]


def test_costs_of_a_simulated_pair_name_its_own_symbols(files):
    text = """\
    name: a
    data: {source: simulated}
    rule: {name: streak}
    execution: {slippage_bps: {IWM: 1}}
    """
    assert files.refusals(text) == [
        "study.yaml:4: execution.slippage_bps.IWM: is not traded here (allowed LARGE, SMALL)"
    ]


def test_a_misspelt_source_hides_nothing_else_in_its_section(files):
    text = "name: a\nrule: {name: x}\ndata:\n  source: simulatd\n  seed: -1\n  end: 5"
    assert [line.split(": ")[1] for line in files.refusals(text)] == [
        "data.source",
        "data.seed",
        "data.end",
    ]


def test_faults_of_yaml_and_of_the_study_come_together(files):
    text = MINIMAL + "seed: 1\nseed: 2\nbenchmarks: !x [none]\n"
    assert files.refusals(text) == [
        "study.yaml:5: seed: is given twice (first on line 4)",
        "study.yaml:6: benchmarks: has a tag (!…); study files use none",
        'study.yaml:6: benchmarks.0: is "none", which is not allowed '
        "(allowed core, satellite, 50/50)",
    ]


def test_what_an_alias_repeats_is_refused_where_the_alias_stands(files):
    text = MINIMAL + "execution:\n  commission_bps: &c {SPX: 1}\n  slippage_bps: *c\n"
    assert [line.split(": ")[:2] for line in files.refusals(text)] == [
        ["study.yaml:5", "execution.commission_bps.SPX"],
        ["study.yaml:6", "execution.slippage_bps.SPX"],
    ]


def test_a_key_cannot_break_the_lines_of_a_message(files):
    assert files.refusals(MINIMAL + '"a\\nb\\e[31m": 1\n') == [
        f"study.yaml:4: a\\nb\\u001b[31m: no such key (allowed {STUDY_KEYS})"
    ]


# -- the same words for parameters of rules --------------------------------------------------


class Params(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    entry: int = Field(5, ge=1)
    guard: float | None = Field(None, gt=50, le=100)
    mode: Literal["fast", 1] = "fast"
    span: int | Literal["all"] = 1
    tag: str = Field("x", pattern="^x+$", max_length=3)


@pytest.mark.parametrize(
    ("given", "misfit"),
    [
        ({"entry": 0}, (("rule", "entry"), "is 0, but must be at least 1")),
        ({"entry": 2.5}, (("rule", "entry"), "is 2.5, but must be a whole number")),
        ({"guard": 50}, (("rule", "guard"), "is 50, but must be greater than 50")),
        ({"guard": "x"}, (("rule", "guard"), 'is "x", but must be a number')),
        ({"mode": "fat"}, (("rule", "mode"), MODES.format('"fat"', '; did you mean "fast"?'))),
        ({"mode": 2}, (("rule", "mode"), MODES.format("2", ""))),
        ({"span": "al"}, (("rule", "span"), 'is "al", but must be a whole number')),
        ({"tag": "y"}, (("rule", "tag"), 'is "y", but must match the pattern ^x+$')),
        ({"tag": "xxxx"}, (("rule", "tag"), "has 4 characters, but must have at most 3")),
        (
            {"entri": 5},
            (
                ("rule", "entri"),
                'no such key (allowed entry, guard, mode, span, tag; did you mean "entry"?)',
            ),
        ),
    ],
)
def test_a_rules_own_model_is_explained_in_the_same_words(given, misfit):
    with pytest.raises(ValidationError) as caught:
        Params.model_validate(given)
    assert misfits_of(caught.value, Params, given, at=("rule",)) == [misfit]

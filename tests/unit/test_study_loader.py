"""Loading: paths, overrides, checks of higher layers, and nothing but a study or a StudyError."""

import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError
from study_texts import DESIGN, EXPRESSIONS, MINIMAL, Files

from engine.errors import EXIT_STUDY, StudyError
from engine.study.document import MAX_BYTES
from engine.study.loader import load_study
from engine.study.misfit import Misfit
from engine.study.models import FileData, RuleSection, SimulatedData, Study


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


# -- what is read ----------------------------------------------------------------------------


def test_the_designs_study_loads(files):
    loaded = files.load(DESIGN)
    study = loaded.study
    assert study.name == "great-rotation-2026"
    assert study.data == FileData(
        source="csv",
        directory=files.folder / "../data",
        start=dt.date(2000, 5, 26),
        end=dt.date(2026, 1, 22),
    )
    assert study.rule.name == "streak"
    assert study.rule.parameters == {
        "entry_streak": 5,
        "exit_streak": 2,
        "rsi_period": 14,
        "overbought": 75,
        "max_holding": 21,
    }
    assert study.execution.slippage_bps == {"SPY": 1.0, "IWM": 2.0}
    assert study.execution.initial_cash == 100_000.0
    assert study.benchmarks == ("core", "satellite", "50/50")
    assert {key: len(axis) for key, axis in study.sweep.items()} == {
        "rule.entry_streak": 12,
        "rule.exit_streak": 4,
        "rule.overbought": 13,
        "execution.slippage_bps.IWM": 3,
    }
    assert loaded.content == DESIGN.encode()
    assert loaded.overrides == ()


def test_a_study_of_expressions_loads(files):
    study = files.load(EXPRESSIONS).study
    assert isinstance(study.data, SimulatedData)
    assert (study.data.core, study.data.satellite, study.data.seed) == ("LARGE", "SMALL", 7)
    assert study.rule.enter == "streak >= entry and rsi(satellite, 14) < guard"
    assert study.rule.parameters["max_holding"] == "hold"
    assert study.rule.parameters["parameters"]["exit"] == 2


def test_symbols_that_look_like_something_else_stay_text(files):
    study = files.load(
        'name: a\ndata: {source: csv, core: "TRUE", satellite: NO}\nrule: {name: x}\n'
        "execution: {slippage_bps: {TRUE: 1, NO: 2}}\n"
    ).study
    assert (study.data.core, study.data.satellite) == ("TRUE", "NO")
    assert study.execution.slippage_bps == {"TRUE": 1.0, "NO": 2.0}


def test_a_study_is_frozen(files):
    study = files.load(DESIGN).study
    with pytest.raises(ValidationError):
        study.name = "other"
    with pytest.raises(ValidationError):
        study.data.core = "QQQ"
    study.rule.parameters["entry_streak"] = 9
    assert study.rule.parameters["entry_streak"] == 5


def test_models_made_in_python_keep_the_same_rules():
    with pytest.raises(StudyError, match=r"^study: execution.slippage_bps.SPX: is not traded"):
        Study.model_validate(
            {
                "name": "a",
                "data": FileData(source="csv"),
                "rule": RuleSection(name="x"),
                "execution": {"slippage_bps": {"SPX": 1.0}},
            }
        )
    with pytest.raises(StudyError, match=r'^study: benchmarks.1: "core" is listed twice'):
        Study.model_validate(
            {
                "name": "a",
                "data": {"source": "simulated"},
                "rule": {"name": "x"},
                "benchmarks": ("core", "core"),
            }
        )


@pytest.mark.parametrize(
    ("path", "message"),
    [("none.yaml", "there is no such file"), (".", "is a folder, but must be a study file")],
)
def test_a_file_that_cannot_be_read_is_named_as_given(tmp_path, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError) as caught:
        load_study(path)
    assert str(caught.value) == f"{path}: {message}"
    assert caught.value.exit_code == EXIT_STUDY


def test_a_name_no_file_can_have_is_refused():
    with pytest.raises(StudyError, match="cannot be read"):
        load_study("a\0b.yaml")


def test_a_file_that_is_too_large_is_not_cut_off(files):
    text = MINIMAL.encode() + b"#"
    assert files.refusals(text.ljust(MAX_BYTES + 1, b"x")) == [
        "study.yaml: is larger than 1 MiB; a study file is a page or two of text"
    ]


# -- paths -----------------------------------------------------------------------------------


def test_paths_are_relative_to_the_study_file(files, monkeypatch):
    files.write(
        "name: a\ndata: {source: csv, directory: prices}\nrule: {file: rules/mine.py}\n"
        "execution: {cash_rate: rates/DFF.csv}\n"
        "compare:\n  - {file: ../other.py, x: 1}\n"
    )
    monkeypatch.chdir(files.folder.parent)
    study = load_study(Path(files.folder.name) / "study.yaml").study
    assert study.data.directory == files.folder / "prices"
    assert study.rule.file == files.folder / "rules/mine.py"
    assert study.execution.cash_rate == files.folder / "rates/DFF.csv"
    assert study.compare[0].file == files.folder / "../other.py"
    assert study.folder == files.folder


def test_absolute_paths_and_the_default_folder(files):
    given = files.load(f"{MINIMAL}execution: {{cash_rate: /rates/DFF.csv}}\n").study
    assert given.execution.cash_rate == Path("/rates/DFF.csv")
    assert given.data.directory.resolve() == files.folder.resolve()


def test_data_dir_is_relative_to_the_working_directory(files, monkeypatch):
    work = files.folder / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    assert files.load(DESIGN, data_dir="prices").study.data.directory == work / "prices"
    assert files.load(DESIGN, data_dir=Path("/x")).study.data.directory == Path("/x")


def test_data_dir_means_nothing_to_a_source_without_files(files):
    assert files.refusals(EXPRESSIONS, data_dir="prices") == [
        '--data-dir: the source "simulated" reads no files; leave the option out'
    ]


def test_data_dir_does_not_hide_a_missing_data_section(files):
    assert files.refusals("name: a\nrule: {name: x}", data_dir="x") == [
        "study.yaml:1: data: is missing"
    ]


# -- overrides -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("rule.entry_streak=7", lambda s: s.rule.parameters["entry_streak"] == 7),
        ("rule.max_holding=null", lambda s: s.rule.parameters["max_holding"] is None),
        ("rule.max_holding=", lambda s: s.rule.parameters["max_holding"] is None),
        ("rule.new=1e-3", lambda s: s.rule.parameters["new"] == 0.001),
        ("rule={name: other}", lambda s: s.rule == RuleSection(name="other")),
        (" seed = 5", lambda s: s.seed == 5),
        ("data.start=2010-01-04", lambda s: s.data.start == dt.date(2010, 1, 4)),
        ("data.directory=here", lambda s: s.data.directory == s.folder / "here"),
        ("execution.commission_bps=3", lambda s: s.execution.commission_bps == 3.0),
        (
            "execution.slippage_bps.IWM=3",
            lambda s: s.execution.slippage_bps == {"SPY": 1.0, "IWM": 3.0},
        ),
        ("benchmarks=[core]", lambda s: s.benchmarks == ("core",)),
        ("benchmarks.2=core", None),
        ("compare=[{name: x}]", lambda s: s.compare == (RuleSection(name="x"),)),
        ("sweep.rule.entry_streak=[4, 5]", lambda s: list(s.sweep["rule.entry_streak"]) == [4, 5]),
        (
            "sweep.rule.entry_streak.to=4",
            lambda s: list(s.sweep["rule.entry_streak"]) == [2, 3, 4],
        ),
        ("sweep.rule.exit_streak.0=7", lambda s: list(s.sweep["rule.exit_streak"]) == [7, 2, 3, 5]),
        ("sweep.rule.rsi_period=[7]", lambda s: list(s.sweep["rule.rsi_period"]) == [7]),
        ("sweep={}", lambda s: s.sweep == {}),
        ("description=a = b", lambda s: s.description == "a = b"),
    ],
)
def test_an_override_replaces_one_value(files, override, read):
    if read is None:
        assert files.refusals(DESIGN, overrides=[override]) == [
            '--set benchmarks.2: "core" is listed twice'
        ]
        return
    loaded = files.load(DESIGN, overrides=[override])
    assert read(loaded.study)
    assert loaded.overrides == (override,)
    assert loaded.content == DESIGN.encode()


def test_an_override_makes_the_section_it_needs(files):
    study = files.load(MINIMAL, overrides=["execution.fill=next_close"]).study
    assert study.execution.fill == "next_close"


def test_symbols_with_dots_can_be_overridden(files):
    text = "name: a\ndata: {source: csv, core: BRK.B}\nrule: {name: x}\n"
    study = files.load(text, overrides=["execution.slippage_bps.BRK.B=4"]).study
    assert study.execution.slippage_bps == {"BRK.B": 4.0}


def test_the_longest_key_that_exists_is_meant(files):
    text = MINIMAL + "sweep: {execution: [1], execution.seed: {from: 1, to: 2}}\n"
    found = files.refusals(text, overrides=["sweep.execution.seed.to=x"])
    assert found[-1] == '--set sweep.execution.seed.to: is "x", but must be a number'


def test_the_last_override_of_a_key_wins(files):
    assert files.load(MINIMAL, overrides=["seed=3", "seed=4"]).study.seed == 4


def test_an_override_mends_a_fault_of_the_file(files):
    assert files.load(MINIMAL + "seed: x\n", overrides=["seed=4"]).study.seed == 4


def test_an_override_leaves_what_an_alias_shares_alone(files):
    text = MINIMAL + "execution:\n  commission_bps: &c {SPY: 1, IWM: 1}\n  slippage_bps: *c\n"
    study = files.load(text, overrides=["execution.slippage_bps.IWM=9"]).study
    assert study.execution.commission_bps == {"SPY": 1.0, "IWM": 1.0}
    assert study.execution.slippage_bps == {"SPY": 1.0, "IWM": 9.0}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("bar", "--set bar: must be written key=value, for example rule.entry_streak=7"),
        ("=1", "--set =1: must be written key=value, for example rule.entry_streak=7"),
        ("a..b=1", "--set a..b: must be written key=value, for example rule.entry_streak=7"),
        ("a\nb=1", r"--set a\nb: must be written key=value, for example rule.entry_streak=7"),
        (
            "a\udcffb=1",
            r"--set a\udcffb: must be written key=value, for example rule.entry_streak=7",
        ),
        ("seed=\udcff", r"--set seed: not valid YAML: a control character ('\udcff')"),
        ("seed=x", '--set seed: is "x", but must be a whole number'),
        ("seed=[1", "--set seed: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        (
            "execution.fil=next_open",
            "--set execution.fil: no such key (allowed fill, commission_bps, slippage_bps, "
            'fractional_shares, initial_cash, cash_rate; did you mean "fill"?)',
        ),
        ("name.x=1", '--set name.x: name is "great-rotation-2026" here, so there is no x in it'),
        (
            "benchmarks.3=core",
            "--set benchmarks.3: benchmarks has items 0 to 2 here, so there is no 3",
        ),
        (
            "benchmarks.x=core",
            "--set benchmarks.x: benchmarks has items 0 to 2 here, so there is no x",
        ),
        (
            "data={source: csv, dir: x}",
            "--set data: data.dir: no such key (allowed core, satellite, start, end, price_basis, "
            "calendar, others, vix, fed_funds, source, directory)",
        ),
        (
            "data={source: csv, core: 5}",
            "--set data: data.core: is 5, but must be text; put it in quotes",
        ),
        (
            "sweep.rule.entry_streak.step=0",
            "--set sweep.rule.entry_streak.step: is 0, but must lead from one value to the next",
        ),
    ],
)
def test_a_wrong_override_is_named_as_given(files, override, message):
    assert files.refusals(DESIGN, overrides=[override]) == [message]


def test_a_symbol_cannot_be_set_where_one_cost_is_for_both(files):
    text = MINIMAL + "execution: {slippage_bps: 1.5}\n"
    assert files.refusals(text, overrides=["execution.slippage_bps.IWM=2"]) == [
        "--set execution.slippage_bps.IWM: execution.slippage_bps is 1.5 here, "
        "so there is no IWM in it"
    ]


def test_an_axis_of_one_symbol_names_one_that_is_traded(files):
    text = DESIGN.replace("slippage_bps.IWM:", "slippage_bps.SPX:")
    assert files.refusals(text) == [
        "study.yaml:33: sweep.execution.slippage_bps.SPX: is not traded here (allowed SPY, IWM; "
        'did you mean "SPY"?)'
    ]


def test_an_axis_of_one_symbol_needs_a_cost_per_symbol(files):
    assert files.refusals(DESIGN, overrides=["execution.slippage_bps=3"]) == [
        "study.yaml:33: sweep.execution.slippage_bps.IWM: execution.slippage_bps is 3 here, "
        "so there is no IWM in it"
    ]


def test_faults_of_options_follow_those_of_the_file(files):
    found = files.refusals(
        MINIMAL + "zz: 1\n", overrides=["seed=x", "nonsense"], data_dir="somewhere"
    )
    assert [line.partition(": ")[0] for line in found] == [
        "study.yaml:4",
        "--set nonsense",
        "--set seed",
    ]


# -- checks of higher layers -----------------------------------------------------------------


def entry_is_small(draft):
    for path, rule in draft.rules.items():
        if rule.parameters.get("entry", 0) > 9:
            yield Misfit((*path, "entry"), "is too large")
    for key in draft.axes:
        if key == "rule.exit":
            yield Misfit(("sweep", key), "names no parameter")


def test_checks_see_every_valid_rule_and_axis_and_report_with_the_rest(files):
    text = """\
    name: a b
    data: {source: csv}
    rule:
      name: x
      entry: 10
    compare:
      - {}
      - name: y
        entry: 11
    sweep:
      rule.exit: [1]
      rule.bad: 5
    """
    assert [line.split(": ", 1) for line in files.refusals(text, checks=[entry_is_small])] == [
        ["study.yaml:1", 'name: is "a b", but may hold only letters, digits, - and _'],
        ["study.yaml:5", "rule.entry: is too large"],
        ["study.yaml:7", "compare.0: must have exactly one of: name, file, or enter and leave"],
        ["study.yaml:9", "compare.1.entry: is too large"],
        ["study.yaml:11", "sweep.rule.exit: names no parameter"],
        [
            "study.yaml:12",
            "sweep.rule.bad: is 5, but must be a list such as [1, 2, 3] or a range such as "
            "{from: 1, to: 9, step: 2}",
        ],
    ]


def test_a_check_alone_refuses_a_study_and_sees_overrides_and_paths(files):
    seen = []

    def check(draft):
        seen.append(draft)
        return [Misfit(("rule", "entry"), "is too large"), Misfit(("rule", "gone"), "is missing")]

    assert files.refusals(
        "name: a\ndata: {source: csv}\n\nrule: {file: mine.py}\n",
        overrides=["rule.entry=10"],
        checks=[check],
    ) == ["study.yaml:4: rule.gone: is missing", "--set rule.entry: is too large"]
    assert seen[0].rules[("rule",)].file == files.folder / "mine.py"
    assert seen[0].rules[("rule",)].parameters == {"entry": 10}


def test_a_satisfied_check_changes_nothing(files):
    assert files.load(DESIGN, checks=[lambda draft: []]).study == files.load(DESIGN).study


def test_what_is_found_later_can_still_be_placed(files):
    loaded = files.load(DESIGN, overrides=["rule.exit_streak=3"])
    prefix = f"{files.folder}/study.yaml"
    entry = Misfit(("rule", "entry_streak"), "x")
    assert str(loaded.fault(entry)) == f"{prefix}:16: rule.entry_streak: x"
    assert str(loaded.fault(Misfit(("rule", "exit_streak"), "x"))) == "--set rule.exit_streak: x"
    assert str(loaded.fault(Misfit(("rule", "none"), "x"))) == f"{prefix}:14: rule.none: x"

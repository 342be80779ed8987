"""What cannot be is said in one message: where it stands, what may stand there, what is near."""

import pytest
from command_line import streak
from short_studies import SHORT, write_study

PLAIN = "name: plain\ndata: {source: simulated, end: 2001-03-30}\nrule: {name: streak}\n"


@pytest.fixture
def refused(tmp_path):
    """Give a command the study of a text; return what is said on stderr, with its exit code."""
    path = tmp_path / "study.yaml"

    def said(text, command, *options):
        path.write_text(text, "utf-8")
        code, out, err = streak(command, path, *options, "--results", tmp_path / "results", "-q")
        assert out == ""
        assert "Traceback" not in err
        assert not (tmp_path / "results").exists()
        return code, err.replace(str(path), "study.yaml")

    return said


@pytest.mark.parametrize(
    ("section", "command", "message"),
    [
        (
            "scan: {thresholds: []}",
            "scan",
            "scan.thresholds: is an empty list, but must have at le",
        ),
        ("scan: {horizons: [0]}", "scan", "scan.horizons.0: is 0, but must be at least 1"),
        (
            "walk_forward: {metric: sharp}",
            "walk-forward",
            'walk_forward.metric: is "sharp", which is not allowed (allowed final_equity, total',
        ),
        (
            "sweep: {entry_streak: [1, 2]}",
            "sweep",
            "sweep.entry_streak: cannot be swept (allowed rule.…, execution.…, data.…; "
            "a parameter of the rule is rule.entry_streak)",
        ),
    ],
)
def test_what_does_not_fit_is_one_fault_with_its_line(refused, section, command, message):
    code, err = refused(f"{PLAIN}{section}\n", command)
    assert code == 3
    assert err.startswith(f"streak: study.yaml:4: {message}")
    assert len(err.splitlines()) == 1


def test_an_expression_cut_at_a_comma_is_said_to_want_quotes(refused):
    rule = "rule: {enter: streak > 3, leave: rsi(satellite, 14) > 70}"
    code, err = refused(PLAIN.replace("rule: {name: streak}", rule), "run")
    assert code == 3
    assert "within {…} a text that holds a comma belongs in quotes" in err


def test_a_market_is_named_once_where_it_ends_too_early(refused):
    code, err = refused(PLAIN, "scan", "--as-of", "1990-01-01")
    assert code == 4
    assert err.count("simulated market") == 1


@pytest.mark.parametrize("option", ["--as-of", "--analogue", "--anatomy"])
def test_a_date_is_shown_how_to_be_written(refused, option):
    code, err = refused(PLAIN, "scan", option, "2026-13-01")
    assert code == 2
    assert '"2026-13-01" is not a date such as 2026-01-22' in err


@pytest.mark.parametrize(
    "words",
    [
        ("run", "{folder}/stduy.yaml"),
        ("compare", "{folder}/stduy.yaml"),
        ("data", "fetch", "{folder}/stduy.yaml"),
        ("claims", "{folder}/study.yaml", "{folder}/stduy.yaml"),
        ("rules", "{folder}/rulle.py"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_the_nearest(tmp_path, words):
    write_study(tmp_path, "study.yaml", SHORT)
    (tmp_path / "rule.py").write_text("", "utf-8")
    code, out, err = streak(*(word.format(folder=tmp_path) for word in words))
    assert (code in (2, 3), out) == (True, "")
    name = "rule.py" if words[0] == "rules" else "study.yaml"
    assert f'did you mean "{tmp_path / name}"?' in err


def test_of_a_file_in_no_folder_there_is_no_nearest(tmp_path):
    err = streak("run", tmp_path / "absent" / "study.yaml").err
    assert "does not exist." in err
    assert "did you mean" not in err


def test_a_result_of_another_kind_is_told_from_an_ambiguous_name(tmp_path):
    study = write_study(tmp_path, "study.yaml", SHORT)
    results = ("--results", tmp_path / "results")
    for _ in range(2):
        assert streak("run", study, "-q", *results).code == 0
    for command in ("top", "evidence"):
        code, out, err = streak(command, "short", *results)
        assert (code, out) == (2, "")
        there = f"{tmp_path / 'results'} (there: run)\n"
        assert err == f'streak: there is no sweep of "short" in {there}'
        assert streak(command, *results).err == f"streak: there is no sweep in {there}"


def test_where_no_sweep_is_unfinished_it_is_said(tmp_path):
    code, _, err = streak("sweep", "--resume", "short", "--results", tmp_path)
    assert code == 2
    assert err.endswith(f'no unfinished sweep "short" in {tmp_path} (there are none)\n')

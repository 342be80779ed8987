"""How ``streak`` speaks: exit codes, streams, colours, closed pipes, interrupts, a quick start."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import streak
from short_studies import SHORT, write_study

from engine.errors import DataError, OrderRejectedError, StoreError

ROOT = Path(__file__).parents[2]
STREAK = (sys.executable, "-c", "from engine.cli import main; main()")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9|10)\d(?:;\d+)*m")


def process(*arguments, stdout=subprocess.PIPE, **settings):
    """Run ``streak`` in a process of its own, at the root of the project."""
    return subprocess.run(
        [*STREAK, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


# exit codes


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["run", "--help"], ["data", "check", "-h"], ["--version"]]
)
def test_help_and_version_end_well(arguments):
    code, out, err = streak(*arguments)
    assert (code, err) == (0, "")
    assert out.strip()


def test_help_lists_every_command_and_the_exit_codes():
    _, out, _ = streak("--help")
    for command in ("run", "compare", "show", "ls", "rules", "data", "schema"):
        assert re.search(rf"^[│ ]+{command} ", out, flags=re.M), command
    assert "5 internal" in " ".join(out.split())


@pytest.mark.parametrize("arguments", [[], ["data"]])
def test_without_a_command_the_help_is_shown_and_the_code_is_usage(arguments):
    code, out, err = streak(*arguments)
    assert (code, err) == (2, "")
    assert "Usage: streak" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rum"], "No such command 'rum'. Did you mean 'run'?"),
        (["run"], "Missing argument 'CONFIG'"),
        (["run", "absent.yaml"], "File 'absent.yaml' does not exist."),
        (["run", "."], "File '.' is a directory."),
        (["run", "a", "b"], "File 'a' does not exist"),
        (["show", "--jsn"], "No such option '--jsn'"),
        (["rules", "streek"], 'there is no rule "streek" (allowed buy_and_hold'),
        (["rules", "./absent.py"], "./absent.py: there is no such file"),
        (["data", "chek"], "No such command 'chek'"),
    ],
)
def test_usage_errors(arguments, message):
    code, out, err = streak(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (DataError("prices are odd"), 4, "streak: prices are odd\n"),
        (StoreError("the disk is full"), 5, "streak: the disk is full\n"),
        (OrderRejectedError("an order was refused"), 5, "streak: an order was refused\n"),
        (
            ZeroDivisionError("by zero"),
            5,
            "streak: internal error: ZeroDivisionError: by zero\n"
            "This is a defect of Streaklab; --debug shows where it happened.\n",
        ),
        (
            KeyboardInterrupt(),
            130,
            "\nstreak: interrupted; nothing half-written was left behind\n",
        ),
        (SystemExit(0), 5, "streak: internal error: SystemExit: 0\n"),
        (RecursionError("deep"), 5, "streak: internal error: RecursionError: deep\n"),
    ],
)
def test_errors_end_in_one_message_and_their_code(monkeypatch, tmp_path, error, code, message):
    monkeypatch.setattr("engine.store.folders.stored_results", raising(error))
    ended = streak("ls", "--results", tmp_path)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith(message)
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("arguments", [["ls", "--debug"], ["--debug", "ls"]])
def test_debug_shows_the_traceback_before_the_message(monkeypatch, arguments):
    monkeypatch.setattr("engine.store.folders.stored_results", raising(ZeroDivisionError("x")))
    code, _, err = streak(*arguments)
    assert code == 5
    assert err.startswith("Traceback (most recent call last)")
    assert err.index("Traceback") < err.index("streak: internal error: ZeroDivisionError: x")


def test_debug_changes_nothing_where_nothing_fails(tmp_path):
    assert streak("ls", "--debug", "--results", tmp_path) == streak("ls", "--results", tmp_path)


def test_debug_is_in_the_help_of_commands():
    assert "--debug" in streak("run", "--help").out


def test_the_process_ends_with_the_code():
    done = process("rum")
    assert done.returncode == 2
    assert done.stdout == b""
    assert process("ls", "--results", "/nonexistent/for/sure").returncode == 0


INTERRUPTED = """
import engine.market.load, time
def slowly(section):
    print("loading", flush=True)
    time.sleep(60)
engine.market.load.load_panel = slowly
from engine.cli import main
main()
"""


def test_an_interrupt_ends_with_130_and_leaves_nothing(tmp_path, shared):
    running = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "run", shared.study, "--results", tmp_path / "r"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout.readline() == b"loading\n"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert b"streak: interrupted" in err
    assert b"Traceback" not in err
    assert not (tmp_path / "r").exists()


# streams


@pytest.mark.parametrize("arguments", [["ls"], ["rules"], ["schema"], ["show"], ["--help"]])
def test_a_reader_that_closes_the_pipe_is_no_error(shared, arguments):
    """``streak ls | head -1``: the reader has gone before anything is written."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = process(*arguments, stdout=write, STREAKLAB_RESULTS=str(shared.results))
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_pipe_to_head_in_a_shell(shared):
    command = f"{sys.executable} -c 'from engine.cli import main; main()' schema | head -1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"{\n", b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_what_is_piped_is_utf8_whatever_the_locale_says(shared, encoding):
    done = process("show", "--results", shared.results, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert done.stdout == streak("show", "--results", shared.results).out.encode("utf-8")
    assert "†".encode() in done.stdout


def test_nothing_piped_is_coloured_even_if_the_terminal_could(shared):
    settings = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "CLICOLOR_FORCE": "1"}
    done = process("show", "--results", shared.results, **settings)
    assert b"\x1b" not in done.stdout


# terminals


def in_terminal(width, *arguments, **settings):
    """Run ``streak`` in a terminal so many cells wide and return what it shows."""
    pty, fcntl, struct, termios = map(
        pytest.importorskip, ("pty", "fcntl", "struct", "termios")
    )  # not on Windows
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    plain = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "LINES"}}
    running = subprocess.Popen(
        [*STREAK, *map(str, arguments)],
        cwd=ROOT,
        env={**plain, "TERM": "xterm-256color", **settings},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the terminal's other side was closed: that is its end of file
        pass
    finally:
        os.close(ours)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 0, err
    return shown.decode("utf-8").replace("\r\n", "\n")


def cells(text):
    from rich.cells import cell_len

    return [cell_len(line.rstrip()) for line in ANSI.sub("", text).splitlines()]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_tables_fit_the_terminal(shared, width):
    path = shared.run.out.splitlines()[-1]
    for arguments in (["show", path], ["show"]):  # a run, then a comparison
        shown = in_terminal(width, *arguments, "--results", shared.results)
        plain = ANSI.sub("", shown)
        table = shown[: shown.index("folder")]
        assert max(cells(table)) <= width
        assert "SIMULATED DATA, not market history" in plain
        assert "Sharpe" in plain
        assert "LARGE held †" in re.sub(r"\s+", " ", plain) or "LARGE" in plain


def test_a_terminal_is_coloured_unless_it_is_asked_not_to(shared):
    assert COLOUR.search(in_terminal(100, "show", "--results", shared.results))
    without = in_terminal(100, "show", "--results", shared.results, NO_COLOR="1")
    assert not COLOUR.search(without)
    assert "Sharpe" in without


def test_json_is_never_coloured(shared):
    import json

    shown = in_terminal(80, "show", "--json", "--results", shared.results)
    assert json.loads(shown)["manifest"]["kind"] == "comparison"


# a quick start

HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "pydantic",
    "backtrader",
    "pyarrow",
    "ruamel",
    "exchange_calendars",
)


def modules_after(*arguments):
    code = (
        "import sys; from engine.cli import _run; "
        f"code = _run({list(arguments)!r}); "
        "print(code, *sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    code, *modules = done.stderr.split()
    return int(code), {name.split(".")[0] for name in modules}


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments):
    """This is what keeps ``streak --help`` under a quarter of a second."""
    code, modules = modules_after(*arguments)
    assert code == 0
    assert "rich_click" in modules
    assert modules & set(HEAVY) == set()


def test_listing_results_loads_neither_pandas_nor_backtrader(tmp_path):
    code, modules = modules_after("ls", "--results", str(tmp_path), "-q")
    assert code == 0
    assert modules & {"pandas", "backtrader", "pyarrow", "exchange_calendars"} == set()


def test_a_run_loads_plotting_and_other_baggage_never(shared, tmp_path):
    code, modules = modules_after("run", str(shared.study), "-q", "--results", str(tmp_path))
    assert code == 0
    assert "backtrader" in modules
    assert modules & {"matplotlib", "plotly", "numba", "arch"} == set()


def test_a_sweep_beside_other_processes_loads_no_more_than_it_needs(tmp_path):
    """Its numbers are the kernel's: Backtrader runs elsewhere, and no data frame is made."""
    axes = SHORT + "sweep:\n  rule.entry_streak: [2, 3]\n"
    study = write_study(tmp_path, text=axes)
    code = (
        "import sys; from engine.cli import _run, calm_down; calm_down(); "
        f"_run(['sweep', {str(study)!r}, '--results', {str(tmp_path)!r}, '--workers', '2', '-q']); "
        "print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.split())
    assert {"numba", "pyarrow"} <= loaded
    heavy = {"backtrader", "pandas", "talib", "scipy.linalg.blas", "plotly", "pyarrow.compute"}
    others = {"engine.pipeline.scanning", "engine.report.search_evidence"}
    assert loaded & (heavy | others) == set()

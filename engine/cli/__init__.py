"""The command line: ``streak``. One file per command; each imports heavy things late."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from typing import NoReturn

import rich_click as click
from click.exceptions import Exit

from engine.cli.claims import claims
from engine.cli.compare import compare
from engine.cli.data import data
from engine.cli.evidence import evidence
from engine.cli.ls import ls
from engine.cli.now import now
from engine.cli.report import report
from engine.cli.rules import rules
from engine.cli.run import run
from engine.cli.scan import scan
from engine.cli.schema import schema
from engine.cli.show import show
from engine.cli.stability import stability
from engine.cli.sweep import sweep
from engine.cli.top import top
from engine.cli.walk_forward import walk_forward
from engine.errors import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, StreaklabError
from engine.startup import calm_down
from engine.version import VERSION

_DEFECT = """internal error: {}: {}
This is a defect of Streaklab; --debug shows where it happened."""

click.rich_click.TEXT_MARKUP = "markdown"
click.rich_click.MAX_WIDTH = 100


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="streak")
def streak() -> None:
    """Test what is said about small-cap streaks on history.

    A study file describes prices, a rotation rule, costs and benchmarks;
    `streak run STUDY.yaml` backtests it and writes everything under `results/`.

    Exit codes: 0 ok, 1 finished with failures, 2 usage, 3 study file, 4 data, 5 internal,
    130 interrupted.
    """


for command in (
    *(run, sweep, top, evidence, stability, walk_forward, compare, scan, now, claims),
    *(report, show, ls, rules, data, schema),
):
    streak.add_command(command)


def main() -> NoReturn:
    """Run the command line; every error ends in one clear message and its exit code."""
    _speak_utf8()
    calm_down()
    _leave(_run(sys.argv[1:]))


def _leave(code: int) -> NoReturn:
    """End the process here and now, all being written.

    Libraries wind their threads down while the interpreter ends, and now and then abort a process
    that has done all it had to do.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _speak_utf8() -> None:
    """Make what is piped the same bytes under every locale; a terminal shows ``?`` if it must."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


def _run(arguments: list[str]) -> int:
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        code = streak.main(arguments, prog_name="streak", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        if debug and not isinstance(error, (KeyboardInterrupt, Exit)):
            traceback.print_exc()
        return _ended_by(error)
    return code if isinstance(code, int) else 0


def _ended_by(error: BaseException) -> int:
    """Say on stderr what ended the command, in one message; return its exit code."""
    match error:
        case Exit():
            return error.exit_code
        case BrokenPipeError() | SystemExit(__context__=BrokenPipeError()):
            # `streak ls | head`: the reader has what it wanted; the rest goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_OK
        case SystemExit(__context__=click.ClickException()):  # no command: the help was shown
            return EXIT_USAGE
        case KeyboardInterrupt() | click.Abort():
            said = error.__context__ if isinstance(error, click.Abort) else error
            message = str(said or "") or "interrupted; nothing half-written was left behind"
            code = EXIT_INTERRUPTED
        case click.ClickException():
            error.show()
            return EXIT_USAGE
        case StreaklabError():
            message, code = str(error), error.exit_code
        case _:
            message, code = _DEFECT.format(type(error).__name__, error), EXIT_INTERNAL
    click.echo(f"streak: {message}", err=True)
    return code

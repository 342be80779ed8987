"""The command line in this process: exit code, stdout and stderr of one command."""

import contextlib
import io
from typing import NamedTuple

from engine.cli import _run


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


def streak(*arguments):
    """Run ``streak`` as the entry point does and return how it ended."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _run([str(argument) for argument in arguments])
    return Outcome(code, out.getvalue(), err.getvalue())

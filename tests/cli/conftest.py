"""Results that the tests of the command line share: they read them, and never write there."""

from typing import NamedTuple

import pytest
from command_line import streak
from short_studies import write_study


class Shared(NamedTuple):
    study: object
    results: object
    run: object
    comparison: object


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A short study, its run, and a sorted comparison, in this order in one results folder."""
    folder = tmp_path_factory.mktemp("shared")
    study, results = write_study(folder), folder / "results"
    run = streak("run", study, "--results", results)
    comparison = streak(
        "compare", study, "--rules", "streak,ratio_trend", "--sort", "calmar", "--results", results
    )
    assert (run.code, comparison.code) == (0, 0), run.err + comparison.err
    return Shared(study, results, run, comparison)

"""What the tests of the command line share: results to read, and providers without a network."""

from typing import NamedTuple

import pytest
from command_line import streak
from library_market import END, Exchange, whole_table
from short_studies import write_study

from engine.market import providers
from engine.market.library.table import Table


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


@pytest.fixture
def exchange(monkeypatch, tmp_path):
    """Providers without a network, and a library of this test's own."""
    found = Exchange(IWM=whole_table(1), SPY=whole_table(2))
    rates = Table(whole_table(1).dates, {"value": whole_table(1)["close"] / 100})
    found.tables |= {"DFF": rates, "^VIX": whole_table(3), "KRE": whole_table(4)}
    monkeypatch.setitem(providers.PROVIDERS, "yahoo", found)
    monkeypatch.setitem(providers.PROVIDERS, "fred", found)
    monkeypatch.setenv("STREAKLAB_DATA", str(tmp_path / "lib"))
    return found


@pytest.fixture
def folder(exchange, tmp_path):
    assert streak("data", "fetch", "IWM", "SPY", *END).code == 0
    return tmp_path / "lib"

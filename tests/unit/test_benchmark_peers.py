"""Talking to peers, and what they are told: their orders give the engine's equity."""

import importlib
import sys
import textwrap
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from panels import random_panel

from benchmarks import job, kernel
from benchmarks.backtrader_runs import optstrategy, run_as_it_comes
from benchmarks.kernel import BARS, EVENTS, sweep_bars, sweep_events, sweeps
from benchmarks.peers.client import PYTHON, Peer, PeerUnavailableError, differences, write_job
from benchmarks.peers.serving import METRICS, job_from

AXES = {
    "entry_streak": [1, 2, 3],
    "exit_streak": [1, 3],
    "rsi_period": [3],
    "overbought": [70.0],
    "max_holding": [2, 8],
}
SETS = job.count_of(AXES)
HELPFUL = """
    import numpy as np
    from benchmarks.peers.serving import serve

    def measure(job, first, last):
        print("chatter")
        held = job.positions[first:last].sum(axis=1)
        return np.stack([held, -held, np.arange(first, last)])

    if __name__ == "__main__":
        serve(measure, ["numpy"], batches=(3, 5), has_threads=True)
"""


@pytest.fixture(scope="module")
def prices():
    return random_panel(3, 300)


@pytest.fixture(scope="module")
def ours(prices):
    return sweep_events(prices, AXES, 1)


@pytest.fixture
def written(tmp_path, prices):
    path = tmp_path / "job.npz"
    write_job(path, prices, AXES)
    return path


@pytest.fixture
def peer_of(tmp_path, monkeypatch, written):
    def start(code):
        (tmp_path / "made_up_peer.py").write_text(textwrap.dedent(code))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        return Peer(Path(sys.executable), "made_up_peer", written, 2)

    return start


def test_a_peer_answers_for_as_many_sets_as_it_is_asked(peer_of, prices):
    held = job.positions(prices, AXES).sum(axis=1)
    with peer_of(HELPFUL) as peer:
        assert peer.versions == {"numpy": np.__version__}
        assert "sets at once" in peer.configuration
        for sets in (SETS, 7):
            assert peer.sweep(sets) > 0.0
            assert peer.found["final_equity"].tolist() == held[:sets].tolist()
            assert peer.found["max_drawdown"].tolist() == list(range(sets))


def test_a_peer_that_cannot_run_says_why(peer_of, written, tmp_path):
    with pytest.raises(PeerUnavailableError, match="No module named 'not_there'"):
        peer_of("import not_there")
    with pytest.raises(PeerUnavailableError, match="not installed"):
        Peer(tmp_path / "python", "made_up_peer", written, 2)


def test_differences_are_the_largest_relative_ones():
    ours = {"sharpe": np.array([1.0, 2.0, 4.0])}
    assert differences({"sharpe": np.array([1.0, 2.5])}, ours) == {"sharpe": 0.25}
    assert np.isnan(differences({"sharpe": np.array([1.0, np.nan])}, ours)["sharpe"])


@pytest.fixture
def without_libraries(monkeypatch):
    """Import a peer's module whether or not its library is there."""

    def imported(name, library, **attributes):
        stub = ModuleType(library)
        vars(stub).update(attributes)
        monkeypatch.setitem(sys.modules, library, stub)
        try:
            return importlib.import_module(f"benchmarks.peers.{name}")
        finally:
            del sys.modules[f"benchmarks.peers.{name}"]

    return imported


def test_the_orders_vectorbt_gets_make_the_engines_equity(without_libraries, written, ours):
    peer, given = without_libraries("vectorbt_peer", "vectorbt"), job_from(str(written))
    sizes = peer._sizes(given.positions.T).reshape(-1, SETS, 2)
    for row in range(SETS):
        cash, shares = given.initial_cash, np.zeros(2)
        for t, wanted in enumerate(sizes[:, row]):
            for asset in np.argsort(wanted):  # sells first; NaN last
                quote, cost = given.open[t, asset], given.slippage[asset]
                if wanted[asset] == -np.inf:
                    assert shares[asset] > 0.0
                    cash += shares[asset] * quote * (1 - cost) * (1 - given.commission[asset])
                    shares[asset] = 0.0
                elif wanted[asset] == np.inf:
                    assert cash > 0.0
                    shares[asset] = cash / (quote * (1 + cost) * (1 + given.commission[asset]))
                    cash = 0.0
        equity = cash + shares @ given.close[-1]
        assert equity == pytest.approx(ours["final_equity"][row], rel=1e-9)


def test_the_ratio_raptorbt_gets_makes_the_engines_equity(without_libraries, written, ours):
    def batch(_, opening, high, low, close, __, items, config):
        assert (low <= high).all()
        return [(name, _ratio_account(opening, close, *pair, config)) for name, *pair in items]

    peer = without_libraries(
        "raptorbt_peer",
        "raptorbt",
        BacktestConfig=SimpleNamespace,
        BatchSingleItem=lambda *given: given,
        batch_single_backtest=batch,
    )
    found = peer.measure(job_from(str(written)), 0, SETS)
    assert found[0] == pytest.approx(ours["final_equity"], rel=1e-6)


def _ratio_account(opening, close, entries, exits, config):
    """What raptorbt does with fills at the next open: 1 / (1 + f) kept on entry, 1 - f on exit."""
    cash, shares = config.initial_capital, 0.0
    for t in range(1, len(opening)):
        if entries[t - 1]:
            cash, shares = 0.0, cash / (opening[t] * (1 + config.fees))
        elif exits[t - 1]:
            cash, shares = shares * opening[t] * (1 - config.fees), 0.0
    end = cash + shares * close[-1]
    metrics = SimpleNamespace(end_value=end, sharpe_ratio=0.0, max_drawdown_pct=0.0)
    return SimpleNamespace(metrics=metrics)


@pytest.mark.skipif(not PYTHON.exists(), reason="the peers are not installed")
@pytest.mark.parametrize(("name", "keys"), [("vectorbt", METRICS), ("raptorbt", METRICS[:1])])
def test_installed_peers_agree(written, ours, name, keys):
    with Peer(PYTHON, f"benchmarks.peers.{name}_peer", written, 1) as peer:
        peer.sweep(SETS)
        for key in keys:
            assert peer.found[key] == pytest.approx(ours[key], rel=1e-6)


def test_the_bar_kernel_agrees(prices, ours):
    found = sweep_bars(prices, AXES, 2)
    for key in METRICS:
        assert found[key] == pytest.approx(ours[key], rel=1e-9)


@pytest.mark.parametrize(("off", "timed"), [(0.0, {EVENTS}), (1e-15, {EVENTS, BARS})])
def test_a_kernel_run_under_two_names_is_timed_once(monkeypatch, prices, off, timed):
    def imitation(*given):
        return {key: values * (1.0 + off) for key, values in sweep_events(*given).items()}

    monkeypatch.setattr(kernel, "panel", lambda: prices)
    monkeypatch.setattr(kernel, "sweep_bars", imitation)
    assert set(sweeps.__wrapped__()) == timed


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_backtraders_own_sweep_agrees(prices, ours):
    found = optstrategy(prices, AXES, 2)
    for key in METRICS:
        assert found[key] == pytest.approx(ours[key], rel=1e-9)


def test_a_plain_cerebro_differs_by_the_slippage_it_cannot_tell_apart(prices, ours):
    first = {name: values[0] for name, values in AXES.items()}
    assert run_as_it_comes(prices, first) == pytest.approx(ours["final_equity"][0], rel=1e-3)

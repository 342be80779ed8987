"""Histories without an edge keep what the docstring says they keep, and break the rest."""

import numpy as np
import pytest
from panels import panel_of

from engine.evaluation.no_edge import NULLS, history

N, START = 400, 60


@pytest.fixture(scope="module")
def panel():
    """A market in which the satellite keeps winning or losing for a while, with gaps overnight."""
    rng = np.random.default_rng(4)
    core = rng.normal(3e-4, 0.01, N)
    trend = np.repeat(rng.choice([-1.0, 1.0], N // 10), 10)
    satellite = core + 0.004 * trend + rng.normal(0, 0.002, N)
    closes = [100 * np.exp(np.cumsum(r)) for r in (core, satellite)]
    gaps = rng.normal(0, 0.003, (2, N))
    opens = tuple(
        np.concatenate([c[:1], c[:-1]]) * np.exp(g) for c, g in zip(closes, gaps, strict=True)
    )
    return panel_of(*closes, opens=opens, start_index=START)


def differences(panel):
    """Return by what the satellite's log return exceeds the core's, from the start on."""
    satellite, core = (np.diff(np.log(b.close))[START:] for b in (panel.satellite, panel.core))
    return satellite - core


@pytest.mark.parametrize("null", NULLS)
def test_what_came_before_and_where_it_ends_stays(panel, null):
    made = history(panel, null, 3, length=4.0, seed=1)
    for own, other in ((made.core, panel.core), (made.satellite, panel.satellite)):
        assert own.close[: START + 1].tobytes() == other.close[: START + 1].tobytes()
        assert own.open[: START + 1].tobytes() == other.open[: START + 1].tobytes()
        assert own.close[-1] == pytest.approx(other.close[-1], rel=1e-12)
        assert (own.high >= np.maximum(own.open, own.close)).all()
    assert made.start_index == START
    assert made.simulated


@pytest.mark.parametrize("null", NULLS)
def test_a_history_depends_on_its_number_and_seed_alone(panel, null):
    def closes(number, seed):
        return history(panel, null, number, length=4.0, seed=seed).satellite.close.tobytes()

    assert closes(0, 1) == closes(0, 1)
    assert len({closes(number, seed) for number in range(4) for seed in (1, 2)}) == 8


def test_sign_flips_keep_the_core_and_the_size_of_every_difference(panel):
    made = history(panel, "sign-flips", 0, length=1.0, seed=1)
    core = np.log(made.core.close / panel.core.close)
    assert core == pytest.approx(np.zeros(N), abs=1e-12)
    own, other = differences(made), differences(panel)
    shift = own.mean() - other.mean()
    assert shift == pytest.approx(0.0, abs=1e-12)  # both assets end where they ended
    own, other = own - own.mean(), other - other.mean()
    constant = np.median(own - np.sign(own / other) * other)  # puts the end in its place
    turned, kept = np.abs(own + other - constant), np.abs(own - other - constant)
    assert np.minimum(turned, kept).max() < 1e-12
    assert 0.4 < (turned < kept).mean() < 0.6


def test_the_bootstrap_draws_whole_sessions_of_both_assets(panel):
    made = history(panel, "bootstrap", 0, length=5.0, seed=1)

    def changes(of):
        return np.stack([np.diff(np.log(b.close))[START:] for b in (of.core, of.satellite)])

    own, other = changes(made), changes(panel)
    moved = own[:, :, None] - other[:, None, :]  # by a constant for each asset, whoever it is
    shift = np.median(
        moved[:, np.arange(own.shape[1]), np.abs(moved).sum(axis=0).argmin(axis=1)], 1
    )
    nearest = np.abs(moved - shift[:, None, None]).max(axis=0)
    assert nearest.min(axis=1).max() < 1e-9
    source = nearest.argmin(axis=1)
    follows = (np.diff(source) % own.shape[1] == 1).mean()
    assert follows == pytest.approx(1 - 1 / 5.0, abs=0.06)


@pytest.mark.parametrize("null", NULLS)
def test_the_link_from_one_session_to_the_next_is_cut(panel, null):
    def persistence(of):
        d = differences(of)
        return np.corrcoef(d[1:], d[:-1])[0, 1]

    assert persistence(panel) > 0.5
    cut = [persistence(history(panel, null, i, length=1.0, seed=1)) for i in range(30)]
    assert abs(np.mean(cut)) < 0.06

"""What a Sharpe ratio is worth that was the best of many.

Ratios are per session unless a name says annual; see :mod:`engine.evaluation.inference.sharpe`.

References
----------
- D. Bailey, M. López de Prado, *The Deflated Sharpe Ratio*, J. of Portfolio Management 40(5)
  (2014).
- D. Bailey, J. Borwein, M. López de Prado, Q. Zhu, *Pseudo-Mathematics and Financial Charlatanism*,
  Notices of the American Mathematical Society 61(5) (2014): minimum backtest length.
- C. Bretherton et al., *The Effective Number of Spatial Degrees of Freedom of a Time-Varying
  Field*, J. of Climate 12 (1999): participation ratio of eigenvalues.
- M. López de Prado, M. Lewis, *Detection of false investment strategies using unsupervised learning
  methods*, Quantitative Finance 19 (2019): clusters of trials.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import NormalDist

import numpy as np

from engine.evaluation.inference.sharpe import Record, probabilistic_sharpe
from engine.evaluation.metrics import ROUNDING
from engine.market.quotes import FloatArray

_NORMAL = NormalDist()
_EULER_MASCHERONI = 0.5772156649015329


def expected_maximum(trials: float) -> float:
    """Return the expected largest of so many independent standard normal values.

    It is (1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e)), γ the Euler–Mascheroni constant: an
    approximation for many. One trial has 0, and no number has less.

    Parameters
    ----------
    trials : float
        At least 1; an effective number need not be whole.

    Raises
    ------
    ValueError
        If there is less than one trial.
    """
    if not trials >= 1.0:
        raise ValueError(f"the best of {trials} trials is nothing; there must be at least 1")
    if trials == 1.0:
        return 0.0
    largest = (1.0 - _EULER_MASCHERONI) * _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    beyond = _EULER_MASCHERONI * _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return max(largest + beyond, 0.0)


def expected_maximum_sharpe(trials: float, variance: float) -> float:
    """Return the Sharpe ratio that the best of so many trials without any edge is expected to have.

    Parameters
    ----------
    trials : float
        Effectively independent ones.
    variance : float
        Of the ratios of all trials, per session: that of annual ratios / 252.

    Returns
    -------
    float
        √variance × the expected maximum, per session.
    """
    return math.sqrt(variance) * expected_maximum(trials)


def deflated_sharpe(best: Record, trials: float, variance: float) -> float:
    """Return the deflated Sharpe ratio: how sure one is that the best of many trials has an edge.

    It is the probabilistic Sharpe ratio of the best one against what the best without an edge is
    expected to have (Bailey and López de Prado).

    Parameters
    ----------
    best : Record
        Of the trial with the highest ratio.
    trials, variance : float
        As for `expected_maximum_sharpe`.

    Returns
    -------
    float
        Fraction.
    """
    return probabilistic_sharpe(best, expected_maximum_sharpe(trials, variance))


def minimum_backtest_length(trials: float, annual_sharpe: float = 1.0) -> float:
    """Return how many years the best of so many trials without an edge need to fall below a ratio.

    With fewer, the best in-sample ratio is expected to be at least `annual_sharpe` though the true
    ones are all 0 (Bailey, Borwein, López de Prado and Zhu).

    Returns
    -------
    float
        (expected maximum / annual_sharpe)², years.
    """
    return (expected_maximum(trials) / annual_sharpe) ** 2


def effective_trials_by_eigenvalues(returns: FloatArray) -> float:
    """Return the participation ratio of the eigenvalues of the trials' correlations.

    (Σ λ)² / Σ λ²: N for N uncorrelated trials, 1 for N times the same. As Σ λ = N and Σ λ² is the
    sum of all squared correlations, no eigenvalue is computed.

    What all trials have in common does not spread their Sharpe ratios, by whose variance a ratio is
    deflated. So give returns over the benchmark here: rules that mostly hold the same asset are
    otherwise all taken for one trial, and the deflated ratio is too kind.

    Parameters
    ----------
    returns : float64 array, shape (n, trials)
        Fraction. A trial that does not vary is left out.

    Returns
    -------
    float
        NaN if no trial varies.
    """
    return effective_trials_in_parts([returns])


def effective_trials_in_parts(parts: Iterable[FloatArray], trials: int | None = None) -> float:
    """Return the participation ratio of trials of which some are given at a time.

    Correlations of trials, N × N, have the same sum of squares as products of sessions, n × n, so
    that memory stays below n² numbers and two parts, however many trials there are; time grows
    with N · n · min(N, n).

    Parameters
    ----------
    parts : iterable of float64 arrays, each shape (n, some)
        As for :func:`effective_trials_by_eigenvalues`.
    trials : int, optional
        How many there are, if those given are drawn from more: their mean squared correlation is
        taken for that of all. Those that do not vary are not to be counted.
    """
    given, held, products = 0, [], np.zeros(())
    for part in parts:
        held.append(_standardised(part))
        given += held[-1].shape[1]
        if given > len(part):
            for standard in held:
                products = products + standard @ standard.T
            held = []
    if held:
        whole = np.concatenate(held, axis=1)
        products = whole.T @ whole
    if not given:
        return math.nan
    squares = float(np.square(products).sum())
    if trials is None or trials <= given or given < 2:
        return given**2 / squares
    between = (squares - given) / (given * (given - 1.0))
    return trials / (1.0 + (trials - 1.0) * between)


def effective_trials_by_clusters(returns: FloatArray, threshold: float = 0.5) -> int:
    """Return the number of clusters of correlated trials.

    Trials are joined from the closest pair on, by average linkage, as long as the average
    correlation between two clusters is at least `threshold`; what remains apart counts as one
    trial each. Give returns over the benchmark, as above.

    Parameters
    ----------
    returns : float64 array, shape (n, trials)
        Fraction. A trial that does not vary is left out.
    threshold : float
        Correlation, below 1.

    Returns
    -------
    int
        0 if no trial varies. Memory grows with trials²: some 2 GB for 10,000 of them.
    """
    standard = _standardised(returns)
    if standard.shape[1] < 2:
        return int(standard.shape[1])
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distances = squareform(1.0 - standard.T @ standard, checks=False)
    tree = linkage(np.maximum(distances, 0.0), method="average")
    return int(fcluster(tree, 1.0 - threshold + ROUNDING, criterion="distance").max())


def _standardised(returns: FloatArray) -> FloatArray:
    """Return columns of mean 0 and length 1, without those that do not vary."""
    centred = returns - returns.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    varies = lengths > ROUNDING * math.sqrt(len(returns))
    return np.asarray(centred[:, varies] / lengths[varies])

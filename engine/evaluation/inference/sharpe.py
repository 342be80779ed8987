"""How well a Sharpe ratio is known: standard errors, and what they say of a track record.

All ratios here are per session (or whatever the interval of the returns is), never annual:
multiplying by √252 is for readers. `kurtosis` is that of the normal distribution when it is 3; it
is not the excess over 3.

References
----------
- A. Lo, *The Statistics of Sharpe Ratios*, Financial Analysts Journal 58(4) (2002).
- E. Mertens, *Comments on Variance of the IID Estimator in Lo (2002)* (2002); J. Opdyke,
  *Comparing Sharpe ratios: So where are the p-values?*, J. of Asset Management 8 (2007), who shows
  that S. Christie (2005) gives the same variance under stationarity alone.
- D. Bailey, M. López de Prado, *The Sharpe Ratio Efficient Frontier*, J. of Risk 15(2) (2012):
  probabilistic Sharpe ratio, minimum track record length.
- W. Newey, K. West, *A Simple, Positive Semi-Definite, Heteroskedasticity and Autocorrelation
  Consistent Covariance Matrix*, Econometrica 55 (1987).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from engine.evaluation.metrics import ROUNDING, standard_moment
from engine.market.quotes import FloatArray

NORMAL_KURTOSIS = 3.0

_NORMAL = NormalDist()
_SLACK = 1e-9  # of Pearson's inequality, for rounding


@dataclass(frozen=True)
class Record:
    """What a track record's Sharpe ratio is judged by.

    Attributes
    ----------
    returns : int
        Their number.
    sharpe : float
        Mean / standard deviation (ddof 1), per session; NaN where undefined.
    skew, kurtosis : float
        Standard moments (ddof 0) of the returns; a normal distribution has 0 and 3.

    Raises
    ------
    ValueError
        If no distribution has such moments: kurtosis is never below 1 + skew². An excess kurtosis
        given by mistake often is.
    """

    returns: int
    sharpe: float
    skew: float = 0.0
    kurtosis: float = NORMAL_KURTOSIS

    def __post_init__(self) -> None:
        if self.kurtosis < (1.0 + self.skew**2) * (1.0 - _SLACK):
            raise ValueError(
                f"no distribution has skew {self.skew:g} and kurtosis {self.kurtosis:g}: that of "
                "a normal distribution is 3 here, not 0"
            )

    @property
    def variance_factor(self) -> float:
        """Variance of the Sharpe ratio × n: 1 − skew · SR + (kurtosis − 1) / 4 · SR²."""
        return 1.0 - self.skew * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe**2


def record_of(returns: FloatArray) -> Record:
    """Return the record of returns over cash or over a benchmark, shape (n,), fraction."""
    defined = len(returns) >= 2 and bool(np.isfinite(returns).all())
    deviation = float(returns.std(ddof=1)) if defined else math.nan
    if not deviation > ROUNDING:
        return Record(len(returns), math.nan, math.nan, math.nan)
    return Record(
        len(returns),
        float(returns.mean()) / deviation,
        standard_moment(returns, 3),
        standard_moment(returns, 4),
    )


def standard_error_iid(sharpe: float, n: int) -> float:
    """Return √((1 + SR²/2) / n), the standard error for n independent normal returns (Lo)."""
    return math.sqrt((1.0 + sharpe**2 / 2.0) / n)


def standard_error_non_normal(record: Record) -> float:
    """Return √((1 − skew · SR + (kurtosis − 1)/4 · SR²) / n) (Mertens, Christie, Opdyke).

    For returns that are independent, or at least not autocorrelated in level and square; with a
    normal distribution it is Lo's.
    """
    return math.sqrt(record.variance_factor / record.returns)


def standard_error_autocorrelated(returns: FloatArray, lags: int | None = None) -> float:
    """Return the standard error of the Sharpe ratio that allows for autocorrelation (Lo).

    The ratio is a function of the first two moments. To first order its error is the mean of
    z − SR/2 (z² − 1), z being standardised returns; the variance of that mean is Newey and West's,
    with weights 1 − k/(lags + 1). It is Lo's estimator by the generalised method of moments.

    Parameters
    ----------
    returns : float64 array, shape (n,)
        Over cash or a benchmark, fraction.
    lags : int, optional
        Sessions looked back; ⌊4 (n/100)^(2/9)⌋ if not given.

    Returns
    -------
    float
        Per session; NaN where the ratio is undefined.
    """
    n, sharpe = len(returns), record_of(returns).sharpe
    if math.isnan(sharpe):
        return math.nan
    standard = (returns - returns.mean()) / returns.std()
    influence = standard - sharpe / 2.0 * (standard**2 - 1.0)
    if lags is None:
        lags = math.floor(4.0 * (n / 100.0) ** (2.0 / 9.0))
    total = float((influence**2).sum())
    for lag in range(1, min(lags, n - 1) + 1):
        weight = 1.0 - lag / (lags + 1.0)
        total += 2.0 * weight * float((influence[lag:] * influence[:-lag]).sum())
    return math.sqrt(total) / n


def probabilistic_sharpe(record: Record, benchmark: float = 0.0) -> float:
    """Return the probabilistic Sharpe ratio: how sure one is that the true ratio is higher.

    It is Φ((SR − benchmark) √(n − 1) / √(1 − skew · SR + (kurtosis − 1)/4 · SR²)) (Bailey and
    López de Prado): 1 − the p-value of "the true ratio is at most `benchmark`".

    Parameters
    ----------
    record : Record
    benchmark : float
        A Sharpe ratio per session.

    Returns
    -------
    float
        Fraction; NaN where the ratio is undefined, or there are fewer than two returns.
    """
    if math.isnan(record.sharpe) or record.returns < 2:
        return math.nan
    distance = (record.sharpe - benchmark) * math.sqrt(record.returns - 1)
    return _NORMAL.cdf(distance / math.sqrt(record.variance_factor))


def minimum_track_record(record: Record, benchmark: float = 0.0, confidence: float = 0.95) -> float:
    """Return how many returns like these are needed to be so sure of a ratio above `benchmark`.

    It is 1 + (1 − skew · SR + (kurtosis − 1)/4 · SR²) (Φ⁻¹(confidence) / (SR − benchmark))²
    (Bailey and López de Prado).

    Parameters
    ----------
    record : Record
        Its number of returns does not matter.
    benchmark : float
        A Sharpe ratio per session.
    confidence : float
        Fraction, between 0 and 1.

    Returns
    -------
    float
        Number of returns; NaN where the ratio is not above the benchmark: none is enough.
    """
    if not record.sharpe > benchmark:
        return math.nan
    needed = _NORMAL.inv_cdf(confidence) / (record.sharpe - benchmark)
    return 1.0 + record.variance_factor * needed**2

"""An invented market: a large-cap and a small-cap fund over 26 years, for demonstrations and tests.

What is imitated, and the values it is tuned to (IWM and SPY, daily total returns 2000-2026):

- sessions of XNYS, 2000-01-03..2026-01-30;
- volatility a year: core 0.191, satellite 0.239; correlation 0.886. The satellite's return is
  β times the core's plus a term of its own;
- volatility clusters and rises after losses: both terms are GJR-GARCH(1,1) (Glosten, Jagannathan
  and Runkle 1993) with Student-t shocks; excess kurtosis 12.5 and 5.4, autocorrelation of squared
  returns about 0.25 at lag 1 and 0.15 at lag 20;
- CAGR 0.087 and 0.088, no session of more than ±0.15: a path is redrawn until both funds have
  a CAGR in 0.05..0.12 and no session of more than ±0.20;
- gaps over night carry about a third of the variance and correlate more than the sessions do;
- high and low are the extremes of a Brownian bridge from open to close (law of its maximum:
  P(M > m) = exp(−2m(m − x)/v) for a bridge to x with variance v);
- quarterly dividends of 1.8 % and 1.2 % a year, so that close and adjusted close differ;
- whole cents, which also hides differences in the last bit between mathematics libraries.

One thing is **planted**: the satellite beats the core in exactly the 13 sessions
2026-01-02..2026-01-21, on both price bases, and nowhere for longer than 12 sessions.

What is not imitated: business cycles, splits, changes of correlation, real dates of anything.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.market.calendar import SESSIONS_PER_YEAR, sessions_between
from engine.market.quotes import FloatArray, Quotes, SessionArray

FIRST_SESSION = np.datetime64("2000-01-03")
LAST_SESSION = np.datetime64("2026-01-30")
PLANTED_FIRST = np.datetime64("2026-01-02")
PLANTED_LAST = np.datetime64("2026-01-21")
PLANTED_SESSIONS = 13
PLANTED_MARGIN = 0.001  # least distance of the two returns there: 10 bp, far above a cent
PLAUSIBLE_CAGR = (0.05, 0.12)
PLAUSIBLE_RETURN = 0.20

TIE = 1e-12  # a lead this small is none: it ends a streak

CORRELATION = 0.886
OVERNIGHT_CORRELATION = 0.9


@dataclass(frozen=True)
class _Fund:
    """What one fund is tuned to; rates are fractions a year."""

    volatility: float
    cagr: float
    first_price: float
    dividend_yield: float
    ex_date_delay: int  # calendar days after the third Friday of the quarter
    overnight_share: float  # of the variance
    volume: float  # shares in a usual session


@dataclass(frozen=True)
class _Garch:
    """GJR-GARCH(1,1) of unit variance: v' = ω + (α + γ·[shock < 0])·shock² + β·v."""

    alpha: float
    gamma: float
    beta: float
    freedom: float  # degrees of freedom of the Student-t shocks


@dataclass(frozen=True)
class _Path:
    """One fund's way through time, arrays of shape (n,)."""

    returns: FloatArray  # log total returns
    scale: FloatArray  # the deviation that was expected of each return
    night: FloatArray  # standard normal: what happens between close and open


@dataclass(frozen=True)
class _Series:
    """One fund's quotes, arrays of shape (n,), read-only."""

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    adjusted_close: FloatArray
    volume: FloatArray

    def __post_init__(self) -> None:
        for array in vars(self).values():
            array.setflags(write=False)


CORE = _Fund(0.191, 0.087, 140.0, 0.018, 0, 0.35, 8e7)
SATELLITE = _Fund(0.239, 0.088, 90.0, 0.012, 5, 0.31, 3e7)
COMMON_TERM = _Garch(alpha=0.02, gamma=0.16, beta=0.885, freedom=8)
OWN_TERM = _Garch(alpha=0.07, gamma=0.0, beta=0.91, freedom=7)


def simulated_quotes(symbol: str, seed: int, *, is_satellite: bool) -> Quotes:
    """Return the invented quotes of one fund; the same seed gives the same bytes.

    Parameters
    ----------
    symbol : str
        What to call the fund.
    seed : int
        Not negative; core and satellite of one seed belong together.
    is_satellite : bool
        The small-cap fund, else the large-cap one.
    """
    series = _simulate(seed)[1 if is_satellite else 0]
    sessions = _sessions()
    digest = hashlib.sha256(sessions.astype("<i8").tobytes())
    for array in vars(series).values():
        digest.update(array.astype("<f8").tobytes())
    return Quotes(
        symbol=symbol,
        sessions=sessions,
        **vars(series),
        origin=f"simulated market, seed {seed}",
        lines=np.zeros(len(sessions), dtype=np.int64),
        recognised_as="simulated small-cap fund" if is_satellite else "simulated large-cap fund",
        sha256=digest.hexdigest(),
        simulated=True,
        source="simulated",
        adjustment="simulated dividends",
        notes=(f"planted: {PLANTED_SESSIONS} sessions of outperformance to {PLANTED_LAST}",),
    )


def _sessions() -> SessionArray:
    return sessions_between(FIRST_SESSION, LAST_SESSION)


@lru_cache(maxsize=4)
def _simulate(seed: int) -> tuple[_Series, _Series]:
    """Return core and satellite: the first drawn pair that keeps what the module promises."""
    sessions = _sessions()
    attempt = 0
    while True:
        core, satellite = _draw(np.random.default_rng([seed, attempt]), sessions)
        if _keeps_promises(core, satellite, sessions):
            return core, satellite
        attempt += 1


def _draw(rng: np.random.Generator, sessions: SessionArray) -> tuple[_Series, _Series]:
    n = len(sessions)
    common, common_scale = _garch(rng, n, COMMON_TERM)
    own, own_scale = _garch(rng, n, OWN_TERM)
    beta = CORRELATION * SATELLITE.volatility / CORE.volatility
    own_volatility = SATELLITE.volatility * math.sqrt(1 - CORRELATION**2)
    core_shock, core_scale = (x * _per_session(CORE.volatility) for x in (common, common_scale))
    satellite_shock = beta * core_shock + _per_session(own_volatility) * own
    satellite_scale = np.hypot(beta * core_scale, _per_session(own_volatility) * own_scale)
    core_return = core_shock + np.log1p(CORE.cagr) / SESSIONS_PER_YEAR
    satellite_return = satellite_shock + np.log1p(SATELLITE.cagr) / SESSIONS_PER_YEAR
    satellite_return = core_return + _plant(satellite_return - core_return, sessions)

    core_night, other_night = rng.standard_normal((2, n))
    satellite_night = _mix(core_night, other_night, OVERNIGHT_CORRELATION)
    core = _Path(core_return, core_scale, core_night)
    satellite = _Path(satellite_return, satellite_scale, satellite_night)
    return _series(rng, CORE, sessions, core), _series(rng, SATELLITE, sessions, satellite)


def _per_session(volatility: float) -> float:
    return volatility / math.sqrt(SESSIONS_PER_YEAR)


def _mix(one: FloatArray, other: FloatArray, correlation: float) -> FloatArray:
    return correlation * one + math.sqrt(1 - correlation**2) * other


def _garch(rng: np.random.Generator, n: int, model: _Garch) -> tuple[FloatArray, FloatArray]:
    """Return shocks of sample deviation 1, and the deviation that was expected of each."""
    scale_of_t = np.sqrt((model.freedom - 2) / model.freedom)
    draws = (rng.standard_t(model.freedom, n) * scale_of_t).tolist()
    omega = 1 - model.alpha - model.gamma / 2 - model.beta
    variance = 1.0
    variances = []
    for draw in draws:
        variances.append(variance)
        weight = model.alpha + (model.gamma if draw < 0 else 0.0)
        variance = omega + variance * (weight * draw * draw + model.beta)
    expected = np.sqrt(variances)
    shocks = expected * np.array(draws)
    deviation = shocks.std()
    return shocks / deviation, expected / deviation


def _plant(gap: FloatArray, sessions: SessionArray) -> FloatArray:
    """Return the satellite's lead with the streak in it, and a session of lag on either side."""
    size = np.maximum(np.abs(gap), PLANTED_MARGIN)
    first, last = np.searchsorted(sessions, [PLANTED_FIRST, PLANTED_LAST])
    planted = gap.copy()
    planted[first : last + 1] = size[first : last + 1]
    for outside in (first - 1, last + 1):
        planted[outside] = -size[outside]
    return planted


def _series(rng: np.random.Generator, fund: _Fund, sessions: SessionArray, path: _Path) -> _Series:
    """Return the quotes of a fund that goes along `path`."""
    n = len(sessions)
    payout = _payouts(rng, fund, sessions)
    close = fund.first_price * np.exp(np.cumsum(path.returns + np.log1p(-payout)))
    share = fund.overnight_share
    # split each return in two independent parts, as a Brownian path has them
    overnight = share * path.returns + np.sqrt(share * (1 - share)) * path.scale * path.night
    session = path.returns - overnight
    opening = close / np.exp(session)
    up, down = rng.exponential(size=(2, n)) * 2 * (1 - share) * path.scale**2
    high = opening * np.exp((session + np.sqrt(session**2 + up)) / 2)
    low = opening * np.exp((session - np.sqrt(session**2 + down)) / 2)
    busy = path.scale / path.scale.mean() * np.exp(0.3 * rng.standard_normal(n))
    # Adj(t) = Close(t) · Π (1 − payout) over later ex-dates, as Yahoo computes it
    kept = np.append(np.cumprod((1 - payout)[::-1])[::-1][1:], 1.0)
    cents = np.round(close, 2)
    return _Series(
        open=np.round(opening, 2),
        high=np.round(high, 2),
        low=np.round(low, 2),
        close=cents,
        adjusted_close=np.round(cents * kept, 6),
        volume=np.round(fund.volume * busy, -2),
    )


def _payouts(rng: np.random.Generator, fund: _Fund, sessions: SessionArray) -> FloatArray:
    """Return, per session, the dividend as a fraction of the close before; 0 without one."""
    quarters = np.arange("2000-03", "2026-01", 3, dtype="datetime64[M]")
    third_fridays = np.busday_offset(quarters, 2, roll="forward", weekmask="Fri")
    ex_dates = np.searchsorted(sessions, third_fridays + np.timedelta64(fund.ex_date_delay, "D"))
    payouts = np.zeros(len(sessions))
    payouts[ex_dates] = fund.dividend_yield / 4 * rng.uniform(0.85, 1.15, len(ex_dates))
    return payouts


def _keeps_promises(core: _Series, satellite: _Series, sessions: SessionArray) -> bool:
    years = len(sessions) / SESSIONS_PER_YEAR
    for series in (core, satellite):
        if np.abs(_returns(series.adjusted_close)).max() > PLAUSIBLE_RETURN:
            return False
        growth = series.adjusted_close[-1] / series.adjusted_close[0]
        if not PLAUSIBLE_CAGR[0] <= growth ** (1 / years) - 1 <= PLAUSIBLE_CAGR[1]:
            return False
    last = int(np.searchsorted(sessions, PLANTED_LAST))
    for large, small in (
        (core.close, satellite.close),
        (core.adjusted_close, satellite.adjusted_close),
    ):
        longest, second = _two_longest_runs(_returns(small) - _returns(large))
        if longest != (PLANTED_SESSIONS, last) or second[0] >= PLANTED_SESSIONS:
            return False
    return True


def _returns(prices: FloatArray) -> FloatArray:
    return prices[1:] / prices[:-1] - 1


def _two_longest_runs(lead: FloatArray) -> list[tuple[int, int]]:
    """Return (length, last session) of the two longest runs of positive leads."""
    ends = np.flatnonzero(np.append(lead, 0.0) <= TIE)  # a session that ends any run
    lengths = np.diff(ends, prepend=-1) - 1
    longest = np.argsort(lengths, kind="stable")[-2:][::-1]
    # lead[i] is the return into session i + 1, so the run before end e stops at session e
    return [(int(lengths[i]), int(ends[i])) for i in longest]

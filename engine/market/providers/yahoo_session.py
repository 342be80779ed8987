"""The session yfinance asks Yahoo with: bounded in time as a whole; it keeps how it was refused.

For one history yfinance asks several times (for a cookie, a crumb, the zone of the exchange, the
bars), each with a limit of its own, and it drops the headers of a refusal.
"""

from __future__ import annotations

import datetime as dt
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.market.providers.http import retry_after

BARS = "/v8/finance/chart/"
BESIDE = 1 / 3
"""Share of the time after which only bars are asked for: they can be had without a cookie."""


@dataclass
class Exchange:
    """One exchange with Yahoo, of as many requests as it takes.

    Attributes
    ----------
    timeout : float
        Seconds for all of them.
    status : int
        Of the last answer; 0 if it did not come whole.
    retry_after : float or None
        Seconds the last answer asks one to wait.
    """

    timeout: float
    status: int = 0
    retry_after: float | None = None

    def __post_init__(self) -> None:
        self._begun = time.monotonic()

    def request(self, send: Callable[..., Any], *given: Any, **options: Any) -> Any:
        """Return the answer to one request, ``(method, url)``, within the time that is left.

        Raises
        ------
        TimeoutError
            If there is none left.
        """
        self.status, self.retry_after = 0, None
        share = 1.0 if BARS in str(options.get("url", given)) else BESIDE
        left = self._begun + share * self.timeout - time.monotonic()
        if left <= 0:
            raise TimeoutError
        answer = send(*given, **{**options, "timeout": left})
        self.status = answer.status_code
        self.retry_after = retry_after(answer.headers.get("Retry-After"), dt.datetime.now(dt.UTC))
        return answer


@functools.cache
def yahoo_session() -> Any:
    """Return the one session of this process, which keeps Yahoo's cookies.

    Its attribute `exchange` is the :class:`Exchange` that requests belong to.

    Raises
    ------
    ImportError
        If yfinance, which brings its library for HTTP, is not installed.
    """
    from curl_cffi import requests

    class Session(requests.Session):  # type: ignore[type-arg]  # older ones take none
        exchange = Exchange(0.0)

        def request(self, *given: Any, **options: Any) -> Any:
            return self.exchange.request(super().request, *given, **options)

    return Session(impersonate="chrome")

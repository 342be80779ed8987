"""Who prices can be fetched from: one file per provider, one way in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from engine.errors import UsageError, did_you_mean
from engine.market.providers.delivery import Delivery, Provider, Request
from engine.market.providers.fred import fetch_fred
from engine.market.providers.yahoo import fetch_yahoo

PROVIDERS: dict[str, Provider] = {"yahoo": fetch_yahoo, "fred": fetch_fred}
Clock = Callable[[], dt.datetime]

__all__ = ["PROVIDERS", "Clock", "Delivery", "Provider", "Request", "provider_named"]


def provider_named(name: str) -> Provider:
    """Return a provider by name.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if name not in PROVIDERS:
        hint = did_you_mean(name, list(PROVIDERS))
        raise UsageError(f'no provider "{name}" (allowed {", ".join(PROVIDERS)}{hint})')
    return PROVIDERS[name]

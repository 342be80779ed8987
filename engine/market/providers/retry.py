"""Ask again, but not forever: exponential pauses with jitter, or what the provider asks for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import ProviderError
from engine.market.providers.delivery import Delivery, Provider, Request

if TYPE_CHECKING:
    from tenacity import RetryCallState

ATTEMPTS = 4
LONGEST_WAIT = 120.0
"""Seconds; a provider that asks for more is told of, not waited for."""

Say = Callable[[str, str], None]
"""Told what is being done: a symbol, and a sentence without it."""


def with_retries(
    provider: Provider,
    request: Request,
    *,
    attempts: int = ATTEMPTS,
    say: Say,
    sleep: Callable[[float], None] = time.sleep,
) -> Delivery:
    """Return what a provider gives, asked up to `attempts` times.

    Parameters
    ----------
    provider : Provider
    request : Request
    attempts : int
    say : callable
        Told before every pause.
    sleep : callable, optional
        Takes seconds.

    Raises
    ------
    ProviderError
        Of the last attempt; at once if it is not transient, or asks for a longer wait than
        `LONGEST_WAIT`.
    """
    import tenacity

    def announce(state: RetryCallState) -> None:
        pause = state.next_action.sleep if state.next_action else 0.0
        say(request.symbol, f"{_error(state)}; asking again in {pause:.0f} s")

    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(attempts),
        wait=_pause,
        retry=tenacity.retry_if_exception(_worth_asking_again),
        before_sleep=announce,
        sleep=sleep,
        reraise=True,
    )
    try:
        return retrying(provider, request)
    except ProviderError as error:
        raise _with_wait(error) from None


def _worth_asking_again(error: BaseException) -> bool:
    if not isinstance(error, ProviderError) or not error.transient:
        return False
    return error.retry_after is None or error.retry_after <= LONGEST_WAIT


def _with_wait(error: ProviderError) -> ProviderError:
    """Return an error that also says how long a provider wants to be left alone."""
    wait = error.retry_after
    if wait is None or wait <= LONGEST_WAIT:
        return error
    message = f"{error}; it asks to wait {wait:,.0f} s, longer than {LONGEST_WAIT:g} s"
    return ProviderError(message, transient=error.transient, retry_after=wait)


def _pause(state: RetryCallState) -> float:
    import tenacity

    pause = tenacity.wait_exponential_jitter(initial=1.0, max=60.0, jitter=1.0)(state)
    asked = getattr(_error(state), "retry_after", None)
    return pause if asked is None else max(pause, asked)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None

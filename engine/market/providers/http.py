"""One HTTP GET with an end: bounded in time and size, complete, or an error that says why."""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import Future
from typing import Any

from engine.errors import ProviderError
from engine.version import VERSION

MAX_BYTES = 32 * 2**20
_CHUNK = 2**16
TRANSIENT_STATUS = {408, 425, 429, 500, 502, 503, 504}
"""After these, asking again may help."""


def get(url: str, provider: str, timeout: float) -> bytes:
    """Return the body of an answer with status 200.

    Parameters
    ----------
    url : str
        Of http or https.
    provider : str
        What to call the other side in messages.
    timeout : float
        Seconds until the whole answer must be there, however slowly it drips.

    Raises
    ------
    ProviderError
        If there is none: transient where asking again may help.
    """
    if not url.startswith(("https://", "http://")):
        raise ProviderError(f"{provider}: {url} is no http or https address")
    whole: Future[bytes] = Future()

    def ask() -> None:
        try:
            whole.set_result(_asked(url, provider, timeout))
        except Exception as error:
            whole.set_exception(error)

    # in a thread of its own: a socket's timeout starts anew with every byte of the heading, and
    # does not count while a name is looked up
    threading.Thread(target=ask, daemon=True).start()
    try:
        return whole.result(timeout)
    except TimeoutError:
        raise _slow(provider, timeout) from None


def _asked(url: str, provider: str, timeout: float) -> bytes:
    deadline = time.monotonic() + timeout
    headers = {"User-Agent": f"streaklab/{VERSION}", "Accept": "text/csv"}
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return _body(answer, provider, deadline, timeout)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error, provider) from None
    except (http.client.HTTPException, OSError) as error:
        raise _unreachable(error, provider, timeout) from None
    except ValueError as error:
        raise ProviderError(f"{provider}: {url} is no address: {error}") from None


def _body(answer: Any, provider: str, deadline: float, timeout: float) -> bytes:
    """Read to the end, but not longer than anybody waits for it."""
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise ProviderError(f"{provider}: the answer is larger than {MAX_BYTES // 2**20} MiB")
        if time.monotonic() > deadline:
            raise _slow(provider, timeout)
    body = b"".join(parts)
    promised = answer.headers.get("Content-Length")
    if promised is not None and promised.isdigit() and size != int(promised):
        message = f"{provider}: the answer broke off after {size:,} of {int(promised):,} bytes"
        raise ProviderError(message, transient=True)
    if promised is None and not answer.chunked and body and not body.endswith(b"\n"):
        # nothing else says that the end of the connection is the end of the text
        raise ProviderError(f"{provider}: the answer ends inside of a line", transient=True)
    return body


def _refused(error: urllib.error.HTTPError, provider: str) -> ProviderError:
    wait = retry_after(error.headers.get("Retry-After"), dt.datetime.now(dt.UTC))
    what = "too many requests" if error.code == 429 else error.reason
    return ProviderError(
        f"{provider}: status {error.code}, {what}",
        transient=error.code in TRANSIENT_STATUS,
        retry_after=wait,
    )


def retry_after(text: str | None, now: dt.datetime) -> float | None:
    """Return the seconds a Retry-After header asks for: a number or a date; None if it is none."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdecimal():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return max((until - now).total_seconds(), 0.0)


def _slow(provider: str, timeout: float) -> ProviderError:
    message = f"{provider}: no whole answer within {timeout:g} s"
    return ProviderError(message, transient=True)


def _unreachable(error: Exception, provider: str, timeout: float) -> ProviderError:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return _slow(provider, timeout)
    said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return ProviderError(f"{provider}: no connection: {said}", transient=True)

"""A provider on this machine that behaves as it is told: well, badly, or not at all."""

import contextlib
import http.server
import json
import threading
import time
from urllib.parse import parse_qs, urlsplit

UNTOLD = -1
"""As a length: the answer does not say how long it is."""
CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"


class Server:
    """Answers requests with what `answers` holds, in order; the last answer repeats."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def next_answer(self, path):
        parts = urlsplit(path)
        self.asked.append((parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.contextmanager
def serving(*answers):
    """Serve answers on a port of this machine; give the server's script and its address."""
    script = Server(*answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            # one that gives up waiting has closed its end
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                script.next_answer(self.path)(self)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield script, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(body=b"", status=200, *, length=None, headers=()):
    """Return an answer; `length` is the Content-Length it claims."""

    def respond(handler):
        handler.send_response(status)
        if length is not UNTOLD:
            handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return respond


def dripping(body, seconds):
    """Return an answer that sends one byte after the other, with a pause between them."""

    def respond(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        for i in range(len(body)):
            handler.wfile.write(body[i : i + 1])
            handler.wfile.flush()
            time.sleep(seconds)

    return respond


def dripping_heading(seconds):
    """Return an answer whose heading never ends, one byte after the other."""

    def respond(handler):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
        for _ in range(1000):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(seconds)

    return respond


def silent(seconds):
    """Return an answer that does not come for some seconds."""
    return lambda handler: time.sleep(seconds)


def hanging_up(handler):
    """Close the connection without a word."""
    handler.connection.close()


def chart(table, symbol="IWM", *, kind="ETF", **changes):
    """Return rows as Yahoo's chart answer writes them: adjusted for later splits."""
    import numpy as np

    later_splits, kept = np.ones(len(table)), np.ones(len(table))
    for i in range(len(table) - 2, -1, -1):
        later_splits[i] = later_splits[i + 1] * table["split"][i + 1]
    given = {n: table[n] / later_splits for n in ("open", "high", "low", "close", "dividend")}
    for i in range(len(table) - 2, -1, -1):
        kept[i] = kept[i + 1] * (1 - given["dividend"][i + 1] / given["close"][i])
    adjusted = given["close"] * kept
    # daily bars are stamped with the opening, 09:30 in New York (14:30 in Greenwich will do)
    stamps = (table.dates.astype("datetime64[s]").astype(np.int64) + 52_200).tolist()
    dividends = {
        str(s): {"amount": float(d), "date": s}
        for s, d in zip(stamps, given["dividend"], strict=True)
        if d
    }
    splits = {
        str(s): {"date": s, "numerator": float(r), "denominator": 1.0, "splitRatio": f"{r}:1"}
        for s, r in zip(stamps, table["split"], strict=True)
        if r != 1
    }
    quote = {n: given[n].tolist() for n in ("open", "high", "low", "close")}
    quote["volume"] = (table["volume"] * later_splits).astype(int).tolist()
    meta = {
        "symbol": symbol,
        "currency": "USD",
        "instrumentType": kind,
        "exchangeTimezoneName": "America/New_York",
        "timezone": "EST",
        "gmtoffset": -18000,
        "firstTradeDate": stamps[0] if stamps else 0,
        "regularMarketTime": stamps[-1] if stamps else 0,
        "priceHint": 2,
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "1y", "max"],
    }
    result = {
        "meta": meta,
        "timestamp": stamps,
        "events": {"dividends": dividends, "splits": splits},
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted.tolist()}]},
    }
    result.update(changes)
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()

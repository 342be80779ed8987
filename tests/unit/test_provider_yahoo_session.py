"""All that yfinance asks for one history, cookie and crumb included, of a Yahoo on this machine."""

import time

import pytest
from command_line import streak
from library_market import END, STUDY, contents, evening, fetching, wanted, whole_table
from provider_server import CHALLENGE, answer, chart, dripping, serving, silent

from engine.errors import ProviderError
from engine.market.library import Library
from engine.market.providers import yahoo
from engine.market.providers.delivery import Request
from engine.market.providers.yahoo import fetch_yahoo

yfinance = pytest.importorskip("yfinance")

IWM = whole_table(1)
BARS, DAY = "bars", "day"
UNKNOWN = answer(
    b'{"chart": {"result": null, "error": {"code": "Not Found", "description":'
    b' "No data found, symbol may be delisted"}}}',
    404,
)


class Yahoo:
    """Every address of Yahoo: each gives its answers in order, the last one again and again."""

    def __init__(self):
        self.asked = []
        self.answers = {
            "cookie": [answer(b"", 404, headers=[("Set-Cookie", "A3=x; Domain=127.0.0.1")])],
            "crumb": [answer(b"crumb")],
            "consent": [answer(b"<html></html>")],
            "info": [answer(b'{"quoteSummary": {"result": null, "error": {}}}', 404)],
            DAY: [answer(chart(IWM.rows(IWM.dates >= IWM.dates[-1])))],
            BARS: [answer(chart(IWM))],
        }

    def __call__(self, handler):
        place = self.place(handler.path)
        self.asked.append(place)
        answers = self.answers[place]
        (answers.pop(0) if len(answers) > 1 else answers[0])(handler)

    @staticmethod
    def place(path):
        if "/v8/finance/chart/" in path:
            return DAY if "range=1d" in path else BARS
        places = {"getcrumb": "crumb", "onsent": "consent", "quoteSummary": "info", "v7": "info"}
        return next((place for part, place in places.items() if part in path), "cookie")


class Nothing:
    """What yfinance remembers from one process to the next."""

    def lookup(self, _):
        return None

    def store(self, *_):
        pass


@pytest.fixture
def site(monkeypatch):
    """Turn whatever yfinance asks to a server on this machine; it remembers nothing."""
    from curl_cffi import requests

    for cache in ("get_tz_cache", "get_cookie_cache"):
        monkeypatch.setattr(yfinance.cache, cache, Nothing)
    monkeypatch.setattr(yfinance.base, "_tz_info_fetch_ctr", 0)
    yfinance.data.YfData._instances.clear()
    yfinance.data.YfData.cache_get.cache_clear()
    yahoo.yahoo_session.cache_clear()
    found = Yahoo()
    send = requests.Session.request
    with serving(found) as (_, address):

        def here(self, method, url, **options):
            _, _, _, *path = url.split("/", 3)
            return send(self, method, "/".join((address, *path)), **options)

        monkeypatch.setattr(requests.Session, "request", here)
        yield found
    yahoo.yahoo_session.cache_clear()
    yfinance.data.YfData._instances.clear()


def request(timeout=5.0):
    return Request("IWM", None, None, evening("2020-12-31"), timeout)


def test_all_that_is_asked_comes_to_the_bars(site):
    assert len(fetch_yahoo(request()).table) == len(IWM)
    assert {"cookie", "crumb", DAY, BARS} == set(site.asked)


def test_from_one_line_to_a_result_and_then_without_a_network(site, tmp_path, monkeypatch):
    monkeypatch.setenv("STREAKLAB_DATA", str(tmp_path / "lib"))
    site.answers[BARS] = [answer(chart(IWM)), answer(chart(whole_table(2)))]
    assert streak("data", "fetch", "IWM", "SPY", *END, "--json").code == 0
    asked = len(site.asked)
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    results = ("--results", tmp_path / "results")
    assert streak("run", study, *results, "--report").code == 0
    assert streak("data", "verify", "--run", "latest", *results).code == 0
    assert len(site.asked) == asked
    entry = Library(tmp_path / "lib").entry("IWM")
    assert entry.versions["yfinance"] == yfinance.__version__


def test_an_unknown_symbol_is_no_matter_of_the_connection(site):
    """yfinance asks for its zone elsewhere then, and fails there for a reason of that place."""
    site.answers |= {DAY: [UNKNOWN], BARS: [UNKNOWN]}
    with pytest.raises(ProviderError, match=r"^Yahoo: IWM: there is no such symbol$") as caught:
        fetch_yahoo(request())
    assert not caught.value.transient


@pytest.mark.parametrize("place", [DAY, BARS])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (answer(CHALLENGE), "IWM: the answer is not data, perhaps a web page"),
        (answer(CHALLENGE, 403), "IWM: status 403, the answer is not data, perhaps a web page"),
        (answer(b"oops", 500), "IWM: status 500, the answer is not data, perhaps a web page"),
        (answer(b"Too Many Requests", 429), "status 429, too many requests"),
    ],
)
def test_a_bad_moment_anywhere_passes(site, tmp_path, place, bad, message):
    """yfinance remembers answers, bad ones too: the second attempt must not be given them."""
    site.answers[place] = [bad, bad, *site.answers[place]]  # each refusal is asked for twice
    said = []
    (kept,) = fetching(tmp_path, "2020-12-31", said=said).fetch(wanted("IWM"))
    assert kept.entry.rows == len(IWM)
    assert f"Yahoo: {message}; asking again in " in said[1]


@pytest.mark.parametrize("place", ["cookie", "crumb", "consent"])
@pytest.mark.parametrize(
    "bad", [answer(b"Too Many Requests", 429), answer(CHALLENGE, 503), answer(b"")]
)
def test_bars_come_without_a_cookie(site, place, bad):
    site.answers[place] = [bad]
    assert len(fetch_yahoo(request()).table) == len(IWM)


# waiting


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("asked", ["45", "Wed, 30 Dec 2099 00:00:00 GMT"])
def test_yahoo_is_waited_for_as_long_as_it_asks(site, tmp_path, status, asked):
    refused = answer(b"no", status, headers=[("Retry-After", asked)])
    site.answers[BARS] = [refused, refused, *site.answers[BARS]]
    slept = []
    patient = fetching(tmp_path, "2020-12-31", slept=slept)
    if asked == "45":
        patient.fetch(wanted("IWM"))
        assert slept == [45.0]
        return
    with pytest.raises(ProviderError, match=r"it asks to wait [\d,]+ s, longer than 120 s"):
        patient.fetch(wanted("IWM"))
    assert slept == []
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("place", [DAY, BARS])
def test_a_slow_drip_anywhere_has_an_end(site, place):
    """The time is for all that is asked, and each byte does not start it anew."""
    site.answers[place] = [dripping(chart(IWM), 0.05)]
    begun = time.monotonic()
    with pytest.raises(ProviderError, match=r"^Yahoo: no whole answer within 0.6 s$") as caught:
        fetch_yahoo(request(timeout=0.6))
    assert caught.value.transient
    assert time.monotonic() - begun < 5  # of a minute or more


@pytest.mark.parametrize("slow", [silent(9.0), dripping(b"x" * 1000, 0.05)])
def test_a_cookie_that_does_not_come_leaves_time_for_the_bars(site, slow):
    site.answers |= {"cookie": [slow], "consent": [slow]}
    assert len(fetch_yahoo(request(timeout=3.0)).table) == len(IWM)
    assert site.asked[-2:] == [DAY, BARS]


def test_a_pair_is_kept_together_or_not_at_all(site, tmp_path):
    site.answers[BARS] = [answer(chart(IWM)), UNKNOWN]
    site.answers[DAY] = [*site.answers[DAY], UNKNOWN]
    with pytest.raises(ProviderError, match="SPY: "):
        fetching(tmp_path, "2020-12-31").fetch(wanted("IWM", "SPY"))
    assert Library(tmp_path).symbols() == ()

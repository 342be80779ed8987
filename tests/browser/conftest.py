"""A real browser for the tests of pages; without one they skip, or fail where one is required."""

import os
import shutil
from pathlib import Path

import pytest
from reports import stored_run, stored_sweep

from engine.pipeline.evidence import Asked, evidence
from engine.pipeline.evidence.progress import Silence
from engine.pipeline.reporting import write_report

ARTEFACTS = Path(
    os.environ.get("STREAKLAB_ARTEFACTS", Path(__file__).parents[2] / "build" / "screenshots")
)
"""Where screenshots are kept to be looked at; not in git."""

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def missing(why):
    """Skip; or fail, where STREAKLAB_BROWSER=required says that these tests must run."""
    if os.environ.get("STREAKLAB_BROWSER") == "required":
        pytest.fail(f"browser tests are required here, but {why}")
    pytest.skip(why)


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        missing(f"none of {', '.join(NAMES)} is installed; see tests/browser/install_chromium.sh")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def page_of_run(tmp_path_factory):
    """The page of the report of a short run, as a file."""
    return write_report(stored_run(tmp_path_factory.mktemp("page")))


@pytest.fixture(scope="session")
def page_of_sweep(tmp_path_factory):
    """The page of the report of a small sweep on which there is evidence, as a file."""
    axes = {
        "rule.entry_streak": [1, 2, 3, 4],
        "rule.exit_streak": [1, 2],
        "rule.max_holding": [None, 2, 5, 10],
    }
    windows = ("walk_forward.train=120", "walk_forward.test=40")
    stored = stored_sweep(tmp_path_factory.mktemp("sweep"), axes, *windows, confirm=2)
    asked = Asked(blocks=8, histories=60, nulls=("bootstrap", "sign-flips"))
    evidence(stored, asked, workers=1, progress=Silence())
    return write_report(stored)


@pytest.fixture(scope="session")
def artefacts():
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    return ARTEFACTS


class Visit:
    """A page as one reader sees it; what it says on the console and asks of the network."""

    def __init__(self, browser, path, *, width=1440, scheme="light", scripts=True):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        self.page = self.context.new_page()
        self.said, self.requests = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(Path(path).as_uri())
        if scripts:
            self.page.wait_for_selector("html[data-ready]", timeout=120_000)


@pytest.fixture
def visit(browser):
    """Visit pages; each reader leaves at the end of the test."""
    visits = []

    def go(path, **how):
        visits.append(Visit(browser, path, **how))
        return visits[-1]

    yield go
    for made in visits:
        made.context.close()

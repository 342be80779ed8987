"""A module's stored result, its fixture `stored`, as its report tells it."""

import json

import pytest
from reported import told
from reports import Page

from engine.pipeline.reporting import document_of
from engine.report.writing import report_files


@pytest.fixture(scope="module")
def metrics(stored):
    """What ``metrics.json`` holds."""
    return json.loads(stored.read("metrics.json"))


@pytest.fixture(scope="module")
def said(stored):
    """The report as JSON, as a page that was read, and as Markdown."""
    return told(stored)


@pytest.fixture(scope="module")
def document(stored):
    return document_of(stored)


@pytest.fixture(scope="module")
def files(document):
    return report_files(document)


@pytest.fixture(scope="module")
def page(files):
    return Page(files["report.html"].decode())

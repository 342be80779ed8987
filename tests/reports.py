"""Stored runs and sweeps to report, and a page read as a reader's program would."""

import json
from html.parser import HTMLParser

from short_studies import SHORT, write_study

from engine.market.load import load_panel
from engine.pipeline.running import run
from engine.pipeline.saving import save_run
from engine.pipeline.sweeping.on_disk import Request, sweep_into
from engine.pipeline.sweeping.plan import Plan
from engine.pipeline.sweeping.progress import Silence
from engine.pipeline.sweeping.workers import Workers
from engine.rules.studies import read_study

VOID = {"meta", "link", "input", "br", "hr", "img", "wbr"}


def stored_run(folder, *overrides, text=SHORT):
    """Run a study in a folder of its own and return the stored result."""
    loaded = read_study(write_study(folder, text=text), overrides=overrides)
    return save_run(
        run(loaded.study, load_panel(loaded.study.data)), loaded.content, folder / "results"
    )


def stored_sweep(folder, axes, *overrides, by="sharpe", confirm=0, text=SHORT):
    """Sweep a study over axes in a folder of its own and return the stored result."""
    lines = [f"  {key}: {json.dumps(values)}" for key, values in axes.items()]
    given = text + "".join(f"{line}\n" for line in ("sweep:", *lines) if axes)
    loaded = read_study(write_study(folder, text=given), overrides=overrides)
    plan = Plan(loaded.study, None, "auto", 1)
    with Workers(0) as workers:
        return sweep_into(
            folder / "results",
            plan,
            Request(by, "auto", confirm, {}),
            loaded.content,
            workers,
            Silence(),
        )[1]


class Page(HTMLParser):
    """The elements of a page, and their texts; a tag that is not closed is an error.

    `elements` are (tag, attributes, text) in the order of their starts.
    """

    def __init__(self, text):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        element = [tag, dict(attributes), ""]
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        for element in self._open:
            element[2] += data

    def all(self, tag):
        return [(attributes, text) for name, attributes, text in self.elements if name == tag]

    def table(self, key):
        """Return the rows of texts of a table."""
        inside = next(i for i, e in enumerate(self.elements) if e[1].get("id") == key)
        rows = []
        for tag, _, text in self.elements[inside + 1 :]:
            if tag == "table":
                break
            if tag == "tr":
                rows.append([])
            if tag in ("th", "td") and rows:
                rows[-1].append(text)
        return rows

"""A report as one self-contained page: nothing is fetched, and tables need no script."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.market.panel import SIMULATED_NOTICE
from engine.report.document import Document, Figure
from engine.report.theme import DARK, LIGHT, css_variables
from engine.version import VERSION

_TEMPLATES = Path(__file__).parent / "templates"
_LONG = 200
"""Axes with so many values are written once, however many traces they belong to."""


def to_html(document: Document) -> str:
    """Return the report as an HTML page.

    Texts are escaped wherever they stand. The bundle of plotly.js is packed into the page, and
    unpacked by the reader's browser; the same report gives the same bytes.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    figures = [figure for chapter in document.chapters for figure in chapter.figures]
    plots, shared = pack_plots(figures)
    return environment.get_template("page.html").render(
        document=document,
        version=VERSION,
        notice=SIMULATED_NOTICE,
        light=css_variables(LIGHT),
        dark=css_variables(DARK),
        style=(_TEMPLATES / "style.css").read_text("utf-8"),
        script=(_TEMPLATES / "page.js").read_text("utf-8"),
        plots=plots,
        shared=shared,
        plotly=_packed_plotly() if plots else "",
    )


def pack_plots(figures: Sequence[Figure]) -> tuple[list[tuple[str, str]], str]:
    """Return each figure as JSON by its key, and the long axes they share as JSON.

    An ``x`` of many values becomes ``{"shared": i}``, its index in the list of shared axes.
    """
    shared: dict[str, int] = {}

    def packed(trace: dict[str, Any]) -> dict[str, Any]:
        x = trace.get("x")
        if x is None or len(x) < _LONG:
            return trace
        return {**trace, "x": {"shared": shared.setdefault(script_json(x), len(shared))}}

    plots = [
        (
            figure.key,
            script_json(
                {"data": [packed(t) for t in figure.plot["data"]], "layout": figure.plot["layout"]}
            ),
        )
        for figure in figures
    ]
    return plots, f"[{','.join(shared)}]"


def script_json(value: Any) -> str:
    """Return compact JSON that may stand in a script element: no ``<`` can end it."""
    text = json.dumps(
        value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
    )
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plain(value: Any) -> Any:
    """Return an array or a scalar of NumPy as JSON holds it."""
    return value.tolist()


@functools.cache
def _packed_plotly() -> str:
    """Return the bundle of plotly.js, compressed: a third of its size, the same bytes each time."""
    from plotly.offline import get_plotlyjs

    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()

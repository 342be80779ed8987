"""One theme for page, charts and pictures: a colour for the rule, one for each asset, everywhere.

Charts name colours as CSS variables (``var(--rule)``); the page resolves them for the reader's
colour scheme. Pictures take the light ones.
"""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "background": "#ffffff",
    "surface": "#f6f7f9",
    "line": "#dde1e7",
    "text": "#15181e",
    "muted": "#59616e",
    "rule": "#1f5fd0",
    "rule-soft": "rgba(31, 95, 208, 0.13)",
    "rule-2": "#b0157d",
    "rule-3": "#6a6d00",
    "rule-4": "#8a5338",
    "rule-5": "#0078a3",
    "rule-6": "#474d59",
    "core": "#0a7469",
    "satellite": "#b84f06",
    "mix": "#7b46b4",
    "cash": "#6b717b",
    "gain": "#0b7a3e",
    "loss": "#c0322b",
    "warning": "#8a5a00",
}
DARK: Mapping[str, str] = {
    "background": "#14161a",
    "surface": "#1d2026",
    "line": "#343943",
    "text": "#e9ebef",
    "muted": "#a6aebb",
    "rule": "#7fb2ff",
    "rule-soft": "rgba(127, 178, 255, 0.18)",
    "rule-2": "#ff86cf",
    "rule-3": "#cdd04f",
    "rule-4": "#d6a68c",
    "rule-5": "#4fc8f5",
    "rule-6": "#c3c9d4",
    "core": "#3fc4b3",
    "satellite": "#ff9f5f",
    "mix": "#c7a5f7",
    "cash": "#a0a7b2",
    "gain": "#4fce86",
    "loss": "#ff8078",
    "warning": "#f2c14e",
}

_SERIES = {"rule": "rule", "core": "core", "satellite": "satellite", "50/50": "mix", "cash": "cash"}


SEVERAL = ("rule", "rule-2", "rule-3", "rule-4", "rule-5", "rule-6")
"""Colours of several rules, or of lines that are none of the assets, in their order; then again."""


def colour_of(series: str) -> str:
    """Return the name of the colour of a series: the rule, a benchmark, cash."""
    return _SERIES.get(series, "muted")


def variable(colour: str) -> str:
    """Return a colour of the theme as a chart or a style names it."""
    return f"var(--{colour})"


def css_variables(colours: Mapping[str, str]) -> str:
    """Return the declarations of a palette for a style sheet."""
    return " ".join(f"--{name}: {value};" for name, value in colours.items())

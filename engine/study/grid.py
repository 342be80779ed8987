"""Axes and grids (draft contract)."""

from __future__ import annotations

from typing import Any

Axis = Any

"""Where the data library is: an option, a setting, or the platform's folder for user data."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "STREAKLAB_DATA"


def library_folder(chosen: Path | None = None) -> Path:
    r"""Return the folder of the library: `chosen`, ``STREAKLAB_DATA``, or the platform's default.

    The default is ``$XDG_DATA_HOME/streaklab`` or ``~/.local/share/streaklab``, on macOS
    ``~/Library/Application Support/streaklab``, on Windows ``%LOCALAPPDATA%\streaklab``.
    """
    if chosen is not None:
        return chosen
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    return _user_data() / "streaklab"


def _user_data() -> Path:
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if sys.platform == "darwin":
        return home / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")

"""The local data library: prices that were fetched or imported, kept, and known by their hash."""

from engine.market.library.entry import Entry
from engine.market.library.location import library_folder
from engine.market.library.store import DamagedError, Held, Library
from engine.market.library.table import Table

__all__ = ["DamagedError", "Entry", "Held", "Library", "Table", "library_folder"]

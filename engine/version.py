"""The version of Streaklab: read by the package metadata and written into every result."""

VERSION = "0.1.0"

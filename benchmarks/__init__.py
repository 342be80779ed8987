"""Benchmarks: ratios of things timed side by side in one run. Not tests."""

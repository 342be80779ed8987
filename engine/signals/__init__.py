"""Causal features: what can be known of two price series at each close, as NumPy kernels.

Every kernel takes closes of shape (n,) and returns float64 of shape (n,): the value at index t
uses closes up to and including t, and is NaN while the kernel warms up. None of them mutates
its input. :data:`engine.signals.catalogue.SIGNALS` names them for rules.
"""

"""The sweep kernels: compiled, and run over many parameter sets at once.

The event kernel (:mod:`.events`) takes rules of two triggers: tables made once per market and per
distinct trigger (:mod:`.tables`) let it jump from entry to leave to entry, so that a parameter
set costs its trades, not its sessions. The bar-by-bar kernel (:mod:`.bars`) takes any rule and
any terms, and walks over every session.
"""

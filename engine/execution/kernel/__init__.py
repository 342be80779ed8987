"""The sweep kernel: one parameter set costs its trades, not its sessions.

Tables made once per market and per distinct trigger (:mod:`.tables`) let the compiled kernel
(:mod:`.events`) jump from entry to leave to entry; what happens between is looked up.
"""

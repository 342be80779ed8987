"""The rotation rules that ship with Streaklab: one file each, found by name.

Adding a rule is adding a file that defines ``RULE``; see any of them for the form.
"""

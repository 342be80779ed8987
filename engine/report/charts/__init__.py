"""Charts as functions: each returns a figure with title, text alternative and a table."""

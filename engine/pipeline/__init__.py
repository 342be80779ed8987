"""The whole line, from a study to its results: one file per verb, each a few readable lines."""

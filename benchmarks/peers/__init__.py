"""Other engines at the same job, each in a process of its own: ``benchmarks/requirements.txt``."""

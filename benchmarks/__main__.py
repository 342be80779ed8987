"""Run every benchmark: ``make bench``."""

from benchmarks import single_run

single_run.main()

"""Run every benchmark: ``make bench``."""

from benchmarks import single_run, sweep

single_run.main()
print()
sweep.main()

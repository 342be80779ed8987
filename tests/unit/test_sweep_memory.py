"""A sweep like the one before finds its memory still there."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
from benchmarks.job import axes_of, rule, simulated_panel, TERMS
from engine.evaluation.trial_metrics import trial_metrics
from engine.execution.sweeping import SweepEngine

panel, axes = simulated_panel(6_598), axes_of(10_000)

def sweep():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    engine = SweepEngine(panel, rule(), {}, axes, TERMS)
    trials = engine.run(np.arange(10_000))
    metrics = trial_metrics(trials, 6_597, 1.0)  # all of it is freed at once
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(min(sweep() for _ in range(6)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep what they do")
def test_the_pages_of_a_sweep_are_not_asked_for_again(pytestconfig):
    ran = subprocess.run(
        [sys.executable, "-c", FAULTS],
        capture_output=True,
        text=True,
        check=True,
        cwd=pytestconfig.rootpath,
    )
    assert int(ran.stdout) < 100  # nearly 2,000 if they are given back and asked for again

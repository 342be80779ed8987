"""What lets processes start fast, and is not to be noticed otherwise."""

import subprocess
import sys


def python(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.splitlines()


def test_a_module_is_loaded_when_something_of_it_is_asked_for():
    assert python(
        "import sys, xml.dom\n"
        "from engine.startup import calm_down, later; calm_down()\n"
        "later('xml.dom.minidom')\n"
        "import xml.dom.minidom as early\n"
        "print(hasattr(early, '__file__'), 'parse' in vars(early))\n"
        "print(early.Element.__name__, 'parse' in vars(early))\n"
        "import xml.dom.minidom as loaded\n"
        "print(loaded is sys.modules['xml.dom.minidom'] is xml.dom.minidom is not early)\n"
        "print(loaded.Element is early.Element)"
    ) == ["False False", "Element True", "True", "True"]


def test_a_module_that_is_there_already_stays():
    assert python(
        "import sys, xml.dom.minidom as early\n"
        "from engine.startup import calm_down, later; calm_down()\n"
        "later('xml.dom.minidom')\n"
        "print(sys.modules['xml.dom.minidom'] is early)"
    ) == ["True"]


def test_nothing_is_put_off_in_a_process_of_somebody_else():
    assert python(
        "import sys\n"
        "from engine.startup import later\n"
        "later('xml.dom.minidom')\n"
        "import xml.dom.minidom\n"
        "print('parse' in vars(sys.modules['xml.dom.minidom']))"
    ) == ["True"]


def test_linear_algebra_is_there_for_whoever_asks_after_the_kernel():
    """Numba loads scipy.linalg for code that multiplies matrices; no kernel does."""
    assert python(
        "import sys\n"
        "from engine.startup import calm_down, later; calm_down()\n"
        "later('scipy.linalg.cython_blas')\n"
        "import numba, numpy as np\n"
        "twice = numba.njit(lambda x: 2.0 * x)\n"
        "print(twice(2.0), 'scipy.linalg' in sys.modules)\n"
        "product = numba.njit(lambda a, b: np.dot(a, b))\n"
        "print(product(np.eye(2), np.eye(2)).tolist(), 'scipy.linalg' in sys.modules)\n"
        "import scipy.linalg\n"
        "print(scipy.linalg.det(np.eye(2)), 'ddot' in scipy.linalg.cython_blas.__pyx_capi__)"
    ) == ["4.0 False", "[[1.0, 0.0], [0.0, 1.0]] True", "1.0 True"]


def test_a_command_keeps_no_processor_busy_for_nothing():
    shown = (
        "import gc, os, engine.cli as cli\n"
        "cli._leave = lambda code: print("
        "os.environ['OPENBLAS_THREAD_TIMEOUT'], gc.isenabled(), gc.get_threshold()[0])\n"
    )
    run = "import sys; sys.argv = ['streak', '--version']; cli.main()"
    assert python(shown + run)[-1] == "16 True 100000"
    chosen = "os.environ['OPENBLAS_THREAD_TIMEOUT'] = '20'; "
    assert python(shown + chosen + run)[-1] == "20 True 100000"


def test_a_kernel_runs_without_linear_algebra():
    assert python(
        "import sys, numpy as np\n"
        "from engine.startup import calm_down; calm_down()\n"
        "from engine.execution.kernel.tables import next_true\n"
        "print(next_true(np.array([[False, True]])).tolist(), 'scipy.linalg' in sys.modules)"
    ) == ["[[1, 1, 2]] False"]

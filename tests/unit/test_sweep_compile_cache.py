"""Compiled kernels: kept between runs, never stale, and not needed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import engine

PACKAGE = Path(engine.__file__).parent
KERNEL = Path("engine/execution/kernel")
ROTATION, SIGNALS = Path("engine/rotation"), Path("engine/signals")
WHERE = """
from engine.execution.kernel.compiled import FOLDER
print(FOLDER)
"""
NEXT = """
import numpy as np
from engine.execution.kernel.tables import next_true
print(next_true(np.array([[False, True, False]]))[0].tolist())
"""
STEP = """
import numpy as np
from engine.execution.kernel.bars import BarMarket, simulate_switching
from engine.execution.kernel.columns import COLUMNS, HELD, INSIDE, TRADES
from engine.execution.kernel.events import Runs
n = 8
flat, free = np.ones((2, n)), np.zeros(2)
market = BarMarket(flat, flat, free, free, np.zeros(n), False, np.zeros(n), 1.0, True)
one = np.zeros(1, np.int32)
runs = Runs(one, one, one, np.zeros((1, 1), np.int32), np.array([[2, 0]], np.int32))
always, never = np.ones((1, n), np.bool_), np.zeros((1, n), np.bool_)
sums, paths = np.empty((1, COLUMNS)), np.empty(1, np.uint64)
simulate_switching(market, always, never, runs, 0, 1, sums, paths, np.empty((1, 0)))
print(sums[0, [TRADES, HELD, INSIDE]].astype(int).tolist())
"""


def python(code, tree, cache, *, interpreted=False):
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",  # Python's own cache goes by a file's date and size
        "STREAKLAB_CACHE": str(cache),
    }
    if interpreted:
        environment["NUMBA_DISABLE_JIT"] = "1"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def copied(folder):
    """Copy what the kernel needs to run on its own."""
    engine = KERNEL.parent.parent
    alone = [engine / name for name in ("__init__.py", "startup.py", "user_cache.py")]
    for path in (*alone, KERNEL.parent / "__init__.py"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGE.parent / path, folder / path)
    for path in (KERNEL, ROTATION, SIGNALS):
        leave_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE.parent / path, folder / path, ignore=leave_out)
    return folder


def rewrite(path, old, new):
    """Change one place of a file without changing its date: that is not what is looked at."""
    stamp, text = path.stat().st_mtime, path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    os.utime(path, (stamp, stamp))


def folders(cache):
    return sorted(path.name for path in (cache / "kernels").iterdir())


def test_an_edited_kernel_is_compiled_anew(tmp_path):
    tree, cache = copied(tmp_path / "tree"), tmp_path / "cache"
    assert python(NEXT, tree, cache) == "[1, 1, 3, 3]"
    (first,) = folders(cache)
    assert list((cache / "kernels" / first).rglob("*.nbc"))  # machine code is there to be reused
    tables = tree / KERNEL / "tables.py"
    rewrite(tables, "following[row, n] = first = n\n", "following[row, n] = first = 7\n")
    assert python(NEXT, tree, cache) == "[1, 1, 7, 7]"
    assert len(folders(cache)) == 2
    rewrite(tables, "following[row, n] = first = 7\n", "following[row, n] = first = n\n")
    assert python(NEXT, tree, cache) == "[1, 1, 3, 3]"
    assert len(folders(cache)) == 2


def test_an_edited_state_machine_is_compiled_anew(tmp_path):
    """Kernels are compiled with the functions they call; what is kept must not outlive those."""
    tree, cache = copied(tmp_path / "tree"), tmp_path / "cache"
    assert python(STEP, tree, cache) == "[2, 4, 5]"
    assert list(cache.rglob("*.nbc"))
    switching = tree / ROTATION / "switching.py"
    rewrite(switching, "elif 0 < max_holding <= t", "elif 1 < max_holding < t")
    assert python(STEP, tree, cache) == "[1, 3, 6]"
    assert len(folders(cache)) == 2


@pytest.mark.parametrize(
    "path", [KERNEL / "compiled.py", ROTATION / "costs.py", SIGNALS / "loops.py"], ids=str
)
def test_any_compiled_file_counts(tmp_path, path):
    tree, cache = copied(tmp_path / "tree"), tmp_path / "cache"
    python(WHERE, tree, cache, interpreted=True)
    with (tree / path).open("a", encoding="utf-8") as file:
        file.write("# another line\n")
    python(WHERE, tree, cache, interpreted=True)
    assert len(folders(cache)) == 2


def test_old_folders_are_pruned(tmp_path):
    """The newest three stay, this one among them; a stray file does no harm."""
    kernels = tmp_path / "cache" / "kernels"
    for age in range(1, 6):
        old = kernels / f"old{age}"
        old.mkdir(parents=True)
        (old / "code.nbc").write_text("code")
        os.utime(old, (1e9 - age, 1e9 - age))
    told = Path(python(WHERE, PACKAGE.parent, tmp_path / "cache", interpreted=True))
    assert folders(tmp_path / "cache") == sorted([told.name, "old1", "old2"])
    assert told.parent == kernels


def test_a_used_folder_counts_as_new(tmp_path):
    cache = tmp_path / "cache"
    mine = Path(python(WHERE, PACKAGE.parent, cache, interpreted=True))
    os.utime(mine, (1.0, 1.0))
    for name in ("a", "b", "c"):
        (mine.parent / name).mkdir()
    python(WHERE, PACKAGE.parent, cache, interpreted=True)
    assert mine.name in folders(cache)
    assert len(folders(cache)) == 3


def test_without_a_writable_folder_kernels_are_compiled_every_time(tmp_path):
    tree = copied(tmp_path / "tree")
    before = sorted(tree.rglob("*.nb?"))
    file = tmp_path / "file"
    file.write_text("in the way")
    assert python(WHERE, tree, file, interpreted=True) == "None"
    assert python(NEXT, tree, file) == "[1, 1, 3, 3]"
    assert sorted(tree.rglob("*.nb?")) == before == []
    assert file.read_text() == "in the way"


def test_a_folder_that_exists_but_cannot_be_written_to_is_not_used(monkeypatch, tmp_path):
    from engine.execution.kernel import kept

    def refuse(**_):
        raise PermissionError("read-only")

    monkeypatch.setenv("STREAKLAB_CACHE", str(tmp_path))
    monkeypatch.setattr(kept.tempfile, "TemporaryFile", refuse)
    assert kept.use_cache.__wrapped__() is None


LOADED = """
import sys
import numba
from engine.execution.kernel.kept import missing
before = missing("_fill_next")
import numpy as np
from engine.execution.kernel.tables import next_true
next_true(np.array([[False, True]]))
compiling = "numba.np.arrayobj" in sys.modules
norm = numba.njit(lambda values: np.linalg.norm(values))
print(before, compiling, missing("_fill_next"), norm(np.array([3.0, 4.0])))
"""


def test_kept_kernels_are_loaded_without_what_only_compiling_needs(tmp_path):
    """Others compile as ever afterwards."""
    assert python(LOADED, PACKAGE.parent, tmp_path) == "True True False 5.0"
    assert python(LOADED, PACKAGE.parent, tmp_path) == "False False False 5.0"


def test_what_cannot_be_kept_is_not_missing(tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    assert python(LOADED, PACKAGE.parent, file) == "False True False 5.0"


OTHER_OPTIONS = """
from numba.core.options import DefaultOptions
del DefaultOptions._nrt
"""
OTHER_CACHE = """
from numba.core.caching import Cache
def load_overload(self, signature, context, load=Cache._load_overload):
    context.refresh()
    return load(self, signature, context)
Cache.load_overload = load_overload
del Cache._load_overload
"""


@pytest.mark.parametrize("without", [OTHER_OPTIONS, OTHER_CACHE])
def test_a_numba_of_other_innards_serves_as_well(tmp_path, without):
    for _ in ("compiled", "kept"):
        assert python(without + NEXT + STEP, PACKAGE.parent, tmp_path) == "[1, 1, 3, 3]\n[2, 4, 5]"
    lighter = "from engine.execution.kernel.compiled import LIGHTER\nprint(LIGHTER)"
    assert python(without + lighter, PACKAGE.parent, tmp_path) == "False"
    assert python(lighter, PACKAGE.parent, tmp_path) == "True"

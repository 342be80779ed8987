"""The layers of the engine, as a test: imports go downward only, heavy libraries stay in place."""

import ast
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent

# From the lowest to the highest; a module may import from its own layer and those below.
LAYERS = (
    "errors",  # also version, user_cache, startup: what everything may use
    "study",
    "market",
    "signals",
    "rotation",
    "rules",
    "execution",
    "evaluation",
    "store",
    "report",
    "pipeline",
    "cli",
)
SAME_AS_ERRORS = {"version", "user_cache", "startup"}

# A library that only these places may import: lazily or not.
ONLY_IN = {
    "backtrader": ("engine/rules/lean.py",),
    "plotly": ("engine/report/",),
    "click": ("engine/cli/",),
    "rich_click": ("engine/cli/",),
    "ruamel": ("engine/study/",),
    "exchange_calendars": ("engine/market/calendar.py",),
    "tenacity": ("engine/market/providers/retry.py",),
    "yfinance": ("engine/market/providers/yahoo.py",),
}
STRATEGY_IMPORTS = ("__future__", "engine.rules", "engine.signals", "numpy", "pydantic")
MAX_LINES = 400


def python_files(*folders):
    return sorted(p for f in folders for p in (ROOT / f).rglob("*.py"))


def imports_of(path):
    """Yield (line, dotted module) for every import in a file, function-level ones included."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, node.module or "")).strip(".")
            yield node.lineno, module
            for alias in node.names:  # `from engine import market` names a module, too
                yield node.lineno, f"{module}.{alias.name}"


def layer_of(module):
    parts = module.split(".")
    if parts[0] != "engine" or len(parts) == 1:
        return None
    name = "errors" if parts[1] in SAME_AS_ERRORS else parts[1]
    return LAYERS.index(name) if name in LAYERS else None


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_module_of_the_engine_has_a_layer():
    strays = [
        str(p.relative_to(ROOT))
        for p in python_files("engine")
        if module_of(p) not in {"engine", "engine.__main__"} and layer_of(module_of(p)) is None
    ]
    assert strays == []


def test_imports_go_downward_only():
    upward = []
    for path in python_files("engine"):
        own = layer_of(module_of(path))
        if own is None:  # engine/__init__.py is the public face: it may name every layer
            continue
        for line, module in imports_of(path):
            other = layer_of(module)
            if module == "engine" or (other is not None and other > own):
                upward.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert upward == []


def test_the_walk_sees_imports_inside_functions(tmp_path):
    source = ROOT / "engine" / "market" / "_planted.py"
    planted = ast.parse("def f():\n    from engine.cli import main\n    return main\n")
    found = [n.module for n in ast.walk(planted) if isinstance(n, ast.ImportFrom)]
    assert found == ["engine.cli"]
    assert layer_of("engine.cli") > layer_of(module_of(source))


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_libraries_stay_in_their_place(library):
    allowed = ONLY_IN[library]
    strays = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in python_files("engine", "strategies")
        for line, module in imports_of(path)
        if module.split(".")[0] == library and not str(path.relative_to(ROOT)).startswith(allowed)
    ]
    assert strays == []


def test_strategies_import_only_what_a_rule_needs():
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in python_files("strategies")
        for line, module in imports_of(path)
        if not module.startswith(STRATEGY_IMPORTS) and module.split(".")[0] not in {"typing"}
    ]
    assert strays == []


def test_third_party_imports_are_declared():
    """What the engine imports is in setup.cfg, so that a fresh machine has it."""
    declared = (ROOT / "setup.cfg").read_text("utf-8").lower().replace("-", "_")
    names = {"ruamel": "ruamel.yaml", "pydantic_core": "pydantic", "annotated_types": "pydantic"}
    missing = set()
    for path in python_files("engine", "strategies"):
        for _, module in imports_of(path):
            top = module.split(".")[0]
            if top in {"engine", "strategies"} or top in sys.stdlib_module_names:
                continue
            if names.get(top, top).lower() not in declared:
                missing.add(top)
    assert missing == set()


def test_no_file_is_too_long():
    long = {
        str(p.relative_to(ROOT)): n
        for p in python_files("engine", "strategies", "tests", "benchmarks")
        if (n := len(p.read_text("utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}

"""The layers hold: a stage imports core, errors, units and itself; core does no I/O."""

import ast
import functools
from pathlib import Path

import pytest

import landrelease

ROOT = Path(landrelease.__file__).parent
STAGES = ("records", "assess", "plan", "operate", "verify", "release", "forecast", "figures",
          "publish")
SHARED = {"core", "errors", "units"}
ALLOWED = {
    **{stage: SHARED | {stage} for stage in STAGES},
    "core": {"core", "errors", "units"},
    "errors": set(), "units": set(),
    "access": SHARED | {"access"},
    "store": SHARED | {"store"},
    "worlds": SHARED | {"worlds"},
    "workflows": {*STAGES, *SHARED, "store", "access", "worlds", "data", "workflows"},
    "apps": {*SHARED, "workflows", "apps", "store", "access"},
    "data": set(),
    "__init__": set(), "__main__": {"apps"},
}
PURE = ("core", "assess", "plan", "operate", "verify", "release", "forecast", "figures", "access")
IO_MODULES = {"socket", "subprocess", "urllib", "http", "sqlite3", "requests", "pyogrio",
              "rasterio", "tempfile", "shutil", "random"}
IO_CALLS = {"open", "input", "print"}
CLOCK_CALLS = {("datetime", "now"), ("date", "today"), ("datetime", "utcnow"), ("time", "time")}


def modules():
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield parts[0], path


@functools.cache  # three tests read each module
def said(path):
    """The names that a module imports, and (line, what) of its calls: a name, or (of, name)."""
    names, calls = [], []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "write whole names: from landrelease.core import ..."
            names.append(node.module)
            if node.module == "landrelease":
                names += [f"landrelease.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            calls.append((node.lineno, node.func.id))
        elif (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
              and isinstance(node.func.value, ast.Name)):
            calls.append((node.lineno, (node.func.value.id, node.func.attr)))
    return names, calls


@pytest.mark.parametrize(("layer", "path"), list(modules()), ids=lambda v: str(v).split("/")[-1])
def test_a_layer_imports_only_what_it_may(layer, path):
    assert layer in ALLOWED, f"{path}: no layer of that name in the design"
    for name in said(path)[0]:
        if name and name.startswith("landrelease."):
            assert name.split(".")[1] in ALLOWED[layer], f"{path} imports {name}"


@pytest.mark.parametrize(
    ("layer", "path"), [m for m in modules() if m[0] in PURE], ids=lambda v: str(v).split("/")[-1])
def test_pure_layers_touch_no_file_clock_or_network(layer, path):
    names, calls = said(path)
    for name in names:
        assert name.split(".")[0] not in IO_MODULES, f"{path} imports {name}"
    for line, call in calls:
        assert call not in IO_CALLS, f"{path}:{line} calls {call}"
        assert call not in CLOCK_CALLS, f"{path}:{line} reads the clock"


def test_nothing_is_executed_from_data():
    for _, path in modules():
        for line, call in said(path)[1]:
            assert call not in {"eval", "exec"}, f"{path}:{line}"

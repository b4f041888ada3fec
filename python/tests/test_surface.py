"""The native operations are the same in every language, and the stub says what there is."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path

import leadscore
from leadscore import _native

from .conftest import FIXTURES, ROOT

STUB = Path(inspect.getfile(leadscore)).parent / "_native.pyi"
OPERATIONS = json.loads((FIXTURES / "conformance" / "operations.json").read_text())


def declared() -> dict[str, set[str]]:
    """The public functions of the stub, by class."""
    found: dict[str, set[str]] = {"module": set()}
    for node in ast.parse(STUB.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found["module"].add(node.name)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            names = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            found[node.name] = {name for name in names if not name.startswith("_")}
    return found


def test_the_native_operations_are_those_of_every_language() -> None:
    found = declared()
    # Python's own lane: tables through Arrow.
    given = {"of_rows", "with_numbers", "with_array", "with_values", "with_full_names"}
    asked = {
        "match_columns",
        "name_columns",
        "score",
        "features",
        "score_features",
        "feature_values",
        "model_rows",
    }
    assert found.pop("Frame") == {"rows"} | given | asked
    assert found.pop("ModelRows") == {"unseen", "to_matrix"}
    found["Forest"].remove("is_settled")
    # Learning from rows of numbers, for scikit-learn.
    found["module"].remove("train_matrix")
    assert found == {name: set(operations) for name, operations in OPERATIONS.items()}


def test_the_module_has_what_the_stub_says() -> None:
    found: dict[str, set[str]] = {"module": set()}
    for name, value in vars(_native).items():
        if isinstance(value, type):
            found[name] = {own for own in vars(value) if not own.startswith("_")}
        elif callable(value) and not name.startswith("_"):
            found["module"].add(name)
    assert found == declared()


def test_stubtest() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "leadscore._native", "--ignore-disjoint-bases"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT / "python", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_names_exist() -> None:
    assert all(hasattr(leadscore, name) for name in leadscore.__all__)
    assert leadscore.__version__ == _native.version()
    assert leadscore.error_codes() == tuple(_native.error_codes())

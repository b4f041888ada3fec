"""The cases that every language runs, through the native operations, with exact equality."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadscore import Forest, Issue, LeadscoreError, _native, error_codes

from .conftest import FIXTURES, shared_models

OTHERS = ("operations.json", "host_values.json")
FILES = sorted(path for path in (FIXTURES / "conformance").glob("*.json") if path.name not in OTHERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_case_gives_what_it_says(path: Path, tmp_path: Path) -> None:
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    assert cases
    for case in cases:
        try:
            key, found = "expected", run(case, tmp_path)
        except LeadscoreError as error:
            key = "error"
            # Files are named by where they are; the cases say it as the options do.
            path = error.path.replace(str(FIXTURES), "{fixtures}")
            found = {"code": error.code, "path": path, "message": error.message}
            if error.issues:
                found["issues"] = [issue_fields(issue) for issue in error.issues]
        assert key in case, f"{case['name']}: {found}"
        assert same(found, case[key]), f"{case['name']}: {found!r:.500} is not {case[key]!r:.500}"


def test_there_are_cases_for_every_code() -> None:
    codes = set()
    count = 0
    for path in FILES:
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            count += 1
            codes.add(case.get("error", {}).get("code"))
    assert count > 200
    # A time that cannot be read is always part of a record or of the options.
    assert set(error_codes()) - codes == {"invalid_time", "cancelled", "internal"}


def run(case: dict[str, Any], folder: Path) -> Any:
    operation, arguments = case["operation"], [argument(value, folder) for value in case["arguments"]]
    if "pipeline" in case:
        of = case["pipeline"]
        native = _native.Pipeline
        target: Any = native.builtin(of["builtin"]) if "builtin" in of else native.from_json(of["json"])
    elif "task" in case:
        of = case["task"]
        pipeline = _native.Pipeline.builtin(of["pipeline"]) if "pipeline" in of else None
        target = _native.Task.from_json(of["request"], pipeline)
    elif "forest" in case:
        target = _native.Forest.load(str(FIXTURES / case["forest"]["path"]))
        if "missing" in case["forest"]:
            target = target.with_missing(case["forest"]["missing"])
    else:
        target = getattr(_native, case["class"]) if "class" in case else _native
    found = getattr(target, operation)(*arguments)
    if case.get("result") == "file":
        return (folder / "out.csv").read_bytes().decode()
    if isinstance(found, (_native.Pipeline, _native.Forest)):
        return found.describe_json()
    if operation == "encode_json":
        return nested(found)
    if operation in ("margin", "predict", "shap"):
        # Flat, row after row; the fixtures have a list for each row.
        return nested(found.reshape(len(arguments[0]), -1))
    if operation == "feature_matrix_json":
        return {"columns": found.shape[1], "values": nested(found)}
    if operation == "score_matrix":
        return {name: nested(column) for name, column in found.items()}
    return found


def issue_fields(issue: Issue) -> dict[str, str]:
    return {name: value for name, value in dataclasses.asdict(issue).items() if value is not None}


def argument(value: Any, folder: Path) -> Any:
    if isinstance(value, str):
        return value.replace("{fixtures}", str(FIXTURES)).replace("{out}", str(folder / "out.csv"))
    if not isinstance(value, dict):
        return value
    if "bytes" in value:
        return (FIXTURES / value["bytes"]).read_bytes()
    if "text" in value:
        return value["text"].encode()
    rows = [[math.nan if item is None else item for item in row] for row in value["values"]]
    return np.array(rows, dtype=np.float64).reshape(len(rows), value["columns"])


def nested(values: Any) -> Any:
    """Rows as lists; JSON has null alone for what is not finite."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return plain(values.tolist())


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(same(found[key], expected[key]) for key in found)
    if isinstance(found, (int, float)) and isinstance(expected, (int, float)):
        return struct.pack("<d", found) == struct.pack("<d", expected)
    return bool(found == expected)


@pytest.mark.parametrize(
    "name",
    [
        "xgb-2.1.4-binary-ubj",
        "xgb-3.4.1-binary-json",
        "lgb-4.7.0-binary-numeric",
        "lgb-4.7.0-categorical-codes",
    ],
)
def test_margins_of_real_models_to_the_last_bit(name: str) -> None:
    folder = shared_models() / name
    model = next(folder.glob("model.*"))
    forest = Forest.load(model)
    rows = table(folder / "input.csv")
    expected = table(folder / "expected.csv")
    inputs = np.array([[number(cell) for cell in row.values()] for row in rows])
    margins = forest.margin(inputs)
    wanted = np.array([number(row["margin"]) for row in expected])
    assert len(margins) == len(wanted) == 200
    if forest.library[0] == "xgboost":
        assert margins.astype(np.float32).tobytes() == wanted.astype(np.float32).tobytes()
        assert np.array_equal(margins, margins.astype(np.float32))
    else:
        assert margins.tobytes() == wanted.tobytes()


def table(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number(cell: str) -> float:
    return float(cell) if cell.strip() else math.nan

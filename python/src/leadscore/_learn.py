"""Columns of frames and matrices as features to learn from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadscore import _frame, _native
from leadscore._encode import context_json
from leadscore._errors import LeadscoreError

_MOST_LEVELS = 5000
"""Texts of more different values are no levels."""


@dataclass(frozen=True, slots=True)
class Learnable:
    """The features of columns: by column the feature's name; columns that are left out; and the schema as JSON."""

    names: Mapping[str, str]
    left_out: Mapping[str, str]
    schema: str

    def reader(self) -> _native.Pipeline:
        """A pipeline that only reads, so that rows are read to learn from as they are to be scored."""
        rule = {"code": "none", "points": 0, "text": "nothing"}
        scorer = {
            "kind": "scorecard",
            "unit": "points",
            "base": 0,
            "groups": [{"code": "all", "rules": [rule]}],
        }
        whole = {"format": 1, "id": "reading", "schema": json.loads(self.schema), "scorer": scorer}
        return _native.Pipeline.from_json(
            json.dumps({**whole, "scale": {"kind": "points"}, "tiers": "hot-warm-cold"})
        )


def of_matrix(columns: Sequence[str]) -> Learnable:
    """Columns of numbers."""
    return _learnable({column: ("number", []) for column in columns})


def of_frame(X: Any) -> Learnable:
    """The columns of a frame by what they hold: numbers, flags, levels of texts, and the days since dates."""
    kinds = {"pandas": _of_pandas, "polars": _of_polars}
    of_kind = kinds.get(_frame.kind_of(X), _of_arrow)
    names = _frame.columns_of(X)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise LeadscoreError("invalid_lead", "X", f"two columns are named `{twice[0]}`")
    return _learnable(of_kind(X))


def reading(columns: Sequence[str], as_of: Any, zone: Any) -> _native._Reading:
    """How a frame is read whose columns are attributes."""
    return {
        "context": context_json(as_of, zone),
        "columns": [(column, column) for column in columns],
        "activities": None,
        "lead_id": None,
        "activity_lead_id": None,
        "as_of": None,
        "allow_worthless": True,
    }


def matrix_of(
    reader: _native.Pipeline, X: Any, columns: Sequence[str], as_of: Any, zone: Any, threads: int | None
) -> NDArray[np.float64]:
    """The features of a frame's rows."""
    native = _frame.to_native(X, "X", set(columns))
    return native.features(reader, reading(columns, as_of, zone), threads)


def _learnable(kinds: Mapping[str, tuple[str, list[str]]]) -> Learnable:
    names: dict[str, str] = {}
    left_out: dict[str, str] = {}
    features: list[dict[str, Any]] = []
    for column, (kind, levels) in kinds.items():
        if kind == "left out":
            left_out[column] = levels[0]
            continue
        name = names[column] = _feature_name(column, set(names.values()))
        label, source = column.replace("_", " ") or name, {"from": "attribute", "name": column}
        feature: dict[str, Any] = {"name": name, "label": label, "type": kind, "source": source}
        if kind == "category":
            feature["levels"] = levels
        if kind == "age":
            feature["type"], feature["label"] = "number", f"Days since {label}"
            feature["source"] = {"from": "age", "of": column, "unit": "days"}
        features.append(feature)
    if not features:
        raise LeadscoreError("invalid_lead", "X", f"no column can be learned from: {left_out}"[:300])
    return Learnable(names, left_out, json.dumps({"features": features}))


def _feature_name(column: str, taken: set[str]) -> str:
    """The name of a column as the command writes it: lower case, words with underscores between them, none twice."""
    plain = "_".join(word.lower() for word in re.split(r"[\W_]+", column) if word) or "column"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


def _category(texts: Sequence[Any], rows: int) -> tuple[str, list[str]]:
    """Levels, in their order, written as they are first; or why there are too many."""
    levels: dict[str, str] = {}
    for text in map(str, texts):
        if text.strip():
            levels.setdefault(text.strip().lower(), text.strip())
    if not levels:
        return "left out", ["empty"]
    if len(levels) > _MOST_LEVELS:
        return "left out", [f"names, ids or free text: more than {_MOST_LEVELS:,} different texts"]
    if len(levels) > 20 and 2 * len(levels) > rows:
        return "left out", [f"names, ids or free text: {len(levels):,} different texts in {rows:,} rows"]
    return "category", list(levels.values())


def _of_values(values: Sequence[Any], rows: int, name: str) -> tuple[str, list[str]]:
    """What distinct values of Python are."""
    kinds = {type(value).__name__ for value in values}
    if kinds <= {"bool", "bool_"}:
        return ("flag", []) if kinds else ("left out", ["empty"])
    if kinds <= {"datetime", "date", "Timestamp", "datetime64"}:
        return "age", []
    if not kinds & {"str", "str_", "bool", "bool_"}:
        try:
            [float(value) for value in values]
        except (TypeError, ValueError):
            message = f"a column holds numbers, flags, texts or times, found {', '.join(sorted(kinds))}"
            raise LeadscoreError("invalid_lead", name, message) from None
        return "number", []
    return _category(sorted(map(str, values)), rows)


def _refuse_infinite(name: str, values: NDArray[Any]) -> None:
    """Refuses infinities, as those of a matrix are, so that none counts as missing in silence."""
    if np.isinf(np.asarray(values, dtype=np.float64)).any():
        raise LeadscoreError("invalid_lead", name, "holds an infinite number")


def _of_pandas(X: Any) -> dict[str, tuple[str, list[str]]]:
    found: dict[str, tuple[str, list[str]]] = {}
    for place, name in enumerate(map(str, X.columns)):
        column = X.iloc[:, place]
        kind = getattr(column.dtype, "kind", "O")
        if hasattr(column, "cat"):
            counts = column.cat.categories[np.unique(column.cat.codes[column.cat.codes >= 0])]
            found[name] = _category(counts.tolist(), int(column.count()))
        elif kind in "iuf":
            _refuse_infinite(name, column.to_numpy(dtype=np.float64, na_value=np.nan))
            found[name] = ("number", [])
        elif kind == "b":
            found[name] = ("flag", [])
        elif kind == "M":
            found[name] = ("age", [])
        else:
            known = column.dropna()
            try:
                values = known.unique().tolist()
            except TypeError:
                values = known.tolist()
            found[name] = _of_values(values, len(known), name)
    return found


def _of_polars(X: Any) -> dict[str, tuple[str, list[str]]]:
    found: dict[str, tuple[str, list[str]]] = {}
    for name, kind in X.schema.items():
        column = X[name].drop_nulls()
        if kind.is_numeric():
            _refuse_infinite(name, column.to_numpy())
            found[name] = ("number", [])
        elif str(kind) == "Boolean":
            found[name] = ("flag", [])
        elif str(kind).startswith(("Date", "Datetime")):
            found[name] = ("age", [])
        elif kind.is_nested() or kind.is_temporal():
            message = f"a column holds numbers, flags, texts or times, found {kind}"
            raise LeadscoreError("invalid_lead", name, message)
        else:
            found[name] = _of_values(column.unique().to_list(), len(column), name)
    return found


def _of_arrow(X: Any) -> dict[str, tuple[str, list[str]]]:
    import pyarrow
    import pyarrow.compute

    found: dict[str, tuple[str, list[str]]] = {}
    table = pyarrow.table(X)
    for name in table.column_names:
        column = table.column(name).drop_null()
        kind = column.type.value_type if pyarrow.types.is_dictionary(column.type) else column.type
        if any(word in str(kind) for word in ("int", "float", "double", "half", "decimal")):
            _refuse_infinite(name, column.to_numpy())
            found[name] = ("number", [])
        elif str(kind) == "bool":
            found[name] = ("flag", [])
        elif str(kind).startswith(("timestamp", "date")):
            found[name] = ("age", [])
        else:
            found[name] = _of_values(pyarrow.compute.unique(column).to_pylist(), len(column), name)
    return found

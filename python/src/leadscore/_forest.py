"""A model by itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from leadscore import _native
from leadscore._encode import threads_of
from leadscore._files import path_of
from leadscore._matrix import matrix_of, plain

Iterations: TypeAlias = 'Literal["all", "best"]'


class Forest:
    """An XGBoost or LightGBM model, with the margins of the library that wrote it to the last bit.

    Matrices are numpy arrays of float64 or float32 in any memory order, lists of rows, or frames, which are read by
    the names of their columns where the model knows them. NaN is missing. A forest never changes, may be used by
    many threads at once, and can be pickled.
    """

    __slots__ = ("_about", "_levels", "_names", "_native")

    def __init__(self, native: _native.Forest) -> None:
        self._native = native
        self._about: dict[str, Any] = json.loads(native.describe_json())
        self._names = tuple([feature["name"] for feature in self._about["features"]])
        self._levels = tuple([tuple(feature["levels"]) for feature in self._about["features"]])

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        missing: float | None = None,
        levels: Mapping[str, Sequence[str]] | None = None,
    ) -> Forest:
        """Loads a model file, detected from its content: XGBoost's JSON or UBJSON, or LightGBM's text.

        `missing` is the value that stood for missing in training besides NaN, XGBoost's argument `missing`: no model
        file keeps it. As in XGBoost, its models compare after rounding to float32. `levels` are those of categorical
        columns, in the order of their codes, where the file does not keep them, has lost them, or does not say whose
        they are: `{"country": ["DE", "FR"]}`; `notes` tells where that is so.
        """
        return cls(_completed(_native.Forest.load(path_of(path)), missing, levels))

    @classmethod
    def from_bytes(
        cls,
        data: bytes | bytearray | memoryview,
        *,
        missing: float | None = None,
        levels: Mapping[str, Sequence[str]] | None = None,
    ) -> Forest:
        """The same from the bytes of such a file."""
        return cls(_completed(_native.Forest.from_bytes(data), missing, levels))

    @classmethod
    def from_json(cls, text: str) -> Forest:
        """Reads what `to_json` wrote."""
        return cls(_native.Forest.from_json(text))

    def to_json(self) -> str:
        """The model in leadscore's own JSON."""
        return self._native.to_json()

    def margin(
        self, X: Any, iterations: Iterations = "all", *, threads: int | None = None
    ) -> NDArray[np.float64]:
        """The raw margins: one per row, or a row of them where the model has several outputs."""
        return self._apply(self._native.margin, X, iterations, threads, self._about["outputs"])

    def predict(
        self, X: Any, iterations: Iterations = "all", *, threads: int | None = None
    ) -> NDArray[np.float64]:
        """The predictions, margins through the objective's link: one per row, or a row of them."""
        return self._apply(self._native.predict, X, iterations, threads, self._about["predictions"])

    def shap(
        self, X: Any, iterations: Iterations = "all", *, threads: int | None = None
    ) -> NDArray[np.float64]:
        """The contributions of the features to the margin and, last, the bias: rows × (features + 1).

        With several outputs: rows × outputs × (features + 1).
        """
        values = self._matrix(X)
        flat = self._native.shap(values, iterations, threads_of(threads))
        outputs, width = self._about["outputs"], len(self._names) + 1
        return flat.reshape(len(values), width) if outputs == 1 else flat.reshape(len(values), outputs, width)

    def explanation(self, X: Any, iterations: Iterations = "all", *, threads: int | None = None) -> Any:
        """The same as a `shap.Explanation`, for shap's plots; needs the package shap."""
        from leadscore._shap import of_forest

        values = self._matrix(X)
        return of_forest(self.shap(values, iterations, threads=threads), values, self._names)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the input columns, `f0`, `f1`, … where the file has none."""
        return self._names

    @property
    def levels(self) -> tuple[tuple[str, ...], ...]:
        """For every input column the names of its levels, where the file keeps them; the place is the code."""
        return self._levels

    @property
    def objective(self) -> str:
        """The objective's name as in the file; empty for a custom one."""
        return cast(str, self._about["objective"])

    @property
    def library(self) -> tuple[str, str]:
        """The library that wrote the model, and its version."""
        return self._about["library"], self._about["library_version"]

    @property
    def outputs(self) -> int:
        """The number of outputs: 1, or one for each class or target."""
        return cast(int, self._about["outputs"])

    @property
    def trees(self) -> int:
        """The number of trees; 0 for a linear booster."""
        return cast(int, self._about["trees"])

    @property
    def best_iteration(self) -> int | None:
        """The best boosting round, from 0, where the file names one."""
        return self._about.get("best_iteration")

    @property
    def missing(self) -> float | None:
        """The value besides NaN that is read as missing, if there is one."""
        value = self._about.get("missing")
        # JSON has no infinities; they are words.
        return None if value is None else float(value)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the file leaves open about its columns, or what had to be concluded, in sentences; mostly nothing."""
        return tuple(self._native.notes())

    def _matrix(self, X: Any) -> NDArray[np.float64] | NDArray[np.float32]:
        return matrix_of(
            X, self._names, self._levels, self._about["named"], _Cells(self._native, self._levels)
        )

    def _apply(
        self,
        native: Callable[..., NDArray[np.float64]],
        X: Any,
        iterations: str,
        threads: int | None,
        width: int,
    ) -> NDArray[np.float64]:
        values = self._matrix(X)
        flat = native(values, iterations, threads if threads is None else threads_of(threads))
        return flat if width == 1 else flat.reshape(len(values), width)

    def __repr__(self) -> str:
        library, version = self.library
        return (
            f"<leadscore.Forest {library} {version} {self.objective!r}: "
            f"{self.trees} trees, {len(self._names)} features, {self.outputs} outputs>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Forest.from_json, (self.to_json(),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Forest) and (self is other or self.to_json() == other.to_json())

    def __hash__(self) -> int:
        return hash(self.to_json())


class _Cells:
    """The cells of a frame, read as the command and imported pipelines read them."""

    def __init__(self, forest: _native.Forest, levels: Sequence[Sequence[str]]) -> None:
        self._forest = forest
        # Numbers go through as they are, but for columns where they may stand for names.
        self._takes_numbers = [
            not own and forest.is_settled(feature) for feature, own in enumerate(levels)
        ]

    def takes_numbers(self, feature: int) -> bool:
        return self._takes_numbers[feature]

    def cells(self, feature: int, values: Sequence[Any]) -> NDArray[np.float64]:
        places: dict[tuple[type, Any], int] = {}
        at = [places.setdefault((type(value), value), len(places)) for value in values]
        numbers = self._forest.encode_json(feature, json.dumps([plain(value) for _, value in places]))
        return np.asarray(numbers[np.asarray(at, dtype=np.int64)])


def _completed(
    forest: _native.Forest, missing: float | None, levels: Mapping[str, Sequence[str]] | None
) -> _native.Forest:
    if missing is not None:
        forest = forest.with_missing(missing)
    if levels is not None:
        forest = forest.with_levels_json(
            json.dumps({name: [str(level) for level in own] for name, own in levels.items()})
        )
    return forest

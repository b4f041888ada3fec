"""A model by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from leadscore import _frame, _native, _pandas
from leadscore._encode import threads_of
from leadscore._errors import LeadscoreError
from leadscore._live import ModelSource, model_bytes
from leadscore._matrix import is_frame, matrix_of
from leadscore._progress import Progress

Iterations: TypeAlias = 'Literal["all", "best"]'
Unseen: TypeAlias = 'Literal["library", "missing", "refuse"]'


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
        model: ModelSource,
        *,
        missing: float | None = None,
        levels: Mapping[str, Sequence[str]] | None = None,
    ) -> Forest:
        """Loads a model, detected from its content: XGBoost's JSON or UBJSON, or LightGBM's text.

        It comes as the path of its file, as bytes or text, as an open file, or as a live `xgboost.Booster`,
        `XGBClassifier`, `lightgbm.Booster`, `LGBMClassifier` or one of their sisters.

        `missing` is the value that stood for missing in training besides NaN, XGBoost's argument `missing`: no model
        file keeps it, a live model of the scikit-learn kind does. As in XGBoost, its models compare after rounding to
        float32. `levels` are those of categorical columns, in the order of their codes, where the file does not keep
        them, has lost them, or does not say whose they are: `{"country": ["DE", "FR"]}`; `notes` tells where it is so.
        """
        data, own = model_bytes(model)
        return cls(_completed(_native.Forest.from_bytes(data), own if missing is None else missing, levels))

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
        self,
        X: Any,
        iterations: Iterations = "best",
        *,
        unseen: Unseen = "library",
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """The raw margins: one per row, or a row of them where the model has several outputs.

        `iterations` are those up to the best one where the model names it, as the libraries' scikit-learn classes use
        them, or `"all"`, as XGBoost's `Booster` does. `unseen` says what becomes of a value in a frame that is none of
        its column's levels: `"library"` takes it as missing for LightGBM, with a `LeadscoreWarning`, and refuses it for
        XGBoost, as its version 3.3 does; `"missing"` and `"refuse"` do so for both. `progress` is called with the rows
        that are done and all rows.
        """
        outputs = self._about["outputs"]
        return self._apply(self._native.margin, X, iterations, unseen, threads, progress, outputs)

    def predict(
        self,
        X: Any,
        iterations: Iterations = "best",
        *,
        unseen: Unseen = "library",
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """The predictions, margins through the objective's link: one per row, or a row of them."""
        width = self._about["predictions"]
        return self._apply(self._native.predict, X, iterations, unseen, threads, progress, width)

    def shap(
        self,
        X: Any,
        iterations: Iterations = "best",
        *,
        unseen: Unseen = "library",
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """The contributions of the features to the margin and, last, the bias: rows × (features + 1).

        With several outputs: rows × outputs × (features + 1).
        """
        return self._shap(self._matrix(X, unseen), iterations, threads, progress)

    def _shap(
        self, values: Any, iterations: str, threads: int | None, progress: Progress | None = None
    ) -> NDArray[np.float64]:
        flat = self._native.shap(values, iterations, threads_of(threads), progress)
        outputs, width = self._about["outputs"], len(self._names) + 1
        return flat.reshape(-1, width) if outputs == 1 else flat.reshape(-1, outputs, width)

    def explanation(
        self,
        X: Any,
        iterations: Iterations = "best",
        *,
        unseen: Unseen = "library",
        threads: int | None = None,
    ) -> Any:
        """The same as a `shap.Explanation`, for shap's plots; needs the package shap."""
        from leadscore._shap import of_forest

        values = self._matrix(X, unseen)
        shap_values = self._shap(values, iterations, threads)
        shown = values.to_matrix() if isinstance(values, _native.ModelRows) else values
        return of_forest(shap_values, shown, self._names)

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

    def _matrix(self, X: Any, unseen: str = "library") -> Any:
        """What the native half reads: a matrix, or the columns of a frame."""
        if not is_frame(X):
            return matrix_of(X)
        if _frame.kind_of(X) == "pandas":
            places = self._number_places(X)
            numbers = None if places is None else _pandas.numbers_of(X, places)
            if numbers is not None:
                return numbers
        own = _frame.columns_of(X)
        # A blank is the same as an underscore, as in LightGBM.
        names = {_plain(name) for name in self._names}
        wanted = {name for name in own if _plain(name) in names} if self._about["named"] else {*own}
        rows = _as_matrix(X, wanted).model_rows(self._native, unseen)
        if unseen == "library":
            _frame.warn(
                [
                    f"{column}: `{value}` is none of the model's levels and counts as missing "
                    f"(in {count:,} rows, the first is {row})"
                    for column, value, row, count in rows.unseen()
                ]
            )
        return rows

    def _number_places(self, df: Any) -> list[int] | None:
        """Where a frame has the model's columns, if the model takes all of them as numbers."""
        features = self._about["features"]
        is_number = [
            own["type"] == "number" and self._native.is_settled(at) for at, own in enumerate(features)
        ]
        if not self._about["named"] or not all(is_number):
            return None
        own = [str(name) for name in df.columns]
        if any(own.count(name) != 1 for name in self._names):
            return None
        return [own.index(name) for name in self._names]

    def _apply(
        self,
        native: Callable[..., NDArray[np.float64]],
        X: Any,
        iterations: str,
        unseen: str,
        threads: int | None,
        progress: Progress | None,
        width: int,
    ) -> NDArray[np.float64]:
        values = self._matrix(X, unseen)
        flat = native(values, iterations, threads if threads is None else threads_of(threads), progress)
        return flat if width == 1 else flat.reshape(-1, width)

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


def _plain(name: str) -> str:
    return re.sub(r"\s", "_", name.strip())


def _as_matrix(X: Any, wanted: set[str]) -> _native.Frame:
    """A frame whose columns are a model's."""
    try:
        return _frame.to_native(X, "X", wanted)
    except LeadscoreError as error:
        if error.code != "invalid_lead":
            raise
        raise LeadscoreError("invalid_matrix", error.path, error.message) from None


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

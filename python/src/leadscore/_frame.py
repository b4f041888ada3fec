"""Data frames in and out, of whatever library, through Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadscore import _native
from leadscore._errors import LeadscoreError
from leadscore._prediction import Column


def kind_of(df: Any) -> str:
    """The library a frame comes from."""
    return type(df).__module__.partition(".")[0]


def columns_of(df: Any) -> list[str]:
    """The names of a frame's columns."""
    # A table of pyarrow has arrays in `columns`.
    names: Any = getattr(df, "column_names", None) or getattr(df, "columns", ())
    return [str(name) for name in names]


def check(df: Any, what: str) -> None:
    """Refuses what is no frame."""
    if not hasattr(df, "__arrow_c_stream__"):
        hint = "; collect() it first" if type(df).__name__ == "LazyFrame" else ""
        raise LeadscoreError(
            "invalid_lead",
            what,
            f"wants a frame of pandas, polars or pyarrow, found {type(df).__name__}{hint}",
        )


def to_native(df: Any, what: str, wanted: set[str] | None) -> _native.Frame:
    """The frame through Arrow, with all or only some of its columns."""
    check(df, what)
    rows = len(df) if hasattr(df, "__len__") else None
    try:
        native = _native.Frame(_narrowed(df, wanted))
    except LeadscoreError:
        raise
    except ImportError as error:
        message = f"{error}; or pass a list of records to score_many, df.to_dict('records')"
        raise LeadscoreError("invalid_lead", what, message) from error
    except Exception as error:
        raise LeadscoreError(
            "invalid_lead", what, f"no Arrow table can be made of it: {error}"[:300]
        ) from error
    if rows is not None and native.rows != rows:
        raise LeadscoreError("invalid_lead", what, f"{rows} rows, of which Arrow hands out {native.rows}")
    return native


def _narrowed(df: Any, wanted: set[str] | None) -> Any:
    """The frame without columns nobody asks for; at least one stays, for the number of rows."""
    kind = kind_of(df)
    if kind not in ("pandas", "polars", "pyarrow"):
        return df
    names = list(df.columns if kind == "pandas" else columns_of(df))
    places = [place for place, name in enumerate(names) if wanted is None or str(name) in wanted]
    if kind == "polars":
        # Lists and the like are no attributes, and may hold what Arrow readers refuse.
        places = [place for place in places if not _is_nested(df, place, refuse=wanted is not None)]
    if not places and kind == "polars":
        library = import_module("polars")
        return library.DataFrame({"rows": library.zeros(df.height, eager=True)})
    places = places or list(range(min(1, len(names))))
    if len(places) != len(names):
        if kind == "pandas":
            df = df.iloc[:, places].reset_index(drop=True)
        else:
            df = df.select([names[place] for place in places])
    if kind == "polars" and any("\0" in name for name in df.columns):
        # Handing such a name out through Arrow ends the process.
        raise LeadscoreError("invalid_lead", "columns", "the name of a column holds a NUL")
    if kind == "polars" and any(str(dtype) == "Null" for dtype in df.dtypes):
        # A column of nothing has a buffer in polars, which other readers of Arrow refuse.
        library = import_module("polars")
        df = df.with_columns(library.col(library.Null).cast(library.Boolean))
    return df


def _is_nested(df: Any, place: int, refuse: bool) -> bool:
    """Whether a column of polars holds lists and the like; refused where it is wanted."""
    kind = df.dtypes[place]
    if kind.is_nested() and refuse:
        message = f"an attribute is a text, a number, a flag or a time, found {kind}"
        raise LeadscoreError("invalid_lead", df.columns[place], message)
    return bool(kind.is_nested())


def score_frame(df: Any, tiers: Sequence[Any], scores: _native._FrameScores) -> Any:
    """Scores as a frame of the same kind, row by row."""
    names = [tier.tier for tier in tiers]
    actions = list(dict.fromkeys(tier.action for tier in tiers))
    places = np.array([actions.index(tier.action) for tier in tiers] + [-1], dtype=np.int32)
    codes = scores["tiers"]
    build = _Builder(df)
    build.numbers("score", scores["scores"])
    build.numbers("probability", scores["probabilities"])
    build.levels("tier", codes, names)
    build.levels("action", places[codes], actions)
    for place, (texts, points) in enumerate(zip(scores["reasons"], scores["points"], strict=True), 1):
        build.texts(f"reason_{place}", texts)
        build.numbers(f"points_{place}", points)
    return build.frame()


def features_frame(df: Any, columns: Sequence[Column], values: NDArray[np.float64]) -> Any:
    """Features as a frame of the same kind: numbers, flags, and categories by their levels."""
    build = _Builder(df)
    for place, column in enumerate(columns):
        own = values[:, place]
        if column.type == "number":
            build.numbers(column.name, np.ascontiguousarray(own))
        elif column.type == "flag":
            build.flags(column.name, own)
        else:
            codes = np.where(np.isnan(own), -1, own).astype(np.int32)
            codes[codes >= len(column.levels)] = -1
            build.levels(column.name, codes, list(column.levels))
    return build.frame()


class _Builder:
    """Builds a frame of the same kind as another: pandas, polars, and pyarrow for all others."""

    def __init__(self, df: Any) -> None:
        kind = kind_of(df)
        self._like = df
        self._kind = kind if kind in ("pandas", "polars") else "pyarrow"
        self._library = import_module(self._kind)
        self._columns: dict[str, Any] = {}

    def numbers(self, name: str, values: NDArray[np.float64]) -> None:
        if self._kind == "polars":
            self._columns[name] = self._library.Series(name, values, nan_to_null=True)
        elif self._kind == "pyarrow":
            self._columns[name] = self._library.array(values, from_pandas=True)
        else:
            self._columns[name] = values

    def flags(self, name: str, values: NDArray[np.float64]) -> None:
        mask = np.isnan(values)
        flags = values == 1
        if self._kind == "polars":
            series = self._library.Series(name, flags)
            self._columns[name] = series.set(self._library.Series(mask), None) if mask.any() else series
        elif self._kind == "pyarrow":
            self._columns[name] = self._library.array(flags, mask=mask)
        else:
            self._columns[name] = self._library.arrays.BooleanArray(flags, mask)

    def levels(self, name: str, codes: NDArray[np.int32], levels: list[str]) -> None:
        if self._kind == "polars":
            kind = self._library.Enum(levels)
            known = self._library.Series(name, levels, dtype=kind)
            places = self._library.Series(name, codes)
            missing = codes < 0
            if missing.any():
                places = places.set(self._library.Series(missing), None)
            self._columns[name] = known.gather(places)
        elif self._kind == "pyarrow":
            indices = self._library.array(codes, mask=codes < 0)
            self._columns[name] = self._library.DictionaryArray.from_arrays(
                indices, self._library.array(levels, type=self._library.string())
            )
        else:
            self._columns[name] = self._library.Categorical.from_codes(codes, categories=levels)

    def texts(self, name: str, texts: list[str | None]) -> None:
        if self._kind == "polars":
            self._columns[name] = self._library.Series(name, texts, dtype=self._library.String)
        elif self._kind == "pyarrow":
            self._columns[name] = self._library.array(texts, type=self._library.string())
        else:
            self._columns[name] = self._library.array(texts, dtype="str")

    def frame(self) -> Any:
        if self._kind == "polars":
            return self._library.DataFrame(self._columns)
        if self._kind == "pyarrow":
            return self._library.table(self._columns)
        return self._library.DataFrame(self._columns, index=self._like.index)

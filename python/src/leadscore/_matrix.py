"""Matrices: whatever numpy can make one of, and frames by the names of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from leadscore._errors import LeadscoreError

Matrix: TypeAlias = "NDArray[np.float64] | NDArray[np.float32]"

_F64 = np.dtype(np.float64)
_F32 = np.dtype(np.float32)


class Encode(Protocol):
    """How a model reads the cells of its columns."""

    def takes_numbers(self, feature: int, /) -> bool:
        """Whether numbers are the values themselves."""
        ...

    def cells(self, feature: int, values: Sequence[Any], /) -> NDArray[np.float64]:
        """The numbers of a column's cells."""
        ...


def matrix_of(
    X: Any,
    names: Sequence[str],
    levels: Sequence[Sequence[str]],
    named: bool,
    encode: Encode | None = None,
) -> Matrix:
    """A matrix the library reads: float64 and float32 arrays as they are, in any memory order, all else converted.

    A frame is read by the names of the columns where they are known, else in its own order. Categories become the
    places of their levels. With `encode` the cells of a frame are read as a model's: a number in a column that has
    levels, or may have some, is a level, and no place of one.
    """
    if type(X) is np.ndarray and X.ndim == 2 and (X.dtype is _F64 or X.dtype is _F32) and X.flags.aligned:
        return X
    if not isinstance(X, np.ndarray) and hasattr(X, "columns"):
        return _of_frame(X, names, levels, named, encode)
    return _of_array(X)


def _of_array(X: Any) -> Matrix:
    if hasattr(X, "toarray") and not isinstance(X, np.ndarray):
        raise _refused("a sparse matrix does not say whether its zeros are missing; pass X.toarray()")
    try:
        array = (
            np.ma.filled(X.astype(np.float64), np.nan) if isinstance(X, np.ma.MaskedArray) else np.asarray(X)
        )
        if array.dtype.kind not in "biufO":
            raise _refused(f"wants numbers, found {array.dtype}")
        if array.dtype.kind == "O" and any(isinstance(value, (str, bytes)) for value in array.flat):
            raise _refused("wants numbers, found a text")
        wanted = _F32 if array.dtype.kind == "f" and array.dtype.itemsize == 4 else _F64
        array = np.require(array, wanted, ["A"])
    except (TypeError, ValueError, OverflowError) as error:
        raise _refused(f"cannot be made into a matrix of numbers: {error}"[:200]) from None
    if array.ndim != 2:
        raise _refused(f"wants two dimensions, rows and columns, found {array.ndim}")
    return np.asarray(array)


def _of_frame(
    df: Any, names: Sequence[str], levels: Sequence[Sequence[str]], named: bool, encode: Encode | None
) -> Matrix:
    own = [str(name) for name in getattr(df, "column_names", df.columns)]
    if named:
        missing = [name for name in names if name not in own]
        if missing:
            raise _refused(f"the frame has no column {', '.join(missing[:5])}")
        wanted = list(names)
    else:
        wanted = own
        levels, encode = [()] * len(own), None
    if not wanted:
        raise _refused("the frame has no columns")
    if encode is not None:
        columns = [_cells(df, own.index(name), at, encode) for at, name in enumerate(wanted)]
    else:
        columns = [_column(df, own.index(name), name, levels[at]) for at, name in enumerate(wanted)]
    return np.column_stack(columns)


def _cells(df: Any, place: int, at: int, encode: Encode) -> NDArray[np.float64]:
    """One column as a model reads cells."""
    if hasattr(df, "iloc"):
        column = df.iloc[:, place]
        if encode.takes_numbers(at) and getattr(column.dtype, "kind", "O") in "iuf":
            return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
        present = ~column.isna()
        return encode.cells(at, [value if own else None for value, own in zip(column, present, strict=True)])
    column = df.column(place) if hasattr(df, "column") else df.to_series(place)
    return encode.cells(at, column.to_pylist() if hasattr(column, "to_pylist") else column.to_list())


def plain(value: Any) -> Any:
    """A cell as JSON has it."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        # JSON has no words for what is not finite.
        return None if value != value else value if abs(value) != float("inf") else str(value)
    return str(value)


def _column(df: Any, place: int, name: str, levels: Sequence[str]) -> NDArray[np.float64]:
    """One column of a pandas, polars or pyarrow frame as numbers."""
    if hasattr(df, "iloc"):
        column = df.iloc[:, place]
        if hasattr(column, "cat"):
            if not levels:
                codes = column.cat.codes.to_numpy(dtype=np.float64)
                return np.where(codes < 0, np.nan, codes)
            return _by_level([None if value != value else value for value in column.tolist()], levels)
        if levels and column.dtype.kind not in "biuf":
            return _by_level([None if value != value else value for value in column.tolist()], levels)
        try:
            return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise LeadscoreError("invalid_matrix", name, f"wants numbers: {error}"[:200]) from None
    column = df.column(place) if hasattr(df, "column") else df.to_series(place)
    values = column.to_pylist() if hasattr(column, "to_pylist") else column.to_list()
    if any(isinstance(value, str) for value in values):
        if not levels:
            raise LeadscoreError("invalid_matrix", name, "wants numbers; the model does not name its levels")
        return _by_level(values, levels)
    try:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise LeadscoreError("invalid_matrix", name, f"wants numbers: {error}"[:200]) from None


def _by_level(values: Sequence[Any], levels: Sequence[str]) -> NDArray[np.float64]:
    codes = {level: float(code) for code, level in enumerate(levels)}
    return np.array(
        [np.nan if value is None else codes.get(str(value), np.nan) for value in values], dtype=np.float64
    )


def _refused(message: str) -> LeadscoreError:
    return LeadscoreError("invalid_matrix", "", message)

"""Matrices: whatever numpy can make one of."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from leadscore._errors import LeadscoreError, shown

Matrix: TypeAlias = "NDArray[np.float64] | NDArray[np.float32]"

_NO_NUMBERS = (str, bytes, date, time, timedelta, np.datetime64, np.timedelta64)
"""What has a number inside that it does not mean."""

_F64 = np.dtype(np.float64)
_F32 = np.dtype(np.float32)


def is_frame(X: Any) -> bool:
    """Whether it is a frame of pandas, polars, pyarrow or the like."""
    return not isinstance(X, np.ndarray) and hasattr(X, "columns")


def matrix_of(X: Any) -> Matrix:
    """A matrix the library reads: float64 and float32 arrays as they are, in any memory order, all else converted."""
    if type(X) is np.ndarray and X.ndim == 2 and (X.dtype is _F64 or X.dtype is _F32) and X.flags.aligned:
        return X
    return _of_array(X)


def _of_array(X: Any) -> Matrix:
    if hasattr(X, "toarray") and not isinstance(X, np.ndarray):
        raise _refused("a sparse matrix does not say whether its zeros are missing; pass X.toarray()")
    try:
        is_masked = isinstance(X, np.ma.MaskedArray) and X.dtype.kind in "biuf"
        array = np.ma.filled(X.astype(np.float64), np.nan) if is_masked else np.asarray(X)
        if array.dtype.kind not in "biufO":
            raise _refused(f"wants numbers, found {array.dtype}")
        if array.dtype.kind == "O":
            for value in array.flat:
                if isinstance(value, _NO_NUMBERS):
                    raise _refused(f"wants numbers, found {shown(value)}")
        wanted = _F32 if array.dtype.kind == "f" and array.dtype.itemsize == 4 else _F64
        array = np.require(array, wanted, ["A"])
    except (TypeError, ValueError, OverflowError) as error:
        raise _refused(f"cannot be made into a matrix of numbers: {error}"[:200]) from None
    if array.ndim != 2:
        raise _refused(f"wants two dimensions, rows and columns, found {array.ndim}")
    return np.asarray(array)


def _refused(message: str) -> LeadscoreError:
    return LeadscoreError("invalid_matrix", "", message)

"""Frames of pandas for the native half: numbers as they are, everything else by its distinct values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadscore import _native
from leadscore._encode import value_json
from leadscore._errors import LeadscoreError

_NEEDED = ("kind", "at", "id")
"""The columns that activities cannot do without."""

_LONG = 10_000
"""A column of fewer numbers is copied in less time than it takes to hand it over."""

_ABSENT = np.uint32(2**32 - 1)


def to_native(
    df: Any, what: str, wanted: set[str] | None, refused: dict[int, LeadscoreError] | None
) -> _native.Frame:
    """The frame with all or only some of its columns, those of a named index among them."""
    names = [str(name) for name in df.columns]
    native = _native.Frame.of_rows(len(df))
    for place, name in enumerate(names):
        if wanted is None or name in wanted:
            try:
                native = _with_column(native, df.iloc[:, place], name, what, refused)
            except LeadscoreError:
                # Lists and the like are no properties of activities.
                if wanted is not None or name in _NEEDED:
                    raise
    for level, name in enumerate(df.index.names):
        if isinstance(name, str) and name not in names and (wanted is None or name in wanted):
            column = df.index.get_level_values(level).to_series()
            native = _with_column(native, column, name, what, refused)
    return native


def numbers_of(df: Any, places: list[int]) -> NDArray[np.float64] | None:
    """The columns as a matrix, where all of them are numbers."""
    columns = [df.iloc[:, place] for place in places]
    if not all(_is_number(column) for column in columns):
        return None
    return np.column_stack([_numbers(column) for column in columns]) if columns else None


def _is_number(column: Any) -> bool:
    return not hasattr(column, "cat") and getattr(column.dtype, "kind", "O") in "iuf"


def _numbers(column: Any) -> NDArray[np.float64]:
    return np.ascontiguousarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _with_column(
    native: _native.Frame, column: Any, name: str, what: str, refused: dict[int, LeadscoreError] | None
) -> _native.Frame:
    if _is_number(column):
        numbers = _in_place(column)
        return (
            native.with_numbers(name, _numbers(column))
            if numbers is None
            else native.with_array(name, numbers)
        )
    array = _through_arrow(column)
    if array is not None:
        return native.with_array(name, array)
    places, values, is_category = _distinct(column)
    texts, bad = [], {}
    for place, value in enumerate(values):
        try:
            texts.append(value_json(value))
        except LeadscoreError as error:
            texts.append("null")
            bad[place] = error
    if bad:
        rows = np.flatnonzero(np.isin(places, list(bad)))
        for row in rows:
            found = bad[int(places[row])]
            own = LeadscoreError(found.code, f"{what}[{row}].{name}", found.message)
            if refused is None:
                raise own
            refused.setdefault(int(row), own)
    return native.with_values(name, places, f"[{','.join(texts)}]", is_category)


def _in_place(column: Any) -> Any:
    """The numbers of a long column where they lie, without a copy, where pyarrow is there."""
    if len(column) < _LONG or not isinstance(column.dtype, np.dtype):
        return None
    try:
        import pyarrow

        return pyarrow.chunked_array([pyarrow.array(column.to_numpy())])
    except Exception:
        # Such as numbers of another byte order.
        return None


def _through_arrow(column: Any) -> Any:
    """The texts or times of a column as Arrow has them, where pyarrow is there and all values are such."""
    kind = getattr(column.dtype, "kind", "O")
    if hasattr(column, "cat") or kind not in "OM":
        return None
    try:
        import pyarrow

        wanted = pyarrow.large_string() if kind == "O" else None
        array = pyarrow.array(column, type=wanted, from_pandas=True)
    except Exception:
        # Something is no text; it is told by its row, if it is nothing else either.
        return None
    return array if isinstance(array, pyarrow.ChunkedArray) else pyarrow.chunked_array([array])


def _distinct(column: Any) -> tuple[NDArray[np.uint32], list[Any], bool]:
    """For every row the place of its value among the distinct ones; these; and whether they are categories."""
    if hasattr(column, "cat"):
        codes = column.cat.codes.to_numpy()
        return np.where(codes < 0, _ABSENT, codes).astype(np.uint32), column.cat.categories.tolist(), True
    if column.dtype != object:
        import pandas

        codes, values = pandas.factorize(column)
        return np.where(codes < 0, _ABSENT, codes).astype(np.uint32), list(values), False
    # True is 1 and 1.0 to a dictionary; the types keep them apart.
    known: dict[tuple[type, Any], int] = {}
    distinct: list[Any] = []
    places = np.empty(len(column), dtype=np.uint32)
    for row, (value, is_absent) in enumerate(zip(column.tolist(), column.isna().tolist(), strict=True)):
        if is_absent:
            places[row] = _ABSENT
            continue
        try:
            place = known.setdefault((type(value), value), len(distinct))
        except TypeError:
            # A list or the like, which is refused by its row.
            place = len(distinct)
        if place == len(distinct):
            distinct.append(value)
        places[row] = place
    return places, distinct, False

"""Data frames in and out, of whatever library, through Arrow."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadscore import _native, _pandas
from leadscore._encode import Times, context_json
from leadscore._errors import LeadscoreError, LeadscoreWarning, shown
from leadscore._prediction import Column

_MOST_NOTES = 10
"""So many remarks are told one by one."""


def kind_of(df: Any) -> str:
    """The library a frame comes from."""
    return type(df).__module__.partition(".")[0]


def columns_of(df: Any) -> list[str]:
    """The names of a frame's columns, and of the named levels of the index of a pandas frame."""
    # A table of pyarrow has arrays in `columns`.
    names: Any = getattr(df, "column_names", None)
    if names is None:
        names = getattr(df, "columns", ())
    own = [str(name) for name in names]
    if kind_of(df) == "pandas":
        own += [name for name in index_names(df) if name not in own]
    return own


def index_names(df: Any) -> list[str]:
    """The names of the index of a pandas frame."""
    return [name for name in getattr(df.index, "names", ()) if isinstance(name, str)]


def check(df: Any, what: str) -> None:
    """Refuses what is no frame."""
    if not hasattr(df, "__arrow_c_stream__") and not (kind_of(df) == "pandas" and hasattr(df, "iloc")):
        hint = "; collect() it first" if type(df).__name__ == "LazyFrame" else ""
        raise LeadscoreError(
            "invalid_lead",
            what,
            f"wants a frame of pandas, polars or pyarrow, found {type(df).__name__}{hint}",
        )
    if kind_of(df) == "pandas" and not hasattr(df, "columns"):
        raise LeadscoreError(
            "invalid_lead", what, f"wants a frame, found {type(df).__name__}; use to_frame()"
        )


def to_native(
    df: Any, what: str, wanted: set[str] | None, refused: dict[int, LeadscoreError] | None = None
) -> _native.Frame:
    """The frame with all or only some of its columns.

    A cell that has no value an attribute can have raises, or where errors are kept its row is noted as `refused`.
    """
    check(df, what)
    if kind_of(df) == "pandas":
        return _pandas.to_native(df, what, wanted, refused)
    rows = len(df) if hasattr(df, "__len__") else None
    native = through_arrow(_narrowed(df, wanted), what)
    if rows is not None and native.rows != rows:
        raise LeadscoreError("invalid_lead", what, f"{rows} rows, of which Arrow hands out {native.rows}")
    return native


def features_in(X: Any, features: Sequence[Column]) -> tuple[_native.Frame, list[tuple[str, str]]]:
    """A frame of features, and which column holds which of them."""
    check(X, "X")
    found = _native.Frame.match_columns(columns_of(X), [feature.name for feature in features])
    return to_native(X, "X", {column for _, column in found}), found


def read(
    leads: Any,
    attributes: Sequence[str],
    activities: Any,
    on: str | None,
    as_of: Any,
    zone: Any,
    columns: Mapping[str, str] | None,
    allow_worthless: bool,
    refused: dict[int, LeadscoreError] | None,
    **options: Any,
) -> tuple[_native.Frame, _native._Reading, list[str]]:
    """A frame of leads, how it is read, and what was assumed."""
    check(leads, "leads")
    names = columns_of(leads)
    times = as_of if isinstance(as_of, str) and as_of in names else None
    # The moments of a column do not cross as JSON.
    context = context_json(Times() if times else as_of, zone, **options)
    found, parts, notes = attributes_in(leads, names, attributes, columns, on)
    lead_id = found.pop("lead_id", None) or on or "lead_id"
    events, event_id = None, None
    if activities is not None:
        check(activities, "activities")
        event_id = on or lead_id_in(columns_of(activities)) or "lead_id"
        events = to_native(activities, "activities", None)
    wanted = {*found.values(), *parts, *([times] if times else ()), *([lead_id] if events else ())}
    native = to_native(leads, "leads", wanted, refused)
    if parts:
        found["name"] = _unused("name", names)
        native = native.with_full_names(found["name"], parts)
    reading: _native._Reading = {
        "context": context,
        "columns": list(found.items()),
        "activities": events,
        "lead_id": lead_id,
        "activity_lead_id": event_id,
        "as_of": times,
        "allow_worthless": bool(allow_worthless),
    }
    return native, reading, notes


def lead_id_in(names: Sequence[str]) -> str | None:
    """The column of activities that holds the lead's id; their own is called `id`."""
    found = _native.Frame.match_columns([name for name in names if name != "id"], ["lead_id"])
    return found[0][1] if found else None


def _unused(name: str, names: Sequence[str]) -> str:
    """A name like this one that no column has."""
    while name in names:
        name += "_"
    return name


def attributes_in(
    df: Any,
    names: Sequence[str],
    attributes: Sequence[str],
    given: Mapping[str, str] | None,
    on: str | None,
) -> tuple[dict[str, str], list[str], list[str]]:
    """Which column holds which attribute, `lead_id` among them; those of the parts of a name; and what was assumed."""
    found = dict(given or {})
    for attribute, column in found.items():
        if attribute != "lead_id" and attribute not in attributes:
            message = f"the pipeline reads no attribute {shown(attribute)}"
            raise LeadscoreError("unknown_name", "columns", message)
        if column not in names:
            raise LeadscoreError("invalid_lead", "leads", f"there is no column {shown(column)}")
    if on is not None:
        found.setdefault("lead_id", on)
    free = [name for name in dict.fromkeys(names) if name not in found.values() and names.count(name) == 1]
    twice = [name for name in attributes if names.count(name) > 1]
    if twice:
        raise LeadscoreError("invalid_lead", "leads", f"two columns are named `{twice[0]}`")
    wanted = [name for name in ["lead_id", *attributes] if name not in found]
    assumed = []
    for attribute, column in _native.Frame.match_columns(free, wanted):
        if attribute.endswith("_at") and attribute != column and is_number(df, column):
            # Something else is called like a time.
            continue
        found[attribute] = column
        if attribute not in (column, "lead_id"):
            assumed.append(f"`{column}` as {attribute}")
    if "lead_id" not in found and kind_of(df) == "pandas" and len(index_names(df)) == 1:
        found["lead_id"] = index_names(df)[0]
    parts: list[str] = []
    if "name" in attributes and "name" not in found:
        parts = _native.Frame.name_columns([name for name in free if name not in found.values()])
        if parts:
            assumed.append(f"{' and '.join([f'`{part}`' for part in parts])} as name")
    return found, parts, [f"reading {', '.join(assumed)}"] if assumed else []


def is_number(df: Any, name: str) -> bool:
    """Whether a column holds numbers."""
    if kind_of(df) == "pandas":
        return name in df.columns and getattr(df[name].dtype, "kind", "O") in "iuf"
    if kind_of(df) == "polars":
        return bool(df.schema[name].is_numeric())
    return any(word in str(df.schema.field(name).type) for word in ("int", "float", "double", "decimal"))


def told(unusable: Sequence[tuple[str, int, int]], rows: int) -> list[str]:
    """What could not be used, in sentences."""
    return [
        f"{sentence} ({count:,} of {rows:,} rows, the first is {row})" for sentence, row, count in unusable
    ]


def warn(notes: Sequence[str]) -> None:
    """Says what was assumed and what could not be used, at the line that called the library."""
    if not notes:
        return
    more = [f"and {len(notes) - _MOST_NOTES} more"] if len(notes) > _MOST_NOTES else []
    depth = 1
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("leadscore"):
        frame, depth = frame.f_back, depth + 1
    warnings.warn(LeadscoreWarning("\n".join([*notes[:_MOST_NOTES], *more])), stacklevel=depth)


def without_refused(
    scores: Any, refused: Mapping[int, LeadscoreError], extra: dict[str, list[str | None]]
) -> None:
    """Takes away what is known of leads that are refused."""
    for row in refused:
        scores["scores"][row] = scores["probabilities"][row] = np.nan
        scores["tiers"][row] = -1
        for reason, points in zip(scores["reasons"], scores["points"], strict=True):
            reason[row], points[row] = -1, np.nan
        for own in extra.values():
            own[row] = None


def through_arrow(df: Any, what: str) -> _native.Frame:
    """The frame through Arrow."""
    try:
        return _native.Frame(df)
    except LeadscoreError:
        raise
    except Exception as error:
        raise LeadscoreError(
            "invalid_lead", what, f"no Arrow table can be made of it: {error}"[:300]
        ) from error


def _narrowed(df: Any, wanted: set[str] | None) -> Any:
    """The frame without columns nobody asks for; at least one stays, for the number of rows."""
    kind = kind_of(df)
    if kind not in ("polars", "pyarrow"):
        return df
    names = columns_of(df)
    places = [place for place, name in enumerate(names) if wanted is None or name in wanted]
    if kind == "polars":
        # Lists and the like are no attributes, and may hold what Arrow readers refuse.
        places = [place for place in places if not _is_nested(df, place, refuse=wanted is not None)]
    if not places and kind == "polars":
        library = import_module("polars")
        return library.DataFrame({"rows": library.zeros(df.height, eager=True)})
    places = places or list(range(min(1, len(names))))
    if len(places) != len(names):
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


def score_frame(
    df: Any,
    tiers: Sequence[Any],
    scores: _native._FrameScores,
    extra: dict[str, list[str | None]] | None = None,
) -> Any:
    """Scores as a frame of the same kind, row by row, with further columns of texts."""
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
        build.texts(f"reason_{place}", texts, scores["reason_texts"])
        build.numbers(f"points_{place}", points)
    for name, own in (extra or {}).items():
        build.plain_texts(name, own)
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

    def texts(self, name: str, places: NDArray[np.int32], texts: list[str]) -> None:
        """A column of few texts that stand many times."""
        if self._kind == "polars":
            known = self._library.Series(name, [*texts, None], dtype=self._library.String)
            # The last one stands where there is none.
            self._columns[name] = known.gather(np.where(places < 0, len(texts), places))
        else:
            self.levels(name, places, texts)

    def plain_texts(self, name: str, texts: list[str | None]) -> None:
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

"""Scoring systems."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal, cast, overload

import numpy as np
from numpy.typing import NDArray

from leadscore import _files, _frame, _native
from leadscore._encode import (
    Moment,
    Moments,
    Times,
    context_json,
    contexts_json,
    moment_text,
    moments,
    now,
    record_json,
    records_json,
    stretches,
    threads_of,
    zone_name,
)
from leadscore._errors import Issue, LeadscoreError, os_error, shown
from leadscore._matrix import matrix_of
from leadscore._prediction import (
    Column,
    FeatureValue,
    FileSummary,
    Importance,
    ModelCard,
    Prediction,
    Predictions,
    Tier,
    TierCount,
    read_prediction,
    read_result,
)

_STRETCH = 4096
"""How many records cross to the native half at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The scores of a matrix as columns. `tier_codes` are indexes into `tiers`, −1 where there is none."""

    score: NDArray[np.float64]
    probability: NDArray[np.float64]
    tier_codes: NDArray[np.int32]
    tiers: tuple[str, ...]
    classes: NDArray[np.float64]

    @property
    def tier(self) -> NDArray[np.object_]:
        """The tiers' names."""
        return np.array([*self.tiers, None], dtype=object)[self.tier_codes]


class Pipeline:
    """A scoring system: features, rules or a model, tiers, reasons and advice, the same as its JSON file.

    A pipeline never changes, may be used by many threads at once, and can be pickled. Scores are as of a moment,
    `as_of`, which is now if you do not say; no later activity can matter.

    >>> from leadscore import Pipeline
    >>> pipeline = Pipeline.builtin("conversion")
    >>> prediction = pipeline.score({"id": "L-1", "title": "VP Sales", "company": "Acme"}, as_of="2026-11-22")
    >>> prediction.tier
    'COLD'
    """

    __slots__ = ("_about", "_native")

    def __init__(self, native: _native.Pipeline) -> None:
        self._native = native
        self._about: dict[str, Any] = json.loads(native.describe_json())

    @staticmethod
    def builtin_names() -> tuple[str, ...]:
        """The names of the pipelines that ship with the library."""
        return tuple(_native.Pipeline.builtin_names())

    @classmethod
    def builtin(cls, name: str) -> Pipeline:
        """A pipeline that ships with the library."""
        return cls(_native.Pipeline.builtin(name))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Pipeline:
        """The pipeline in a JSON file."""
        return cls(_native.Pipeline.load(_files.path_of(path)))

    @classmethod
    def from_json(cls, text: str) -> Pipeline:
        """The pipeline in a JSON text."""
        return cls(_native.Pipeline.from_json(text))

    @classmethod
    def import_model(
        cls,
        model: str | os.PathLike[str] | bytes | bytearray | memoryview,
        *,
        id: str,  # noqa: A002
        name: str | None = None,
        schema: Mapping[str, Any] | str | None = None,
        scale: Mapping[str, Any] | str | None = None,
        classes: Sequence[str] = (),
        weights: Sequence[float] = (),
        tiers: Mapping[str, Any] | str | None = None,
        reasons: bool = True,
        iterations: Literal["all", "best"] = "all",
        missing: float | None = None,
        levels: Mapping[str, Sequence[str]] | None = None,
    ) -> Pipeline:
        """Makes a pipeline of an XGBoost or LightGBM model: a file's path, or its bytes.

        Schema, scale and tiers are as in a pipeline file, or the name of a built-in one. Models without cover need
        `reasons=False`. `missing` is the value besides NaN that stood for missing in training, which no model file
        keeps; the pipeline does. `levels` are as in `Forest.load`.
        """
        data = model if isinstance(model, (bytes, bytearray, memoryview)) else _files.read(model)
        options = {
            "id": id,
            "name": name,
            "schema": schema,
            "scale": scale,
            "classes": list(classes),
            "weights": list(weights),
            "tiers": tiers,
            "reasons": bool(reasons),
            "iterations": iterations,
            "missing": missing,
            "levels": levels and {column: [str(level) for level in own] for column, own in levels.items()},
        }
        given = {key: value for key, value in options.items() if value is not None and value != []}
        return cls(_native.Pipeline.import_model(data, _json(given)))

    def to_json(self) -> str:
        """The pipeline as one self-contained JSON file."""
        return self._native.to_json()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes that file."""
        text = _files.path_of(path)
        try:
            with open(text, "w", encoding="utf-8") as file:
                file.write(self.to_json())
        except (OSError, ValueError) as error:
            raise os_error(text, error) from None

    # What it is.

    @property
    def id(self) -> str:
        """The pipeline's id."""
        return cast(str, self._about["id"])

    @property
    def name(self) -> str:
        """The name people read."""
        return cast(str, self._about["name"])

    @property
    def version(self) -> str | None:
        """The declared version, if any."""
        return cast("str | None", self._about["version"])

    @property
    def note(self) -> str | None:
        """What the file says about itself."""
        return cast("str | None", self._about["note"])

    @property
    def content_hash(self) -> str:
        """SHA-256 of `to_json()`, in hex."""
        return cast(str, self._about["content_hash"])

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its matrix."""
        return tuple(
            [
                Column(item["name"], item["label"], item["group"], item["type"], tuple(item["levels"]))
                for item in self._about["columns"]
            ]
        )

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of a lead that it reads."""
        return tuple(self._about["attributes"])

    @property
    def reads_activities(self) -> bool:
        """Whether any feature reads the activity log."""
        return cast(bool, self._about["reads_activities"])

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Its tiers, with what to do."""
        return tuple([Tier(**tier) for tier in self._about["tiers"]])

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes whose probabilities it gives; empty where it has none."""
        return tuple(self._about["classes"])

    @property
    def model(self) -> ModelCard | None:
        """Where its model comes from, if it has one and the file tells."""
        card = self._about["model"]
        return None if card is None else ModelCard(**card)

    # Records.

    def score(
        self,
        lead: object,
        *,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
        reasons: int = 5,
    ) -> Prediction:
        """Scores one lead: a mapping, a dataclass, a `Lead`.

        Strict refuses what is otherwise taken as missing and reported. Times without a zone are meant in `zone`.
        """
        context = context_json(as_of, zone, strict=strict, reasons=reasons)
        return read_prediction(json.loads(self._native.score_json(record_json(lead), context)))

    @overload
    def score_many(
        self,
        leads: Iterable[object],
        *,
        as_of: Moments | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
        reasons: int = 5,
        brief: bool = False,
        errors: Literal["raise"] = "raise",
        threads: int | None = None,
    ) -> Predictions[Prediction]: ...

    @overload
    def score_many(
        self,
        leads: Iterable[object],
        *,
        as_of: Moments | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
        reasons: int = 5,
        brief: bool = False,
        errors: Literal["return"],
        threads: int | None = None,
    ) -> Predictions[Prediction | LeadscoreError]: ...

    def score_many(
        self,
        leads: Iterable[object],
        *,
        as_of: Moments | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
        reasons: int = 5,
        brief: bool = False,
        errors: Literal["raise", "return"] = "raise",
        threads: int | None = None,
    ) -> Any:
        """Scores many leads, in their order; the same as one by one, and faster.

        A lead that cannot be read raises, or with `errors="return"` stands as its error. Brief predictions have
        score, probability, tier, action and reasons alone. `as_of` is one moment, or one for each lead.
        """
        if errors not in ("raise", "return"):
            raise LeadscoreError(
                "invalid_context", "errors", f'wants "raise" or "return", found {shown(errors)}'
            )
        detail = "brief" if brief else "full"
        times = moments(as_of)
        context = contexts_json(times, zone, strict=strict, reasons=reasons, detail=detail)
        threads = threads_of(threads)
        out: Predictions[Any] = Predictions()
        for start, stretch in stretches(_leads(leads, times), _STRETCH):
            text, refused = records_json(stretch, start)
            scored = self._native.score_many_json(text, context(start, len(stretch)), start, threads)
            for position, fields in enumerate(json.loads(scored)):
                result = refused.get(position) or read_result(fields)
                if errors == "raise" and isinstance(result, LeadscoreError):
                    raise result
                out.append(result)
        return out

    def features(
        self,
        lead: object,
        *,
        as_of: Moments | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
    ) -> Any:
        """The features of a lead by name, in the order of the schema; for a list of leads, a list of them.

        `as_of` is one moment, or for a list one for each lead.
        """
        times = moments(as_of)
        context = context_json(times, zone, strict=strict)
        if (
            isinstance(lead, Iterable)
            and not isinstance(lead, (Mapping, str, bytes))
            and not hasattr(lead, "_asdict")
        ):
            found = []
            for index, item in enumerate(_leads(lead, times)):
                if isinstance(times, Times):
                    context = context_json(times[index], zone, strict=strict)
                found.append(self._features(item, context, index))
            return found
        return self._features(lead, context, None)

    def feature_matrix(
        self,
        leads: Iterable[object],
        *,
        as_of: Moments | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
    ) -> NDArray[np.float64]:
        """The features of many leads as a matrix: a row for each lead, `columns`, NaN where missing."""
        times = moments(as_of)
        context = contexts_json(times, zone, strict=strict)
        parts = []
        for start, stretch in stretches(_leads(leads, times), _STRETCH):
            text, refused = records_json(stretch, start)
            try:
                parts.append(self._native.feature_matrix_json(text, context(start, len(stretch)), start))
            except LeadscoreError as error:
                for position, own in refused.items():
                    if error.path == f"leads[{start + position}]":
                        raise own from None
                raise
        return np.concatenate(parts) if parts else np.empty((0, len(self._about["columns"])))

    # Tables.

    def score_matrix(self, X: Any, *, threads: int | None = None) -> Scores:
        """Scores the rows of a matrix with the pipeline's `columns`; the bits `score` gives for the same leads."""
        found = self._native.score_matrix(self._matrix(X), threads_of(threads))
        classes = (
            found["classes"].reshape(len(found["scores"]), -1) if len(self.classes) else found["classes"]
        )
        names = tuple([tier["tier"] for tier in self._about["tiers"]])
        return Scores(found["scores"], found["probabilities"], found["tiers"], names, classes)

    def score_frame(
        self,
        leads: Any,
        *,
        activities: Any = None,
        on: str | None = None,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
        reasons: int = 0,
        threads: int | None = None,
    ) -> Any:
        """Scores a frame of pandas, polars or pyarrow; gives one of the same kind, row by row.

        Its columns are score, probability, tier and action, and with `reasons=N` the N strongest reasons with their
        points. Columns of the frame are attributes by their names. `activities` is a frame with the columns `kind`,
        `at`, the lead's id in `on` (by default `lead_id`), an `id` if events may stand twice, and properties.
        `as_of` is a moment, or the name of a column with a moment for every lead.
        """
        count = _count(reasons)
        context, column, on = self._frame_context(leads, activities, as_of, zone, strict, on, count)
        native = _frame.to_native(leads, "leads", self._wanted(on, column))
        events = None if activities is None else _frame.to_native(activities, "activities", None)
        scores = native.score(self._native, context, events, on, column, threads_of(threads))
        return _frame.score_frame(leads, self.tiers, scores)

    def features_frame(
        self,
        leads: Any,
        *,
        activities: Any = None,
        on: str | None = None,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
        threads: int | None = None,
    ) -> Any:
        """The features of a frame's leads as a frame of the same kind; arguments as `score_frame`."""
        context, column, on = self._frame_context(leads, activities, as_of, zone, strict, on)
        native = _frame.to_native(leads, "leads", self._wanted(on, column))
        events = None if activities is None else _frame.to_native(activities, "activities", None)
        values = native.features(self._native, context, events, on, column, threads_of(threads))
        return _frame.features_frame(leads, self.columns, values)

    # About all leads, and files.

    def importance(
        self,
        by: Literal["gain", "total_gain", "cover", "total_cover", "largest", "leads"] = "gain",
        X: Any = None,
    ) -> tuple[Importance, ...]:
        """Which features of a model, or rules of a scorecard, matter how much, as shares of one.

        A model has gain and cover, rules their largest points; `by="leads"` measures over the rows of a matrix.
        """
        values = None if X is None else self._matrix(X)
        return tuple([Importance(**item) for item in json.loads(self._native.importance_json(by, values))])

    def score_file(
        self,
        input: str | os.PathLike[str],  # noqa: A002
        output: str | os.PathLike[str],
        *,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        format: Literal["csv", "jsonl", "json", "html"] | None = None,  # noqa: A002
        map: str | os.PathLike[str] | None = None,  # noqa: A002
        activities: str | os.PathLike[str] | None = None,
        rejects: str | os.PathLike[str] | None = None,
        strict: bool = False,
        reasons: int = 3,
        top: int | None = None,
        threads: int | None = None,
        columns: Sequence[str] = (),
        excel: bool = False,
        allow_worthless: bool = False,
    ) -> FileSummary:
        """Scores a file of leads (CSV, JSONL or JSON, also gzipped) into another, as the command does.

        The ending of the output's name says the format (`.gz` packs it), CSV if it says none. `columns` of the input,
        or `["all"]`, go through to the output; `excel` writes CSV that Excel reads as it is meant.
        A result that says nothing of the leads is the error `worthless_result`, and is not written, unless it is
        allowed.
        """
        options = {
            "input": _files.path_of(input),
            "output": _files.path_of(output),
            "as_of": now() if as_of is None else moment_text(as_of),
            "zone": zone_name(zone),
            "format": format,
            "map": None if map is None else _files.path_of(map),
            "activities": None if activities is None else _files.path_of(activities),
            "rejects": None if rejects is None else _files.path_of(rejects),
            "strict": bool(strict),
            "reasons": reasons,
            "top": top,
            "threads": threads_of(threads),
            "columns": list(columns),
            "excel": bool(excel),
            "allow_worthless": bool(allow_worthless),
        }
        summary = json.loads(self._native.score_file(_json(options)))
        tiers = tuple([TierCount(**tier) for tier in summary["tiers"]])
        worthless = tuple(summary.get("worthless", ()))
        return FileSummary(summary["scored"], summary["rejected"], tiers, tuple(summary["notes"]), worthless)

    # Handles.

    def __repr__(self) -> str:
        return f"<leadscore.Pipeline {self.id!r} {self.content_hash[:12]}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Pipeline.from_json, (self.to_json(),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pipeline) and self.content_hash == other.content_hash

    def __hash__(self) -> int:
        return hash(self.content_hash)

    def _matrix(self, X: Any) -> Any:
        columns = self._about["columns"]
        return matrix_of(X, [c["name"] for c in columns], [c["levels"] for c in columns], True)

    def _features(self, lead: object, context: str, index: int | None) -> dict[str, FeatureValue]:
        try:
            features: dict[str, FeatureValue] = json.loads(
                self._native.features_json(record_json(lead), context)
            )
        except LeadscoreError as error:
            if index is None:
                raise
            raise _of_lead(error, index) from None
        return features

    def _wanted(self, on: str | None, as_of: str | None) -> set[str]:
        return {*self._about["attributes"], *([on] if on else ()), *([as_of] if as_of else ())}

    def _frame_context(
        self,
        leads: Any,
        activities: Any,
        as_of: Any,
        zone: Any,
        strict: bool,
        on: str | None,
        reasons: int = 0,
    ) -> tuple[str, str | None, str | None]:
        """The context, the column of moments, and the column of ids where there are activities."""
        _frame.check(leads, "leads")
        names = _frame.columns_of(leads)
        column = as_of if isinstance(as_of, str) and as_of in names else None
        # The moments of a column do not cross as JSON.
        context = context_json(Times() if column else as_of, zone, strict=strict, reasons=reasons)
        if activities is None:
            return context, column, None
        return context, column, "lead_id" if on is None else on


def _of_lead(error: LeadscoreError, index: int) -> LeadscoreError:
    """The error of a lead by itself as that of a lead of a list."""

    def within(path: str) -> str:
        return f"leads[{index}].{path}" if path else f"leads[{index}]"

    issues = [Issue(own.code, own.feature, within(own.path), own.message, own.found) for own in error.issues]
    return LeadscoreError(error.code, within(error.path), error.message, issues)


def _leads(leads: Any, times: object) -> Iterable[object]:
    """A list of records, with as many moments as records where there is one for each."""
    records = _iterable(leads)
    if not isinstance(times, Times):
        return records
    records = list(records)
    if len(times) != len(records):
        message = f"{len(times)} times for {len(records)} leads; give one for each"
        raise LeadscoreError("invalid_context", "as_of", message)
    return records


def _iterable(leads: Any) -> Iterable[object]:
    if isinstance(leads, (str, bytes, Mapping)) or not isinstance(leads, Iterable):
        raise LeadscoreError(
            "invalid_lead", "leads", f"wants a list of records, found {type(leads).__name__}"
        )
    if hasattr(leads, "columns"):
        raise LeadscoreError("invalid_lead", "leads", "wants a list of records; score_frame takes frames")
    return leads


def _count(value: Any) -> int:
    if isinstance(value, (bool,)) or not isinstance(value, (int, np.integer)) or not 0 <= value <= 100:
        raise LeadscoreError(
            "invalid_context", "reasons", f"wants a whole number from 0 to 100, found {shown(value)}"
        )
    return int(value)


def _json(options: Mapping[str, Any]) -> str:
    plain: Callable[[Any], Any] = lambda value: dict(value) if isinstance(value, Mapping) else value.item()  # noqa: E731
    try:
        return json.dumps(options, default=plain)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise LeadscoreError(
            "invalid_context", "options", f"cannot be written as JSON: {error}"[:200]
        ) from None

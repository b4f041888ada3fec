"""Scoring systems."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal, cast, overload

import numpy as np
from numpy.typing import NDArray

from leadscore import _files, _frame, _native
from leadscore._arguments import check_errors, json_of, leads_of, of_lead, reason_count
from leadscore._capacity import Capacity
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
from leadscore._errors import LeadscoreError, os_error
from leadscore._live import ModelSource, model_bytes
from leadscore._matrix import is_frame, matrix_of
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
    read_capacity,
    read_prediction,
    read_result,
)
from leadscore._progress import Progress, in_thread

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
        model: ModelSource,
        *,
        id: str,  # noqa: A002
        name: str | None = None,
        schema: Mapping[str, Any] | str | None = None,
        scale: Mapping[str, Any] | str | None = None,
        classes: Sequence[str] = (),
        weights: Sequence[float] = (),
        tiers: Mapping[str, Any] | str | None = None,
        reasons: bool = True,
        iterations: Literal["all", "best"] = "best",
        missing: float | None = None,
        levels: Mapping[str, Sequence[str]] | None = None,
    ) -> Pipeline:
        """Makes a pipeline of an XGBoost or LightGBM model, in any of the forms that `Forest.load` takes.

        Schema, scale and tiers are as in a pipeline file, or the name of a built-in one. Models without cover need
        `reasons=False`. `missing` is the value besides NaN that stood for missing in training, which no model file
        keeps; the pipeline does. `levels` are as in `Forest.load`. Rounds after the best one, where the model names it,
        are left out unless `iterations` is `"all"`.
        """
        data, own_missing = model_bytes(model)
        missing = own_missing if missing is None else missing
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
        return cls(_native.Pipeline.import_model(data, json_of(given)))

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
        progress: Progress | None = None,
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
        progress: Progress | None = None,
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
        progress: Progress | None = None,
    ) -> Any:
        """Scores many leads, in their order; the same as one by one, and faster.

        A lead that cannot be read raises, or with `errors="return"` stands as its error. Tiers by rank are those in
        this list; a lead that is scored alone has none. Brief predictions have score, probability, tier, action and
        reasons alone. `as_of` is one moment, or one for each lead. `progress` is called with the leads that are done
        and all leads, or once more those that are done where nobody knows how many there are.
        """
        check_errors(errors)
        detail = "brief" if brief else "full"
        times = moments(as_of)
        context = contexts_json(times, zone, strict=strict, reasons=reasons, detail=detail)
        threads = threads_of(threads)
        out: Predictions[Any] = Predictions()
        for start, stretch in stretches(leads_of(leads, times), self._stretch()):
            text, refused = records_json(stretch, start)
            scored = self._native.score_many_json(text, context(start, len(stretch)), start, threads)
            for position, fields in enumerate(json.loads(scored)):
                result = refused.get(position) or read_result(fields)
                if errors == "raise" and isinstance(result, LeadscoreError):
                    raise result
                out.append(result)
            if progress is not None:
                progress(len(out), len(leads) if isinstance(leads, Sized) else len(out))
        return out

    async def score_many_async(
        self, leads: Iterable[object], *, progress: Progress | None = None, **options: Any
    ) -> Any:
        """`score_many` beside an event loop, with its options; a cancelled task ends the work."""
        return await in_thread(self.score_many, leads, progress=progress, **options)

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
            for index, item in enumerate(leads_of(lead, times)):
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
        for start, stretch in stretches(leads_of(leads, times), _STRETCH):
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
        """Scores the rows of a matrix with the pipeline's `columns`; the bits `score` gives for the same leads.

        A frame is read by the names of its columns. One that is an attribute as well is read as `score_frame` reads it,
        so that both give the same: names of levels, not codes.
        """
        if is_frame(X):
            native, columns = _frame.features_in(X, self.columns)
            features = native.score_features(self._native, columns, threads_of(threads))
            _frame.warn(_frame.told(features["unusable"], native.rows))
            found: _native._Scores = features
        else:
            found = self._native.score_matrix(matrix_of(X), threads_of(threads))
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
        columns: Mapping[str, str] | None = None,
        report: bool = False,
        errors: Literal["raise", "return"] = "raise",
        allow_worthless: bool = False,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Scores a frame of pandas, polars or pyarrow; gives one of the same kind, row by row.

        Its columns are score, probability, tier and action, and with `reasons=N` the N strongest reasons with their
        points. With `report=True` it also has what is missing of each lead and the warnings about it, and with
        `errors="return"` a lead that cannot be read has an error instead of a score.

        Columns of the frame, and named levels of an index, are attributes by their names, or by names that exports use
        for them, as in files; `columns` says which column holds an attribute: `{"title": "Job Title"}`. A frame that
        says nothing of its leads is refused, unless it is allowed. What was assumed, and values that could not be used,
        are a `LeadscoreWarning`.

        `activities` is a frame with the columns `kind`, `at`, the lead's id in `on` (by default `lead_id` or what is
        called like it), an `id` if events may stand twice, and properties. `as_of` is a moment, or the name of a column
        with a moment for every lead. `progress` is called with the rows that are done and all rows.
        """
        count = reason_count(reasons)
        check_errors(errors)
        refused: dict[int, LeadscoreError] | None = {} if errors == "return" else None
        options = {"strict": strict, "reasons": count}
        native, reading, notes = _frame.read(
            leads, self.attributes, activities, on, as_of, zone, columns, allow_worthless, refused, **options
        )
        keeps = errors == "return"
        scores = native.score(self._native, reading, keeps, bool(report), threads_of(threads), progress)
        extra: dict[str, list[str | None]] = {}
        if report:
            extra = {"missing": scores["missing"], "warnings": scores["warnings"]}
        else:
            notes += _frame.told(scores["unusable"], native.rows)
        if refused is not None:
            for row, error in scores["errors"]:
                refused.setdefault(row, error)
            _frame.without_refused(scores, refused, extra)
            extra["error"] = [None] * native.rows
            for row, error in refused.items():
                extra["error"][row] = str(error)
        _frame.warn(notes)
        return _frame.score_frame(leads, self.tiers, scores, extra)

    async def score_frame_async(self, leads: Any, *, progress: Progress | None = None, **options: Any) -> Any:
        """`score_frame` beside an event loop, with its options; a cancelled task ends the work."""
        return await in_thread(self.score_frame, leads, progress=progress, **options)

    def features_frame(
        self,
        leads: Any,
        *,
        activities: Any = None,
        on: str | None = None,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        strict: bool = False,
        columns: Mapping[str, str] | None = None,
        allow_worthless: bool = False,
        threads: int | None = None,
    ) -> Any:
        """The features of a frame's leads as a frame of the same kind; arguments as `score_frame`."""
        native, reading, notes = _frame.read(
            leads, self.attributes, activities, on, as_of, zone, columns, allow_worthless, None, strict=strict
        )
        values = native.features(self._native, reading, threads_of(threads))
        _frame.warn(notes)
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
        values: Any = None
        if X is not None and is_frame(X):
            frame, columns = _frame.features_in(X, self.columns)
            values = frame.feature_values(self._native, columns)
        elif X is not None:
            values = matrix_of(X)
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
        capacity: str | int | Capacity | None = None,
        threads: int | None = None,
        columns: Sequence[str] = (),
        excel: bool = False,
        allow_worthless: bool = False,
    ) -> FileSummary:
        """Scores a file of leads (CSV, JSONL or JSON, also gzipped) into another, as the command does.

        The ending of the output's name says the format (`.gz` packs it), CSV if it says none. `columns` of the input,
        or `["all"]`, go through to the output; `excel` writes CSV that Excel reads as it is meant. With a `capacity`
        (`40`, `"10 %"`, `"40/owner"`) every row says its rank and whether it is in.
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
            "capacity": None if capacity is None else str(capacity),
            "threads": threads_of(threads),
            "columns": list(columns),
            "excel": bool(excel),
            "allow_worthless": bool(allow_worthless),
        }
        summary = json.loads(self._native.score_file(json_of(options)))
        tiers = tuple([TierCount(**tier) for tier in summary["tiers"]])
        worthless = tuple(summary.get("worthless", ()))
        return FileSummary(
            summary["scored"],
            summary["rejected"],
            tiers,
            tuple(summary["notes"]),
            worthless,
            read_capacity(summary.get("capacity")),
        )

    # Handles.

    def __repr__(self) -> str:
        return f"<leadscore.Pipeline {self.id!r} {self.content_hash[:12]}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Pipeline.from_json, (self.to_json(),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pipeline) and self.content_hash == other.content_hash

    def __hash__(self) -> int:
        return hash(self.content_hash)

    def _features(self, lead: object, context: str, index: int | None) -> dict[str, FeatureValue]:
        try:
            features: dict[str, FeatureValue] = json.loads(
                self._native.features_json(record_json(lead), context)
            )
        except LeadscoreError as error:
            if index is None:
                raise
            raise of_lead(error, index) from None
        return features

    def _stretch(self) -> int:
        """How many leads cross at once: all of them where tiers are by rank in the whole list."""
        return sys.maxsize if self._about.get("ranks", False) else _STRETCH

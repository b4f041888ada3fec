"""How well pipelines tell won leads from lost ones."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from leadscore import _files, _frame
from leadscore._arguments import json_of
from leadscore._encode import Moment, moment_text, now, threads_of, zone_name
from leadscore._errors import LeadscoreError, shown
from leadscore._pipeline import Pipeline
from leadscore._prediction import ModelCard


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure, and where 95 of 100 values lie when the leads are drawn anew; None without draws."""

    value: float
    low: float | None = None
    high: float | None = None

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class Calibration:
    """The expected calibration error, and what that of perfect probabilities stays below."""

    value: float
    perfect_95: float | None = None
    perfect_999: float | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of a pipeline; those of probabilities are None where it has none."""

    auc: Measured
    average_precision: Measured
    ks: Measured
    log_loss: Measured | None = None
    brier: Measured | None = None
    calibration_error: Calibration | None = None


@dataclass(frozen=True, slots=True)
class TopLeads:
    """So many of the best leads: the share won, that over the share of all, and their part of all won leads."""

    top: str
    leads: int
    conversion: Measured
    lift: Measured
    capture: Measured


@dataclass(frozen=True, slots=True)
class TierOutcome:
    """How many leads of a tier were won; `tier` is None for leads without one, `conversion` without leads."""

    tier: str | None
    leads: int
    won: int
    conversion: Measured | None


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Leads of like probability: their mean probability, and the share that was won."""

    count: int
    predicted: float
    won: float


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """How many won and lost leads have scores in a step."""

    start: float
    end: float
    won: int
    lost: int


@dataclass(frozen=True, slots=True)
class FeatureEffect:
    """How much a feature or rule moves scores: the mean of its points, without their signs."""

    code: str
    label: str
    group: str | None
    mean_points: float


@dataclass(frozen=True, slots=True)
class LevelPoints:
    """The leads of one level of a feature, and the mean of their points; `level` is None where it is not known."""

    level: str | None
    leads: int
    mean_points: float


@dataclass(frozen=True, slots=True)
class Dependence:
    """How points hang on a feature's value: `leads` are pairs of value and points, `levels` those of a category."""

    feature: str
    label: str
    leads: tuple[tuple[float, float], ...]
    levels: tuple[LevelPoints, ...]
    missing: LevelPoints | None


@dataclass(frozen=True, slots=True)
class SegmentGroup:
    """The leads with one value of a column; `auc` is None where all have one outcome, `value` for leads without one."""

    value: str | None
    leads: int
    won: int
    conversion: Measured
    mean_score: float
    auc: Measured | None


@dataclass(frozen=True, slots=True)
class Segment:
    """The leads divided by a column; `more` is how many further values are not listed."""

    column: str
    groups: tuple[SegmentGroup, ...]
    more: int


@dataclass(frozen=True, slots=True)
class EvaluatedPipeline:
    """Which pipeline was measured."""

    id: str
    name: str
    version: str | None
    content_hash: str
    basis: str | None
    model: ModelCard | None
    note: str | None


@dataclass(frozen=True, slots=True)
class PipelineEvaluation:
    """What a pipeline is worth. `difference` is to the first pipeline, from draws of the same leads."""

    pipeline: EvaluatedPipeline
    ruled_out: int
    measures: Measures
    difference: Measures | None
    without_probability: str | None
    top: tuple[TopLeads, ...]
    tiers: tuple[TierOutcome, ...]
    reliability: tuple[ReliabilityBin, ...]
    histogram: tuple[ScoreBin, ...]
    roc: tuple[tuple[float, float], ...]
    gain: tuple[tuple[float, float], ...]
    explained: int
    features: tuple[FeatureEffect, ...]
    dependence: tuple[Dependence, ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What pipelines are worth on leads whose outcome is known; `chance` is who knows the share of won ones alone."""

    source: str
    as_of: str
    target: str
    won_values: tuple[str, ...]
    lost_values: tuple[str, ...]
    rejected: int
    without_outcome: int
    leads: int
    won: int
    base_rate: float
    chance: Measures
    draws: int
    seed: int
    pipelines: tuple[PipelineEvaluation, ...]
    notes: tuple[str, ...]
    worthless: tuple[str, ...]
    library: str

    @property
    def measures(self) -> Measures:
        """Those of the first pipeline."""
        return self.pipelines[0].measures


def evaluate(
    leads: Any,
    pipeline: Pipeline | Sequence[Pipeline],
    *,
    target: str,
    positive: str | float | bool | Sequence[str | float | bool] = (),
    segments: Sequence[str] = (),
    top: Sequence[str | int] = ("10 %", "20 %"),
    as_of: Moment | None = None,
    zone: str | tzinfo = "UTC",
    map: str | os.PathLike[str] | None = None,  # noqa: A002
    activities: str | os.PathLike[str] | None = None,
    rejects: str | os.PathLike[str] | None = None,
    report: str | os.PathLike[str] | None = None,
    strict: bool = False,
    draws: int | None = None,
    seed: int = 1,
    threads: int | None = None,
    allow_worthless: bool = False,
) -> Evaluation:
    """Measures one or more pipelines on leads whose outcome is known; others are compared with the first.

    `leads` is a file (CSV, JSONL or JSON, also gzipped), or a frame of pandas, polars or pyarrow, which is read as the
    CSV file it would be written as. `target` is the column that says what became of a lead; `positive` are its values
    that mean won, where they are not 1, yes, true, won or converted. `report` is an HTML page to write. Intervals are
    from 1,000 draws of the leads, unless `draws` says otherwise. Measures that mean nothing, as of a pipeline that
    reads the target, are the error `worthless_result`, unless they are allowed.
    """
    pipelines = [pipeline] if isinstance(pipeline, Pipeline) else list(pipeline)
    for at, own in enumerate(pipelines or [None]):
        if not isinstance(own, Pipeline):
            path = "pipeline" if at == 0 else f"pipeline[{at}]"
            raise LeadscoreError("invalid_context", path, f"wants a Pipeline, found {shown(own)}")
    values = [positive] if isinstance(positive, str | float | int) else positive
    with file_of(leads) as path:
        options = {
            "input": path,
            "target": target,
            "positive": [str(value) for value in values],
            "segments": list(segments),
            "top": [str(own) for own in top],
            "as_of": now() if as_of is None else moment_text(as_of),
            "zone": zone_name(zone),
            "map": None if map is None else _files.path_of(map),
            "activities": None if activities is None else _files.path_of(activities),
            "rejects": None if rejects is None else _files.path_of(rejects),
            "report": None if report is None else _files.path_of(report),
            "strict": bool(strict),
            "draws": draws,
            "seed": seed,
            "threads": threads_of(threads),
            "allow_worthless": bool(allow_worthless),
            "others": [own.to_json() for own in pipelines[1:]],
        }
        return read_evaluation(json.loads(pipelines[0]._native.evaluate_file(json_of(options))))


@contextmanager
def file_of(leads: Any, what: str = "leads") -> Iterator[str]:
    """The path of a file, or of the one that a frame is written to."""
    if isinstance(leads, str | os.PathLike):
        yield _files.path_of(leads)
        return
    _frame.check(leads, what)
    with tempfile.TemporaryDirectory(prefix="leadscore-") as folder:
        path = os.path.join(folder, "frame.csv")
        kind = _frame.kind_of(leads)
        if kind == "pandas":
            leads.to_csv(path, index=bool(_frame.index_names(leads)))
        elif kind == "polars":
            leads.write_csv(path)
        else:
            import pyarrow
            import pyarrow.csv

            pyarrow.csv.write_csv(pyarrow.table(leads), path)
        try:
            yield path
        except LeadscoreError as error:
            if not error.path.startswith(path):
                raise
            # The file is ours; the caller knows of the frame alone.
            own = what + error.path[len(path) :]
            raise LeadscoreError(error.code, own, error.message, error.issues) from None


def read_evaluation(own: Mapping[str, Any]) -> Evaluation:
    """An evaluation from its JSON."""
    chance = {name: {"value": value} for name, value in own["chance"].items()}
    return Evaluation(
        source=own["source"],
        as_of=own["as_of"],
        target=own["target"]["column"],
        won_values=tuple(own["target"]["won"]),
        lost_values=tuple(own["target"]["lost"]),
        rejected=own["rejected"],
        without_outcome=own["without_outcome"],
        leads=own["leads"],
        won=own["won"],
        base_rate=own["base_rate"],
        chance=_measures({**chance, "ks": {"value": 0.0}}),
        draws=own["draws"],
        seed=own["seed"],
        pipelines=tuple([_pipeline(one) for one in own["pipelines"]]),
        notes=tuple(own["notes"]),
        worthless=tuple(own.get("worthless", ())),
        library=own["library"],
    )


def _pipeline(own: Mapping[str, Any]) -> PipelineEvaluation:
    about, difference = own["pipeline"], own.get("difference")
    model = about.get("model")
    return PipelineEvaluation(
        pipeline=EvaluatedPipeline(
            about["id"],
            about["name"],
            about.get("version"),
            about["content_hash"],
            about.get("basis"),
            None if model is None else ModelCard(**model),
            about.get("note"),
        ),
        ruled_out=own["ruled_out"],
        measures=_measures(own["measures"]),
        difference=None if difference is None else _measures(difference),
        without_probability=own.get("without_probability"),
        top=tuple(
            [
                TopLeads(
                    one["top"],
                    one["leads"],
                    *[Measured(**one[name]) for name in ("conversion", "lift", "capture")],
                )
                for one in own["top"]
            ]
        ),
        tiers=tuple(
            [
                TierOutcome(one.get("tier"), one["leads"], one["won"], _measured(one.get("conversion")))
                for one in own["tiers"]
            ]
        ),
        reliability=tuple([ReliabilityBin(**one) for one in own["reliability"]]),
        histogram=tuple(
            [ScoreBin(one["from"], one["to"], one["won"], one["lost"]) for one in own["histogram"]]
        ),
        roc=tuple([(x, y) for x, y in own["roc"]]),
        gain=tuple([(x, y) for x, y in own["gain"]]),
        explained=own["explained"],
        features=tuple(
            [
                FeatureEffect(one["code"], one["label"], one.get("group"), one["mean_points"])
                for one in own["features"]
            ]
        ),
        dependence=tuple([_dependence(one) for one in own["dependence"]]),
        segments=tuple(
            [
                Segment(one["column"], tuple([_group(group) for group in one["groups"]]), one["more"])
                for one in own["segments"]
            ]
        ),
    )


def _measures(own: Mapping[str, Any]) -> Measures:
    error = own.get("calibration_error")
    return Measures(
        Measured(**own["auc"]),
        Measured(**own["average_precision"]),
        Measured(**own["ks"]),
        _measured(own.get("log_loss")),
        _measured(own.get("brier")),
        None if error is None else Calibration(**error),
    )


def _measured(own: Mapping[str, Any] | None) -> Measured | None:
    return None if own is None else Measured(**own)


def _dependence(own: Mapping[str, Any]) -> Dependence:
    missing = own.get("missing")
    return Dependence(
        own["feature"],
        own["label"],
        tuple([(value, points) for value, points in own["leads"]]),
        tuple([LevelPoints(**level) for level in own["levels"]]),
        None if missing is None else LevelPoints(None, **missing),
    )


def _group(own: Mapping[str, Any]) -> SegmentGroup:
    conversion, auc = Measured(**own["conversion"]), _measured(own.get("auc"))
    return SegmentGroup(own.get("value"), own["leads"], own["won"], conversion, own["mean_score"], auc)

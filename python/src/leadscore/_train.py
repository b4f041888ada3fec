"""Learning a pipeline from past leads that were won and lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal, TypeAlias

from leadscore import _files, _frame, _native
from leadscore._arguments import json_of
from leadscore._encode import Moment, moment_text, now, threads_of, zone_name
from leadscore._evaluate import Calibration, Measured, file_of
from leadscore._pipeline import Pipeline

CalibrationName: TypeAlias = Literal["best", "none", "platt", "beta", "bends", "isotonic"]
"""How margins become probabilities."""

TrainProgress: TypeAlias = Callable[[int, int, int, float], object]
"""Called after each round with fold, number of folds, round and log loss; what it raises ends the work.

A fold that chooses the size of trees comes once for each size."""


@dataclass(frozen=True, slots=True)
class HeldOutMeasures:
    """How good a pipeline is on leads that its trees had not seen; `auc` with the range of 95 of 100 draws of them."""

    auc: Measured
    average_precision: float
    ks: float
    log_loss: float
    brier: float
    lift_10: float
    """How much more the best tenth of leads is won than all are."""
    capture_20: float
    """The share of all won leads in the best fifth."""
    calibration_error: Calibration


@dataclass(frozen=True, slots=True)
class TrainedFold:
    """What a fold did: its leads, the boosting rounds up to the best, and the log loss there."""

    leads: int
    rounds: int
    log_loss: float


@dataclass(frozen=True, slots=True)
class TrainedTier:
    """How many leads a tier holds, and how many of them were won."""

    tier: str
    leads: int
    won: int


@dataclass(frozen=True, slots=True)
class RowWeights:
    """What rows count by: how many weigh 0, how much all measured rows weigh, and the share that the won ones have."""

    column: str | None
    zero_rows: int
    total: float
    won_share: float


@dataclass(frozen=True, slots=True)
class TrainedMoments:
    """Moments of leads' lives that were learned from: of how many leads, and in days what they were labelled by."""

    leads: int
    won_leads: int
    horizon_days: float
    every_days: float
    known_up_to: str


@dataclass(frozen=True, slots=True)
class TimeOrder:
    """The last fifth by time, judged by trees that knew leads of all times and by trees of earlier leads alone.

    `difference` is where 95 of 100 differences of the second AUC from the first lie; expect the second for new leads.
    """

    from_: str
    rows: int
    won: int
    earlier_rows: int
    random_auc: float
    ordered_auc: float
    difference: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Leak:
    """Columns that look like the answer, why, and the AUC of the best of them alone."""

    columns: tuple[str, ...]
    auc: float
    reason: str


@dataclass(frozen=True, slots=True)
class TrainReport:
    """How a pipeline was learned, and how good it is on leads that its trees had not seen.

    `calibration` is the method that was taken, `log_losses` are those of each that was tried. `trees` is the size of
    the trees that was taken, None where there was no choice, `tree_log_losses` are those of each that was tried.
    `columns` are the columns of the file by feature, `left_out` those that were not learned from, with the reason.
    With a horizon `leads` and `won` count `moments`, and `without_outcome` is None. Where there are `weights`, every
    measure is of weighted rows.
    """

    pipeline: str
    content_hash: str
    leads: int
    won: int
    weights: RowWeights | None
    without_outcome: int | None
    rejected: int
    out_of_fold: HeldOutMeasures
    calibration: str
    log_losses: Mapping[str, float]
    trees: str | None
    tree_log_losses: Mapping[str, float]
    folds: tuple[TrainedFold, ...]
    tiers: tuple[TrainedTier, ...]
    columns: Mapping[str, str]
    left_out: Mapping[str, str]
    leaks: tuple[Leak, ...]
    moments: TrainedMoments | None
    time_order: TimeOrder | None

    def __str__(self) -> str:
        measures = self.out_of_fold
        auc = measures.auc
        lines = [
            f"{self.pipeline}: learned from {self._rows()}",
            "On leads that its trees had not seen:",
            f"  AUC {auc.value:.3f} ({auc.low:.3f}–{auc.high:.3f}), log loss {measures.log_loss:.4f}",
            f"  the best tenth is won {measures.lift_10:.2f} times as often as all, "
            f"the best fifth holds {measures.capture_20:.0%} of the won",
            *[f"  {tier.tier:<8} {tier.won:,} of {tier.leads:,} won" for tier in self.tiers],
        ]
        if self.time_order:
            own = self.time_order
            lines.append(
                f"The last fifth by time: AUC {own.random_auc:.3f}, by earlier leads alone {own.ordered_auc:.3f}"
            )
        if self.left_out:
            lines.append("Not learned from:")
            lines += [f"  {column}: {reason}" for column, reason in self.left_out.items()]
        if self.leaks:
            lines.append("Looks like the answer (is it known before the outcome?):")
            lines += [f"  {', '.join(leak.columns)}: {leak.reason}" for leak in self.leaks]
        return "\n".join(lines)

    def _rows(self) -> str:
        if self.moments is None:
            return f"{self.leads:,} leads, of which {self.won:,} were won"
        within = f"{self.moments.horizon_days:g} days"
        return f"{self.leads:,} moments of {self.moments.leads:,} leads, of which {self.won:,} were won within {within}"


@dataclass(frozen=True, slots=True, repr=False)
class Trained:
    """A learned pipeline with what is known of it; `print` shows it for people.

    `notes` are what was assumed of the leads, `warnings` what nobody should miss.
    """

    pipeline: Pipeline
    report: TrainReport
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        report = self.report
        auc = report.out_of_fold.auc.value
        return f"<leadscore.Trained {report.pipeline!r}: {report.won:,} of {report.leads:,} leads won, AUC {auc:.3f}>"

    def __str__(self) -> str:
        return str(self.report)


def train(
    leads: Any,
    *,
    target: str | None = None,
    positive: str | float | bool | Sequence[str | float | bool] = (),
    id: str | None = None,  # noqa: A002
    weight: str | None = None,
    drop: str | Sequence[str] = (),
    missing: Mapping[str, str | float | Sequence[str | float]] | None = None,
    time: str | None = None,
    activities: Any = None,
    horizon: float | None = None,
    every: float | None = None,
    start: str | None = None,
    ended: str | None = None,
    won_by: str | Sequence[str] = (),
    lost_by: str | Sequence[str] = (),
    valid: Any = None,
    map: str | os.PathLike[str] | None = None,  # noqa: A002
    as_of: Moment | None = None,
    zone: str | tzinfo = "UTC",
    capture: Sequence[float] | None = None,
    precision: Sequence[float] | None = None,
    monotone: Mapping[str, Literal["rising", "falling"]] | None = None,
    calibration: CalibrationName = "best",
    folds: int = 5,
    rounds: int = 2000,
    seed: int = 0,
    pipeline_id: str | None = None,
    name: str | None = None,
    synthetic: bool = False,
    output: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    progress: TrainProgress | None = None,
) -> Trained:
    """Learns a complete pipeline from past leads that were won and lost, as `leadscore train` does.

    `leads` is a file (CSV, JSON lines or JSON), or a frame of pandas, polars or pyarrow, which is read as the CSV file
    it would be written as.
    `target` is the column that says what became of a lead; `positive` are its values that mean won, where they are not
    1, yes, true, won or converted. `id` is the column of the leads' ids, `weight` that of numbers from 0 up that say
    how much each row counts, `drop` are columns that are not learned from, `missing` values of columns that mean
    missing: `{"pdays": 999}`.
    Ages of dates are counted to `as_of`, or for each lead to its date in the column `time`. `activities` is a log as in
    `score_file`, a file or a frame: how many of each kind, and when, is learned from. With a `horizon`, in days, it is
    learned who is won within that time, from leads as of moments of their lives, `every` so many days: from the date in
    the column `start`, until they were won (the dates of `target`, or activities of the kinds `won_by`), or given up
    (the dates in `ended`, or `lost_by`). `valid` are past leads to stop, calibrate and measure by, instead of folds.
    `map` is a mapping file: columns that the pipeline is to know by the names of other attributes.
    `capture` are the shares of
    all won leads that the tiers down to each one hold, or `precision` the least shares of won leads in each. `monotone`
    are features that may only raise, or only lower, the probability. `output` is a file for the pipeline. The same
    leads, moment and seed give the same pipeline.

    Columns that look like the answer are a `LeadscoreWarning`, and so is an AUC that cannot be told from chance.
    """
    none: AbstractContextManager[str | None] = nullcontext(None)
    log_file = none if activities is None else file_of(activities, "activities")
    with (
        file_of(leads) as path,
        log_file as log,
        none if valid is None else file_of(valid, "valid") as held_out,
    ):
        options = {
            "input": path,
            "target": target,
            "positive": _texts(positive),
            "id": id,
            "weight": weight,
            "drop": [drop] if isinstance(drop, str) else list(drop),
            "missing": {column: _texts(values) for column, values in (missing or {}).items()},
            "time": time,
            "activities": log,
            "valid": held_out,
            "map": None if map is None else _files.path_of(map),
            "horizon": horizon,
            "every": every,
            "start": start,
            "ended": ended,
            "won_by": [won_by] if isinstance(won_by, str) else list(won_by),
            "lost_by": [lost_by] if isinstance(lost_by, str) else list(lost_by),
            "as_of": now() if as_of is None else moment_text(as_of),
            "zone": zone_name(zone),
            "output": None if output is None else _files.path_of(output),
            "threads": threads_of(threads),
            **settings(
                capture=capture,
                precision=precision,
                monotone=monotone,
                calibration=calibration,
                folds=folds,
                rounds=rounds,
                seed=seed,
                pipeline_id=pipeline_id,
                name=name,
                synthetic=bool(synthetic),
            ),
        }
        return read_trained(_native.train_file(json_of(options), progress))


def _texts(values: str | float | Sequence[str | float]) -> list[str]:
    return [str(value) for value in ([values] if isinstance(values, str | float | int) else values)]


def settings(**given: Any) -> dict[str, Any]:
    """Those options of a training that are given."""
    shares = {key: list(given[key]) for key in ("capture", "precision") if given.get(key) is not None}
    return {key: own for key, own in {**given, **shares}.items() if own is not None}


def read_trained(text: str) -> Trained:
    """What was learned from its JSON; what nobody should miss is told as a warning."""
    own = json.loads(text)
    _frame.warn(own["warnings"])
    report = read_report(own["report"])
    return Trained(Pipeline.from_json(own["pipeline"]), report, tuple(own["notes"]), tuple(own["warnings"]))


def read_report(own: Mapping[str, Any]) -> TrainReport:
    """A report from its JSON; one of a matrix has no columns of a file."""
    found = own["out_of_fold"]
    trees = own["trees"] or {"size": None, "log_losses": {}}
    low, high = found["auc_interval"]
    return TrainReport(
        pipeline=own["pipeline"],
        content_hash=own["content_hash"],
        leads=own["leads"],
        won=own["won"],
        weights=None if own.get("weights") is None else RowWeights(**own["weights"]),
        without_outcome=own.get("without_outcome"),
        rejected=own.get("rejected", 0),
        out_of_fold=HeldOutMeasures(
            Measured(found["auc"], low, high),
            found["average_precision"],
            found["ks"],
            found["log_loss"],
            found["brier"],
            found["lift_10"],
            found["capture_20"],
            Calibration(
                found["calibration_error"],
                found["calibration_error_by_chance_95"],
                found["calibration_error_by_chance_999"],
            ),
        ),
        calibration=own["calibration"]["method"],
        log_losses=own["calibration"]["log_losses"],
        trees=trees["size"],
        tree_log_losses=trees["log_losses"],
        folds=tuple([TrainedFold(one["leads"], one["rounds"], one["log_loss"]) for one in own["folds"]]),
        tiers=tuple([TrainedTier(one["tier"], one["leads"], one["won"]) for one in own["tiers"]]),
        columns={one["feature"]: one["column"] for one in own.get("columns", ())},
        left_out={one["column"]: one["reason"] for one in own.get("left_out", ())},
        leaks=tuple([Leak(tuple(one["columns"]), one["auc"], one["reason"]) for one in own["leaks"]]),
        moments=None if own.get("moments") is None else TrainedMoments(**own["moments"]),
        time_order=_time_order(own["time_order"]),
    )


def _time_order(own: Mapping[str, Any] | None) -> TimeOrder | None:
    if own is None:
        return None
    low, high = own["difference"]
    return TimeOrder(
        own["from"],
        own["rows"],
        own["won"],
        own["earlier_rows"],
        own["random_auc"],
        own["ordered_auc"],
        (low, high),
    )

"""What goes in and what comes out, as plain frozen data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, TypeAlias, TypeVar, overload

if TYPE_CHECKING:
    from leadscore._errors import LeadscoreError

Attribute: TypeAlias = "str | float | bool | datetime | date | None"
"""A value of a lead: a text, a number, a flag, or a time; None, NaN, NA and NaT are absent."""

FeatureValue: TypeAlias = "str | float | bool | None"
"""A feature's value: a number, a flag, a level or a text; None where the record does not say."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened with a lead at a moment, in the caller's own words."""

    kind: str
    at: datetime | date | str
    id: str | int | None = None
    properties: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lead:
    """A person or company that may buy. Mappings and other dataclasses are taken as well."""

    id: str | int = ""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    activities: Sequence[Activity | Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """One line of the sum that makes a score, in points."""

    code: str
    kind: Literal["feature", "rule", "limit", "model"]
    features: Mapping[str, FeatureValue]
    points: float
    text: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One of the things that moved the score most; negative points speak against the lead."""

    code: str
    points: float
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a score is what it is: `baseline` + the points of all `contributions` + `rest` = score."""

    baseline: float | None
    contributions: tuple[Contribution, ...]
    reasons: tuple[Reason, ...]
    limits: tuple[Reason, ...]
    rest: float
    summary: str


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The score by one group of the scorecard, or the points of a group of features."""

    group: str
    label: str
    value: float
    weighted: float


@dataclass(frozen=True, slots=True)
class ClassProbability:
    """How probable one class is."""

    class_name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval around an estimate."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, or a word, computed after the score."""

    name: str
    value: float | str | None
    method: str | None = None
    label: str | None = None
    unit: str | None = None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that speaks for or against the deal."""

    code: str
    factor: str
    impact: Literal["high", "medium", "low"]
    trend: Literal["improving", "stable", "declining"]
    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do next."""

    code: str
    priority: str
    action: str
    rationale: str
    expected_impact: str | None = None
    timeframe: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A feature without a value of its own, and what stood in for it."""

    name: str
    label: str
    reason: str
    found: str | None = None
    default: float | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which pipeline, which version of it and of the library, as of when."""

    pipeline: str
    content_hash: str
    library: str
    as_of: str
    zone: str
    version: str | None = None
    is_stub: bool = False


@dataclass(frozen=True, slots=True)
class Prediction:
    """What leadscore says of one lead. In a notebook it shows itself as a waterfall."""

    lead_id: str
    score: float
    probability: float | None
    classes: tuple[ClassProbability, ...]
    basis: Literal["model", "calibrated", "rules", "llm"] | None
    tier: str | None
    action: str | None
    disqualified: str | None
    explanation: Explanation
    breakdown: tuple[GroupScore, ...]
    estimates: tuple[Estimate, ...]
    risks: tuple[Risk, ...]
    recommendations: tuple[Recommendation, ...]
    missing: tuple[Missing, ...]
    completeness: float
    warnings: tuple[str, ...]
    provenance: Provenance

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The strongest reasons, the strongest first."""
        return self.explanation.reasons

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dictionaries and lists."""
        return dataclasses.asdict(self)

    def _repr_html_(self) -> str:
        from leadscore._display import waterfall

        return waterfall(self)


@dataclass(frozen=True, slots=True)
class Importance:
    """How much a feature or rule matters: its share of the whole."""

    code: str
    label: str
    importance: float
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the pipeline's matrix."""

    name: str
    label: str
    group: str | None
    type: Literal["number", "flag", "category"]
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier's name, and what to do with a lead of it."""

    tier: str
    action: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Where a pipeline's model comes from; `is_stub` says that it was trained on made-up leads."""

    name: str
    model_type: str
    is_stub: bool
    version: str | None = None
    training_date: str | None = None


@dataclass(frozen=True, slots=True)
class TierCount:
    """How many leads of a file are of one tier."""

    tier: str
    leads: int


@dataclass(frozen=True, slots=True)
class FileTie:
    """Leads with one score, by their rows in the file from 1: those within the capacity, and those left out."""

    score: float
    rows_within: tuple[int, ...]
    rows_beyond: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileGroup:
    """How many leads of a group have a rank, and how many of them are within the capacity."""

    group: str | None
    leads: int
    within: int
    tie: FileTie | None


@dataclass(frozen=True, slots=True)
class FileCapacity:
    """What came of a capacity in a file; leads that were ruled out take no place."""

    capacity: str
    ruled_out: int
    groups: tuple[FileGroup, ...]


@dataclass(frozen=True, slots=True)
class FileSummary:
    """What came of scoring a file."""

    scored: int
    rejected: int
    tiers: tuple[TierCount, ...]
    notes: tuple[str, ...]
    worthless: tuple[str, ...] = ()
    capacity: FileCapacity | None = None


def read_capacity(own: Mapping[str, Any] | None) -> FileCapacity | None:
    """The capacity of a summary, if there is one."""
    if own is None:
        return None
    groups = [
        FileGroup(group["group"], group["leads"], group["within"], _read_tie(group["tie"]))
        for group in own["groups"]
    ]
    return FileCapacity(own["capacity"], own["ruled_out"], tuple(groups))


def _read_tie(own: Mapping[str, Any] | None) -> FileTie | None:
    if own is None:
        return None
    return FileTie(own["score"], tuple(own["rows_within"]), tuple(own["rows_beyond"]))


T = TypeVar("T")


class Predictions(list[T]):
    """A list of predictions, which a notebook shows as a table."""

    @overload
    def __getitem__(self, at: SupportsIndex) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> Predictions[T]: ...

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return Predictions(found) if isinstance(at, slice) else found

    def copy(self) -> Predictions[T]:
        """The same predictions in a list of their own."""
        return Predictions(self)

    def sorted(self, key: Callable[[T], Any] | None = None, *, reverse: bool | None = None) -> Predictions[T]:
        """The predictions in another order: the best score first, last with `reverse`; or by a key as in `sorted`."""
        if key is None:
            return Predictions(sorted(self, key=_by_score, reverse=reverse is not True))
        return Predictions(sorted(self, key=key, reverse=bool(reverse)))

    def explanation(self) -> Any:
        """A `shap.Explanation` of the points of every contribution; needs the package shap."""
        from leadscore._shap import of_predictions

        return of_predictions(self)

    def _repr_html_(self) -> str:
        from leadscore._display import table

        return table(self)


def _by_score(item: object) -> float:
    return item.score if isinstance(item, Prediction) else -1.0


def read_prediction(fields: dict[str, Any]) -> Prediction:
    """A prediction from its JSON."""
    why = fields["explanation"]
    return Prediction(
        lead_id=fields["lead_id"],
        score=fields["score"],
        probability=fields.get("probability"),
        classes=tuple(
            [ClassProbability(item["class"], item["probability"]) for item in fields.get("classes", ())]
        ),
        basis=fields.get("basis"),
        tier=fields["tier"],
        action=fields["action"],
        disqualified=fields.get("disqualified"),
        explanation=Explanation(
            why["baseline"],
            tuple([Contribution(**item) for item in why["contributions"]]),
            tuple([Reason(**item) for item in why["reasons"]]),
            tuple([Reason(**item) for item in why["limits"]]),
            why["rest"],
            why["summary"],
        ),
        breakdown=tuple([GroupScore(**item) for item in fields["breakdown"]]),
        estimates=tuple([_estimate(item) for item in fields["estimates"]]),
        risks=tuple([Risk(**item) for item in fields["risks"]]),
        recommendations=tuple([Recommendation(**item) for item in fields["recommendations"]]),
        missing=tuple([Missing(**item) for item in fields["missing"]]),
        completeness=fields["completeness"],
        warnings=tuple(fields["warnings"]),
        provenance=Provenance(**fields["provenance"]),
    )


def _estimate(item: dict[str, Any]) -> Estimate:
    interval = item.get("interval")
    return Estimate(**{**item, "interval": None if interval is None else Interval(**interval)})


def read_result(fields: dict[str, Any]) -> Prediction | LeadscoreError:
    """A prediction, or why there is none."""
    error = fields.get("error")
    if error is None:
        return read_prediction(fields)
    from leadscore._errors import LeadscoreError

    return LeadscoreError(error["code"], error["path"], error["message"], error.get("issues", ()))

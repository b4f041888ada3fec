"""Scores sales leads inside your own process: which ones first, why, and what to do next.

>>> import leadscore
>>> pipeline = leadscore.Pipeline.builtin("conversion")
>>> prediction = pipeline.score({"id": "L-1", "company": "Acme", "title": "VP Sales"}, as_of="2026-11-22")
>>> round(prediction.score), prediction.tier
(30, 'COLD')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadscore import _native
from leadscore._answer import Answer, ModelFailure, Prompt, Reply, Usage
from leadscore._capacity import Capacity, CapacityRanking, GroupStanding, Standing, Tie
from leadscore._encode import Moment, Moments
from leadscore._errors import Issue, LeadscoreError, LeadscoreWarning
from leadscore._evaluate import (
    Calibration,
    Dependence,
    EvaluatedPipeline,
    Evaluation,
    FeatureEffect,
    LevelPoints,
    Measured,
    Measures,
    PipelineEvaluation,
    ReliabilityBin,
    ScoreBin,
    Segment,
    SegmentGroup,
    TierOutcome,
    TopLeads,
    evaluate,
)
from leadscore._forest import Forest
from leadscore._pipeline import Pipeline, Scores
from leadscore._prediction import (
    Activity,
    Attribute,
    ClassProbability,
    Column,
    Contribution,
    Estimate,
    Explanation,
    FeatureValue,
    FileCapacity,
    FileGroup,
    FileSummary,
    FileTie,
    GroupScore,
    Importance,
    Interval,
    Lead,
    Missing,
    ModelCard,
    Prediction,
    Predictions,
    Provenance,
    Reason,
    Recommendation,
    Risk,
    Tier,
    TierCount,
)
from leadscore._progress import Progress
from leadscore._rank import Ranking, merge_rankings, rank
from leadscore._results import (
    ChatIntent,
    ChatReply,
    Classification,
    ContactDetails,
    Conversation,
    ConversionPrediction,
    Email,
    FailureKind,
    FallbackReason,
    NextAction,
    Qualification,
    RankedLead,
    TimeToClose,
)
from leadscore._task import Assisted, Task, TaskKind, TaskProvenance, assist
from leadscore._train import (
    HeldOutMeasures,
    Leak,
    RowWeights,
    TimeOrder,
    Trained,
    TrainedFold,
    TrainedMoments,
    TrainedTier,
    TrainProgress,
    TrainReport,
    train,
)

if TYPE_CHECKING:
    from leadscore.sklearn import LeadScoreClassifier, LeadScorer

__version__: str = _native.version()

__all__ = [
    "Activity",
    "Answer",
    "Assisted",
    "Attribute",
    "Calibration",
    "Capacity",
    "CapacityRanking",
    "ChatIntent",
    "ChatReply",
    "ClassProbability",
    "Classification",
    "Column",
    "ContactDetails",
    "Contribution",
    "Conversation",
    "ConversionPrediction",
    "Dependence",
    "Email",
    "Estimate",
    "EvaluatedPipeline",
    "Evaluation",
    "Explanation",
    "FailureKind",
    "FallbackReason",
    "FeatureEffect",
    "FeatureValue",
    "FileCapacity",
    "FileGroup",
    "FileSummary",
    "FileTie",
    "Forest",
    "GroupScore",
    "GroupStanding",
    "HeldOutMeasures",
    "Importance",
    "Interval",
    "Issue",
    "Lead",
    "LeadScoreClassifier",
    "LeadScorer",
    "LeadscoreError",
    "LeadscoreWarning",
    "Leak",
    "LevelPoints",
    "Measured",
    "Measures",
    "Missing",
    "ModelCard",
    "ModelFailure",
    "Moment",
    "Moments",
    "NextAction",
    "Pipeline",
    "PipelineEvaluation",
    "Prediction",
    "Predictions",
    "Progress",
    "Prompt",
    "Provenance",
    "Qualification",
    "RankedLead",
    "Ranking",
    "Reason",
    "Recommendation",
    "ReliabilityBin",
    "Reply",
    "Risk",
    "RowWeights",
    "ScoreBin",
    "Scores",
    "Segment",
    "SegmentGroup",
    "Standing",
    "Task",
    "TaskKind",
    "TaskProvenance",
    "Tie",
    "Tier",
    "TierCount",
    "TierOutcome",
    "TimeOrder",
    "TimeToClose",
    "TopLeads",
    "TrainProgress",
    "TrainReport",
    "Trained",
    "TrainedFold",
    "TrainedMoments",
    "TrainedTier",
    "Usage",
    "__version__",
    "assist",
    "error_codes",
    "evaluate",
    "merge_rankings",
    "rank",
    "train",
]


def error_codes() -> tuple[str, ...]:
    """Every code a `LeadscoreError` can have."""
    return tuple(_native.error_codes())


def __getattr__(name: str) -> Any:
    # scikit-learn is loaded by those who use it.
    if name in ("LeadScorer", "LeadScoreClassifier"):
        from leadscore import sklearn

        return getattr(sklearn, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
